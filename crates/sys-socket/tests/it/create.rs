//! Creating, naming, connecting and accepting.

use core::net::{Ipv6Addr, SocketAddr, SocketAddrV6};
use core::time::Duration;
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::fs::symlink;

use rustix::event::PollFlags;
use sys_socket::{
    Address, Domain, Errno, Kind, Protocol, ReceiveFlags, SendFlags, UnixAddr, options, set_option,
};

use crate::loopback::{
    Directory, any_port, bound, listener, new, no_child_starts, tcp_pair, wait, wait_readable,
};

#[test]
fn a_stream_connects_and_both_ends_agree_on_the_addresses() {
    let (listener, address) = listener();
    let client = new(Kind::STREAM);
    let started = sys_socket::connect(&client, &address);
    assert!(matches!(started, Ok(()) | Err(Errno::INPROGRESS)));
    wait_readable(&listener);
    let (server, peer) = sys_socket::accept(&listener).unwrap();
    wait(&client, PollFlags::OUT);
    assert_eq!(sys_socket::take_error(&client), Ok(None));
    assert_eq!(sys_socket::peer_addr(&client).unwrap(), address);
    assert_eq!(sys_socket::local_addr(&client).unwrap().inet(), peer.inet());
    assert_eq!(sys_socket::peer_addr(&server).unwrap().inet(), peer.inet());
    assert_eq!(sys_socket::local_addr(&server).unwrap(), address);
}

#[test]
fn an_empty_queue_of_connections_would_block() {
    let (listener, _address) = listener();
    assert_eq!(sys_socket::accept(&listener).err(), Some(Errno::AGAIN));
}

#[test]
fn accepting_on_a_socket_that_does_not_listen_is_invalid() {
    let (socket, _address) = bound(Kind::STREAM);
    assert_eq!(sys_socket::accept(&socket).err(), Some(Errno::INVAL));
}

#[test]
fn a_taken_address_is_in_use() {
    let (_listener, address) = listener();
    let second = new(Kind::STREAM);
    let result = sys_socket::bind(&second, &address);
    assert_eq!(result, Err(Errno::ADDRINUSE));
}

#[test]
fn a_foreign_address_is_not_available() {
    let documentation = SocketAddr::from(([192, 0, 2, 1], 0));
    let result = sys_socket::bind(new(Kind::STREAM), &Address::from(documentation));
    assert_eq!(result, Err(Errno::ADDRNOTAVAIL));
}

#[test]
fn an_unknown_domain_or_protocol_is_refused() {
    let domain = Domain::from_raw(i32::MAX);
    let error = sys_socket::socket(domain, Kind::STREAM, Protocol::DEFAULT).err();
    assert_eq!(error, Some(Errno::AFNOSUPPORT));
    let error = sys_socket::socket(Domain::IPV4, Kind::STREAM, Protocol::UDP).err();
    assert_eq!(error, Some(Errno::PROTONOSUPPORT));
    let error = sys_socket::pair(Domain::IPV4, Kind::STREAM, Protocol::DEFAULT).err();
    assert_eq!(error, Some(Errno::OPNOTSUPP));
}

#[test]
fn a_refused_connection_is_told_once() {
    let (closed, address) = bound(Kind::STREAM);
    let client = new(Kind::STREAM);
    match sys_socket::connect(&client, &address) {
        Err(Errno::INPROGRESS) => {
            wait(&client, PollFlags::OUT);
            let error = sys_socket::take_error(&client);
            assert_eq!(error, Ok(Some(Errno::CONNREFUSED)));
            assert_eq!(sys_socket::take_error(&client), Ok(None));
        }
        other => assert_eq!(other, Err(Errno::CONNREFUSED)),
    }
    drop(closed);
}

#[test]
fn a_connection_not_yet_made_has_no_peer() {
    let error = sys_socket::peer_addr(new(Kind::STREAM)).err();
    assert_eq!(error, Some(Errno::NOTCONN));
    let error = sys_socket::shutdown(new(Kind::STREAM), Shutdown::Both).err();
    assert_eq!(error, Some(Errno::NOTCONN));
}

#[test]
fn connecting_twice_is_refused() {
    let (client, server) = tcp_pair();
    let address = sys_socket::local_addr(&server).unwrap();
    // Linux says once that the connection in progress has succeeded, and complains then.
    let first = sys_socket::connect(&client, &address);
    assert!(matches!(first, Ok(()) | Err(Errno::ISCONN)), "{first:?}");
    let again = sys_socket::connect(&client, &address);
    assert_eq!(again, Err(Errno::ISCONN));
}

#[test]
fn a_datagram_socket_forgets_its_peer() {
    let (a, _address) = bound(Kind::DATAGRAM);
    let (_b, address) = bound(Kind::DATAGRAM);
    sys_socket::connect(&a, &address).unwrap();
    assert_eq!(sys_socket::peer_addr(&a).unwrap(), address);
    sys_socket::connect(&a, &Address::unspecified()).unwrap();
    assert_eq!(sys_socket::peer_addr(&a).err(), Some(Errno::NOTCONN));
}

#[test]
fn each_half_is_shut_down_by_itself() {
    let (client, server) = tcp_pair();
    sys_socket::shutdown(&client, Shutdown::Write).unwrap();
    wait_readable(&server);
    let mut buffer = [0; 4];
    assert_eq!(
        sys_socket::recv(&server, &mut buffer, ReceiveFlags::NONE),
        Ok(0)
    );
    assert_eq!(sys_socket::send(&server, b"back", SendFlags::NONE), Ok(4));
    wait_readable(&client);
    assert_eq!(
        sys_socket::recv(&client, &mut buffer, ReceiveFlags::NONE),
        Ok(4)
    );
    let error = sys_socket::send(&client, b"x", SendFlags::NONE);
    assert_eq!(error, Err(Errno::PIPE));
}

#[test]
fn ipv6_keeps_the_scope_and_the_port() {
    let socket = sys_socket::socket(Domain::IPV6, Kind::DATAGRAM, Protocol::UDP).unwrap();
    let loopback = SocketAddrV6::new(Ipv6Addr::LOCALHOST, 0, 0, 0);
    match sys_socket::bind(&socket, &Address::from(loopback)) {
        // A machine without IPv6 has nothing to test here.
        Err(Errno::ADDRNOTAVAIL) => return,
        result => result.unwrap(),
    }
    let local = sys_socket::local_addr(&socket).unwrap();
    assert_eq!(local.family(), Some(Domain::IPV6));
    let local = local.inet().unwrap();
    assert_eq!(local.ip(), Ipv6Addr::LOCALHOST);
    assert_ne!(local.port(), 0);
}

#[test]
fn a_pipe_is_no_socket() {
    let (read_end, _write_end) = sys_socket::pipe().unwrap();
    let wanted = Err(Errno::NOTSOCK);
    assert_eq!(sys_socket::bind(&read_end, &any_port()), wanted);
    assert_eq!(sys_socket::listen(&read_end, 1), wanted);
    assert_eq!(sys_socket::connect(&read_end, &any_port()), wanted);
    assert_eq!(sys_socket::shutdown(&read_end, Shutdown::Both), wanted);
    assert_eq!(sys_socket::local_addr(&read_end).err(), wanted.err());
    assert_eq!(sys_socket::peer_addr(&read_end).err(), wanted.err());
    assert_eq!(sys_socket::take_error(&read_end).err(), wanted.err());
    assert_eq!(sys_socket::accept(&read_end).err(), wanted.err());
}

#[test]
fn a_path_that_cannot_be_made_says_why() {
    let directory = Directory::new();
    let at = |path: &str| {
        let name = UnixAddr::from_pathname(directory.path().join(path)).unwrap();
        Address::from(&name)
    };
    std::fs::write(directory.path().join("file"), "").unwrap();
    symlink("loop", directory.path().join("loop")).unwrap();
    for (path, wanted) in [
        ("none/s", Errno::NOENT),
        ("file/s", Errno::NOTDIR),
        ("loop/s", Errno::LOOP),
        ("file", Errno::ADDRINUSE),
        ("loop", Errno::ADDRINUSE),
    ] {
        let socket = unix(Kind::STREAM);
        let bound = sys_socket::bind(&socket, &at(path));
        assert_eq!(bound, Err(wanted), "{path}");
    }
    let socket = unix(Kind::DATAGRAM);
    sys_socket::bind(&socket, &at("s")).unwrap();
    assert_eq!(sys_socket::bind(&socket, &at("t")), Err(Errno::INVAL));
    let stream = unix(Kind::STREAM);
    let connected = sys_socket::connect(&stream, &at("s"));
    assert_eq!(connected, Err(Errno::PROTOTYPE));
}

#[test]
fn what_cannot_listen_says_why() {
    let listen = |socket: &OwnedFd| sys_socket::listen(socket, 1);
    assert_eq!(listen(&new(Kind::DATAGRAM)), Err(Errno::OPNOTSUPP));
    assert_eq!(listen(&tcp_pair().0), Err(Errno::INVAL));
    let nameless = listen(&unix(Kind::STREAM));
    assert!(matches!(nameless, Err(Errno::INVAL | Errno::DESTADDRREQ)));
}

#[test]
fn the_internet_has_no_pairs_and_broadcasts_need_leave() {
    let pair = sys_socket::pair(Domain::IPV4, Kind::DATAGRAM, Protocol::DEFAULT);
    assert_eq!(pair.err(), Some(Errno::OPNOTSUPP));
    let everyone = Address::from(SocketAddr::from(([255, 255, 255, 255], 9)));
    let sent = sys_socket::send_to(new(Kind::DATAGRAM), b"x", &everyone, SendFlags::NONE);
    // Without a network there is no route to forbid.
    assert!(matches!(sent, Err(Errno::ACCESS | Errno::NETUNREACH)));
}

#[test]
fn a_connection_thrown_away_is_reset_at_the_other_end_once() {
    let _guard = no_child_starts();
    let (client, server) = tcp_pair();
    set_option(&client, options::LINGER, Some(Duration::ZERO)).unwrap();
    drop(client);
    wait_readable(&server);
    let mut buffer = [0; 4];
    let mut receive = || sys_socket::recv(&server, &mut buffer, ReceiveFlags::NONE);
    assert_eq!(receive(), Err(Errno::CONNRESET));
    assert_eq!(receive(), Ok(0));
    let sent = sys_socket::send(&server, b"x", SendFlags::NONE);
    assert_eq!(sent, Err(Errno::PIPE));
}

fn unix(kind: Kind) -> OwnedFd {
    sys_socket::socket(Domain::UNIX, kind, Protocol::DEFAULT).unwrap()
}
