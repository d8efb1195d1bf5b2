//! The system's engine, used by itself.

use core::time::Duration;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::thread;

use reactor::ResourceId;
use reactor::poller::popol::{Poller, PopolWaker};
use reactor::poller::{IoFail, IoType, Poll, Waker, WakerRecv, WakerSend};

use crate::stage::{LONG, TELLS_HANGUPS, pair, read, skips};

/// Waits, and shows what was found in few words.
fn found(poller: &mut impl Poll) -> Vec<(u64, String)> {
    let count = poller.poll(Some(LONG)).unwrap();
    let found: Vec<_> = poller
        .by_ref()
        .map(|(id, result)| {
            let text = match result {
                Ok(io) => io.to_string(),
                Err(IoFail::Connectivity(flags)) => format!("hung up {flags:#x}"),
                Err(IoFail::Os(flags)) => format!("error {flags:#x}"),
            };
            (id.to_string().parse().unwrap(), text)
        })
        .collect();
    assert_eq!(found.len(), count);
    found
}

fn nothing(poller: &mut impl Poll) {
    assert_eq!(poller.poll(Some(Duration::ZERO)).unwrap(), 0);
    assert!(poller.next().is_none());
}

#[test]
fn sources_are_reported_for_as_long_as_they_are_ready_for_what_they_are_watched_for() {
    let mut poller = Poller::new();
    let (here, mut there) = pair();
    let id = poller.register(&here, IoType::read_only());
    nothing(&mut poller);
    there.write_all(b"x").unwrap();
    for _ in 0..2 {
        assert_eq!(found(&mut poller), [(1, "read".into())]);
    }
    assert!(poller.set_interest(id, IoType::read_write()));
    let mut both = found(&mut poller);
    both.sort();
    let shown: Vec<&str> = both.iter().map(|(_, shown)| &**shown).collect();
    assert!(shown == ["read-write"] || !TELLS_HANGUPS && shown == ["read", "write"]);
    for (interest, shown) in [
        (IoType::write_only(), "write"),
        (IoType::read_only(), "read"),
    ] {
        assert!(poller.set_interest(id, interest));
        assert_eq!(found(&mut poller), [(1, shown.into())]);
    }
    assert!(poller.set_interest(id, IoType::none()));
    nothing(&mut poller);
    assert!(poller.set_interest(id, IoType::read_only()));
    assert_eq!(found(&mut poller), [(1, "read".into())]);
    poller.unregister(id);
    nothing(&mut poller);
    assert!(!poller.set_interest(id, IoType::read_only()));
}

#[test]
fn what_was_unregistered_is_reported_no_more_although_it_was_found() {
    let mut poller = Poller::new();
    let (one, _other_one) = pair();
    let (two, _other_two) = pair();
    let first = poller.register(&one, IoType::write_only());
    let second = poller.register(&two, IoType::write_only());
    assert_eq!(poller.poll(Some(LONG)).unwrap(), 2);
    poller.unregister(first);
    let rest: Vec<ResourceId> = poller.by_ref().map(|(id, _)| id).collect();
    assert_eq!(rest, [second]);
}

#[test]
fn a_hang_up_is_reported_once_nothing_is_unread() {
    if skips() {
        return;
    }
    let mut poller = Poller::new();
    let (mut here, mut there) = pair();
    poller.register(&here, IoType::read_only());
    there.write_all(b"ab").unwrap();
    drop(there);
    assert_eq!(found(&mut poller), [(1, "read".into())]);
    assert_eq!(read(&mut here, 1), "a");
    assert_eq!(found(&mut poller), [(1, "read".into())]);
    assert_eq!(read(&mut here, 1), "b");
    for _ in 0..2 {
        let found = found(&mut poller);
        assert!(found[0].1.starts_with("hung up 0x1"), "{found:?}");
    }
}

#[test]
fn what_is_no_descriptor_is_reported_in_error_until_it_is_unregistered() {
    let mut poller = Poller::new();
    let (here, mut there) = pair();
    let none = poller.register(&-1, IoType::read_only());
    let some = poller.register(&here, IoType::read_only());
    assert_ne!(none, some);
    there.write_all(b"x").unwrap();
    for _ in 0..2 {
        let expected = [(1, "error 0x20".into()), (2, "read".into())];
        assert_eq!(found(&mut poller), expected);
    }
    assert!(poller.set_interest(none, IoType::none()));
    poller.unregister(none);
    assert_eq!(found(&mut poller), [(2, "read".into())]);
}

#[test]
fn a_regular_file_is_reported_by_each_wait_unless_nothing_is_wanted() {
    let mut poller = Poller::new();
    let file = File::open(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap();
    let id = poller.register(&file, IoType::read_only());
    for _ in 0..2 {
        assert_eq!(found(&mut poller), [(1, "read".into())]);
    }
    assert!(poller.set_interest(id, IoType::none()));
    nothing(&mut poller);
    poller.unregister(id);
    nothing(&mut poller);
}

#[test]
fn one_number_can_be_registered_twice() {
    let mut poller = Poller::new();
    let (here, mut there) = pair();
    let first = poller.register(&here, IoType::read_only());
    let second = poller.register(&here.as_raw_fd(), IoType::write_only());
    there.write_all(b"x").unwrap();
    let mut both = found(&mut poller);
    both.sort();
    assert_eq!(both, [(1, "read".into()), (2, "write".into())]);
    poller.unregister(first);
    assert_eq!(found(&mut poller), [(2, "write".into())]);
    poller.unregister(second);
    nothing(&mut poller);
    // Once it is registered alone, nothing of it is kept open.
    poller.register(&here, IoType::read_only());
    assert_eq!(found(&mut poller), [(3, "read".into())]);
    drop(here);
    assert_eq!(
        there.read(&mut [0; 1]).unwrap_err().kind(),
        io::ErrorKind::ConnectionReset
    );
}

#[test]
fn a_waker_ends_a_wait_from_another_thread_and_is_silent_after_its_reset() {
    let mut poller = Poller::new();
    let (sender, mut receiver) = PopolWaker::pair().unwrap();
    poller.register_waker(&receiver);
    let waking = sender.clone();
    let other = thread::spawn(move || waking.wake().unwrap());
    assert_eq!(found(&mut poller), [(0, "read".into())]);
    other.join().unwrap();
    // More than the sockets have room for.
    for _ in 0..300_000 {
        sender.wake().unwrap();
    }
    assert_eq!(found(&mut poller), [(0, "read".into())]);
    receiver.reset();
    nothing(&mut poller);
    sender.wake().unwrap();
    assert_eq!(found(&mut poller), [(0, "read".into())]);
    assert_eq!(receiver.read(&mut [0; 1]).unwrap(), 0);
    nothing(&mut poller);
}

#[test]
fn a_second_waker_takes_the_place_of_the_first() {
    let mut poller = Poller::new();
    let (first, first_receiver) = PopolWaker::pair().unwrap();
    let (second, second_receiver) = PopolWaker::pair().unwrap();
    poller.register_waker(&first_receiver);
    poller.register_waker(&second_receiver);
    first.wake().unwrap();
    nothing(&mut poller);
    second.wake().unwrap();
    assert_eq!(found(&mut poller), [(0, "read".into())]);
}

#[test]
fn a_waker_that_cannot_be_watched_fails_the_next_wait() {
    let mut poller = Poller::new();
    poller.register_waker(&-1);
    assert!(poller.poll(Some(LONG)).is_err());
    nothing(&mut poller);
}
