//! Several listeners on one port, which illumos does not have.

use poll_net::TcpSocket;

use crate::support::any_port;

#[test]
fn two_listeners_share_a_port_if_both_asked_for_it() {
    let listen = |address, share| {
        let socket = TcpSocket::for_addr(address).unwrap();
        socket.set_reuse_port(share).unwrap();
        socket.bind(address).and_then(|()| socket.listen(8))
    };
    let first = listen(any_port(), true).unwrap();
    let address = first.local_addr().unwrap();
    assert!(listen(address, false).is_err());
    let second = listen(address, true).unwrap();
    assert_eq!(second.local_addr().unwrap(), address);
    assert!(second.reuse_port().unwrap());
    assert!(!second.reuse_address().unwrap());
}
