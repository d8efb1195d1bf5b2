//! Unix sockets of every kind.

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;

use poll_net::{UnixAddr, UnixDatagram, UnixListener, UnixStream};
use sys_socket::Errno;

use crate::support::{TempPath, errno, no_child_starts, readable};

#[test]
fn a_stream_connects_by_path_and_the_path_stays_after_the_close() {
    let _guard = no_child_starts();
    let path = TempPath::new();
    let missing = UnixStream::connect(&path).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
    let listener = UnixListener::bind(&path).unwrap();
    assert_eq!(
        listener.local_addr().unwrap().as_pathname(),
        Some(path.as_ref())
    );
    let client = UnixStream::connect(&path).unwrap();
    assert!(client.finish_connect().unwrap());
    let (mut server, peer) = readable(&listener, UnixListener::accept).unwrap();
    assert!(peer.is_unnamed());
    (&client).write_all(b"hello").unwrap();
    let mut buffer = [0; 8];
    assert_eq!(
        readable(&server, |server| server.peek(&mut buffer)).unwrap(),
        5
    );
    assert_eq!(server.read(&mut buffer).unwrap(), 5);
    assert_eq!(
        client.peer_addr().unwrap().as_pathname(),
        Some(path.as_ref())
    );

    let wrong_kind = errno(UnixDatagram::unbound().unwrap().connect(&path));
    assert_eq!(wrong_kind, Some(Errno::PROTOTYPE));

    drop(listener);
    let refused = UnixStream::connect(&path).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    let taken = UnixListener::bind(&path).unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::AddrInUse);
}

#[test]
fn a_path_that_is_too_long_or_empty_or_has_a_zero_byte_is_refused() {
    for (path, wanted) in [
        (String::new(), Errno::INVAL),
        ("a\0b".into(), Errno::INVAL),
        ("x".repeat(UnixAddr::MAX_PATH + 1), Errno::NAMETOOLONG),
    ] {
        assert_eq!(errno(UnixListener::bind(&path)), Some(wanted));
        assert_eq!(errno(UnixStream::connect(&path)), Some(wanted));
        assert_eq!(errno(UnixDatagram::bind(&path)), Some(wanted));
    }
}

#[test]
fn the_longest_path_is_bound_and_connected() {
    let path = TempPath::new();
    let directory = path.0.parent().unwrap().to_path_buf();
    let room = UnixAddr::MAX_PATH - directory.as_os_str().len() - 1;
    let name = format!("{:x<room$}", format!("poll-net-{}-", std::process::id()));
    let path = TempPath(directory.join(name));
    assert_eq!(path.0.as_os_str().len(), UnixAddr::MAX_PATH);
    let listener = UnixListener::bind(&path).unwrap();
    assert_eq!(
        listener.local_addr().unwrap().as_pathname(),
        Some(path.as_ref())
    );
    UnixStream::connect(&path).unwrap();
}

#[test]
fn a_pair_of_streams_ends_one_direction_at_a_time() {
    let _guard = no_child_starts();
    let (mut a, mut b) = UnixStream::pair().unwrap();
    a.write_all(b"last").unwrap();
    a.shutdown(Shutdown::Write).unwrap();
    let mut buffer = [0; 8];
    assert_eq!(b.read(&mut buffer).unwrap(), 4);
    assert_eq!(b.read(&mut buffer).unwrap(), 0);
    b.write_all(b"back").unwrap();
    assert_eq!(a.read(&mut buffer).unwrap(), 4);
    drop(b);
    let mut c = a.try_clone().unwrap();
    assert_eq!(c.write(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
}

#[test]
fn datagrams_carry_the_senders_name_or_none() {
    let _guard = no_child_starts();
    let (here, there) = (TempPath::new(), TempPath::new());
    let receiver = UnixDatagram::bind(&here).unwrap();
    let named = UnixDatagram::bind(&there).unwrap();
    let unnamed = UnixDatagram::unbound().unwrap();
    assert_eq!(named.send_to(b"named", &here).unwrap(), 5);
    assert_eq!(unnamed.send_to(b"", &here).unwrap(), 0);
    let mut buffer = [0; 8];
    let (len, from) = receiver.peek_from(&mut buffer).unwrap();
    assert_eq!((len, from.as_pathname()), (5, Some(there.as_ref())));
    assert_eq!(receiver.recv_from(&mut buffer).unwrap(), (5, from));
    let (len, from) = receiver.recv_from(&mut buffer).unwrap();
    assert_eq!((len, from.is_unnamed()), (0, true));
    let nothing = receiver.recv_from(&mut buffer).unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
    unnamed.connect(&here).unwrap();
    unnamed.send(b"x").unwrap();
    assert_eq!(receiver.peek(&mut buffer).unwrap(), 1);
    drop(receiver);
    let gone = unnamed.send(b"x").unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::ConnectionRefused);
}

#[test]
fn sockets_convert_to_the_standard_library_and_back() {
    let (a, b) = std::os::unix::net::UnixStream::pair().unwrap();
    let mut a = UnixStream::try_from(a).unwrap();
    assert_eq!(a.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    (&b).write_all(b"x").unwrap();
    assert_eq!(a.read(&mut [0]).unwrap(), 1);
    let a = std::os::unix::net::UnixStream::from(a);
    assert_eq!(
        (&a).read(&mut [0]).unwrap_err().kind(),
        ErrorKind::WouldBlock
    );
    let datagram = std::os::unix::net::UnixDatagram::unbound().unwrap();
    let datagram = UnixDatagram::try_from(datagram).unwrap();
    assert_eq!(
        datagram.recv(&mut [0]).unwrap_err().kind(),
        ErrorKind::WouldBlock
    );
}
