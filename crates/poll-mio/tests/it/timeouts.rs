//! Waits are never early, whatever the timeout; none is too long.

use core::time::Duration;
use std::thread;

use poll_mio::{Poll, Token, Waker};
use poll_os::{Clock, Monotonic};

use crate::stage::Stage;

#[test]
fn a_wait_without_events_lasts_as_long_as_asked() {
    let mut stage = Stage::new();
    for timeout in [
        Duration::ZERO,
        Duration::from_nanos(1),
        Duration::from_micros(500),
        Duration::from_nanos(999_999),
        Duration::from_millis(1),
        Duration::from_nanos(1_000_001),
        Duration::from_millis(20),
    ] {
        let start = Monotonic.now();
        stage.poll(timeout);
        let took = Monotonic.now().saturating_duration_since(start);
        assert!(stage.events.is_empty());
        assert!(took >= timeout, "{timeout:?} took {took:?}");
        assert!(
            took < timeout + Duration::from_secs(5),
            "{timeout:?} took {took:?}"
        );
    }
}

#[test]
fn a_timeout_beyond_the_systems_range_is_neither_short_nor_for_ever_deaf() {
    // The low 32 bits of these, in milliseconds, are 50, and -1 where a number has a sign.
    let wrapped = Duration::from_millis((1 << 32) + 50);
    let minus_one = Duration::from_millis((1 << 32) - 1);
    let month = Duration::from_secs(30 * 86_400);
    for timeout in [wrapped, minus_one, month, Duration::MAX] {
        let mut stage = Stage::new();
        let waker = Waker::new(stage.registry(), Token(0)).unwrap();
        let later = thread::spawn(move || {
            // A wait is a clock that cannot ring early.
            let mut poll = Poll::new().unwrap();
            let mut events = poll_mio::Events::with_capacity(1);
            while poll
                .poll(&mut events, Some(Duration::from_millis(120)))
                .is_err()
            {}
            waker.wake().unwrap();
            waker
        });
        // As it is, and not what remains of it.
        while stage.poll.poll(&mut stage.events, Some(timeout)).is_err() {}
        assert!(!stage.events.is_empty(), "{timeout:?} ended by itself");
        drop(later.join().unwrap());
    }
}

#[test]
fn zero_looks_and_reports() {
    let mut stage = Stage::new();
    let (mut near, mut far) = poll_mio::net::UnixStream::pair().unwrap();
    stage
        .registry()
        .register(&mut near, Token(1), crate::stage::READ)
        .unwrap();
    std::io::Write::write_all(&mut far, b"x").unwrap();
    stage.poll(Duration::ZERO);
    assert_eq!(stage.events.iter().count(), 1);
}
