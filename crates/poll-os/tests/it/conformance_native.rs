//! The contract of `poll-api` on the target's own engine, where that is more than poll(2).
#![cfg(any(
    target_os = "linux",
    target_os = "android",
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly"
))]

use poll_conformance::run;
use poll_os::Poll;

use crate::fixture::{KernelFixture, Nesting, nest, unnest};

#[test]
fn the_native_engine_keeps_the_contract() {
    let nesting = Some(Nesting { nest, unnest });
    run(KernelFixture::of(Poll::new, nesting)).assert_passed();
}
