//! What is particular about our wakers.

use core::time::Duration;

use poll_os::Token;
use poll_os::engine::{Backend, Events, Poll, Waker};

const NOW: Option<Duration> = Some(Duration::ZERO);

fn tokens<B: Backend>(events: &Events<B>) -> Vec<usize> {
    let mut tokens: Vec<usize> = events.iter().map(|event| event.token().0).collect();
    tokens.sort_unstable();
    tokens
}

#[test]
fn every_waker_up_to_the_limit_works_and_the_next_one_is_refused() {
    fill_and_refill(poll_os::Poll::new().unwrap());
    fill_and_refill(poll_os::poll::Poll::new().unwrap());
}

fn fill_and_refill<B: Backend>(mut poll: Poll<B>) {
    let mut events = Events::with_capacity(4);
    let mut wakers = Vec::new();
    let refused = loop {
        match Waker::new(poll.registry(), Token(wakers.len())) {
            Ok(waker) => wakers.push(waker),
            Err(error) => break error,
        }
    };
    assert_eq!(refused.kind(), std::io::ErrorKind::StorageFull);
    assert_eq!(wakers.len(), if usize::BITS == 64 { 61 } else { 29 });
    for waker in &wakers {
        waker.wake().unwrap();
    }
    poll.wait(&mut events, NOW).unwrap();
    assert_eq!(tokens(&events), (0..wakers.len()).collect::<Vec<_>>());

    // A dropped waker makes room, and what it announced before still comes, under its own token.
    let last = wakers.pop().unwrap();
    last.wake().unwrap();
    drop(last);
    assert!(
        Waker::new(poll.registry(), Token(500)).is_err(),
        "its wake is still to come"
    );
    poll.wait(&mut events, NOW).unwrap();
    assert_eq!(tokens(&events), [wakers.len()]);
    let new = Waker::new(poll.registry(), Token(600)).unwrap();
    poll.wait(&mut events, NOW).unwrap();
    assert!(events.is_empty(), "a new waker has not been used");
    new.wake().unwrap();
    poll.wait(&mut events, NOW).unwrap();
    assert_eq!(tokens(&events), [600]);
}

#[test]
fn ten_thousand_wakers_one_after_the_other_leave_nothing_behind() {
    use_and_drop(poll_os::Poll::new().unwrap());
    use_and_drop(poll_os::poll::Poll::new().unwrap());
}

fn use_and_drop<B: Backend>(mut poll: Poll<B>) {
    let mut events = Events::with_capacity(4);
    for round in 0..10_000 {
        let waker = Waker::new(poll.registry(), Token(round)).unwrap();
        waker.wake().unwrap();
        drop(waker);
        poll.wait(&mut events, None).unwrap();
        assert_eq!(tokens(&events), [round]);
    }
}

#[test]
fn a_waker_outlives_its_poller() {
    outlive(poll_os::Poll::new().unwrap());
    outlive(poll_os::poll::Poll::new().unwrap());
}

fn outlive<B: Backend>(poll: Poll<B>) {
    let waker = Waker::new(poll.registry(), Token(1)).unwrap();
    drop(poll);
    for _ in 0..3 {
        waker.clone().wake().unwrap();
    }
}
