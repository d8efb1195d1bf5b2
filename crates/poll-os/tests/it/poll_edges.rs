//! The edges that the poll(2) engine makes up, and what its turns leave for the next one.

use core::time::Duration;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use poll_os::poll::{Events, Poll};
use poll_os::{Interest, Register, Registered, Token, Trigger};

const NOW: Option<Duration> = Some(Duration::ZERO);

fn pair() -> (UnixStream, UnixStream) {
    let (near, far) = UnixStream::pair().unwrap();
    near.set_nonblocking(true).unwrap();
    far.set_nonblocking(true).unwrap();
    (near, far)
}

/// How many reports come at once.
fn reports(poll: &mut Poll, events: &mut Events) -> usize {
    poll.wait(events, NOW).unwrap();
    events.len()
}

#[test]
fn a_direction_that_was_reported_is_silent_until_rearmed_whatever_the_other_does() {
    let mut poll = Poll::new().unwrap();
    let mut events = Events::with_capacity(4);
    let (near, mut far) = pair();
    let both = Interest::READABLE | Interest::WRITABLE;
    poll.registry()
        .register(&near, Token(1), both, Trigger::Edge)
        .unwrap();
    assert_eq!(reports(&mut poll, &mut events), 1, "there is room");
    far.write_all(b"x").unwrap();
    assert_eq!(reports(&mut poll, &mut events), 1, "there is data");
    for round in 0..4 {
        assert_eq!(
            reports(&mut poll, &mut events),
            0,
            "round {round}: nothing was rearmed"
        );
    }
    poll.registry()
        .modify(&near, Token(1), both, Trigger::Edge)
        .unwrap();
    assert_eq!(reports(&mut poll, &mut events), 1);
    assert!(events.iter().all(|event| event.ready().is_readable()));
    assert!(events.iter().all(|event| event.ready().is_writable()));
}

#[test]
fn a_direction_is_rearmed_without_the_other() {
    let mut poll = Poll::new().unwrap();
    let mut events = Events::with_capacity(4);
    let (near, mut far) = pair();
    let both = Interest::READABLE | Interest::WRITABLE;
    let registry = poll.registry().clone();
    registry
        .register(&near, Token(1), both, Trigger::Edge)
        .unwrap();
    far.write_all(b"x").unwrap();
    assert_eq!(reports(&mut poll, &mut events), 1, "room and data");
    let rearm = |interest| registry.rearm(&near, Token(1), interest, Trigger::Edge);
    for (interest, readable) in [(Interest::READABLE, true), (Interest::WRITABLE, false)] {
        rearm(interest).unwrap();
        assert_eq!(reports(&mut poll, &mut events), 1);
        let ready = events.iter().next().unwrap().ready();
        assert_eq!(
            (ready.is_readable(), ready.is_writable()),
            (readable, !readable)
        );
        assert_eq!(reports(&mut poll, &mut events), 0, "{interest:?}");
    }
    // Reported as both, silent as both: the one that was asked for comes back alone.
    (&near).read_exact(&mut [0]).unwrap();
    rearm(Interest::READABLE).unwrap();
    assert_eq!(reports(&mut poll, &mut events), 0, "there is room, still");
    far.write_all(b"y").unwrap();
    assert_eq!(reports(&mut poll, &mut events), 1);
    // What is being waited for stays so.
    while (&near).write(&[0; 4096]).is_ok() {}
    rearm(Interest::WRITABLE).unwrap();
    rearm(Interest::READABLE).unwrap();
    let _ = reports(&mut poll, &mut events);
    while far.read(&mut [0; 4096]).is_ok() {}
    assert_eq!(reports(&mut poll, &mut events), 1, "room again");
    assert!(events.iter().all(|event| event.ready().is_writable()));
    registry.deregister(&near).unwrap();
    assert!(rearm(Interest::READABLE).is_err(), "not registered");
}

#[test]
fn rearming_is_for_edges_and_wakes_no_oneshot() {
    let mut poll = Poll::new().unwrap();
    let mut events = Events::with_capacity(4);
    let (near, _far) = pair();
    let (token, interest) = (Token(1), Interest::WRITABLE);
    let registry = poll.registry().clone();
    registry
        .register(&near, token, interest, Trigger::Oneshot)
        .unwrap();
    assert_eq!(reports(&mut poll, &mut events), 1);
    registry
        .rearm(&near, token, interest, Trigger::Oneshot)
        .unwrap();
    assert_eq!(reports(&mut poll, &mut events), 0);
}

#[test]
fn a_wait_reports_all_that_fits_wherever_the_last_one_ended() {
    let mut poll = Poll::new().unwrap();
    let mut events = Events::with_capacity(64);
    let mut pairs: Vec<_> = (0..10).map(|_| pair()).collect();
    for last in 0..pairs.len() {
        for (token, (near, _)) in pairs.iter().enumerate() {
            poll.registry()
                .register(near, Token(token), Interest::READABLE, Trigger::Oneshot)
                .unwrap();
        }
        // The last look ends in the middle of the table.
        pairs[last].1.write_all(b"x").unwrap();
        assert_eq!(reports(&mut poll, &mut events), 1);
        for (near, far) in &mut pairs {
            far.write_all(b"x").unwrap();
            poll.registry()
                .modify(near, Token(0), Interest::READABLE, Trigger::Oneshot)
                .unwrap();
        }
        let expected = pairs.len();
        assert_eq!(reports(&mut poll, &mut events), expected, "after {last}");
        for (near, _) in &mut pairs {
            while near.read(&mut [0; 8]).is_ok_and(|count| count > 0) {}
            poll.registry().deregister(near).unwrap();
        }
    }
}

#[test]
fn a_buffer_for_one_serves_everyone_in_turn() {
    for trigger in [Trigger::Edge, Trigger::Level, Trigger::Oneshot] {
        let mut poll = Poll::new().unwrap();
        let mut events = Events::with_capacity(1);
        let mut pairs: Vec<_> = (0..7).map(|_| pair()).collect();
        for (token, (near, far)) in pairs.iter_mut().enumerate() {
            far.write_all(b"x").unwrap();
            poll.registry()
                .register(near, Token(token), Interest::READABLE, trigger)
                .unwrap();
        }
        // Whoever is reported asks again at once and stays readable.
        let mut served = vec![0_usize; pairs.len()];
        for _ in 0..100 * pairs.len() {
            assert_eq!(reports(&mut poll, &mut events), 1);
            let token = events.iter().next().unwrap().token();
            served[token.0] += 1;
            poll.registry()
                .modify(&pairs[token.0].0, token, Interest::READABLE, trigger)
                .unwrap();
        }
        assert!(
            served.iter().all(|&count| count >= 50),
            "{trigger:?}: {served:?}"
        );
    }
}

#[test]
fn reading_the_end_asks_for_no_further_edge() {
    let mut poll = Poll::new().unwrap();
    let mut events = Events::with_capacity(4);
    let (near, far) = pair();
    let registry = poll.registry().clone();
    let mut near =
        Registered::new(registry, near, Token(1), Interest::READABLE, Trigger::Edge).unwrap();
    far.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(reports(&mut poll, &mut events), 1);
    assert_eq!(near.read(&mut [0; 8]).unwrap(), 0);
    assert_eq!(
        reports(&mut poll, &mut events),
        0,
        "a program that waits for room would spin"
    );
    drop(far);
}
