//! Socket options: each is set and read back, and none disturbs another.

use core::net::{Ipv4Addr, Ipv6Addr};
use core::time::Duration;
use std::os::fd::{AsFd, OwnedFd};

use proptest::prelude::{Just, ProptestConfig, Strategy, proptest};
use sys_socket::form::Form;
use sys_socket::{
    Domain, Errno, Interface4, Kind, Protocol, SocketOption, option, options, set_option,
};

use crate::emulation::{kernel_does, known};
use crate::loopback::{listener, new};

pub(crate) fn round_trip<F: Form>(fd: impl AsFd, entry: SocketOption<F>, values: &[F::Value])
where
    F::Value: Clone + PartialEq + core::fmt::Debug,
{
    for value in values {
        let set = set_option(&fd, entry, value.clone());
        if known(set, entry).is_none() {
            return;
        }
        assert_eq!(option(&fd, entry).as_ref(), Ok(value), "{entry:?}");
    }
}

pub(crate) fn new_v6(kind: Kind) -> Option<OwnedFd> {
    // A machine without IPv6 has no such sockets.
    sys_socket::socket(Domain::IPV6, kind, Protocol::DEFAULT).ok()
}

#[test]
fn options_of_any_socket_come_back_as_they_were_set() {
    let socket = new(Kind::STREAM);
    let flags = [true, false];
    round_trip(&socket, options::REUSE_ADDRESS, &flags);
    round_trip(&socket, options::KEEP_ALIVE, &flags);
    round_trip(&socket, options::INLINE_OUT_OF_BAND, &flags);
    let times = [
        None,
        Some(Duration::ZERO),
        Some(Duration::from_secs(7)),
        None,
    ];
    round_trip(&socket, options::LINGER, &times);
    round_trip(new(Kind::DATAGRAM), options::BROADCAST, &flags);
}

#[test]
fn buffers_are_at_least_as_large_as_asked() {
    let socket = new(Kind::STREAM);
    for entry in [options::SEND_BUFFER_SIZE, options::RECEIVE_BUFFER_SIZE] {
        set_option(&socket, entry, 32 << 10).unwrap();
        assert!(option(&socket, entry).unwrap() >= 32 << 10);
    }
    let error = set_option(&socket, options::SEND_BUFFER_SIZE, usize::MAX);
    assert_eq!(error, Err(Errno::INVAL));
}

#[test]
fn options_of_tcp_come_back_as_they_were_set() {
    let socket = new(Kind::STREAM);
    round_trip(&socket, options::NO_DELAY, &[true, false]);
    let times = [1, 75, 32_767].map(Duration::from_secs);
    round_trip(&socket, options::KEEP_ALIVE_IDLE, &times);
    round_trip(&socket, options::KEEP_ALIVE_INTERVAL, &times);
    round_trip(&socket, options::KEEP_ALIVE_COUNT, &[1, 127]);
    let error = set_option(&socket, options::KEEP_ALIVE_IDLE, Duration::ZERO);
    assert_eq!(error, Err(Errno::INVAL));
    set_option(
        &socket,
        options::KEEP_ALIVE_IDLE,
        Duration::from_millis(1_001),
    )
    .unwrap();
    let idle = option(&socket, options::KEEP_ALIVE_IDLE);
    assert_eq!(idle, Ok(Duration::from_secs(2)));
}

#[test]
fn options_of_ipv4_come_back_as_they_were_set() {
    let socket = new(Kind::DATAGRAM);
    round_trip(&socket, options::TTL, &[1, 64, 255]);
    round_trip(&socket, options::TOS, &[0, 0x10, 0xfc]);
    round_trip(&socket, options::MULTICAST_TTL_V4, &[0, 1, 254]);
    set_option(&socket, options::MULTICAST_TTL_V4, 255).unwrap();
    let highest = option(&socket, options::MULTICAST_TTL_V4).unwrap();
    kernel_does("a byte of 255 is read as a byte", highest == 255);
    round_trip(&socket, options::MULTICAST_LOOP_V4, &[false, true]);
    let interfaces = [Ipv4Addr::LOCALHOST, Ipv4Addr::UNSPECIFIED];
    round_trip(&socket, options::MULTICAST_INTERFACE_V4, &interfaces);
    round_trip(&socket, options::RECEIVE_PACKET_INFO_V4, &[true, false]);
    assert_eq!(set_option(&socket, options::TTL, 0), Err(Errno::INVAL));
}

#[test]
fn options_of_ipv6_come_back_as_they_were_set() {
    let Some(socket) = new_v6(Kind::DATAGRAM) else {
        return;
    };
    let flags = [true, false];
    round_trip(&socket, options::ONLY_V6, &flags);
    round_trip(&socket, options::UNICAST_HOPS, &[1, 64, 255]);
    round_trip(&socket, options::TRAFFIC_CLASS, &[0, 0x10, 0xff]);
    round_trip(&socket, options::MULTICAST_HOPS_V6, &[0, 1, 255]);
    round_trip(&socket, options::MULTICAST_LOOP_V6, &flags);
    round_trip(&socket, options::RECEIVE_TRAFFIC_CLASS, &flags);
    round_trip(&socket, options::RECEIVE_PACKET_INFO_V6, &flags);
    round_trip(&socket, options::MULTICAST_INTERFACE_V6, &[0]);
}

#[test]
fn groups_are_joined_once_and_left_once() {
    let socket = new(Kind::DATAGRAM);
    let group = Ipv4Addr::new(239, 255, 1, 7);
    for interface in [
        Interface4::Address(Ipv4Addr::LOCALHOST),
        Interface4::Index(1),
    ] {
        let joined = sys_socket::join_multicast_v4(&socket, group, interface);
        let by_index = matches!(interface, Interface4::Index(_));
        if by_index && !kernel_does("groups at an index", joined != Err(Errno::NODEV)) {
            continue;
        }
        assert_eq!(joined, Ok(()));
        let again = sys_socket::join_multicast_v4(&socket, group, interface);
        assert_eq!(again, Err(Errno::ADDRINUSE));
        sys_socket::leave_multicast_v4(&socket, group, interface).unwrap();
        let again = sys_socket::leave_multicast_v4(&socket, group, interface);
        assert_eq!(again, Err(Errno::ADDRNOTAVAIL));
    }
    let single = Ipv4Addr::new(10, 0, 0, 1);
    let error = sys_socket::join_multicast_v4(&socket, single, Interface4::Any);
    assert_eq!(error, Err(Errno::INVAL));
}

#[test]
fn groups_of_ipv6_are_joined_once_and_left_once() {
    let Some(socket) = new_v6(Kind::DATAGRAM) else {
        return;
    };
    let group = Ipv6Addr::new(0xff01, 0, 0, 0, 0, 0, 0, 0x77);
    match sys_socket::join_multicast_v6(&socket, group, 1) {
        // The loopback interface has IPv6 switched off.
        Err(Errno::NODEV | Errno::ADDRNOTAVAIL) => return,
        result => result.unwrap(),
    }
    let again = sys_socket::join_multicast_v6(&socket, group, 1);
    assert_eq!(again, Err(Errno::ADDRINUSE));
    sys_socket::leave_multicast_v6(&socket, group, 1).unwrap();
    let again = sys_socket::leave_multicast_v6(&socket, group, 1);
    assert_eq!(again, Err(Errno::ADDRNOTAVAIL));
}

#[test]
fn a_socket_tells_what_it_is_and_that_cannot_be_changed() {
    let (socket, _address) = listener();
    assert_eq!(option(&socket, options::KIND), Ok(Kind::STREAM.as_raw()));
    assert_eq!(option(&socket, options::IS_LISTENING), Ok(true));
    assert_eq!(option(new(Kind::STREAM), options::IS_LISTENING), Ok(false));
    let error = set_option(&socket, options::KIND, Kind::DATAGRAM.as_raw());
    assert_eq!(error, Err(Errno::NOPROTOOPT));
    if options::DOMAIN.is_known() {
        let domain = option(&socket, options::DOMAIN);
        assert_eq!(domain, Ok(Domain::IPV4.as_raw()));
    }
}

#[test]
fn an_option_of_another_protocol_and_another_file_are_refused() {
    let error = set_option(new(Kind::DATAGRAM), options::NO_DELAY, true);
    assert!(matches!(
        error,
        Err(Errno::NOPROTOOPT | Errno::OPNOTSUPP | Errno::INVAL)
    ));
    let (read_end, _write_end) = sys_socket::pipe().unwrap();
    let error = option(&read_end, options::KEEP_ALIVE);
    assert_eq!(error, Err(Errno::NOTSOCK));
}

#[test]
fn the_peer_of_a_unix_socket_is_this_process() {
    let (a, _b) = sys_socket::pair(Domain::UNIX, Kind::STREAM, Protocol::DEFAULT).unwrap();
    let peer = sys_socket::peer_credentials(&a).unwrap();
    assert_eq!(peer.uid, rustix::process::geteuid().as_raw());
    assert_eq!(peer.gid, rustix::process::getegid().as_raw());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn options_set_in_any_order_all_hold(
        order in Just((0..8_u8).collect::<Vec<_>>()).prop_shuffle()
    ) {
        let socket = new(Kind::STREAM);
        let seconds = Duration::from_secs;
        for step in order {
            match step {
                0 => set_option(&socket, options::REUSE_ADDRESS, true),
                1 => set_option(&socket, options::KEEP_ALIVE, true),
                2 => set_option(&socket, options::KEEP_ALIVE_IDLE, seconds(11)),
                3 => set_option(&socket, options::KEEP_ALIVE_INTERVAL, seconds(12)),
                4 => set_option(&socket, options::KEEP_ALIVE_COUNT, 13),
                5 => set_option(&socket, options::NO_DELAY, true),
                6 => set_option(&socket, options::LINGER, Some(seconds(3))),
                _ => set_option(&socket, options::TTL, 14),
            }.unwrap();
        }
        assert_eq!(option(&socket, options::REUSE_ADDRESS), Ok(true));
        assert_eq!(option(&socket, options::KEEP_ALIVE), Ok(true));
        assert_eq!(option(&socket, options::KEEP_ALIVE_IDLE), Ok(seconds(11)));
        assert_eq!(option(&socket, options::KEEP_ALIVE_INTERVAL), Ok(seconds(12)));
        assert_eq!(option(&socket, options::KEEP_ALIVE_COUNT), Ok(13));
        assert_eq!(option(&socket, options::NO_DELAY), Ok(true));
        assert_eq!(option(&socket, options::LINGER), Ok(Some(seconds(3))));
        assert_eq!(option(&socket, options::TTL), Ok(14));
        assert_eq!(sys_socket::is_non_blocking(&socket), Ok(true));
    }
}
