//! Unix sockets: streams, listeners, datagrams, their names.

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::SocketAddr;

use poll_mio::Token;
use poll_mio::event::Event;
use poll_mio::net::{UnixDatagram, UnixListener, UnixStream};

use crate::stage::{BOTH, READ, Stage, TempPath, would_block};

#[test]
fn streams_connect_by_path_and_by_address() {
    let path = TempPath::new();
    let mut stage = Stage::new();
    let mut listener = UnixListener::bind(&path).unwrap();
    assert_eq!(listener.local_addr().unwrap().as_pathname(), Some(&*path.0));
    assert!(listener.take_error().unwrap().is_none());
    stage
        .registry()
        .register(&mut listener, Token(0), READ)
        .unwrap();
    would_block(listener.accept());
    let address = SocketAddr::from_pathname(&path).unwrap();
    for connect in [&(|| UnixStream::connect(&path)) as &dyn Fn() -> _, &|| {
        UnixStream::connect_addr(&address)
    }] {
        let mut client = connect().unwrap();
        assert_eq!(client.peer_addr().unwrap().as_pathname(), Some(&*path.0));
        assert!(client.local_addr().unwrap().is_unnamed());
        stage.until_readable(Token(0));
        let (mut server, peer) = listener.accept().unwrap();
        assert!(peer.is_unnamed());
        would_block(listener.accept());
        stage
            .registry()
            .register(&mut server, Token(1), READ)
            .unwrap();
        client.write_all(b"hello").unwrap();
        stage.until_readable(Token(1));
        assert_eq!(server.read(&mut [0; 8]).unwrap(), 5);
        client.shutdown(Shutdown::Write).unwrap();
        stage.until(Token(1), Event::is_read_closed);
        let broken = client.write(b"x").unwrap_err();
        assert_eq!(broken.kind(), ErrorKind::BrokenPipe);
        assert!(server.take_error().unwrap().is_none());
    }
    let taken = UnixListener::bind_addr(&address).unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::AddrInUse);
}

#[test]
fn ending_both_directions_of_a_stream_closes_both() {
    let mut stage = Stage::new();
    let (mut near, _far) = UnixStream::pair().unwrap();
    stage
        .registry()
        .register(&mut near, Token(1), BOTH)
        .unwrap();
    stage.until_writable(Token(1));
    near.shutdown(Shutdown::Both).unwrap();
    stage.until(Token(1), Event::is_write_closed);
}

#[test]
fn datagrams_go_by_path_and_to_connected_peers_and_have_names() {
    let (path, other) = (TempPath::new(), TempPath::new());
    let mut stage = Stage::new();
    let mut near = UnixDatagram::bind(&path).unwrap();
    let address = SocketAddr::from_pathname(&other).unwrap();
    let far = UnixDatagram::bind_addr(&address).unwrap();
    stage
        .registry()
        .register(&mut near, Token(1), READ)
        .unwrap();
    let mut buffer = [0; 8];
    would_block(near.recv_from(&mut buffer));
    far.send_to(b"hello", &path.0).unwrap();
    stage.until_readable(Token(1));
    let (len, from) = near.recv_from(&mut buffer).unwrap();
    assert_eq!((len, from.as_pathname()), (5, Some(&*other.0)));
    would_block(near.recv(&mut buffer));

    far.connect(&path).unwrap();
    assert_eq!(far.peer_addr().unwrap().as_pathname(), Some(&*path.0));
    assert_eq!(far.local_addr().unwrap().as_pathname(), Some(&*other.0));
    far.send(b"again").unwrap();
    stage.until_readable(Token(1));
    assert_eq!(near.recv(&mut buffer).unwrap(), 5);
    would_block(near.recv(&mut buffer));

    let nameless = UnixDatagram::unbound().unwrap();
    nameless.send_to(b"x", &path.0).unwrap();
    stage.until_readable(Token(1));
    let (_len, from) = near.recv_from(&mut buffer).unwrap();
    assert_eq!(from.as_pathname(), None);
    assert!(from.is_unnamed());
    would_block(near.recv_from(&mut buffer));
    nameless.send_to(b"x", &path.0).unwrap();
    stage.until_readable(Token(1));
}

#[test]
fn bad_paths_are_refused() {
    let long = "p".repeat(200);
    let invalid = |error: std::io::Error| error.kind() == ErrorKind::InvalidInput;
    for path in ["a\0b", &long] {
        let datagrams = UnixDatagram::unbound().unwrap();
        assert!(invalid(UnixListener::bind(path).unwrap_err()), "{path:?}");
        assert!(invalid(UnixStream::connect(path).unwrap_err()), "{path:?}");
        assert!(invalid(UnixDatagram::bind(path).unwrap_err()), "{path:?}");
        assert!(invalid(datagrams.connect(path).unwrap_err()), "{path:?}");
        assert!(
            invalid(datagrams.send_to(b"x", path).unwrap_err()),
            "{path:?}"
        );
    }
    assert!(UnixStream::connect("").is_err(), "nobody has no name");
    let missing = UnixStream::connect(TempPath::new()).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
}
