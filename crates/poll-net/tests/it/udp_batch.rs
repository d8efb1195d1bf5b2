//! Batches of datagrams, and segments.

use std::io::ErrorKind;

use poll_net::{Datagram, UdpReceiveBatch, UdpSendBatch, UdpSocket};
use sys_socket::Errno;

use crate::support::{any_port, errno, readable};

pub(crate) fn pair() -> (UdpSocket, UdpSocket) {
    let a = UdpSocket::bind(any_port()).unwrap();
    let b = UdpSocket::bind(any_port()).unwrap();
    a.connect(b.local_addr().unwrap()).unwrap();
    (a, b)
}

/// Receives `count` datagrams, in as many batches as it takes, and returns their bytes.
pub(crate) fn receive(
    socket: &UdpSocket,
    batch: &mut UdpReceiveBatch,
    count: usize,
) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    while all.len() < count {
        let len = readable(socket, |socket| socket.recv_batch(batch)).unwrap();
        assert_eq!((batch.len(), batch.is_empty()), (len, false));
        for datagram in batch.datagrams() {
            all.extend(datagram.into_segments().map(<[u8]>::to_vec));
        }
    }
    all
}

#[test]
fn a_batch_keeps_order_bounds_and_empty_datagrams() {
    let (a, b) = pair();
    let mut outgoing = UdpSendBatch::with_capacity(8);
    let mut incoming = UdpReceiveBatch::with_capacity(8, 1500);
    let nothing = b.recv_batch(&mut incoming).unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
    for _round in 0..3 {
        let datagrams = [b"one".as_slice(), b"", b"three"].map(Datagram::new);
        assert_eq!(a.send_batch(&mut outgoing, &datagrams).unwrap(), 3);
        let received = receive(&b, &mut incoming, 3);
        assert_eq!(received, [b"one".as_slice(), b"", b"three"]);
    }
    assert_eq!(a.send_batch(&mut outgoing, &[]).unwrap(), 0);
}

#[test]
fn more_datagrams_than_fit_are_sent_and_received_in_several_batches() {
    let (a, b) = pair();
    let mut outgoing = UdpSendBatch::with_capacity(4);
    let mut incoming = UdpReceiveBatch::with_capacity(3, 16);
    assert_eq!((outgoing.capacity(), incoming.capacity()), (4, 3));
    let bytes: Vec<_> = (0..10_u8).map(|number| [number]).collect();
    let datagrams: Vec<_> = bytes.iter().map(|bytes| Datagram::new(bytes)).collect();
    let mut rest = &datagrams[..];
    while !rest.is_empty() {
        let sent = a.send_batch(&mut outgoing, rest).unwrap();
        assert!((1..=4).contains(&sent));
        rest = &rest[sent..];
    }
    assert_eq!(receive(&b, &mut incoming, 10), bytes);
}

#[test]
fn each_datagram_has_its_own_address_and_tells_its_sender_and_what_was_cut() {
    let (a, b) = pair();
    let c = UdpSocket::bind(any_port()).unwrap();
    let sender = UdpSocket::bind(any_port()).unwrap();
    let mut outgoing = UdpSendBatch::with_capacity(4);
    let datagrams = [
        Datagram::new(b"longer").to(b.local_addr().unwrap()),
        Datagram::new(b"c").to(c.local_addr().unwrap()),
    ];
    assert_eq!(sender.send_batch(&mut outgoing, &datagrams).unwrap(), 2);
    let text = format!("{:?}", datagrams[0]);
    assert!(
        text.contains("len: 6") && !text.contains("longer"),
        "{text}"
    );
    let mut incoming = UdpReceiveBatch::with_capacity(4, 4);
    readable(&b, |b| b.recv_batch(&mut incoming)).unwrap();
    let datagram = incoming.datagrams().next().unwrap();
    assert_eq!(datagram.bytes(), b"long");
    assert!(datagram.is_truncated());
    assert_eq!(datagram.sender().unwrap(), sender.local_addr().unwrap());
    readable(&c, |c| c.recv_batch(&mut incoming)).unwrap();
    let datagram = incoming.datagrams().next().unwrap();
    assert!(!datagram.is_truncated());
    assert_eq!(datagram.into_control().count(), 0);
    drop(a);
}

#[test]
fn the_first_failure_is_an_error_and_a_later_one_ends_the_batch() {
    let (a, b) = pair();
    let too_long = vec![0; 65_508];
    let mut outgoing = UdpSendBatch::with_capacity(4);
    let datagrams = [Datagram::new(b"good"), Datagram::new(&too_long)];
    assert_eq!(a.send_batch(&mut outgoing, &datagrams).unwrap(), 1);
    let failed = errno(a.send_batch(&mut outgoing, &datagrams[1..]));
    assert_eq!(failed, Some(Errno::MSGSIZE));
    let mut incoming = UdpReceiveBatch::with_capacity(4, 16);
    assert_eq!(receive(&b, &mut incoming, 1), [b"good"]);
}
