//! UDP sockets.

use std::io::ErrorKind;
use std::net::Shutdown;

use poll_net::UdpSocket;
use sys_socket::Errno;

use crate::support::{any_port, errno, readable};

fn pair() -> (UdpSocket, UdpSocket) {
    let a = UdpSocket::bind(any_port()).unwrap();
    let b = UdpSocket::bind(any_port()).unwrap();
    (a, b)
}

#[test]
fn datagrams_carry_their_sender_and_a_peek_leaves_them() {
    let (a, b) = pair();
    let mut buffer = [0; 8];
    let nothing = b.recv_from(&mut buffer).unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
    assert_eq!(a.send_to(b"hello", b.local_addr().unwrap()).unwrap(), 5);
    let from = a.local_addr().unwrap();
    let peeked = readable(&b, |b| b.peek_from(&mut buffer)).unwrap();
    assert_eq!(peeked, (5, from));
    assert_eq!(b.peek(&mut buffer).unwrap(), 5);
    assert_eq!(b.recv_from(&mut buffer).unwrap(), (5, from));
    assert_eq!(&buffer[..5], b"hello");
}

#[test]
fn a_datagram_of_length_zero_is_data() {
    let (a, b) = pair();
    a.connect(b.local_addr().unwrap()).unwrap();
    assert_eq!(a.send(b"").unwrap(), 0);
    assert_eq!(a.send(b"next").unwrap(), 4);
    let mut buffer = [0; 8];
    assert_eq!(readable(&b, |b| b.recv(&mut buffer)).unwrap(), 0);
    assert_eq!(readable(&b, |b| b.recv(&mut buffer)).unwrap(), 4);
}

#[test]
fn a_connected_socket_hears_its_peer_only_until_disconnected() {
    let (a, b) = pair();
    let stranger = UdpSocket::bind(any_port()).unwrap();
    let unnamed = errno(b.send(b"x"));
    assert!(matches!(unnamed, Some(Errno::DESTADDRREQ | Errno::NOTCONN)));
    assert_eq!(b.peer_addr().unwrap_err().kind(), ErrorKind::NotConnected);
    b.connect(a.local_addr().unwrap()).unwrap();
    assert_eq!(b.peer_addr().unwrap(), a.local_addr().unwrap());
    let to = b.local_addr().unwrap();
    stranger.send_to(b"stranger", to).unwrap();
    a.send_to(b"peer", to).unwrap();
    let mut buffer = [0; 16];
    assert_eq!(readable(&b, |b| b.recv(&mut buffer)).unwrap(), 4);
    b.disconnect().unwrap();
    assert_eq!(b.peer_addr().unwrap_err().kind(), ErrorKind::NotConnected);
    assert_eq!(
        b.shutdown(Shutdown::Both).unwrap_err().kind(),
        ErrorKind::NotConnected
    );
}

#[test]
fn a_refused_datagram_is_an_error_of_a_later_call() {
    let (a, b) = pair();
    a.connect(b.local_addr().unwrap()).unwrap();
    // It keeps the port, and has another peer.
    b.connect(b.local_addr().unwrap()).unwrap();
    a.send(b"x").unwrap();
    let refused = readable(&a, |a| a.recv(&mut [0; 8])).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    assert!(a.take_error().unwrap().is_none());
}

#[test]
fn a_datagram_beyond_the_protocol_is_refused() {
    let (a, b) = pair();
    let to = b.local_addr().unwrap();
    assert_eq!(errno(a.send_to(&[0; 65_508], to)), Some(Errno::MSGSIZE));
    assert_eq!(a.send_to(&[0; 65_507], to).unwrap(), 65_507);
}

#[test]
fn sockets_convert_to_the_standard_library_and_back() {
    let std_socket = std::net::UdpSocket::bind(any_port()).unwrap();
    let socket = UdpSocket::try_from(std_socket).unwrap();
    let nothing = socket.recv(&mut [0]).unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
    let clone = socket.try_clone().unwrap();
    let std_socket = std::net::UdpSocket::from(socket);
    assert_eq!(
        std_socket.local_addr().unwrap(),
        clone.local_addr().unwrap()
    );
    let text = format!("{clone:?}");
    assert!(text.starts_with("UdpSocket { local: 127.0.0.1:"), "{text}");
}
