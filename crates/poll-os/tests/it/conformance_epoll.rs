//! The contract of `poll-api` on epoll.
#![cfg(any(target_os = "linux", target_os = "android"))]

use core::time::Duration;

use poll_conformance::run;
use poll_os::epoll::Poll;
use sys_epoll::{Epoll, Errno, Event};

use crate::alone::alone;
use crate::fixture::KernelFixture;
use crate::nesting::nesting;

#[test]
fn epoll_keeps_the_contract() {
    // A child of another test has this one's descriptors until it runs its program, and what was
    // closed meanwhile stays registered.
    alone("conformance_epoll::epoll_keeps_the_contract", || {
        let fixture = KernelFixture {
            rounds_waits_up: rounds_waits_up(),
            ..KernelFixture::new(Poll::new, nesting())
        };
        run(fixture).assert_passed();
    });
}

/// Whether epoll_pwait2(2) is missing, as before Linux 5.11, or forbidden: a wait finds out, and a
/// test of sys-epoll that it is true.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn rounds_waits_up() -> bool {
    let epoll = Epoll::new().unwrap();
    let nanosecond = Duration::from_nanos(1);
    let wait = || epoll.wait(&mut [Event::default()], Some(nanosecond));
    // Other tests of this process send it signals.
    while wait() == Err(Errno::INTR) {}
    let rounds = !Epoll::nanosecond_waits();
    if rounds {
        eprintln!("SKIP: exact waits: this kernel has no epoll_pwait2, or forbids it");
    }
    rounds
}
