//! How many system calls an operation takes, in a child where nothing else runs.

use std::io::{Read, Write};

use poll_net::{Datagram, TcpListener, TcpStream, UdpReceiveBatch, UdpSendBatch, UdpSocket};
use poll_os::Interest;

use crate::support::{any_port, in_child, wait};

#[test]
fn operations_take_the_system_calls_they_are_documented_with() {
    let name = "count::operations_take_the_system_calls_they_are_documented_with";
    if in_child(name, None) {
        count();
    }
}

/// The result of an operation, which must take `wanted` system calls.
fn expect<T>(wanted: u64, what: &str, operation: impl FnOnce() -> std::io::Result<T>) -> T {
    let before = sys_socket::system_calls();
    let result = operation().unwrap();
    assert_eq!(sys_socket::system_calls() - before, wanted, "{what}");
    result
}

fn count() {
    let listener = expect(4, "bind", || TcpListener::bind(any_port()));
    let address = listener.local_addr().unwrap();
    let mut client = expect(2, "connect", || TcpStream::connect(address));
    wait(&listener, Interest::READABLE);
    let (mut server, _peer) = expect(1, "accept", || listener.accept());
    assert!(expect(2, "finish_connect", || client.finish_connect()));
    expect(1, "write", || client.write(b"hello"));
    wait(&server, Interest::READABLE);
    expect(1, "read", || server.read(&mut [0; 64]));

    let socket = expect(2, "bind", || UdpSocket::bind(any_port()));
    socket.connect(socket.local_addr().unwrap()).unwrap();
    let mut outgoing = UdpSendBatch::with_capacity(16);
    let datagrams = [Datagram::new(b"x"); 16];
    let sent = expect(1, "send_batch", || {
        socket.send_batch(&mut outgoing, &datagrams)
    });
    assert_eq!(sent, 16);
    let mut incoming = UdpReceiveBatch::with_capacity(32, 64);
    wait(&socket, Interest::READABLE);
    let received = expect(1, "recv_batch", || socket.recv_batch(&mut incoming));
    assert_eq!(received, 16);
}
