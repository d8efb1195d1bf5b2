//! The contract of `poll-api` on the engine that every target has.

use poll_conformance::run;

use crate::fixture::KernelFixture;

#[test]
fn poll_keeps_the_contract() {
    run(KernelFixture::<poll_os::poll::PollTwo>::new(None)).assert_passed();
}
