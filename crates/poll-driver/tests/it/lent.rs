//! A driver inside another loop, which sleeps on its descriptor, where the system's poller has one.
#![cfg(not(any(target_os = "illumos", target_os = "solaris", target_os = "hurd")))]

use core::time::Duration;
use std::os::fd::AsFd;

use poll_api::{Clock, Instant, Token};
use poll_driver::{Budget, Driver, Due, Limit};
use poll_os::{Events, Interest, Monotonic, Poll, Trigger};

type Inner = Driver<Poll, Monotonic, u32, &'static str>;

const LONG: Option<Duration> = Some(Duration::from_secs(20));

fn inner() -> Inner {
    let poll = Poll::new().unwrap();
    Driver::new(poll, Monotonic, Token(0), Budget::default()).unwrap()
}

/// A loop that watches the descriptor of `inner`.
fn outer(inner: &Inner) -> (Poll, Events) {
    let poll = Poll::new().unwrap();
    poll.registry()
        .register(&inner.as_fd(), Token(1), Interest::READABLE, Trigger::Edge)
        .unwrap();
    (poll, Events::with_capacity(4))
}

#[test]
fn a_message_and_a_ready_token_reach_whoever_sleeps_on_the_descriptor() {
    let mut inner = inner();
    let (mut outer, mut events) = outer(&inner);
    let remote = inner.remote();
    let ping = inner.ready().ping(Token(7));
    inner.turn(Limit::Now).unwrap();
    assert_eq!(inner.next_due(), None);
    assert_eq!(inner.next_deadline(), None);
    remote.post("x", Instant::START).unwrap();
    outer.wait(&mut events, LONG).unwrap();
    assert_eq!(events.len(), 1, "the message did not ring");
    inner.turn(Limit::Now).unwrap();
    assert_eq!(inner.next_due(), Some(Due::Message("x")));
    assert_eq!(inner.next_due(), None);
    ping.mark().unwrap();
    outer.wait(&mut events, LONG).unwrap();
    assert_eq!(events.len(), 1, "the token did not ring");
    inner.turn(Limit::Now).unwrap();
    assert_eq!(inner.next_due(), Some(Due::Ready(Token(7))));
}

#[test]
fn a_message_from_before_the_descriptor_was_asked_for_is_work_for_right_now() {
    let mut inner = inner();
    inner.remote().post("x", Instant::MAX).unwrap();
    let _ = inner.as_fd();
    assert_eq!(inner.next_deadline(), Some(Instant::START));
    inner.turn(Limit::Now).unwrap();
    assert_eq!(inner.next_due(), Some(Due::Message("x")));
    assert_eq!(inner.next_due(), None);
    assert_eq!(inner.next_deadline(), None);
}

#[test]
fn a_host_comes_back_at_the_next_deadline_and_not_before_it() {
    let mut inner = inner();
    let (mut outer, mut events) = outer(&inner);
    let deadline = inner.now().saturating_add(Duration::from_millis(8));
    inner.insert(deadline, 3);
    loop {
        let next = inner.next_deadline().unwrap();
        assert!(next <= deadline);
        outer.wait_until(&mut events, next).unwrap();
        inner.turn(Limit::Now).unwrap();
        match inner.next_due() {
            Some(Due::Timer(_, at, 3)) => {
                assert_eq!(at, deadline);
                break;
            }
            None => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(Monotonic.now() >= deadline);
}
