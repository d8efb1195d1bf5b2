//! Abstract names, full backlogs and segments.

use std::io::ErrorKind;

use poll_net::{
    Datagram, UdpReceiveBatch, UdpSendBatch, UnixAddr, UnixDatagram, UnixListener, UnixSeqpacket,
    UnixStream,
};

use crate::support::{TempPath, readable};
use crate::udp_batch::{pair, receive};

#[test]
fn abstract_names_work_for_every_kind_and_vanish_with_the_socket() {
    let name = format!("poll-net\0{}", std::process::id());
    let address = UnixAddr::from_abstract_name(&name).unwrap();
    let listener = UnixListener::bind_addr(&address).unwrap();
    assert_eq!(listener.local_addr().unwrap(), address);
    let client = UnixStream::connect_addr(&address).unwrap();
    assert_eq!(client.peer_addr().unwrap(), address);
    let wrong_kind = UnixSeqpacket::connect_addr(&address).unwrap_err();
    assert!(wrong_kind.raw_os_error().is_some());
    drop(listener);
    let gone = UnixStream::connect_addr(&address).unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::ConnectionRefused);
    let datagrams = UnixDatagram::bind_addr(&UnixAddr::UNNAMED).unwrap();
    assert!(datagrams.local_addr().unwrap().as_abstract_name().is_some());
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

#[test]
fn segments_are_sent_and_received_joined_and_come_apart_again() {
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
    b.set_recv_segments(true).unwrap();
    assert_eq!(a.send_batch(&mut outgoing, &datagrams[..1]).unwrap(), 1);
    let len = readable(&b, |b| b.recv_batch(&mut incoming)).unwrap();
    assert_eq!(len, 1, "joined on loopback");
    let datagram = incoming.datagrams().next().unwrap();
    assert_eq!(datagram.bytes(), bytes);
    let lens: Vec<_> = datagram.into_segments().map(<[u8]>::len).collect();
    assert_eq!(lens, [vec![1000; 10], vec![500]].concat());
}
