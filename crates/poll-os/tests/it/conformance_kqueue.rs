//! The contract of `poll-api` on kqueue.
#![cfg(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly"
))]

use poll_conformance::run;
use poll_os::kqueue::Poll;

use crate::fixture::{KernelFixture, Nesting, nest, unnest};

#[test]
fn kqueue_keeps_the_contract() {
    let nesting = Some(Nesting { nest, unnest });
    run(KernelFixture::of(Poll::new, nesting)).assert_passed();
}
