//! What a wake of a parked poller costs in system calls: of one whose descriptor is out.
#![cfg(all(
    feature = "count",
    any(
        target_os = "linux",
        target_os = "android",
        target_vendor = "apple",
        target_os = "freebsd",
        target_os = "netbsd",
        target_os = "openbsd",
        target_os = "dragonfly"
    )
))]

use std::os::fd::AsFd;

use poll_os::{Events, Poll, Token, Waker};

use crate::alone::alone;
use crate::cost::calls;

#[test]
fn a_burst_is_one() {
    alone("cost_parked::a_burst_is_one", || {
        let mut poll = Poll::new().unwrap();
        let mut events = Events::with_capacity(8);
        let waker = Waker::new(poll.registry(), Token(0)).unwrap();
        let other = Waker::new(poll.registry(), Token(1)).unwrap();
        // Between waits it counts as parked.
        let _descriptor = poll.as_fd();
        let burst = || {
            for _ in 0..1_000 {
                waker.wake().unwrap();
                other.wake().unwrap();
            }
        };
        assert_eq!(calls(burst), 1);
        assert_eq!(calls(|| poll.wait(&mut events, None).unwrap()), 1);
        assert_eq!(events.len(), 2);
    });
}
