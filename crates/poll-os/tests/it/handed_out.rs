//! The poller's descriptor, asked for through its registry, at any time and on any thread.
#![cfg(not(any(target_os = "illumos", target_os = "solaris", target_os = "hurd")))]

use core::time::Duration;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::mpsc;
use std::thread;

use poll_os::{Events, Interest, Poll, Token, Trigger, Waker};

const SOON: Option<Duration> = Some(Duration::from_secs(5));
const NOW: Option<Duration> = Some(Duration::ZERO);

#[test]
fn a_wake_reaches_who_sleeps_on_a_descriptor_that_the_registry_gave() {
    let (mut inner, mut outer) = (Poll::new().unwrap(), Poll::new().unwrap());
    let mut events = Events::with_capacity(4);
    let waker = Waker::new(inner.registry(), Token(1)).unwrap();
    let registry = inner.registry().clone();
    assert_eq!(registry.as_fd().as_raw_fd(), inner.as_fd().as_raw_fd());
    outer
        .registry()
        .register(&registry, Token(2), Interest::READABLE, Trigger::Level)
        .unwrap();
    for _ in 0..3 {
        inner.wait(&mut events, NOW).unwrap();
        assert!(events.is_empty());
        outer.wait(&mut events, NOW).unwrap();
        assert!(events.is_empty());
        waker.wake().unwrap();
        outer.wait(&mut events, SOON).unwrap();
        assert!(!events.is_empty(), "the wake did not ring");
        inner.wait(&mut events, SOON).unwrap();
        assert_eq!(events.iter().next().unwrap().token(), Token(1));
    }
}

#[test]
fn a_wake_before_the_descriptor_is_asked_for_reaches_who_sleeps_on_it() {
    fn reaches(fate: fn(Waker) -> Option<Waker>) {
        let (mut inner, mut outer) = (Poll::new().unwrap(), Poll::new().unwrap());
        let mut events = Events::with_capacity(4);
        let waker = Waker::new(inner.registry(), Token(1)).unwrap();
        waker.wake().unwrap();
        let _kept = fate(waker);
        outer
            .registry()
            .register(&inner, Token(2), Interest::READABLE, Trigger::Level)
            .unwrap();
        outer.wait(&mut events, SOON).unwrap();
        assert!(!events.is_empty(), "nobody rang for the wake");
        inner.wait(&mut events, SOON).unwrap();
        assert_eq!(events.iter().next().unwrap().token(), Token(1));
    }

    reaches(Some);
    reaches(|_dropped| None);
}

#[test]
fn a_descriptor_asked_for_during_a_wait_is_rung_for_after_it() {
    let (mut inner, mut outer) = (Poll::new().unwrap(), Poll::new().unwrap());
    let mut events = Events::with_capacity(4);
    let waker = Waker::new(inner.registry(), Token(1)).unwrap();
    let registry = inner.registry().clone();
    let (begin, begun) = mpsc::channel();
    let waiting = thread::spawn(move || {
        let mut events = Events::with_capacity(4);
        begin.send(()).unwrap();
        inner.wait(&mut events, SOON).unwrap();
        assert!(!events.is_empty());
        inner
    });
    begun.recv().unwrap();
    outer
        .registry()
        .register(&registry, Token(2), Interest::READABLE, Trigger::Edge)
        .unwrap();
    waker.wake().unwrap();
    // Kept, and outside its wait from now on.
    let _inner = waiting.join().unwrap();
    outer.wait(&mut events, NOW).unwrap();
    waker.wake().unwrap();
    outer.wait(&mut events, SOON).unwrap();
    assert!(!events.is_empty(), "the wake did not ring");
}
