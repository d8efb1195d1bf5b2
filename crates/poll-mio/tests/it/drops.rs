//! Dropping ends things: registrations, connections, pollers.

use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, IntoRawFd, OwnedFd};

use poll_mio::net::{TcpListener, UnixStream};
use poll_mio::{Poll, Token, Waker};

use crate::stage::{BOTH, READ, Stage, alone, any_port, connected};

#[test]
fn a_dropped_source_has_no_more_events_and_its_peer_sees_the_end() {
    let mut stage = Stage::new();
    let (mut stream, mut peer) = connected();
    stage
        .registry()
        .register(&mut stream, Token(1), READ)
        .unwrap();
    peer.write_all(b"x").unwrap();
    stage.until_readable(Token(1));
    drop(stream);
    // It was not read, so the end is a reset.
    let end = peer.read(&mut [0; 8]);
    assert!(
        matches!(&end, Ok(0)) || end.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset)
    );
    stage.silent();
}

#[test]
fn dropping_a_stream_that_owes_nothing_is_an_orderly_end() {
    let mut stage = Stage::new();
    let (mut stream, mut peer) = connected();
    stage
        .registry()
        .register(&mut stream, Token(1), BOTH)
        .unwrap();
    stream.write_all(b"last words").unwrap();
    drop(stream);
    let mut words = String::new();
    peer.read_to_string(&mut words).unwrap();
    assert_eq!(words, "last words");
    stage.until_no_more();
}

impl Stage {
    /// What was on its way when the source was dropped may come; then nothing.
    fn until_no_more(&mut self) {
        self.poll(core::time::Duration::ZERO);
        self.silent();
    }
}

#[test]
fn a_dropped_listener_refuses_and_reports_nothing() {
    let mut stage = Stage::new();
    let mut listener = TcpListener::bind(any_port()).unwrap();
    let address = listener.local_addr().unwrap();
    stage
        .registry()
        .register(&mut listener, Token(1), READ)
        .unwrap();
    drop(listener);
    assert!(std::net::TcpStream::connect(address).is_err());
    stage.silent();
}

#[test]
fn a_dropped_sources_number_can_be_registered_by_the_next_one() {
    let mut stage = Stage::new();
    for round in 0..100 {
        let (mut near, mut far) = UnixStream::pair().unwrap();
        stage
            .registry()
            .register(&mut near, Token(round), READ)
            .unwrap();
        far.write_all(b"x").unwrap();
        stage.until_readable(Token(round));
    }
    stage.silent();
}

#[test]
fn a_descriptor_that_is_handed_over_can_be_registered_anew() {
    let mut stage = Stage::new();
    let (mut near, mut far) = UnixStream::pair().unwrap();
    stage
        .registry()
        .register(&mut near, Token(1), READ)
        .unwrap();
    stage.registry().deregister(&mut near).unwrap();
    let mut near = UnixStream::from(OwnedFd::from(near));
    stage
        .registry()
        .register(&mut near, Token(2), READ)
        .unwrap();
    far.write_all(b"x").unwrap();
    stage.until_readable(Token(2));
    let number = near.as_fd().try_clone_to_owned().unwrap().into_raw_fd();
    assert!(number > 2);
}

#[test]
fn a_descriptor_that_is_handed_over_while_registered_is_its_new_owners_to_close() {
    let mut stage = Stage::new();
    let (mut near, mut far) = UnixStream::pair().unwrap();
    stage
        .registry()
        .register(&mut near, Token(1), READ)
        .unwrap();
    drop(OwnedFd::from(near));
    assert_eq!(far.read(&mut [0; 8]).unwrap(), 0, "nobody else has it");
    stage.silent();
}

#[test]
fn pollers_that_come_and_go_leave_no_descriptor() {
    alone(
        "drops::pollers_that_come_and_go_leave_no_descriptor",
        || {
            let open = || std::fs::read_dir("/proc/self/fd").map(Iterator::count);
            let come_and_go = || {
                let poll = Poll::new().unwrap();
                let registry = poll.registry().try_clone().unwrap();
                let waker = Waker::new(&registry, Token(0)).unwrap();
                let (mut near, _far) = UnixStream::pair().unwrap();
                registry.register(&mut near, Token(1), READ).unwrap();
                drop(poll);
                waker.wake().unwrap();
            };
            // The first one may open what is opened once.
            come_and_go();
            let Ok(before) = open() else { return };
            (0..2_000).for_each(|_| come_and_go());
            assert_eq!(open().unwrap(), before);
        },
    );
}

#[test]
fn a_registry_keeps_its_poller_open() {
    let poll = Poll::new().unwrap();
    let registry = poll.registry().try_clone().unwrap();
    drop(poll);
    let (mut near, _far) = UnixStream::pair().unwrap();
    registry.register(&mut near, Token(1), READ).unwrap();
    registry.deregister(&mut near).unwrap();
}
