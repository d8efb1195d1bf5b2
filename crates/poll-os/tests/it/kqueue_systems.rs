//! The kqueue adapter on kernels that differ from each other, as far as an emulation can.

use core::time::Duration;
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};

use poll_conformance::run;
use poll_os::kqueue::{Events, Poll, Waker};
use poll_os::{Change, ChildExit, Engine, Interest, Ready, Token, Trigger};
use sys_kqueue::emulation::{
    Exits, Profile, ReceiptFlags, Step, Zombies, at_next_change, recorded, set_profile,
};
use sys_kqueue::{Errno, Filter, Flags};

use crate::fixture::KernelFixture;
use crate::nesting::nesting;

const NOW: Option<Duration> = Some(Duration::ZERO);
const SOON: Option<Duration> = Some(Duration::from_secs(10));
const BOTH: Interest = Interest::READABLE.add(Interest::WRITABLE);

/// What differs from the system whose numbers are compiled in, all at once.
fn other() -> Profile {
    let own = Profile::default();
    Profile {
        receipt_flags: match own.receipt_flags {
            ReceiptFlags::Replaced => ReceiptFlags::Joined,
            ReceiptFlags::Joined => ReceiptFlags::Replaced,
        },
        has_user_events: false,
        triggers_on_add: !own.triggers_on_add,
        zombies: match own.zombies {
            Zombies::Reported => Zombies::Refused,
            _ => Zombies::Reported,
        },
        exits: own.exits,
    }
}

fn on_another_system() -> io::Result<Poll> {
    set_profile(other());
    Poll::new()
}

#[test]
fn a_kernel_with_other_habits_and_no_user_events_keeps_the_contract() {
    run(KernelFixture::new(on_another_system, nesting())).assert_passed();
}

#[test]
fn without_user_events_a_pipe_wakes_once_for_each_burst() {
    let mut poll = on_another_system().unwrap();
    let mut events = Events::with_capacity(4);
    let waker = Waker::new(poll.registry(), Token(7)).unwrap();
    // Its descriptor is out, so every wake rings.
    let _descriptor = poll.as_fd();
    for _ in 0..3 {
        for _ in 0..100 {
            waker.wake().unwrap();
        }
        poll.wait(&mut events, SOON).unwrap();
        let seen: Vec<_> = events.iter().map(|it| (it.token(), it.ready())).collect();
        assert_eq!(seen, [(Token(7), Ready::READABLE)]);
        poll.wait(&mut events, NOW).unwrap();
        assert!(events.is_empty());
    }
}

#[test]
fn a_waker_that_is_dropped_takes_its_user_event_along() {
    let poll = Poll::new().unwrap();
    let first = Waker::new(poll.registry(), Token(1)).unwrap();
    let second = Waker::new(poll.registry(), Token(2)).unwrap();
    for (waker, ident) in [(second, 1), (first, 0)] {
        let calls = recorded(|| drop(waker));
        let [call] = calls.as_slice() else {
            panic!("{calls:?}")
        };
        let asked: Vec<_> = call.iter().map(|it| (it.filter(), it.ident())).collect();
        assert_eq!(asked, [(Filter::USER, ident)]);
        assert!(call[0].flags().contains(Flags::DELETE));
    }
}

#[test]
fn a_bell_that_outlives_its_kqueue_rings_for_nobody() {
    let poll = Poll::new().unwrap();
    let waker = Waker::new(poll.registry(), Token(1)).unwrap();
    // From now on every wake rings.
    let _descriptor = poll.as_fd();
    drop(poll);
    let calls = recorded(|| waker.wake().unwrap());
    assert!(calls.is_empty(), "{calls:?}");
}

#[test]
fn the_end_of_a_child_that_was_not_waited_for_is_reported_whatever_the_kernel_says() {
    for zombies in [Zombies::Reported, Zombies::Refused, Zombies::Unreported] {
        for has_user_events in [true, false] {
            set_profile(Profile {
                zombies,
                has_user_events,
                ..Profile::default()
            });
            let mut child = Command::new("false").spawn().unwrap();
            let seen = ChildExit::new(&child).unwrap();
            reported(&seen, 1);
            // By now it has ended, and it is watched all the same.
            reported(&ChildExit::new(&child).unwrap(), 1);
            assert_eq!(child.wait().unwrap().code(), Some(1));
        }
    }
}

#[test]
fn a_child_that_is_about_to_end_is_looked_at_until_it_has() {
    let child = child_until_told();
    // As if the kernel had it among its processes no more, and not yet among its zombies.
    at_next_change(Step::Refuse(vec![(0, Errno::SRCH)]));
    looked_at_until_it_ends(child);
}

#[test]
fn an_end_that_is_noted_before_it_can_be_waited_for_is_an_edge_again() {
    let child = child_until_told();
    set_profile(Profile {
        exits: Exits::Early,
        ..Profile::default()
    });
    looked_at_until_it_ends(child);
}

/// A child that ends with code 3 when its input is closed.
fn child_until_told() -> Child {
    Command::new("sh")
        .args(["-c", "read line; exit 3"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap()
}

/// As long as the child cannot be waited for, each `None` is followed by an edge; nobody re-arms.
fn looked_at_until_it_ends(mut child: Child) {
    let exit = ChildExit::new(&child).unwrap();
    let mut poll = Poll::new().unwrap();
    let mut events = Events::with_capacity(4);
    let how = (Interest::READABLE, Trigger::Edge);
    poll.registry()
        .register(&exit, Token(1), how.0, how.1)
        .unwrap();
    for _ in 0..3 {
        poll.wait(&mut events, SOON).unwrap();
        assert_eq!(events.len(), 1);
        assert_eq!(exit.try_status().unwrap(), None);
        // To ask once more, without an edge before, takes none away.
        assert_eq!(exit.try_status().unwrap(), None);
    }
    drop(child.stdin.take());
    let status = loop {
        poll.wait(&mut events, SOON).unwrap();
        assert_eq!(events.len(), 1);
        if let Some(status) = exit.try_status().unwrap() {
            break status;
        }
    };
    assert_eq!(status.code(), Some(3));
    assert_eq!(child.wait().unwrap(), status);
}

fn reported(exit: &ChildExit, code: i32) {
    let mut poll = Poll::new().unwrap();
    let mut events = Events::with_capacity(4);
    let how = (Interest::READABLE, Trigger::Level);
    poll.registry()
        .register(exit, Token(1), how.0, how.1)
        .unwrap();
    poll.wait(&mut events, SOON).unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(exit.try_status().unwrap().unwrap().code(), Some(code));
}

#[test]
fn both_ends_of_a_pipe_are_told_of_the_other_ones_end() {
    let mut poll = Poll::new().unwrap();
    let mut events = Events::with_capacity(4);
    let ready = |poll: &mut Poll, events: &mut Events| {
        poll.wait(events, SOON).unwrap();
        events.iter().fold(Ready::EMPTY, |all, it| all | it.ready())
    };
    for trigger in [Trigger::Edge, Trigger::Level, Trigger::Oneshot] {
        let (reader, mut writer) = io::pipe().unwrap();
        writer.write_all(b"abc").unwrap();
        drop(writer);
        let registry = poll.registry();
        registry
            .register(&reader, Token(1), Interest::READABLE, trigger)
            .unwrap();
        assert_eq!(
            ready(&mut poll, &mut events),
            Ready::READABLE | Ready::READ_CLOSED
        );
        // The end comes with what is still to be read.
        assert!(events.iter().all(|event| event.available() == Some(3)));
        drop(reader);

        let (reader, writer) = io::pipe().unwrap();
        let registry = poll.registry();
        registry
            .register(&writer, Token(2), Interest::WRITABLE, trigger)
            .unwrap();
        assert_eq!(ready(&mut poll, &mut events), Ready::WRITABLE);
        drop(reader);
        poll.registry()
            .modify(&writer, Token(2), Interest::WRITABLE, trigger)
            .unwrap();
        assert_eq!(
            ready(&mut poll, &mut events),
            Ready::WRITABLE | Ready::WRITE_CLOSED
        );
    }
}

#[test]
fn the_end_of_a_stream_comes_with_its_data_and_reading_goes_on_until_zero() {
    let mut poll = Poll::new().unwrap();
    let mut events = Events::with_capacity(4);
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let mut far = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (mut near, _) = listener.accept().unwrap();
    far.write_all(b"last words").unwrap();
    drop(far);
    let how = (Interest::READABLE, Trigger::Level);
    poll.registry()
        .register(&near, Token(1), how.0, how.1)
        .unwrap();
    let mut left = 10;
    while left > 0 {
        poll.wait(&mut events, SOON).unwrap();
        let event = events.iter().next().unwrap();
        assert!(event.ready().is_readable());
        if event.ready().is_read_closed() {
            assert_eq!(event.available(), Some(left));
            near.read_exact(&mut [0; 5]).unwrap();
            left -= 5;
        }
    }
    poll.wait(&mut events, SOON).unwrap();
    assert_eq!(events.iter().next().unwrap().available(), Some(0));
    assert_eq!(near.read(&mut [0; 5]).unwrap(), 0);
}

#[test]
fn who_waits_for_nothing_but_hang_ups_is_told_the_connections_of_a_listener() {
    let mut poll = Poll::new().unwrap();
    let mut events = Events::with_capacity(4);
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let (near, mut far) = UnixStream::pair().unwrap();
    let registry = poll.registry();
    for (source, token) in [(listener.as_fd(), Token(1)), (near.as_fd(), Token(2))] {
        registry
            .register(&source, token, Interest::HANGUP, Trigger::Level)
            .unwrap();
    }
    far.write_all(b"x").unwrap();
    poll.wait(&mut events, NOW).unwrap();
    assert!(events.is_empty());
    let _connected = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    poll.wait(&mut events, SOON).unwrap();
    let seen: Vec<_> = events.iter().map(|it| (it.token(), it.ready())).collect();
    assert_eq!(seen, [(Token(1), Ready::READABLE)]);
}

#[test]
fn who_waits_for_urgent_data_only_is_told_the_end() {
    if !Poll::CAPABILITIES.priority {
        return;
    }
    for trigger in [Trigger::Edge, Trigger::Level, Trigger::Oneshot] {
        let mut poll = Poll::new().unwrap();
        let mut events = Events::with_capacity(4);
        let (near, mut far) = UnixStream::pair().unwrap();
        let registry = poll.registry();
        registry
            .register(&near, Token(1), Interest::PRIORITY, trigger)
            .unwrap();
        far.write_all(b"x").unwrap();
        poll.wait(&mut events, NOW).unwrap();
        assert!(events.is_empty());
        drop(far);
        poll.wait(&mut events, SOON).unwrap();
        assert!(!events.is_empty());
        assert!(events.iter().all(|event| event.ready().is_read_closed()));
    }
}

#[test]
fn a_regular_file_is_ready() {
    let mut poll = Poll::new().unwrap();
    let mut events = Events::with_capacity(4);
    let file = File::open(std::env::current_exe().unwrap()).unwrap();
    poll.registry()
        .register(&file, Token(1), BOTH, Trigger::Edge)
        .unwrap();
    poll.wait(&mut events, SOON).unwrap();
    let filters: Vec<_> = events.as_raw().iter().map(|it| it.filter()).collect();
    assert_eq!(filters.len(), 2);
    assert!(filters.contains(&Filter::READ) && filters.contains(&Filter::WRITE));
}

#[test]
fn a_registration_ends_with_its_descriptor_although_a_duplicate_lives() {
    let mut poll = Poll::new().unwrap();
    let mut events = Events::with_capacity(4);
    let (near, mut far) = UnixStream::pair().unwrap();
    let twin = near.try_clone().unwrap();
    let how = (Interest::READABLE, Trigger::Level);
    poll.registry()
        .register(&near, Token(1), how.0, how.1)
        .unwrap();
    far.write_all(b"x").unwrap();
    drop(near);
    poll.wait(&mut events, NOW).unwrap();
    assert!(events.is_empty());
    // Its number can be registered again at once, whoever has it.
    let mut others: Vec<OwnedFd> = Vec::new();
    for _ in 0..8 {
        let (other, peer) = UnixStream::pair().unwrap();
        poll.registry()
            .register(&other, Token(2), how.0, how.1)
            .unwrap();
        others.extend([other.into(), peer.into()]);
    }
    poll.wait(&mut events, NOW).unwrap();
    assert!(events.is_empty());
    poll.registry()
        .register(&twin, Token(3), how.0, how.1)
        .unwrap();
    poll.wait(&mut events, SOON).unwrap();
    assert!(events.iter().all(|event| event.token() == Token(3)));
    assert_eq!(events.len(), 1);
}

#[test]
fn a_poller_cannot_watch_itself() {
    let poll = Poll::new().unwrap();
    let mut batch = [Change::register(
        &poll,
        Token(1),
        Interest::READABLE,
        Trigger::Level,
    )];
    assert_eq!(poll.registry().apply(&mut batch), 1);
    let error = batch[0].take_result().unwrap().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
}
