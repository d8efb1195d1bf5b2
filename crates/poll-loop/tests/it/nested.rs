//! A poller inside another loop, which sleeps on its descriptor, where the system's poller has one.
#![cfg(not(any(target_os = "illumos", target_os = "solaris", target_os = "hurd")))]

use core::time::Duration;
use std::os::fd::AsFd;

use poll_loop::{Clock, Interest, Monotonic, Poller, Trigger};
use poll_os::{Events, Poll, Token};

use crate::stage::{NOW, ids, pair, send};

#[test]
fn everything_but_a_deadline_makes_the_descriptor_readable() {
    let mut inner = Poller::new().unwrap();
    let registrar = inner.registrar().clone();
    let mut outer = Poll::new().unwrap();
    outer
        .registry()
        .register(&inner.as_fd(), Token(1), Interest::READABLE, Trigger::Edge)
        .unwrap();
    let mut events = Events::with_capacity(4);
    let mut comes = |what: &str| {
        outer
            .wait(&mut events, Some(Duration::from_secs(20)))
            .unwrap();
        assert_eq!(events.len(), 1, "{what} did not ring");
    };
    let (here, there) = pair();
    let source = registrar
        .register(&here, Interest::READABLE, Trigger::Edge)
        .unwrap();
    send(&there);
    comes("a source");
    assert_eq!(ids(&mut inner, NOW), [source]);
    let (sender, mut receiver) = registrar.channel().unwrap();
    sender.send(1).unwrap();
    comes("a channel");
    assert_eq!(ids(&mut inner, NOW), [receiver.id()]);
    assert_eq!(receiver.try_recv(), Ok(1));
    assert_eq!(inner.next_deadline(), None);
    let after = Duration::from_millis(3);
    let earliest = Monotonic.now().saturating_add(after);
    let timer = registrar.set_timeout(after).unwrap();
    comes("a timer of another thread");
    let deadline = Monotonic.now().saturating_add(after);
    loop {
        // On a slow machine, it may be there at once.
        let found = ids(&mut inner, NOW);
        if !found.is_empty() {
            assert_eq!(found, [timer]);
            assert!(Monotonic.now() >= earliest);
            break;
        }
        let next = inner.next_deadline().unwrap();
        assert!(next <= deadline);
        outer
            .wait_until(&mut Events::with_capacity(4), next)
            .unwrap();
    }
}
