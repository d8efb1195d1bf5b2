//! Abstract names, full backlogs and segments.

use std::io::{ErrorKind, Read, Write};

use poll_net::{
    Datagram, TcpSocket, UdpReceiveBatch, UdpSendBatch, UnixAddr, UnixDatagram, UnixListener,
    UnixSeqpacket, UnixStream,
};
use sys_socket::{Errno, options};

use crate::emulation::kernel_does;
use crate::support::{TempPath, any_port, errno, no_child_starts, readable};
use crate::udp_batch::{pair, receive};

#[test]
fn abstract_names_work_for_every_kind_and_vanish_with_the_socket() {
    let _guard = no_child_starts();
    let name = format!("poll-net\0{}", std::process::id());
    let address = UnixAddr::from_abstract_name(&name).unwrap();
    let listener = UnixListener::bind_addr(&address).unwrap();
    assert_eq!(listener.local_addr().unwrap(), address);
    let client = UnixStream::connect_addr(&address).unwrap();
    assert_eq!(client.peer_addr().unwrap(), address);
    let wrong_kind = errno(UnixSeqpacket::connect_addr(&address));
    assert_eq!(
        wrong_kind,
        Some(Errno::CONNREFUSED),
        "each kind has its names"
    );
    drop(listener);
    let gone = UnixStream::connect_addr(&address).unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::ConnectionRefused);
    let datagrams = UnixDatagram::bind_addr(&UnixAddr::UNNAMED).unwrap();
    assert!(datagrams.local_addr().unwrap().as_abstract_name().is_some());
}

#[test]
fn a_connection_to_its_own_port_is_made_to_itself() {
    let socket = TcpSocket::v4().unwrap();
    socket.bind(any_port()).unwrap();
    let own = socket.local_addr().unwrap();
    let mut stream = socket.connect(own).unwrap();
    let made = readable(&stream, |stream| match stream.finish_connect() {
        Ok(false) => Err(ErrorKind::WouldBlock.into()),
        result => result,
    });
    assert!(made.unwrap());
    let ends = (stream.local_addr().unwrap(), stream.peer_addr().unwrap());
    assert_eq!(ends, (own, own));
    stream.write_all(b"echo").unwrap();
    let mut buffer = [0; 8];
    let len = readable(&stream, |mut stream| stream.read(&mut buffer)).unwrap();
    assert_eq!(&buffer[..len], b"echo");
}

#[test]
fn a_datagram_peer_that_turns_away_resets_what_it_has_not_read() {
    let _guard = no_child_starts();
    let (a, b) = UnixDatagram::pair().unwrap();
    a.send(b"unread").unwrap();
    let path = TempPath::new();
    let other = UnixDatagram::bind(&path).unwrap();
    b.connect(&path).unwrap();
    assert_eq!(errno(a.recv(&mut [0; 8])), Some(Errno::CONNRESET));
    assert_eq!(errno(a.send(b"x")), Some(Errno::PERM));
    assert_eq!(b.send(b"to the other").unwrap(), 12);
    drop(b);
    assert_eq!(errno(a.send(b"x")), Some(Errno::CONNREFUSED));
    drop(other);
}

#[test]
fn more_segments_than_the_system_cuts_are_refused() {
    if !takes_segment_sizes() {
        return;
    }
    let (a, _b) = pair();
    let mut outgoing = UdpSendBatch::with_capacity(1);
    for (len, size, wanted) in [
        (0, 1, None),
        (64, 1, None),
        (129, 1, Some(Errno::INVAL)),
        (9, 9, None),
        (9, 10, None),
        (65_507, 1, Some(Errno::INVAL)),
        (65_508, 1024, Some(Errno::MSGSIZE)),
    ] {
        let bytes = vec![0; len];
        let datagrams = [Datagram::new(&bytes).in_segments_of(size)];
        let sent = errno(a.send_batch(&mut outgoing, &datagrams));
        assert_eq!(sent, wanted, "{len} by {size}");
    }
    assert_eq!(errno(a.set_segment_size(65_536)), Some(Errno::INVAL));
}

#[test]
fn a_full_backlog_is_would_block_and_leaves_no_stream() {
    let path = TempPath::new();
    let listener = UnixListener::bind(&path).unwrap();
    // A short one, so that the limit of descriptors is not reached before.
    sys_socket::listen(&listener, 8).unwrap();
    let mut clients = Vec::new();
    let full = loop {
        match UnixStream::connect(&path) {
            Ok(client) => clients.push(client),
            Err(error) => break error,
        }
        assert!(clients.len() <= 16, "the backlog has no end");
    };
    assert_eq!(full.kind(), ErrorKind::WouldBlock);
    listener.accept().unwrap();
    UnixStream::connect(&path).unwrap();
}

/// Whether this kernel joins what goes through loopback, as sys-socket sees it: Linux 5.10 does
/// not.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub(super) fn joins_segments() -> bool {
    let (a, b) = pair();
    sys_socket::set_option(&a, options::SEGMENT_SIZE, 1).unwrap();
    sys_socket::set_option(&b, options::RECEIVE_SEGMENTS, true).unwrap();
    a.send(b"xy").unwrap();
    let joins = readable(&b, |b| b.recv(&mut [0; 2])).unwrap() == 2;
    if !joins {
        eprintln!("SKIP: joined segments: this kernel joins none on loopback");
    }
    joins
}

/// Whether the size of segments reaches the kernel with the message.
fn takes_segment_sizes() -> bool {
    let (a, b) = pair();
    let two = [Datagram::new(b"xy").in_segments_of(1)];
    let mut outgoing = UdpSendBatch::with_capacity(1);
    assert_eq!(a.send_batch(&mut outgoing, &two).unwrap(), 1);
    let first = readable(&b, |b| b.recv(&mut [0; 2])).unwrap();
    kernel_does("the size of segments is sent", first == 1)
}

#[test]
fn segments_are_sent_and_received_joined_and_come_apart_again() {
    if !takes_segment_sizes() {
        return;
    }
    let (a, b) = pair();
    let bytes: Vec<u8> = (0..=255).cycle().take(10_500).collect();
    let mut outgoing = UdpSendBatch::with_capacity(2);
    let datagrams = [
        Datagram::new(&bytes).in_segments_of(1000),
        Datagram::new(b"single").in_segments_of(0),
    ];
    let mut incoming = UdpReceiveBatch::with_capacity(16, 65_535);

    // One by one first: the sender's system cuts.
    assert_eq!(a.send_batch(&mut outgoing, &datagrams).unwrap(), 2);
    let received = receive(&b, &mut incoming, 12);
    assert_eq!(received[..11].concat(), bytes);
    assert_eq!(received.iter().map(Vec::len).max(), Some(1000));
    assert_eq!(
        (received[10].len(), &received[11][..]),
        (500, &b"single"[..])
    );

    // Then joined: one message with many segments.
    if !joins_segments() {
        return;
    }
    b.set_recv_segments(true).unwrap();
    assert_eq!(a.send_batch(&mut outgoing, &datagrams[..1]).unwrap(), 1);
    let len = readable(&b, |b| b.recv_batch(&mut incoming)).unwrap();
    assert_eq!(len, 1, "joined on loopback");
    let datagram = incoming.datagrams().next().unwrap();
    assert_eq!(datagram.bytes(), bytes);
    let lens: Vec<_> = datagram.into_segments().map(<[u8]>::len).collect();
    assert_eq!(lens, [vec![1000; 10], vec![500]].concat());
}
