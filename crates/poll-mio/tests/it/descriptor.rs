//! The poller's descriptor, where the system's poller has one.
#![cfg(not(any(
    mio_unsupported_force_poll_poll,
    target_os = "illumos",
    target_os = "solaris",
    target_os = "hurd"
)))]

use std::os::fd::{AsFd, AsRawFd};

use poll_mio::unix::SourceFd;
use poll_mio::{Poll, Registry, Token, Waker};
use static_assertions::assert_impl_all;

use crate::socket_flags::closes_on_exec;
use crate::stage::{READ, Stage};

assert_impl_all!(Registry: AsFd, AsRawFd);
assert_impl_all!(Poll: AsRawFd);

#[test]
fn a_poller_is_close_on_exec() {
    closes_on_exec(Poll::new().unwrap().as_raw_fd());
}

#[test]
fn a_poller_can_be_watched_by_another_through_its_descriptor() {
    let (mut outer, mut inner) = (Stage::new(), Stage::new());
    let waker = Waker::new(inner.registry(), Token(0)).unwrap();
    let number = inner.poll.as_raw_fd();
    assert_eq!(number, inner.registry().as_raw_fd());
    assert_eq!(number, inner.registry().as_fd().as_raw_fd());
    let mut source = SourceFd(&number);
    outer
        .registry()
        .register(&mut source, Token(1), READ)
        .unwrap();
    for _ in 0..3 {
        outer.silent();
        waker.wake().unwrap();
        outer.until_readable(Token(1));
        inner.until_readable(Token(0));
    }
}
