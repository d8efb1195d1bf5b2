//! Options that only Linux has.

use core::net::SocketAddr;
use core::time::Duration;

use sys_socket::{
    Address, Domain, Errno, Kind, Name, Protocol, SendFlags, option, options, set_option,
};

use crate::emulation::{kernel_does, known};
use crate::loopback::{listener, new, tcp_pair};
use crate::options::{new_v6, round_trip};

#[test]
fn the_peer_of_a_unix_socket_has_the_id_of_this_process() {
    let (a, _b) = sys_socket::pair(Domain::UNIX, Kind::STREAM, Protocol::DEFAULT).unwrap();
    let peer = sys_socket::peer_credentials(&a).unwrap();
    assert_eq!(peer.pid, i32::try_from(std::process::id()).ok());
}

#[test]
fn broadcasts_need_leave_on_loopback_too() {
    let socket = new(Kind::DATAGRAM);
    let everyone = Address::from(SocketAddr::from(([127, 255, 255, 255], 9)));
    let send = || sys_socket::send_to(&socket, b"x", &everyone, SendFlags::NONE);
    assert_eq!(send(), Err(Errno::ACCESS));
    set_option(&socket, options::BROADCAST, true).unwrap();
    assert_eq!(send(), Ok(1));
}

#[test]
fn options_that_linux_alone_has_come_back_as_they_were_set() {
    let socket = new(Kind::STREAM);
    let flags = [true, false];
    round_trip(&socket, options::REUSE_PORT, &flags);
    round_trip(&socket, options::CORK, &flags);
    round_trip(&socket, options::FREE_BIND, &flags);
    round_trip(&socket, options::FAST_OPEN_CONNECT, &flags);
    round_trip(&socket, options::RECEIVE_TIMESTAMP, &flags);
    round_trip(&socket, options::PRIORITY, &[0, 6]);
    round_trip(&socket, options::INCOMING_CPU, &[0]);
    round_trip(&socket, options::UNSENT_LOW_WATER, &[1, u32::MAX]);
    let times = [0, 1, 30_000].map(Duration::from_millis);
    round_trip(&socket, options::USER_TIMEOUT, &times);
    set_option(&socket, options::USER_TIMEOUT, Duration::from_nanos(1)).unwrap();
    let rounded = option(&socket, options::USER_TIMEOUT);
    assert_eq!(rounded, Ok(Duration::from_millis(1)));
    let napi = known(
        option(&socket, options::INCOMING_NAPI_ID),
        options::INCOMING_NAPI_ID,
    );
    assert!(matches!(napi, None | Some(0)));
    let busy = known(option(&socket, options::BUSY_POLL), options::BUSY_POLL);
    assert!(matches!(busy, None | Some(Duration::ZERO)));
    assert_eq!(option(&socket, options::PROTOCOL), Ok(6));
}

#[test]
fn options_of_listeners_and_of_connections() {
    let (socket, _address) = listener();
    round_trip(&socket, options::FAST_OPEN, &[0, 16]);
    set_option(&socket, options::DEFER_ACCEPT, Duration::from_secs(1)).unwrap();
    assert!(option(&socket, options::DEFER_ACCEPT).unwrap() >= Duration::from_secs(1));
    let (client, _server) = tcp_pair();
    round_trip(&client, options::QUICK_ACK, &[false, true]);
    assert!(option(&client, options::MAX_SEGMENT_SIZE).unwrap() > 0);
}

#[test]
fn the_kernel_tells_how_a_connection_is() {
    let (client, _server) = tcp_pair();
    let info = sys_socket::tcp_info(&client);
    if !kernel_does("TCP_INFO in full", info != Err(Errno::INVAL)) {
        return;
    }
    let info = info.unwrap();
    assert_eq!(info.state, 1);
    assert!(info.round_trip_time > Duration::ZERO);
    assert!(info.send_segment_size >= 536);
    assert!(info.congestion_window_segments > 0);
    let (socket, _address) = listener();
    assert_eq!(sys_socket::tcp_info(&socket).unwrap().state, 10);
    let error = sys_socket::tcp_info(new(Kind::DATAGRAM)).err();
    assert_eq!(error, Some(Errno::OPNOTSUPP));
}

#[test]
fn options_of_datagrams_that_linux_alone_has() {
    let socket = new(Kind::DATAGRAM);
    let flags = [true, false];
    round_trip(&socket, options::RECEIVE_TOS, &flags);
    round_trip(&socket, options::RECEIVE_ERRORS_V4, &flags);
    round_trip(&socket, options::MTU_DISCOVERY_V4, &[0, 1, 2, 3]);
    round_trip(&socket, options::SEGMENT_SIZE, &[0, 1200]);
    set_option(&socket, options::RECEIVE_SEGMENTS, true).unwrap();
    if let Some(socket) = new_v6(Kind::DATAGRAM) {
        round_trip(&socket, options::RECEIVE_ERRORS_V6, &flags);
        round_trip(&socket, options::MTU_DISCOVERY_V6, &[0, 1, 2]);
    }
}

#[test]
fn names_of_algorithms_and_devices_come_back_or_are_refused() {
    let socket = new(Kind::STREAM);
    let present = option(&socket, options::CONGESTION_CONTROL).unwrap();
    let set = set_option(&socket, options::CONGESTION_CONTROL, present);
    if kernel_does("TCP_CONGESTION is a name", set.is_ok()) {
        assert_eq!(option(&socket, options::CONGESTION_CONTROL), Ok(present));
        assert!(!present.as_bytes().is_empty());
    }
    let unknown = Name::new("no-such-name").unwrap();
    let error = set_option(&socket, options::CONGESTION_CONTROL, unknown);
    assert!(matches!(error, Err(Errno::NOENT | Errno::PERM)));
    let none = Name::new("").unwrap();
    assert_eq!(option(&socket, options::BIND_TO_DEVICE), Ok(none));
    let error = set_option(&socket, options::BIND_TO_DEVICE, unknown);
    assert_eq!(error, Err(Errno::NODEV));
    set_option(&socket, options::BIND_TO_DEVICE, Name::new("lo").unwrap()).unwrap();
    let device = option(&socket, options::BIND_TO_DEVICE);
    let name = Ok(Name::new("lo").unwrap());
    kernel_does("SO_BINDTODEVICE has a name", device == name);
}
