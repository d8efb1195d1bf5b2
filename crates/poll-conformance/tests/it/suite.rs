//! The suite on engines that keep the contract.

use poll_conformance::run;
use poll_conformance::scripted::{Full, Plain, ScriptedFixture};

#[test]
fn the_full_scripted_engine_keeps_the_contract() {
    run(ScriptedFixture::<Full>::new()).assert_passed();
}

#[test]
fn the_plain_scripted_engine_keeps_the_contract() {
    run(ScriptedFixture::<Plain>::new()).assert_passed();
}

#[test]
fn an_engine_that_reports_a_wake_once_more_keeps_the_contract() {
    run(ScriptedFixture::<Full>::literal()).assert_passed();
}
