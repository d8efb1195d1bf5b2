//! A source belongs to one poller at a time: debug builds say so, in words that programs compare.
#![cfg(debug_assertions)]

use std::fs::File;
use std::io::ErrorKind;
use std::os::fd::{AsRawFd, OwnedFd};

use poll_mio::event::Source;
use poll_mio::net::{TcpListener, UdpSocket, UnixDatagram, UnixListener, UnixStream};
use poll_mio::unix::{SourceFd, pipe};
use poll_mio::{Poll, Token};

use crate::stage::{READ, Stage, TempPath, WRITE, any_port, connected};

const REGISTERED: &str = "I/O source already registered with a `Registry`";
const NOT_REGISTERED: &str = "not registered";

#[track_caller]
fn refused(result: std::io::Result<()>, kind: ErrorKind, text: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(text), "{error}");
}

/// Each kind of source of this crate.
fn sources() -> Vec<Box<dyn Source>> {
    let (stream, _peer) = connected();
    let path = TempPath::new();
    let (sender, receiver) = pipe::new().unwrap();
    vec![
        Box::new(TcpListener::bind(any_port()).unwrap()),
        Box::new(stream),
        Box::new(UdpSocket::bind(any_port()).unwrap()),
        Box::new(UnixListener::bind(&path).unwrap()),
        Box::new(UnixStream::pair().unwrap().0),
        Box::new(UnixDatagram::unbound().unwrap()),
        Box::new(sender),
        Box::new(receiver),
    ]
}

#[test]
fn a_second_registration_is_refused_also_with_another_poller() {
    let (one, other) = (Poll::new().unwrap(), Poll::new().unwrap());
    for mut source in sources() {
        one.registry()
            .register(&mut source, Token(1), READ)
            .unwrap();
        for poll in [&one, &other] {
            let again = poll.registry().register(&mut source, Token(2), READ);
            refused(again, ErrorKind::AlreadyExists, REGISTERED);
        }
    }
}

#[test]
fn what_is_not_registered_is_neither_reregistered_nor_deregistered() {
    let poll = Poll::new().unwrap();
    for mut source in sources() {
        let registry = poll.registry();
        let changed = registry.reregister(&mut source, Token(1), READ);
        refused(changed, ErrorKind::NotFound, NOT_REGISTERED);
        let ended = registry.deregister(&mut source);
        refused(ended, ErrorKind::NotFound, NOT_REGISTERED);
    }
}

#[test]
fn a_source_of_one_poller_is_refused_by_another() {
    let (one, other) = (Poll::new().unwrap(), Poll::new().unwrap());
    for mut source in sources() {
        one.registry()
            .register(&mut source, Token(1), READ)
            .unwrap();
        let changed = other.registry().reregister(&mut source, Token(1), READ);
        refused(changed, ErrorKind::AlreadyExists, "different `Registry`");
        let ended = other.registry().deregister(&mut source);
        refused(ended, ErrorKind::NotFound, NOT_REGISTERED);
        // A clone of its registry is its registry.
        let clone = one.registry().try_clone().unwrap();
        clone.reregister(&mut source, Token(2), WRITE).unwrap();
        clone.deregister(&mut source).unwrap();
        other
            .registry()
            .register(&mut source, Token(1), READ)
            .unwrap();
    }
}

#[test]
fn a_refused_registration_changes_nothing() {
    let (mut stage, other) = (Stage::new(), Poll::new().unwrap());
    let (mut near, far) = UnixStream::pair().unwrap();
    stage
        .registry()
        .register(&mut near, Token(1), READ)
        .unwrap();
    assert!(
        other
            .registry()
            .register(&mut near, Token(2), READ)
            .is_err()
    );
    std::io::Write::write_all(&mut &far, b"x").unwrap();
    stage.until_readable(Token(1));
    stage.registry().deregister(&mut near).unwrap();
    other
        .registry()
        .register(&mut near, Token(2), READ)
        .unwrap();
}

#[test]
fn a_source_that_the_system_does_not_know_any_more_is_free() {
    let poll = Poll::new().unwrap();
    let registry = poll.registry();
    let (mut near, _far) = UnixStream::pair().unwrap();
    registry.register(&mut near, Token(1), READ).unwrap();
    let number = near.as_raw_fd();
    registry.deregister(&mut SourceFd(&number)).unwrap();
    assert!(registry.deregister(&mut near).is_err());
    registry.register(&mut near, Token(1), READ).unwrap();
}

#[test]
fn what_the_system_refuses_is_not_registered() {
    let poll = Poll::new().unwrap();
    let registry = poll.registry();
    let file = File::open(std::env::current_exe().unwrap()).unwrap();
    let mut file = UnixStream::from(OwnedFd::from(file));
    if registry.register(&mut file, Token(1), READ).is_ok() {
        // kqueue watches regular files.
        return;
    }
    let again = registry.register(&mut file, Token(1), READ).unwrap_err();
    assert_ne!(again.kind(), ErrorKind::AlreadyExists);
    let ended = registry.deregister(&mut file);
    refused(ended, ErrorKind::NotFound, NOT_REGISTERED);
}
