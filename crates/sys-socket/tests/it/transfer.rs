//! Sending and receiving: whole and in pieces, with and without addresses.

use std::io::{IoSlice, IoSliceMut};

use rustix::event::PollFlags;
use sys_socket::{Address, Domain, Errno, Kind, MAX_BUFFERS, Protocol, ReceiveFlags, SendFlags};

use crate::loopback::{bound, new, tcp_pair, udp_pair, wait, wait_readable};

#[test]
fn a_peek_leaves_the_bytes_and_a_receive_takes_them() {
    let (client, server) = tcp_pair();
    assert_eq!(sys_socket::send(&client, b"abc", SendFlags::NONE), Ok(3));
    wait_readable(&server);
    let mut buffer = [0; 8];
    for flags in [ReceiveFlags::PEEK, ReceiveFlags::NONE] {
        assert_eq!(sys_socket::recv(&server, &mut buffer, flags), Ok(3));
        assert_eq!(&buffer[..3], b"abc");
    }
    let empty = sys_socket::recv(&server, &mut buffer, ReceiveFlags::NONE);
    assert_eq!(empty, Err(Errno::AGAIN));
}

#[test]
fn a_datagram_of_length_zero_has_a_sender_and_is_not_the_end() {
    let (a, address_a) = bound(Kind::DATAGRAM);
    let (b, address_b) = bound(Kind::DATAGRAM);
    let mut buffer = [0; 8];
    assert_eq!(
        sys_socket::send_to(&a, b"", &address_b, SendFlags::NONE),
        Ok(0)
    );
    wait_readable(&b);
    let (len, from) = sys_socket::recv_from(&b, &mut buffer, ReceiveFlags::NONE).unwrap();
    assert_eq!((len, from), (0, address_a));
    let empty = sys_socket::recv_from(&b, &mut buffer, ReceiveFlags::NONE);
    assert_eq!(empty.err(), Some(Errno::AGAIN));
    assert_eq!(
        sys_socket::send_to(&a, b"next", &address_b, SendFlags::NONE),
        Ok(4)
    );
    wait_readable(&b);
    assert_eq!(sys_socket::recv(&b, &mut buffer, ReceiveFlags::NONE), Ok(4));
}

#[test]
fn connected_datagrams_need_no_address_and_unconnected_ones_do() {
    let (a, b) = udp_pair();
    assert_eq!(sys_socket::send(&a, b"one", SendFlags::NONE), Ok(3));
    wait_readable(&b);
    let mut buffer = [0; 8];
    assert_eq!(sys_socket::recv(&b, &mut buffer, ReceiveFlags::NONE), Ok(3));
    let lonely = new(Kind::DATAGRAM);
    let error = sys_socket::send(&lonely, b"one", SendFlags::NONE);
    assert_eq!(error, Err(Errno::DESTADDRREQ));
}

#[test]
fn a_datagram_that_is_too_long_is_refused_and_one_cut_short_loses_its_rest() {
    let (a, b) = udp_pair();
    let error = sys_socket::send(&a, &[0; 70_000], SendFlags::NONE);
    assert_eq!(error, Err(Errno::MSGSIZE));
    sys_socket::send(&a, b"long", SendFlags::NONE).unwrap();
    sys_socket::send(&a, b"2", SendFlags::NONE).unwrap();
    wait_readable(&b);
    let mut buffer = [0; 2];
    assert_eq!(sys_socket::recv(&b, &mut buffer, ReceiveFlags::NONE), Ok(2));
    wait_readable(&b);
    assert_eq!(sys_socket::recv(&b, &mut buffer, ReceiveFlags::NONE), Ok(1));
}

#[test]
fn an_earlier_refusal_is_told_to_a_connected_datagram_socket() {
    let _guard = crate::loopback::no_child_starts();
    let (a, _) = bound(Kind::DATAGRAM);
    let (closed, address) = bound(Kind::DATAGRAM);
    sys_socket::connect(&a, &address).unwrap();
    drop(closed);
    sys_socket::send(&a, b"x", SendFlags::NONE).unwrap();
    wait(&a, PollFlags::IN);
    let mut buffer = [0; 2];
    let error = sys_socket::recv(&a, &mut buffer, ReceiveFlags::NONE);
    assert_eq!(error, Err(Errno::CONNREFUSED));
    let error = sys_socket::recv(&a, &mut buffer, ReceiveFlags::NONE);
    assert_eq!(error, Err(Errno::AGAIN));
}

#[test]
fn vectors_are_sent_in_order_and_received_in_order() {
    let (client, server) = tcp_pair();
    let pieces = [IoSlice::new(b"ab"), IoSlice::new(b""), IoSlice::new(b"cde")];
    let sent = sys_socket::send_vectored(&client, &pieces, SendFlags::NONE);
    assert_eq!(sent, Ok(5));
    wait_readable(&server);
    let (mut first, mut second) = ([0; 1], [0; 8]);
    let mut pieces = [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)];
    let received = sys_socket::recv_vectored(&server, &mut pieces, ReceiveFlags::NONE);
    assert_eq!(received, Ok(5));
    assert_eq!((&first, &second[..4]), (b"a", &b"bcde"[..]));
}

#[test]
fn the_most_buffers_work_and_one_more_is_refused() {
    let (client, server) = tcp_pair();
    let pieces = vec![IoSlice::new(b"x"); MAX_BUFFERS + 1];
    let sent = sys_socket::send_vectored(&client, &pieces[1..], SendFlags::NONE);
    assert_eq!(sent, Ok(MAX_BUFFERS));
    let error = sys_socket::send_vectored(&client, &pieces, SendFlags::NONE);
    assert!(
        matches!(error, Err(Errno::MSGSIZE | Errno::INVAL)),
        "{error:?}"
    );
    let error = sys_socket::write_vectored(&client, &pieces);
    assert_eq!(error, Err(Errno::INVAL));
    let nothing = sys_socket::send_vectored(&client, &[], SendFlags::NONE);
    assert_eq!(nothing, Ok(0));
    drop(server);
}

#[test]
fn a_full_buffer_would_block_and_a_short_send_is_told() {
    let (a, _b) = sys_socket::pair(Domain::UNIX, Kind::STREAM, Protocol::DEFAULT).unwrap();
    let bytes = vec![0; 8 << 20];
    let sent = sys_socket::send(&a, &bytes, SendFlags::NONE).unwrap();
    assert!(sent > 0 && sent < bytes.len());
    let error = sys_socket::send(&a, &bytes, SendFlags::NONE);
    assert_eq!(error, Err(Errno::AGAIN));
}

#[test]
fn urgent_bytes_travel_beside_the_stream() {
    let (client, server) = tcp_pair();
    assert_eq!(
        sys_socket::send(&client, b"!", SendFlags::OUT_OF_BAND),
        Ok(1)
    );
    wait(&server, PollFlags::PRI);
    let mut buffer = [0; 4];
    let received = sys_socket::recv(&server, &mut buffer, ReceiveFlags::OUT_OF_BAND);
    assert_eq!((received, buffer[0]), (Ok(1), b'!'));
}

#[test]
fn an_unnamed_sender_has_an_empty_address() {
    let (a, b) = sys_socket::pair(Domain::UNIX, Kind::DATAGRAM, Protocol::DEFAULT).unwrap();
    sys_socket::send(&a, b"x", SendFlags::NONE).unwrap();
    let mut buffer = [0; 2];
    let (len, from) = sys_socket::recv_from(&b, &mut buffer, ReceiveFlags::NONE).unwrap();
    assert_eq!(len, 1);
    assert!(from.unix().unwrap().is_unnamed());
    assert_eq!(from.inet(), None);
    assert_eq!(Address::default(), Address::EMPTY);
}
