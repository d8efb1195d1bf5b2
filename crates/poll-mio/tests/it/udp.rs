//! UDP sockets.

use core::net::{Ipv4Addr, Ipv6Addr};
use std::io::ErrorKind;

use poll_mio::Token;
use poll_mio::net::UdpSocket;

use crate::stage::{BOTH, READ, Stage, WRITE, any_port, would_block};

#[test]
fn datagrams_go_to_named_and_to_connected_peers() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let address = address.parse().unwrap();
        let (Ok(mut a), Ok(mut b)) = (UdpSocket::bind(address), UdpSocket::bind(address)) else {
            // A machine without IPv6.
            continue;
        };
        let mut stage = Stage::new();
        stage.registry().register(&mut a, Token(1), BOTH).unwrap();
        stage.registry().register(&mut b, Token(2), BOTH).unwrap();
        stage.until_writable(Token(1));
        let (from, to) = (a.local_addr().unwrap(), b.local_addr().unwrap());
        let mut buffer = [0; 16];
        would_block(b.recv_from(&mut buffer));
        assert_eq!(a.send_to(b"hello", to).unwrap(), 5);
        stage.until_readable(Token(2));
        assert_eq!(b.peek_from(&mut buffer).unwrap(), (5, from));
        assert_eq!(b.recv_from(&mut buffer).unwrap(), (5, from));
        would_block(b.peek_from(&mut buffer));

        a.connect(to).unwrap();
        b.connect(from).unwrap();
        assert_eq!(a.peer_addr().unwrap(), to);
        assert_eq!(a.send(b"again").unwrap(), 5);
        stage.until_readable(Token(2));
        assert_eq!(b.peek(&mut buffer).unwrap(), 5);
        assert_eq!(b.recv(&mut buffer).unwrap(), 5);
        would_block(b.recv(&mut buffer));
        assert!(a.take_error().unwrap().is_none());
    }
}

#[test]
fn an_empty_datagram_is_an_event_and_a_read_of_nothing() {
    let mut stage = Stage::new();
    let mut near = UdpSocket::bind(any_port()).unwrap();
    let far = UdpSocket::bind(any_port()).unwrap();
    stage
        .registry()
        .register(&mut near, Token(1), READ)
        .unwrap();
    far.send_to(b"", near.local_addr().unwrap()).unwrap();
    stage.until_readable(Token(1));
    assert_eq!(near.recv(&mut [0; 8]).unwrap(), 0);
}

#[test]
fn a_connected_socket_hears_its_peer_only() {
    let mut stage = Stage::new();
    let mut near = UdpSocket::bind(any_port()).unwrap();
    let (peer, stranger) = (UdpSocket::bind(any_port()), UdpSocket::bind(any_port()));
    let (peer, stranger) = (peer.unwrap(), stranger.unwrap());
    let address = near.local_addr().unwrap();
    near.connect(peer.local_addr().unwrap()).unwrap();
    stage
        .registry()
        .register(&mut near, Token(1), READ)
        .unwrap();
    stranger.send_to(b"x", address).unwrap();
    stage.silent();
    peer.send_to(b"y", address).unwrap();
    stage.until_readable(Token(1));
    assert_eq!(near.recv(&mut [0; 8]).unwrap(), 1);
}

#[test]
fn a_socket_without_a_peer_cannot_send_without_an_address() {
    let socket = UdpSocket::bind(any_port()).unwrap();
    assert!(socket.send(b"x").is_err());
    assert_eq!(
        socket.peer_addr().unwrap_err().kind(),
        ErrorKind::NotConnected
    );
}

#[test]
fn a_writer_is_not_told_what_can_be_read() {
    let mut stage = Stage::new();
    let mut near = UdpSocket::bind(any_port()).unwrap();
    let far = UdpSocket::bind(any_port()).unwrap();
    stage
        .registry()
        .register(&mut near, Token(1), WRITE)
        .unwrap();
    stage.until_writable(Token(1));
    far.send_to(b"x", near.local_addr().unwrap()).unwrap();
    stage.silent();
    let registry = stage.registry();
    registry.reregister(&mut near, Token(2), READ).unwrap();
    stage.until_readable(Token(2));
}

#[test]
fn options_are_set_and_read_back() {
    let socket = UdpSocket::bind(any_port()).unwrap();
    for on in [true, false, true] {
        socket.set_broadcast(on).unwrap();
        assert_eq!(socket.broadcast().unwrap(), on);
        socket.set_multicast_loop_v4(on).unwrap();
        assert_eq!(socket.multicast_loop_v4().unwrap(), on);
    }
    for hops in [1, 40, 255] {
        socket.set_ttl(hops).unwrap();
        assert_eq!(socket.ttl().unwrap(), hops);
        socket.set_multicast_ttl_v4(hops).unwrap();
        assert_eq!(socket.multicast_ttl_v4().unwrap(), hops);
    }
    for set in [UdpSocket::set_ttl, UdpSocket::set_multicast_ttl_v4] {
        let error = set(&socket, 256).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
    let Ok(socket) = UdpSocket::bind("[::1]:0".parse().unwrap()) else {
        return;
    };
    for on in [false, true] {
        socket.set_multicast_loop_v6(on).unwrap();
        assert_eq!(socket.multicast_loop_v6().unwrap(), on);
    }
    assert!(socket.only_v6().is_ok());
}

#[test]
fn a_group_is_joined_once_and_left_once() {
    let socket = UdpSocket::bind(any_port()).unwrap();
    let group = Ipv4Addr::new(239, 1, 2, 3);
    let here = Ipv4Addr::LOCALHOST;
    assert!(socket.leave_multicast_v4(&group, &here).is_err());
    socket.join_multicast_v4(&group, &here).unwrap();
    assert!(socket.join_multicast_v4(&group, &here).is_err());
    socket.leave_multicast_v4(&group, &here).unwrap();
    let unicast = socket.join_multicast_v4(&Ipv4Addr::LOCALHOST, &here);
    assert_eq!(unicast.unwrap_err().kind(), ErrorKind::InvalidInput);
    let group = Ipv6Addr::new(0xff01, 0, 0, 0, 0, 0, 0, 9);
    if let Ok(socket) = UdpSocket::bind("[::1]:0".parse().unwrap()) {
        // Which interfaces can do it is up to the machine; leaving follows joining.
        let joined = socket.join_multicast_v6(&group, 0).is_ok();
        assert_eq!(socket.leave_multicast_v6(&group, 0).is_ok(), joined);
    }
}
