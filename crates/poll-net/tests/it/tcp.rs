//! TCP listeners, streams and connections in progress.

use core::time::Duration;
use std::io::{ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;

use poll_api::Instant;
use poll_net::{Connecting, TcpListener, TcpSocket, TcpStream};
use poll_os::Interest;

use sys_socket::Errno;

use crate::support::{any_port, errno, readable, tcp_pair, wait, wait_on};

#[test]
fn an_empty_queue_says_would_block_and_a_connection_comes_with_its_peer() {
    let listener = TcpListener::bind(any_port()).unwrap();
    let nobody = listener.accept().unwrap_err();
    assert_eq!(nobody.kind(), ErrorKind::WouldBlock);
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (server, peer) = readable(&listener, TcpListener::accept).unwrap();
    assert_eq!(peer, client.local_addr().unwrap());
    assert_eq!(server.peer_addr().unwrap(), peer);
    assert_eq!(server.local_addr().unwrap(), listener.local_addr().unwrap());
    assert!(listener.take_error().unwrap().is_none());
}

#[test]
fn accepted_and_connecting_streams_are_non_blocking_from_birth() {
    let (mut client, mut server) = tcp_pair();
    for stream in [&mut client, &mut server] {
        let nothing = stream.read(&mut [0]).unwrap_err();
        assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
    }
}

#[test]
fn a_refused_connection_is_an_error_once() {
    // Bound and not listening: refused for as long as nobody else can take the port.
    let taken = TcpSocket::v4().unwrap();
    taken.bind(any_port()).unwrap();
    // Some systems refuse at once.
    if let Ok(stream) = TcpStream::connect(taken.local_addr().unwrap()) {
        wait(&stream, Interest::WRITABLE);
        let refused = stream.finish_connect().unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        assert!(!stream.finish_connect().unwrap());
    }
}

#[test]
fn a_connection_in_progress_times_out_at_its_deadline_and_not_before() {
    // A queue of one that nobody empties: further connections wait for an answer.
    let socket = TcpSocket::v4().unwrap();
    socket.bind(any_port()).unwrap();
    let listener = socket.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    let (before, deadline) = (Instant::from_nanos(9), Instant::from_nanos(10));
    let mut attempts = Vec::new();
    let late = loop {
        let (stream, connecting) = TcpStream::connect_until(address, deadline).unwrap();
        assert_eq!(connecting.deadline(), deadline);
        // On a busy machine a connection that finds room in the queue may take a while.
        if !connecting.check(&stream, before).unwrap()
            && let Err(late) = connecting.check(&stream, deadline)
        {
            break late;
        }
        attempts.push(stream);
        assert!(attempts.len() < 64, "every connection is made");
    };
    assert_eq!(late.kind(), ErrorKind::TimedOut);
    assert!(late.raw_os_error().is_some());
}

#[test]
fn a_connection_that_was_made_counts_however_late_it_is_asked_for() {
    let (client, _server) = tcp_pair();
    let connecting = Connecting::until(Instant::START);
    assert!(connecting.check(&client, Instant::MAX).unwrap());
}

#[test]
fn bytes_pass_both_ways_through_shared_references() {
    let (client, server) = tcp_pair();
    let parts = [IoSlice::new(b"he"), IoSlice::new(b""), IoSlice::new(b"llo")];
    assert_eq!((&client).write_vectored(&parts).unwrap(), 5);
    let mut peeked = [0; 8];
    assert_eq!(
        readable(&server, |server| server.peek(&mut peeked)).unwrap(),
        5
    );
    let (mut first, mut second) = ([0; 2], [0; 8]);
    let mut parts = [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)];
    assert_eq!((&server).read_vectored(&mut parts).unwrap(), 5);
    assert_eq!((&first, &second[..3]), (b"he", &b"llo"[..]));
    (&server).write_all(b"back").unwrap();
    let mut buffer = [0; 8];
    assert_eq!(
        readable(&client, |mut client| client.read(&mut buffer)).unwrap(),
        4
    );
    assert_eq!(&buffer[..4], b"back");
}

#[test]
fn more_buffers_than_the_system_takes_are_a_short_write_and_a_short_read() {
    let (client, server) = tcp_pair();
    let parts = vec![IoSlice::new(b"x"); sys_socket_limit() + 1];
    assert_eq!(
        (&client).write_vectored(&parts).unwrap(),
        sys_socket_limit()
    );
    wait(&server, Interest::READABLE);
    let mut bytes = vec![[0_u8; 1]; sys_socket_limit() + 1];
    let mut parts: Vec<_> = bytes.iter_mut().map(|byte| IoSliceMut::new(byte)).collect();
    let len = (&server).read_vectored(&mut parts).unwrap();
    assert_eq!(len, sys_socket_limit());
    assert_eq!((&client).write_vectored(&[]).unwrap(), 0);
}

/// The limit of every system here, `IOV_MAX`.
fn sys_socket_limit() -> usize {
    1024
}

#[test]
fn a_half_closed_connection_delivers_what_was_written_then_the_end_and_still_answers() {
    let (mut client, mut server) = tcp_pair();
    client.write_all(b"last").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let mut buffer = [0; 8];
    assert_eq!(
        readable(&server, |mut server| server.read(&mut buffer)).unwrap(),
        4
    );
    assert_eq!(
        readable(&server, |mut server| server.read(&mut buffer)).unwrap(),
        0
    );
    server.write_all(b"answer").unwrap();
    assert_eq!(
        readable(&client, |mut client| client.read(&mut buffer)).unwrap(),
        6
    );
    let broken = client.write(b"x").unwrap_err();
    assert_eq!(broken.kind(), ErrorKind::BrokenPipe);
}

#[test]
fn unread_data_at_the_close_resets_the_connection() {
    let (mut client, server) = tcp_pair();
    client.write_all(b"unread").unwrap();
    wait(&server, Interest::READABLE);
    drop(server);
    let reset = readable(&client, |mut client| client.read(&mut [0; 8])).unwrap_err();
    assert_eq!(reset.kind(), ErrorKind::ConnectionReset);
    assert_eq!(client.read(&mut [0; 8]).unwrap(), 0, "told once");
}

#[test]
fn the_urgent_byte_overtakes_the_stream() {
    let (mut client, server) = tcp_pair();
    let none = server.recv_urgent().unwrap_err();
    assert_eq!(none.kind(), ErrorKind::InvalidInput);
    client.write_all(b"slow").unwrap();
    client.send_urgent(b'!').unwrap();
    // Not every kqueue tells of it; poll(2) does.
    let poll = poll_os::poll::Poll::new().unwrap();
    wait_on(poll, &server, Interest::PRIORITY);
    assert_eq!(server.recv_urgent().unwrap(), Some(b'!'));
    let mut buffer = [0; 8];
    assert_eq!((&server).read(&mut buffer).unwrap(), 4);
    assert_eq!(&buffer[..4], b"slow");
}

#[test]
fn a_second_listener_on_the_port_is_refused() {
    let listener = TcpListener::bind(any_port()).unwrap();
    let taken = TcpListener::bind(listener.local_addr().unwrap()).unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::AddrInUse);
    assert!(
        listener.reuse_address().unwrap(),
        "lingering connections do not count"
    );
}

#[test]
fn binding_twice_or_to_the_other_family_is_refused() {
    let socket = TcpSocket::v4().unwrap();
    socket.bind(any_port()).unwrap();
    assert_eq!(errno(socket.bind(any_port())), Some(Errno::INVAL));
    let socket = TcpSocket::v4().unwrap();
    let v6 = "[::1]:0".parse().unwrap();
    let other = errno(socket.bind(v6));
    assert!(matches!(other, Some(Errno::AFNOSUPPORT | Errno::INVAL)));
    assert_eq!(socket.local_addr().unwrap().port(), 0);
}

#[test]
fn streams_convert_to_the_standard_library_and_back() {
    let listener = std::net::TcpListener::bind(any_port()).unwrap();
    let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (server, _peer) = listener.accept().unwrap();
    let mut client = TcpStream::try_from(client).unwrap();
    let nothing = client.read(&mut [0]).unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
    let listener = TcpListener::try_from(listener).unwrap();
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);

    let client = std::net::TcpStream::from(client);
    let still = (&client).read(&mut [0]).unwrap_err();
    assert_eq!(still.kind(), ErrorKind::WouldBlock, "left non-blocking");
    client.set_nonblocking(false).unwrap();
    (&server).write_all(b"x").unwrap();
    assert_eq!((&client).read(&mut [0; 2]).unwrap(), 1);
}

#[test]
fn a_clone_is_the_same_connection_and_debug_shows_addresses_only() {
    let (client, server) = tcp_pair();
    let clone = client.try_clone().unwrap();
    (&client).write_all(b"secret").unwrap();
    drop(client);
    let mut buffer = [0; 8];
    assert_eq!(
        readable(&server, |mut server| server.read(&mut buffer)).unwrap(),
        6
    );
    let nothing = (&server).read(&mut buffer).unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::WouldBlock, "the clone is open");
    let text = format!("{clone:?}");
    assert!(
        text.contains(&clone.local_addr().unwrap().to_string()),
        "{text}"
    );
    assert!(
        text.contains(&clone.peer_addr().unwrap().to_string()),
        "{text}"
    );
    let owned = OwnedFd::from(clone);
    assert!(TcpStream::from(owned).finish_connect().unwrap());
}

#[test]
fn a_client_that_resets_before_it_is_accepted_harms_nobody() {
    let listener = TcpListener::bind(any_port()).unwrap();
    let address = listener.local_addr().unwrap();
    let rude = TcpStream::connect(address).unwrap();
    wait(&rude, Interest::WRITABLE);
    rude.set_linger(Some(Duration::ZERO)).unwrap();
    drop(rude);
    // Linux hands the dead connection out, others keep it to themselves or say ECONNABORTED.
    if let Ok((mut dead, _peer)) = readable(&listener, TcpListener::accept) {
        let reset = readable(&dead, |mut dead| dead.read(&mut [0; 8])).unwrap_err();
        assert_eq!(reset.kind(), ErrorKind::ConnectionReset);
        assert_eq!(dead.read(&mut [0; 8]).unwrap(), 0, "told once");
    }
    let polite = TcpStream::connect(address).unwrap();
    let (_server, peer) = readable(&listener, TcpListener::accept).unwrap();
    assert_eq!(peer, polite.local_addr().unwrap());
}

#[test]
fn a_linger_time_of_zero_resets_the_connection_at_the_close() {
    let (mut client, server) = tcp_pair();
    client.set_linger(Some(Duration::ZERO)).unwrap();
    client.write_all(b"thrown away").unwrap();
    drop(client);
    wait(&server, Interest::READABLE);
    let end = readable(&server, |mut server| {
        server.read(&mut [0; 64]).and(server.read(&mut [0]))
    });
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[test]
fn an_urgent_byte_can_stay_in_the_stream() {
    let (client, server) = tcp_pair();
    server.set_urgent_inline(true).unwrap();
    client.send_urgent(b'!').unwrap();
    let mut buffer = [0; 8];
    let len = readable(&server, |mut server| server.read(&mut buffer));
    assert_eq!((len.unwrap(), buffer[0]), (1, b'!'));
    assert_eq!(
        server.recv_urgent().unwrap_err().kind(),
        ErrorKind::InvalidInput
    );
}

#[test]
fn an_attempt_that_is_not_made_yet_has_no_peer_and_says_false() {
    let stream = TcpStream::from(OwnedFd::from(TcpSocket::v4().unwrap()));
    assert!(!stream.finish_connect().unwrap());
    assert_eq!(
        stream.peer_addr().unwrap_err().kind(),
        ErrorKind::NotConnected
    );
    assert_eq!(
        stream.shutdown(Shutdown::Both).unwrap_err().kind(),
        ErrorKind::NotConnected
    );
    assert!(stream.take_error().unwrap().is_none());
}

#[test]
fn a_descriptor_of_another_kind_is_an_error_and_no_panic() {
    let (_sender, receiver) = poll_net::pipe::pipe().unwrap();
    let mut stream = TcpStream::from(OwnedFd::from(receiver));
    assert_eq!(errno(stream.read(&mut [0])), Some(Errno::NOTSOCK));
    assert_eq!(errno(stream.local_addr()), Some(Errno::NOTSOCK));
    assert_eq!(errno(stream.nodelay()), Some(Errno::NOTSOCK));
    assert!(format!("{stream:?}").starts_with("TcpStream { fd: "));
    let (unix, _peer) = poll_net::UnixStream::pair().unwrap();
    let stream = TcpStream::from(OwnedFd::from(unix));
    assert_eq!(errno(stream.local_addr()), Some(Errno::AFNOSUPPORT));
}
