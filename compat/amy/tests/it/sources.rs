//! Sources: by edges, under ids that count up, named by their descriptors.

use std::fs::File;
use std::io::{ErrorKind, Read, Write, pipe};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::thread;

use amy::Event;

use crate::stage::{LONG, NOW, WHILE, pair, poller, told};

/// A number that need not be a descriptor.
struct Number(i32);

impl AsRawFd for Number {
    fn as_raw_fd(&self) -> i32 {
        self.0
    }
}

const NONE: Number = Number(-1);

#[test]
fn an_edge_is_told_once() {
    let (mut poller, registrar) = poller();
    let (here, _there) = pair();
    let id = registrar.register(&here, Event::Write).unwrap();
    assert_eq!(poller.wait(LONG).unwrap(), [told(id, Event::Write)]);
    assert_eq!(poller.wait(WHILE).unwrap(), [], "it is writable still");
}

#[test]
fn ids_count_up_from_one_and_failures_count() {
    let (_poller, mut registrar) = poller();
    let (here, there) = pair();
    assert_eq!(registrar.register(&here, Event::Read).unwrap(), 1);
    assert!(registrar.register(&NONE, Event::Read).is_err());
    assert_eq!(registrar.set_timeout(LONG).unwrap(), 3);
    assert!(registrar.set_interval(0).is_err());
    assert_eq!(registrar.channel::<u8>().unwrap().1.get_id(), 5);
    assert!(registrar.sync_channel::<u8>(0).is_err());
    let same = registrar.clone();
    assert_eq!(same.register(&there, Event::Read).unwrap(), 7);
}

#[test]
fn a_source_that_is_registered_twice_is_told_once() {
    let (mut poller, registrar) = poller();
    let (here, mut there) = pair();
    registrar.register(&here, Event::Read).unwrap();
    // kqueue does not tell, and goes by the second one.
    let id = match registrar.register(&here, Event::Read) {
        Ok(second) => second,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => 1,
        Err(error) => panic!("{error}"),
    };
    there.write_all(b"hello").unwrap();
    assert_eq!(poller.wait(LONG).unwrap(), [told(id, Event::Read)]);
    registrar.deregister(&here).unwrap();
    assert_eq!(
        format!("{registrar:?}"),
        "Registrar { registrations: 0, .. }"
    );
}

#[test]
fn both_directions_are_told_at_once() {
    let (mut poller, registrar) = poller();
    let (mut here, mut there) = pair();
    there.write_all(b"hello").unwrap();
    let id = registrar.register(&here, Event::Both).unwrap();
    assert_eq!(poller.wait(LONG).unwrap(), [told(id, Event::Both)]);
    let (second, mut other) = pair();
    other.write_all(b"hello").unwrap();
    let second_id = registrar.register(&second, Event::Both).unwrap();
    assert_eq!(here.read(&mut [0; 16]).unwrap(), 5);
    there.write_all(b"again").unwrap();
    let mut both = poller.wait(LONG).unwrap();
    both.sort_by_key(|notification| notification.id);
    // Whether the writable one is told again with the other is the kernel's choice.
    assert_eq!(both.len(), 2, "one for each source: {both:?}");
    assert!(both[0].id == id && both[0].event.readable());
    assert_eq!(both[1], told(second_id, Event::Both));
}

#[test]
fn reregistering_replaces_interest_and_id_and_tells_again() {
    let (mut poller, registrar) = poller();
    let (here, mut there) = pair();
    let id = registrar.register(&here, Event::Read).unwrap();
    assert_eq!(poller.wait(NOW).unwrap(), []);
    registrar.reregister(id, &here, Event::Write).unwrap();
    assert_eq!(poller.wait(LONG).unwrap(), [told(id, Event::Write)]);
    registrar.reregister(id, &here, Event::Write).unwrap();
    assert_eq!(poller.wait(LONG).unwrap(), [told(id, Event::Write)]);
    there.write_all(b"hello").unwrap();
    assert_eq!(poller.wait(WHILE).unwrap(), [], "nobody reads");
    registrar.reregister(4711, &here, Event::Read).unwrap();
    assert_eq!(poller.wait(LONG).unwrap(), [told(4711, Event::Read)]);
}

#[test]
fn what_is_not_registered_can_be_neither_changed_nor_removed() {
    let (_poller, registrar) = poller();
    let (here, _there) = pair();
    let unknown = |result: std::io::Result<()>| result.unwrap_err().kind() == ErrorKind::NotFound;
    assert!(unknown(registrar.reregister(1, &here, Event::Read)));
    assert!(unknown(registrar.deregister(&here)));
    registrar.register(&here, Event::Read).unwrap();
    registrar.deregister(&here).unwrap();
    assert!(unknown(registrar.deregister(&here)));
    assert!(unknown(registrar.reregister(1, &here, Event::Read)));
    assert!(registrar.deregister(&NONE).is_err());
    assert!(registrar.reregister(1, &NONE, Event::Read).is_err());
}

#[test]
fn a_source_that_was_closed_is_not_kept_by_a_deregistration_that_comes_late() {
    let (_poller, registrar) = poller();
    let (here, _there) = pair();
    registrar.register(&here, Event::Read).unwrap();
    let number = Number(here.as_raw_fd());
    drop(here);
    assert!(registrar.deregister(&number).is_err());
    assert_eq!(
        format!("{registrar:?}"),
        "Registrar { registrations: 0, .. }"
    );
}

#[test]
fn a_source_that_was_deregistered_is_told_of_no_more() {
    for event in [Event::Read, Event::Write, Event::Both] {
        let (mut poller, registrar) = poller();
        let (here, mut there) = pair();
        registrar.register(&here, event.clone()).unwrap();
        there.write_all(b"hello").unwrap();
        registrar.deregister(&here).unwrap();
        assert_eq!(poller.wait(WHILE).unwrap(), [], "{event:?}");
        let id = registrar.register(&here, event.clone()).unwrap();
        assert_eq!(poller.wait(LONG).unwrap(), [told(id, event)]);
    }
}

#[test]
fn a_source_that_was_closed_leaves_its_number_to_others() {
    let (mut poller, registrar) = poller();
    for round in 1..=500 {
        let (here, mut there) = pair();
        assert_eq!(registrar.register(&here, Event::Read).unwrap(), round);
        there.write_all(b"hello").unwrap();
        assert_eq!(poller.wait(LONG).unwrap(), [told(round, Event::Read)]);
    }
    let text = format!("{registrar:?}");
    let left: usize = text
        .split(|character: char| !character.is_ascii_digit())
        .find_map(|digits| digits.parse().ok())
        .unwrap();
    // At most as many as there are numbers, which the other tests take too meanwhile.
    assert!(left < 250, "{left} registrations of closed sources");
}

#[test]
fn a_closed_source_that_others_have_open_is_told_under_no_other_id() {
    let (mut poller, registrar) = poller();
    let (here, mut there) = pair();
    let old = registrar.register(&here, Event::Read).unwrap();
    let number = here.as_raw_fd();
    let duplicate = here.try_clone().unwrap();
    drop(here);
    // Takes the number, unless another test did.
    let (next, mut other) = pair();
    let taken = next.as_raw_fd() == number;
    let new = registrar.register(&next, Event::Read).unwrap();
    there.write_all(b"hello").unwrap();
    let found = poller.wait(WHILE).unwrap();
    assert!(found.iter().all(|notification| notification.id == old));
    assert!(!taken || found.is_empty(), "{found:?}");
    other.write_all(b"hello").unwrap();
    assert_eq!(poller.wait(LONG).unwrap(), [told(new, Event::Read)]);
    drop(duplicate);
}

#[test]
fn an_error_is_told_to_the_direction_that_was_asked_for() {
    let (mut poller, registrar) = poller();
    let (reader, writer) = pipe().unwrap();
    let writer = OwnedFd::from(writer);
    // The flag belongs to the pipe's end, by whatever type it is called.
    let flag = UnixStream::from(writer.try_clone().unwrap());
    flag.set_nonblocking(true).unwrap();
    let mut writer = File::from(writer);
    while writer.write(&[0; 4096]).is_ok() {}
    let id = registrar.register(&writer, Event::Write).unwrap();
    assert_eq!(poller.wait(NOW).unwrap(), [], "it is full");
    drop(reader);
    assert_eq!(poller.wait(LONG).unwrap(), [told(id, Event::Write)]);
    let error = writer.write(&[0]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
}

#[test]
fn the_end_of_a_stream_is_told_to_its_reader_with_its_last_bytes() {
    let (mut poller, registrar) = poller();
    let (mut here, mut there) = pair();
    let id = registrar.register(&here, Event::Read).unwrap();
    there.write_all(b"bye").unwrap();
    drop(there);
    assert_eq!(poller.wait(LONG).unwrap(), [told(id, Event::Read)]);
    let mut text = String::new();
    here.read_to_string(&mut text).unwrap();
    assert_eq!(text, "bye");
}

#[test]
fn a_registration_takes_effect_in_a_wait_that_has_begun() {
    let (mut poller, registrar) = poller();
    let (here, mut there) = pair();
    let other = thread::spawn(move || {
        let id = registrar.register(&here, Event::Read).unwrap();
        there.write_all(b"hello").unwrap();
        (id, here)
    });
    assert_eq!(poller.wait(LONG).unwrap(), [told(1, Event::Read)]);
    assert_eq!(other.join().unwrap().0, 1);
}
