//! A channel with a descriptor of its own, for a loop that knows nothing of these crates: a poller
//! per channel, whose descriptor the foreign loop watches; where the system's poller is one.
#![cfg(not(any(target_os = "illumos", target_os = "solaris", target_os = "hurd")))]

use core::time::Duration;
use std::thread;

use poll_channel::{TryRecvError, channel};
use poll_os::engine::{Backend, Events, Nestable, Poll, Waker};
use poll_os::{Interest, Token, Trigger};

const LONG: Option<Duration> = Some(Duration::from_secs(20));
const NOW: Option<Duration> = Some(Duration::ZERO);

#[test]
fn a_foreign_loop_sleeps_on_a_channel_through_a_descriptor() {
    for trigger in [Trigger::Edge, Trigger::Level] {
        // The foreign loop watches descriptors and knows nothing else.
        sleeps(
            poll_os::Poll::new().unwrap(),
            poll_os::Poll::new().unwrap(),
            trigger,
        );
    }
    let foreign = poll_os::poll::Poll::new().unwrap();
    sleeps(poll_os::Poll::new().unwrap(), foreign, Trigger::Level);
}

fn sleeps<I: Nestable, O: Backend>(mut inner: Poll<I>, mut foreign: Poll<O>, trigger: Trigger) {
    let (sender, mut receiver) = channel();
    receiver.attach(Waker::new(inner.registry(), Token(0)).unwrap());
    let registry = foreign.registry();
    registry
        .register(&inner, Token(5), Interest::READABLE, trigger)
        .unwrap();
    let mut events = Events::with_capacity(4);
    let mut own = Events::with_capacity(1);
    for value in 0..3 {
        let sender = sender.clone();
        let thread = thread::spawn(move || sender.send(value).unwrap());
        foreign.wait(&mut events, LONG).unwrap();
        let tokens: Vec<_> = events.iter().map(|event| event.token()).collect();
        assert_eq!(tokens, [Token(5)], "value {value}, {trigger:?}");
        // Makes the descriptor quiet; then nothing that is sent from here on goes unnoticed.
        inner.wait(&mut own, NOW).unwrap();
        assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [value]);
        foreign.wait(&mut events, NOW).unwrap();
        assert!(events.is_empty(), "quiet after value {value}, {trigger:?}");
        thread.join().unwrap();
    }
    drop(sender);
    foreign.wait(&mut events, LONG).unwrap();
    assert_eq!(events.len(), 1, "the end is an event, {trigger:?}");
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
}
