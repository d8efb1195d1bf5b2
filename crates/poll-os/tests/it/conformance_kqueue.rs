//! The contract of `poll-api` on kqueue, a kernel's or the emulated one.
#![cfg(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly",
    kqueue_emulation
))]

use poll_conformance::run;
use poll_os::kqueue::Poll;

use crate::fixture::KernelFixture;
use crate::nesting::nesting;

#[test]
fn kqueue_keeps_the_contract() {
    run(KernelFixture::new(Poll::new, nesting())).assert_passed();
}
