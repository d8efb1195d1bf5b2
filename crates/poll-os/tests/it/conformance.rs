//! The contract of `poll-api` on the engine that every target has.

use poll_conformance::run;
use poll_os::poll::Poll;

use crate::fixture::KernelFixture;

#[test]
fn poll_keeps_the_contract() {
    run(KernelFixture::new(Poll::new, None)).assert_passed();
}
