//! Options: what is set is read back, in any order.

use core::fmt::Debug;
use core::net::Ipv4Addr;
use core::time::Duration;
use std::io;

use poll_net::{
    Interface4, TcpSocket, TcpStream, UdpSocket, UnixDatagram, UnixListener, UnixSeqpacket,
    UnixStream,
};
use sys_socket::Errno;

use crate::emulation::known;
use crate::support::{TempPath, any_port, errno, tcp_pair};

/// Sets an option and reads it back.
#[track_caller]
pub(crate) fn round_trip<S, T: Copy + PartialEq + Debug>(
    socket: &S,
    values: &[T],
    set: impl Fn(&S, T) -> io::Result<()>,
    get: impl Fn(&S) -> io::Result<T>,
) {
    for value in values {
        if known(set(socket, *value)).is_none() {
            return;
        }
        assert_eq!(get(socket).unwrap(), *value);
    }
}

pub(crate) const FLAGS: [bool; 2] = [true, false];

#[test]
fn tcp_options_are_read_back_as_they_were_set() {
    let (stream, _peer) = tcp_pair();
    let s = &stream;
    round_trip(s, &FLAGS, TcpStream::set_nodelay, TcpStream::nodelay);
    round_trip(s, &FLAGS, TcpStream::set_keepalive, TcpStream::keepalive);
    round_trip(
        s,
        &FLAGS,
        TcpStream::set_urgent_inline,
        TcpStream::urgent_inline,
    );
    let lingers = [Some(Duration::ZERO), Some(Duration::from_secs(3)), None];
    round_trip(s, &lingers, TcpStream::set_linger, TcpStream::linger);
    round_trip(s, &[1, 255], TcpStream::set_ttl, TcpStream::ttl);
    round_trip(s, &[0x10, 0], TcpStream::set_tos, TcpStream::tos);
    assert_eq!(errno(stream.set_ttl(0)), Some(Errno::INVAL));
    assert!(stream.max_segment_size().unwrap() > 0);
    assert!(stream.only_v6().is_err(), "an IPv4 socket");
    stream.set_linger(Some(Duration::from_millis(1))).unwrap();
    assert_eq!(stream.linger().unwrap(), Some(Duration::from_secs(1)));
}

type Setter = fn(&TcpSocket) -> io::Result<()>;

#[test]
fn the_order_of_options_does_not_matter() {
    let setters: [Setter; 8] = [
        |socket| socket.set_reuse_address(true),
        |socket| socket.set_nodelay(true),
        |socket| socket.set_keepalive(true),
        |socket| socket.set_linger(Some(Duration::ZERO)),
        |socket| socket.set_ttl(7),
        |socket| socket.set_tos(0x10),
        |socket| socket.set_send_buffer_size(20_000),
        |socket| socket.set_recv_buffer_size(30_000),
    ];
    let read = |socket: &TcpSocket| {
        (
            socket.reuse_address().unwrap(),
            socket.nodelay().unwrap(),
            socket.keepalive().unwrap(),
            socket.linger().unwrap(),
            socket.ttl().unwrap(),
            socket.tos().unwrap(),
            socket.send_buffer_size().unwrap(),
            socket.recv_buffer_size().unwrap(),
        )
    };
    let wanted = {
        let socket = TcpSocket::v4().unwrap();
        setters.iter().for_each(|set| set(&socket).unwrap());
        read(&socket)
    };
    assert_eq!((wanted.0, wanted.1, wanted.4), (true, true, 7));
    for start in 0..setters.len() {
        for step in [1, 3, 5, 7] {
            let socket = TcpSocket::v4().unwrap();
            for index in 0..setters.len() {
                setters[(start + index * step) % setters.len()](&socket).unwrap();
            }
            assert_eq!(read(&socket), wanted, "from {start} by {step}");
        }
    }
}

#[test]
fn udp_options_are_read_back_as_they_were_set() {
    let socket = UdpSocket::bind(any_port()).unwrap();
    let s = &socket;
    round_trip(s, &FLAGS, UdpSocket::set_broadcast, UdpSocket::broadcast);
    round_trip(
        s,
        &[0, 254, 1],
        UdpSocket::set_multicast_ttl_v4,
        UdpSocket::multicast_ttl_v4,
    );
    let flag = (
        UdpSocket::set_multicast_loop_v4,
        UdpSocket::multicast_loop_v4,
    );
    round_trip(s, &FLAGS, flag.0, flag.1);
    let interfaces = [Ipv4Addr::LOCALHOST, Ipv4Addr::UNSPECIFIED];
    let address = (
        UdpSocket::set_multicast_interface_v4,
        UdpSocket::multicast_interface_v4,
    );
    round_trip(s, &interfaces, address.0, address.1);
    round_trip(
        s,
        &FLAGS,
        UdpSocket::set_packet_info_v4,
        UdpSocket::packet_info_v4,
    );
}

#[test]
fn options_of_ipv6_are_read_back_where_the_system_has_it() {
    let Ok(socket) = UdpSocket::v6() else {
        return;
    };
    let s = &socket;
    round_trip(s, &FLAGS, UdpSocket::set_only_v6, UdpSocket::only_v6);
    round_trip(
        s,
        &[1, 255],
        UdpSocket::set_unicast_hops_v6,
        UdpSocket::unicast_hops_v6,
    );
    round_trip(
        s,
        &[8, 0],
        UdpSocket::set_traffic_class_v6,
        UdpSocket::traffic_class_v6,
    );
    round_trip(
        s,
        &[0, 255],
        UdpSocket::set_multicast_hops_v6,
        UdpSocket::multicast_hops_v6,
    );
    round_trip(
        s,
        &FLAGS,
        UdpSocket::set_multicast_loop_v6,
        UdpSocket::multicast_loop_v6,
    );
    round_trip(
        s,
        &FLAGS,
        UdpSocket::set_packet_info_v6,
        UdpSocket::packet_info_v6,
    );
    let class = (
        UdpSocket::set_recv_traffic_class_v6,
        UdpSocket::recv_traffic_class_v6,
    );
    round_trip(s, &FLAGS, class.0, class.1);
    let interface = known(socket.multicast_interface_v6());
    assert!(matches!(interface, None | Some(0)));
}

#[test]
fn a_multicast_group_is_joined_once_and_left_once() {
    let socket = UdpSocket::bind(any_port()).unwrap();
    let group = Ipv4Addr::new(239, 255, 1, 2);
    let loopback = Interface4::Address(Ipv4Addr::LOCALHOST);
    socket.join_multicast_v4(group, loopback).unwrap();
    let twice = socket.join_multicast_v4(group, loopback).unwrap_err();
    assert_eq!(twice.kind(), io::ErrorKind::AddrInUse);
    socket.leave_multicast_v4(group, loopback).unwrap();
    let gone = socket.leave_multicast_v4(group, loopback).unwrap_err();
    assert_eq!(gone.kind(), io::ErrorKind::AddrNotAvailable);
    let no_group = socket.join_multicast_v4(Ipv4Addr::LOCALHOST, loopback);
    assert_eq!(no_group.unwrap_err().kind(), io::ErrorKind::InvalidInput);
}

#[test]
fn a_broadcast_needs_its_option() {
    let socket = UdpSocket::bind(any_port()).unwrap();
    let everybody = "127.255.255.255:9".parse().unwrap();
    let refused = socket.send_to(b"x", everybody).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
    socket.set_broadcast(true).unwrap();
    socket.send_to(b"x", everybody).unwrap();
}

#[test]
fn buffers_of_unix_sockets_change_when_asked() {
    // Two sizes, so that one of them is not what it was.
    for size in [20_000, 40_000] {
        let as_asked = size..=2 * size;
        let (stream, _peer) = UnixStream::pair().unwrap();
        stream.set_send_buffer_size(size).unwrap();
        assert!(as_asked.contains(&stream.send_buffer_size().unwrap()));
        let (datagrams, _peer) = UnixDatagram::pair().unwrap();
        datagrams.set_recv_buffer_size(size).unwrap();
        assert!(as_asked.contains(&datagrams.recv_buffer_size().unwrap()));
        datagrams.set_send_buffer_size(3 * size).unwrap();
        assert!(as_asked.contains(&datagrams.recv_buffer_size().unwrap()));
    }
    let path = TempPath::new();
    let listener = UnixListener::bind(&path).unwrap();
    assert!(listener.recv_buffer_size().unwrap() > 0);
}

#[test]
fn the_peer_of_a_pair_is_this_process() {
    let (stream, _peer) = UnixStream::pair().unwrap();
    let credentials = stream.peer_credentials().unwrap();
    if let Some(pid) = credentials.pid {
        assert_eq!(u32::try_from(pid).unwrap(), std::process::id());
    }
    if let Ok((seqpacket, _peer)) = UnixSeqpacket::pair() {
        assert_eq!(seqpacket.peer_credentials().unwrap(), credentials);
    }
}

#[test]
fn flags_of_a_udp_socket_are_kept_apart() {
    type Flag = (
        fn(&UdpSocket, bool) -> io::Result<()>,
        fn(&UdpSocket) -> io::Result<bool>,
    );
    let flags: [Flag; 4] = [
        (UdpSocket::set_reuse_address, UdpSocket::reuse_address),
        (UdpSocket::set_broadcast, UdpSocket::broadcast),
        (
            UdpSocket::set_multicast_loop_v4,
            UdpSocket::multicast_loop_v4,
        ),
        (UdpSocket::set_packet_info_v4, UdpSocket::packet_info_v4),
    ];
    let socket = UdpSocket::v4().unwrap();
    for chosen in 0..flags.len() {
        for (index, (set, _get)) in flags.iter().enumerate() {
            set(&socket, index == chosen).unwrap();
        }
        let read = flags.map(|(_set, get)| get(&socket).unwrap());
        assert_eq!(read.iter().position(|flag| *flag), Some(chosen));
        assert_eq!(read.iter().filter(|flag| **flag).count(), 1);
    }
}
