//! Waits that end at an instant.

use core::time::Duration;

use poll_os::engine::{Backend, Events, Poll, Waker};
use poll_os::{Clock, Instant, Monotonic, Token};

#[test]
fn a_wait_ends_at_its_deadline_and_not_before() {
    ends(poll_os::Poll::new().unwrap());
    ends(poll_os::poll::Poll::new().unwrap());
}

fn ends<B: Backend>(mut poll: Poll<B>) {
    let mut events = Events::with_capacity(4);
    for micros in [0, 1, 700, 3_000] {
        let deadline = Monotonic
            .now()
            .saturating_add(Duration::from_micros(micros));
        poll.wait_until(&mut events, deadline).unwrap();
        assert!(events.is_empty());
        assert!(Monotonic.now() >= deadline);
    }
    // One that has passed only looks, and the last instant never comes.
    poll.wait_until(&mut events, Instant::START).unwrap();
    assert!(events.is_empty());
    let waker = Waker::new(poll.registry(), Token(1)).unwrap();
    waker.wake().unwrap();
    poll.wait_until(&mut events, Instant::MAX).unwrap();
    assert_eq!(events.len(), 1);
}
