//! Socket activation, in a child that is started as a service manager would.

use std::io::ErrorKind;
use std::os::fd::OwnedFd;
use std::process::Stdio;

use poll_net::inherited::{self, InheritedSocket};
use poll_net::{TcpListener, TcpStream, UdpSocket};
use sys_socket::Errno;

use crate::support::{any_port, errno, in_child_after, readable};

#[test]
fn without_a_manager_there_are_no_sockets() {
    assert!(inherited::sockets().unwrap().is_empty());
}

#[test]
fn passed_sockets_are_typed_named_and_handed_out_once() {
    let listener = TcpListener::bind(any_port()).unwrap();
    let udp = UdpSocket::bind(any_port()).unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    udp.send_to(b"hello", udp.local_addr().unwrap()).unwrap();
    // The shell moves the sockets to where a manager puts them, and becomes the test, so that
    // its own number is the right one.
    let script =
        "exec 3<&0 4<&2 2>/dev/null; export LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=web: && ";
    let name = "inherited::passed_sockets_are_typed_named_and_handed_out_once";
    let is_child = in_child_after(script, name, |command| {
        command
            .stdin(Stdio::from(OwnedFd::from(listener)))
            .stderr(Stdio::from(OwnedFd::from(udp)));
    });
    if is_child {
        take_over();
    }
    drop(client);
}

fn take_over() {
    let [web, unnamed] = <[_; 2]>::try_from(inherited::sockets().unwrap()).unwrap();
    assert_eq!((web.name.as_deref(), unnamed.name), (Some("web"), None));
    let InheritedSocket::TcpListener(listener) = web.socket else {
        panic!("{:?} is no listener", web.socket);
    };
    readable(&listener, TcpListener::accept).unwrap();
    let empty = listener.accept().unwrap_err();
    assert_eq!(empty.kind(), ErrorKind::WouldBlock, "non-blocking");
    let InheritedSocket::Udp(udp) = unnamed.socket else {
        panic!("{:?} is no UDP socket", unnamed.socket);
    };
    assert_eq!(readable(&udp, |udp| udp.recv(&mut [0; 8])).unwrap(), 5);
    let again = errno(inherited::sockets());
    assert_eq!(again, Some(Errno::ALREADY), "handed out once");
}
