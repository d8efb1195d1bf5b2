//! What a wait, a registration and a wake cost in system calls, counted in a process of its own,
//! because the count is the process's.
#![cfg(feature = "count")]

use core::time::Duration;
use std::io::Write;
use std::os::unix::net::UnixStream;

use poll_os::engine::{Backend, Events, Poll, Waker};
use poll_os::{Interest, Token, Trigger};

fn alone(name: &str, test: impl FnOnce()) {
    crate::alone::alone(&format!("cost::{name}"), test);
}

pub(crate) fn calls(during: impl FnOnce()) -> u64 {
    let before = poll_os::system_calls();
    during();
    poll_os::system_calls() - before
}

#[test]
fn a_wait_is_one_and_does_not_grow_with_the_registrations() {
    alone(
        "a_wait_is_one_and_does_not_grow_with_the_registrations",
        || {
            waits(poll_os::Poll::new().unwrap());
            waits(poll_os::poll::Poll::new().unwrap());
        },
    );
}

fn waits<B: Backend>(mut poll: Poll<B>) {
    let mut events = Events::with_capacity(8);
    let _waker = Waker::new(poll.registry(), Token(0)).unwrap();
    // The first wait may try a call that the kernel lacks; `cost_epoll` counts it.
    poll.wait(&mut events, Some(Duration::from_nanos(1)))
        .unwrap();
    let mut pairs = Vec::new();
    for registered in [0, 1, 200] {
        while pairs.len() < registered {
            pairs.push(UnixStream::pair().unwrap());
            let (a, _) = pairs.last().unwrap();
            let registry = poll.registry();
            registry
                .register(a, Token(1), Interest::READABLE, Trigger::Level)
                .unwrap();
        }
        if let Some((_, b)) = pairs.first_mut() {
            b.write_all(b"x").unwrap();
        }
        for timeout in [
            Duration::ZERO,
            Duration::from_micros(10),
            Duration::from_millis(1),
        ] {
            let wait = || poll.wait(&mut events, Some(timeout)).unwrap();
            assert_eq!(calls(wait), 1, "{registered} registered, {timeout:?}");
        }
    }
}

#[test]
fn a_wake_of_an_awake_poller_is_none() {
    alone("a_wake_of_an_awake_poller_is_none", || {
        let mut poll = poll_os::Poll::new().unwrap();
        let mut events = poll_os::Events::with_capacity(8);
        let waker = poll_os::Waker::new(poll.registry(), Token(0)).unwrap();
        let other = poll_os::Waker::new(poll.registry(), Token(1)).unwrap();
        let burst = || {
            for _ in 0..1_000 {
                waker.wake().unwrap();
                other.wake().unwrap();
            }
        };
        assert_eq!(calls(burst), 0);
        assert_eq!(calls(|| poll.wait(&mut events, None).unwrap()), 1);
        assert_eq!(events.len(), 2);
    });
}

#[test]
fn a_registration_is_one_and_so_is_its_end() {
    alone("a_registration_is_one_and_so_is_its_end", || {
        let poll = poll_os::Poll::new().unwrap();
        let (a, _b) = UnixStream::pair().unwrap();
        let registry = poll.registry();
        let register = || registry.register(&a, Token(1), Interest::READABLE, Trigger::Edge);
        assert_eq!(calls(|| register().unwrap()), 1);
        assert_eq!(calls(|| registry.deregister(&a).unwrap()), 1);
    });
}

#[test]
fn a_registration_with_poll_is_two_and_its_change_and_end_are_none() {
    alone(
        "a_registration_with_poll_is_two_and_its_change_and_end_are_none",
        || {
            let poll = poll_os::poll::Poll::new().unwrap();
            let (a, _b) = UnixStream::pair().unwrap();
            let registry = poll.registry();
            let (interest, trigger) = (Interest::READABLE, Trigger::Edge);
            let register = || registry.register(&a, Token(1), interest, trigger);
            assert_eq!(calls(|| register().unwrap()), 2);
            let modify = || registry.modify(&a, Token(2), interest, trigger);
            assert_eq!(calls(|| modify().unwrap()), 0);
            assert_eq!(calls(|| registry.deregister(&a).unwrap()), 0);
        },
    );
}
