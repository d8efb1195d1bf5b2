//! Options that Linux alone has.

use core::time::Duration;

use poll_net::{TcpListener, TcpSocket, TcpStream, UdpSocket};
use sys_socket::Errno;

use crate::emulation::{kernel_does, known};
use crate::options::{FLAGS, round_trip};
use crate::support::{any_port, errno, readable, tcp_pair};

#[test]
fn tcp_options_of_linux_are_read_back_as_they_were_set() {
    let (stream, _peer) = tcp_pair();
    let s = &stream;
    round_trip(s, &FLAGS, TcpStream::set_cork, TcpStream::cork);
    round_trip(s, &FLAGS, TcpStream::set_quick_ack, TcpStream::quick_ack);
    let times = [1, 32_767].map(Duration::from_secs);
    round_trip(
        s,
        &times,
        TcpStream::set_keepalive_idle,
        TcpStream::keepalive_idle,
    );
    round_trip(
        s,
        &times,
        TcpStream::set_keepalive_interval,
        TcpStream::keepalive_interval,
    );
    round_trip(
        s,
        &[1, 127],
        TcpStream::set_keepalive_count,
        TcpStream::keepalive_count,
    );
    let refused = [
        errno(stream.set_keepalive_count(128)),
        errno(stream.set_keepalive_idle(Duration::ZERO)),
        errno(stream.set_user_timeout(Duration::MAX)),
    ];
    assert_eq!(refused, [Some(Errno::INVAL); 3]);
    let millis = [1, 0].map(Duration::from_millis);
    round_trip(
        s,
        &millis,
        TcpStream::set_user_timeout,
        TcpStream::user_timeout,
    );
    round_trip(
        s,
        &[1, 4096],
        TcpStream::set_unsent_low_water,
        TcpStream::unsent_low_water,
    );
    round_trip(s, &[0, 6], TcpStream::set_priority, TcpStream::priority);
    round_trip(s, &FLAGS, TcpStream::set_free_bind, TcpStream::free_bind);
    assert!(matches!(known(stream.transparent()), None | Some(false)));
    assert!(matches!(known(stream.mark()), None | Some(0)));
    let busy = known(stream.busy_poll());
    assert!(matches!(busy, None | Some(Duration::ZERO)));
    assert!(known(stream.incoming_cpu()).is_none_or(|cpu| cpu >= -1));
    assert!(matches!(known(stream.incoming_napi_id()), None | Some(0)));
    let name = stream.congestion_control().unwrap();
    let set = stream.set_congestion_control(name);
    if kernel_does("TCP_CONGESTION is a name", set.is_ok()) {
        assert!(!name.as_bytes().is_empty());
    }
    assert!(stream.bound_device().unwrap().as_bytes().is_empty());
    let info = stream.info();
    if kernel_does("TCP_INFO in full", info.is_ok()) {
        assert!(info.unwrap().send_segment_size > 0);
    }
}

#[test]
fn listener_options_are_read_back_and_inherited_by_what_is_accepted() {
    let socket = TcpSocket::v4().unwrap();
    round_trip(
        &socket,
        &FLAGS,
        TcpSocket::set_fast_open_connect,
        TcpSocket::fast_open_connect,
    );
    socket.bind(any_port()).unwrap();
    let listener = socket.listen(16).unwrap();
    listener.set_defer_accept(Duration::from_secs(1)).unwrap();
    assert!(listener.defer_accept().unwrap() >= Duration::from_secs(1));
    listener.set_defer_accept(Duration::ZERO).unwrap();
    round_trip(
        &listener,
        &[5, 0],
        TcpListener::set_fast_open,
        TcpListener::fast_open,
    );
    listener.set_nodelay(true).unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (server, _peer) = readable(&listener, TcpListener::accept).unwrap();
    assert!(server.nodelay().unwrap());
    assert!(!client.nodelay().unwrap());
}

#[test]
fn udp_options_of_linux_are_read_back_as_they_were_set() {
    let socket = UdpSocket::bind(any_port()).unwrap();
    let s = &socket;
    round_trip(s, &FLAGS, UdpSocket::set_timestamps, UdpSocket::timestamps);
    round_trip(s, &FLAGS, UdpSocket::set_recv_tos, UdpSocket::recv_tos);
    round_trip(
        s,
        &FLAGS,
        UdpSocket::set_recv_errors_v4,
        UdpSocket::recv_errors_v4,
    );
    round_trip(
        s,
        &[0, 2],
        UdpSocket::set_mtu_discovery_v4,
        UdpSocket::mtu_discovery_v4,
    );
    round_trip(
        s,
        &[1400, 0],
        UdpSocket::set_segment_size,
        UdpSocket::segment_size,
    );
    round_trip(
        s,
        &FLAGS,
        UdpSocket::set_recv_segments,
        UdpSocket::recv_segments,
    );
}

#[test]
fn options_of_one_family_leave_those_of_the_other_alone() {
    let socket = UdpSocket::v6().unwrap();
    socket.set_mtu_discovery_v4(0).unwrap();
    socket.set_mtu_discovery_v6(2).unwrap();
    assert_eq!(socket.mtu_discovery_v4().unwrap(), 0);
    assert_eq!(socket.mtu_discovery_v6().unwrap(), 2);
    socket.set_recv_errors_v6(true).unwrap();
    assert!(!socket.recv_errors_v4().unwrap());
    assert!(socket.recv_errors_v6().unwrap());
}

#[test]
fn the_times_of_keepalive_are_kept_apart() {
    let socket = TcpSocket::v4().unwrap();
    socket.set_keepalive_idle(Duration::from_secs(11)).unwrap();
    socket
        .set_keepalive_interval(Duration::from_secs(7))
        .unwrap();
    socket.set_keepalive_count(5).unwrap();
    assert_eq!(socket.keepalive_idle().unwrap(), Duration::from_secs(11));
    assert_eq!(socket.keepalive_interval().unwrap(), Duration::from_secs(7));
    assert_eq!(socket.keepalive_count().unwrap(), 5);
    assert!(
        !socket.keepalive().unwrap(),
        "the times do not switch it on"
    );
}
