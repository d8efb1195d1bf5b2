//! The contract of `poll-api` on every engine of this target.

use poll_conformance::run;

use crate::fixture::KernelFixture;

#[cfg(any(target_os = "linux", target_os = "android"))]
#[test]
fn epoll_keeps_the_contract() {
    use crate::fixture::{Nesting, nest, unnest};

    let nesting = Some(Nesting { nest, unnest });
    run(KernelFixture::<poll_os::epoll::Epoll>::new(
        "epoll", nesting,
    ))
    .assert_passed();
}

#[test]
fn poll_keeps_the_contract() {
    run(KernelFixture::<poll_os::poll::PollTwo>::new("poll", None)).assert_passed();
}
