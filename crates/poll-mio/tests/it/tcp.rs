//! TCP streams: connecting, addresses, options, ends.

use std::io::{ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsRawFd, IntoRawFd, OwnedFd};

use poll_mio::Token;
use poll_mio::event::Event;
use poll_mio::net::{TcpListener, TcpStream};

use crate::stage::{BOTH, READ, Stage, WRITE, any_port, connected, would_block};

#[test]
fn a_connection_is_made_when_the_stream_is_writable() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let Ok(listener) = std::net::TcpListener::bind(address) else {
            // A machine without IPv6.
            continue;
        };
        let address = listener.local_addr().unwrap();
        let mut stage = Stage::new();
        let mut stream = TcpStream::connect(address).unwrap();
        stage
            .registry()
            .register(&mut stream, Token(1), BOTH)
            .unwrap();
        stage.until_writable(Token(1));
        assert!(stream.take_error().unwrap().is_none());
        assert_eq!(stream.peer_addr().unwrap(), address);
        let (peer, from) = listener.accept().unwrap();
        assert_eq!(stream.local_addr().unwrap(), from);
        drop(peer);
        stage.until(Token(1), Event::is_readable);
        assert_eq!(stream.read(&mut [0; 8]).unwrap(), 0);
    }
}

#[test]
fn a_refused_connection_is_writable_and_closed_and_tells_why() {
    let gone = std::net::TcpListener::bind(any_port()).unwrap();
    let address = gone.local_addr().unwrap();
    drop(gone);
    let mut stage = Stage::new();
    let mut stream = match TcpStream::connect(address) {
        Ok(stream) => stream,
        Err(error) => return assert_eq!(error.kind(), ErrorKind::ConnectionRefused),
    };
    stage
        .registry()
        .register(&mut stream, Token(1), WRITE)
        .unwrap();
    stage.until(Token(1), |event| {
        event.is_writable() && event.is_write_closed()
    });
    let error = stream.take_error().unwrap().unwrap();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    assert!(stream.take_error().unwrap().is_none(), "told once");
    assert!(stream.peer_addr().is_err());
}

#[test]
fn bytes_go_both_ways_in_parts_and_nothing_is_written_past_the_end() {
    let mut stage = Stage::new();
    let (mut near, mut far) = connected();
    stage
        .registry()
        .register(&mut near, Token(1), READ)
        .unwrap();
    let parts = [
        IoSlice::new(b"one"),
        IoSlice::new(b""),
        IoSlice::new(b"two"),
    ];
    assert_eq!((&near).write_vectored(&parts).unwrap(), 6);
    near.flush().unwrap();
    let mut buffer = [0; 6];
    far.read_exact(&mut buffer).unwrap();
    assert_eq!(&buffer, b"onetwo");
    far.write_all(b"12345").unwrap();
    stage.until_readable(Token(1));
    let mut peeked = [0; 2];
    assert_eq!(near.peek(&mut peeked).unwrap(), 2);
    assert_eq!(&peeked, b"12");
    let (mut first, mut second) = ([b'.'; 3], [b'.'; 4]);
    let mut parts = [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)];
    assert_eq!((&near).read_vectored(&mut parts).unwrap(), 5);
    assert_eq!((&first, &second), (b"123", b"45.."));
    would_block(near.read(&mut first));
}

#[test]
fn options_are_set_and_read_back() {
    let (stream, _peer) = connected();
    stream.set_nodelay(true).unwrap();
    assert!(stream.nodelay().unwrap());
    stream.set_nodelay(false).unwrap();
    assert!(!stream.nodelay().unwrap());
    let listener = TcpListener::bind(any_port()).unwrap();
    assert!(listener.take_error().unwrap().is_none());
    for ttl in [1, 10, 255] {
        stream.set_ttl(ttl).unwrap();
        assert_eq!(stream.ttl().unwrap(), ttl);
        listener.set_ttl(ttl).unwrap();
        assert_eq!(listener.ttl().unwrap(), ttl);
    }
    for ttl in [0, 256, u32::MAX] {
        let error = stream.set_ttl(ttl).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{ttl}");
    }
    assert_eq!(stream.ttl().unwrap(), 255);
}

#[test]
fn the_end_of_the_peers_writing_closes_reading() {
    let mut stage = Stage::new();
    let (mut near, far) = connected();
    stage
        .registry()
        .register(&mut near, Token(1), BOTH)
        .unwrap();
    stage.until_writable(Token(1));
    assert!(stage.events.iter().all(|event| !event.is_read_closed()));
    far.shutdown(Shutdown::Write).unwrap();
    stage.until(Token(1), |event| {
        event.is_readable() && event.is_read_closed() && !event.is_write_closed()
    });
    assert_eq!(near.read(&mut [0; 8]).unwrap(), 0);
    near.write_all(b"still").unwrap();
}

#[test]
fn ending_both_directions_closes_both_and_a_write_is_refused() {
    let mut stage = Stage::new();
    let (mut near, _far) = connected();
    stage
        .registry()
        .register(&mut near, Token(1), BOTH)
        .unwrap();
    stage.until_writable(Token(1));
    near.shutdown(Shutdown::Both).unwrap();
    stage.until(Token(1), Event::is_write_closed);
    assert_eq!(near.read(&mut [0; 8]).unwrap(), 0);
    assert_eq!(near.write(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
}

#[test]
fn a_reset_is_readable_and_closed_and_then_quiet() {
    let mut stage = Stage::new();
    let (mut near, far) = connected();
    stage
        .registry()
        .register(&mut near, Token(1), READ)
        .unwrap();
    // What the peer has not read when it closes makes the close a reset.
    near.write_all(b"never read").unwrap();
    let mut probe = [0];
    assert_eq!(far.peek(&mut probe).unwrap(), 1);
    drop(far);
    stage.until(Token(1), |event| {
        event.is_readable() && event.is_read_closed()
    });
    let read = near.read(&mut [0; 8]);
    assert!(matches!(&read, Ok(0)) || read.is_err_and(|e| e.kind() == ErrorKind::ConnectionReset));
    stage.silent();
}

#[test]
fn a_socket_goes_over_to_the_standard_library_and_back() {
    let (near, mut far) = connected();
    let near = TcpStream::from(OwnedFd::from(near));
    (&near).write_all(b"x").unwrap();
    far.read_exact(&mut [0]).unwrap();
    let number = near.as_raw_fd();
    let near = TcpStream::from_std(near.into());
    assert_eq!(near.as_raw_fd(), number);
    (&near).write_all(b"y").unwrap();
    far.read_exact(&mut [0]).unwrap();
    assert_eq!(near.into_raw_fd(), number);
}
