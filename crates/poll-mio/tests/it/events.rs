//! The buffer: its capacity, its iterator, and what there is no room for.

use core::time::Duration;
use std::collections::HashSet;
use std::io::{ErrorKind, Write};

use poll_mio::net::UnixStream;
use poll_mio::{Events, Token, Waker};

use crate::stage::{LIMIT, READ, Stage};

const WAKER: Token = Token(100);

#[test]
fn a_capacity_is_as_asked_for_and_a_new_buffer_is_empty() {
    for capacity in [0, 1, 2, 1_000] {
        let events = Events::with_capacity(capacity);
        assert_eq!(events.capacity(), capacity);
        assert!(events.is_empty());
        assert_eq!(events.iter().count(), 0);
    }
}

#[test]
fn a_wait_clears_first_and_so_does_clear() {
    let mut stage = Stage::new();
    let waker = Waker::new(stage.registry(), WAKER).unwrap();
    waker.wake().unwrap();
    stage.until_readable(WAKER);
    stage.poll(Duration::ZERO);
    assert!(stage.events.is_empty(), "of the wait before");
    waker.wake().unwrap();
    stage.until_readable(WAKER);
    assert!(!stage.events.is_empty());
    stage.events.clear();
    assert!(stage.events.is_empty());
    assert_eq!((&stage.events).into_iter().count(), 0);
}

#[test]
fn the_iterator_knows_how_many_are_left() {
    let mut stage = Stage::new();
    let waker = Waker::new(stage.registry(), WAKER).unwrap();
    waker.wake().unwrap();
    stage.until_readable(WAKER);
    let mut events = stage.events.iter();
    assert_eq!(events.size_hint(), (1, Some(1)));
    let again = events.clone();
    assert_eq!(events.next().unwrap().token(), WAKER);
    assert_eq!(events.size_hint(), (0, Some(0)));
    assert_eq!(events.count(), 0);
    assert_eq!(again.count(), 1);
}

#[test]
fn debug_shows_the_events_and_the_alternate_form_the_system() {
    let mut stage = Stage::new();
    let waker = Waker::new(stage.registry(), WAKER).unwrap();
    waker.wake().unwrap();
    stage.until_readable(WAKER);
    let event = stage.events.iter().next().unwrap().clone();
    assert!(format!("{event:?}").contains("token: Token(100), readable: true, writable: false"));
    assert!(!format!("{event:?}").contains("system"));
    assert!(format!("{event:#?}").contains("system"));
    assert!(format!("{:?}", stage.events).starts_with("[Event"));
    assert!(format!("{:?}", stage.poll).starts_with("Poll"));
}

#[test]
fn a_buffer_for_nothing_is_refused() {
    let mut stage = Stage::with_capacity(0);
    let waker = Waker::new(stage.registry(), WAKER).unwrap();
    waker.wake().unwrap();
    let refused = stage.poll.poll(&mut stage.events, None).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
    let mut room = Events::with_capacity(1);
    stage.poll.poll(&mut room, None).unwrap();
    assert_eq!(room.iter().next().unwrap().token(), WAKER);
}

/// Waits until everything in `expected` was reported, never more than fits at once.
fn collect(stage: &mut Stage, expected: usize) -> HashSet<Token> {
    let mut seen = HashSet::new();
    for _ in 0..4 * expected {
        stage.poll(if seen.len() < expected {
            LIMIT
        } else {
            Duration::ZERO
        });
        let count = stage.events.iter().count();
        assert!(count <= stage.events.capacity(), "{count} events");
        seen.extend(stage.events.iter().map(poll_mio::event::Event::token));
    }
    seen
}

#[test]
fn what_does_not_fit_is_in_the_next_wait() {
    let mut pairs: Vec<_> = (0..9).map(|_| UnixStream::pair().unwrap()).collect();
    for capacity in [1, 2, 8, 9] {
        let mut stage = Stage::with_capacity(capacity);
        for (token, (near, far)) in pairs.iter_mut().enumerate() {
            stage.registry().register(near, Token(token), READ).unwrap();
            far.write_all(b"x").unwrap();
        }
        assert_eq!(collect(&mut stage, 9).len(), 9, "room for {capacity}");
        for (near, _) in &mut pairs {
            stage.registry().deregister(near).unwrap();
        }
    }
}

#[test]
fn a_wake_that_finds_no_room_opens_the_next_wait() {
    for capacity in [1, 3] {
        let mut stage = Stage::with_capacity(capacity);
        let waker = Waker::new(stage.registry(), WAKER).unwrap();
        let mut pairs: Vec<_> = (0..capacity).map(|_| UnixStream::pair().unwrap()).collect();
        for (token, (near, far)) in pairs.iter_mut().enumerate() {
            stage.registry().register(near, Token(token), READ).unwrap();
            far.write_all(b"x").unwrap();
        }
        waker.wake().unwrap();
        let seen = collect(&mut stage, capacity + 1);
        assert_eq!(seen.len(), capacity + 1, "{seen:?}");
        stage.silent();
    }
}

#[test]
fn neither_wakes_nor_sources_starve_in_a_buffer_for_one() {
    let mut stage = Stage::with_capacity(1);
    let waker = Waker::new(stage.registry(), WAKER).unwrap();
    let (mut near, mut far) = UnixStream::pair().unwrap();
    stage
        .registry()
        .register(&mut near, Token(1), READ)
        .unwrap();
    let (mut wakes, mut reads) = (0, 0);
    for _ in 0..100 {
        waker.wake().unwrap();
        far.write_all(b"x").unwrap();
        stage.poll(LIMIT);
        for event in &stage.events {
            match event.token() {
                WAKER => wakes += 1,
                _ => {
                    reads += 1;
                    while std::io::Read::read(&mut near, &mut [0; 64]).is_ok() {}
                }
            }
        }
    }
    assert!(wakes > 20 && reads > 20, "{wakes} wakes, {reads} reads");
}
