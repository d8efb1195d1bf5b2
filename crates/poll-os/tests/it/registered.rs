//! One program, with edges, on engines with and without native ones.

use core::time::Duration;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;

use poll_os::engine::{Backend, Events, Poll};
use poll_os::{Interest, Registered, Token, Trigger};

const SOON: Option<Duration> = Some(Duration::from_secs(5));

#[test]
fn a_short_read_or_would_block_asks_for_the_next_edge_by_itself() {
    talk(poll_os::Poll::new().unwrap());
    talk(poll_os::poll::Poll::new().unwrap());
}

fn talk<B: Backend>(mut poll: Poll<B>) {
    let mut events = Events::with_capacity(4);
    let (near, mut far) = UnixStream::pair().unwrap();
    near.set_nonblocking(true).unwrap();
    let registry = poll.registry().clone();
    let both = Interest::READABLE | Interest::WRITABLE;
    let mut near = Registered::new(registry, near, Token(1), both, Trigger::Edge).unwrap();
    let mut buffer = [0; 16];
    for round in 0..4 {
        far.write_all(b"short").unwrap();
        poll.wait(&mut events, SOON).unwrap();
        let readable = events.iter().any(|event| event.ready().is_readable());
        assert!(readable, "no edge in round {round}");
        assert_eq!(near.read(&mut buffer).unwrap(), 5);
        if round % 2 == 0 {
            assert_eq!(
                near.read(&mut buffer).unwrap_err().kind(),
                ErrorKind::WouldBlock
            );
        }
    }
    // Fill it: the edge for room comes after the peer has read.
    while near.write(&[0; 4096]).is_ok() {}
    let mut sink = vec![0; 1 << 20];
    let _read = far.read(&mut sink).unwrap();
    let deadline = 100;
    let writable = (0..deadline).any(|_| {
        poll.wait(&mut events, SOON).unwrap();
        events.iter().any(|event| event.ready().is_writable())
    });
    assert!(writable);
    assert!(near.write(&[0; 16]).is_ok());
}

#[test]
fn a_refused_registration_gives_the_source_back() {
    let poll = poll_os::poll::Poll::new().unwrap();
    let (a, b) = UnixStream::pair().unwrap();
    let registry = poll.registry();
    registry
        .register(&a, Token(1), Interest::READABLE, Trigger::Edge)
        .unwrap();
    let refused = Registered::new(
        registry.clone(),
        a,
        Token(2),
        Interest::READABLE,
        Trigger::Edge,
    );
    let refused = refused.unwrap_err();
    assert_eq!(refused.error.kind(), ErrorKind::AlreadyExists);
    (&refused.source).write_all(b"x").unwrap();
    (&b).read_exact(&mut [0]).unwrap();
    let error = std::io::Error::from(refused);
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
}
