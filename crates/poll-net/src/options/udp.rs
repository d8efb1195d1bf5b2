//! Options of UDP sockets, and multicast groups.

use core::net::{Ipv4Addr, Ipv6Addr};
use std::io;

use super::options;
use crate::{Interface4, UdpSocket};

options! { UdpSocket {
    /// Datagrams may be sent to broadcast addresses.
    broadcast, set_broadcast: bool = BROADCAST;

    /// The hops that IPv4 multicast packets may take; 1 at first.
    multicast_ttl_v4, set_multicast_ttl_v4: u8 = MULTICAST_TTL_V4;

    /// Whether IPv4 multicast packets come back to this machine; on at first.
    multicast_loop_v4, set_multicast_loop_v4: bool = MULTICAST_LOOP_V4;

    /// The interface for IPv4 multicast packets, by its address; unspecified is the system's
    /// choice.
    multicast_interface_v4, set_multicast_interface_v4: Ipv4Addr = MULTICAST_INTERFACE_V4;

    /// The hops that IPv6 multicast packets may take; 1 at first.
    multicast_hops_v6, set_multicast_hops_v6: u8 = MULTICAST_HOPS_V6;

    /// Whether IPv6 multicast packets come back to this machine; on at first.
    multicast_loop_v6, set_multicast_loop_v6: bool = MULTICAST_LOOP_V6;

    /// The interface for IPv6 multicast packets, by its index; zero is the system's choice.
    multicast_interface_v6, set_multicast_interface_v6: u32 = MULTICAST_INTERFACE_V6;

    /// Received IPv4 datagrams carry the address they were sent to; see
    /// [`recv_message`](UdpSocket::recv_message).
    packet_info_v4, set_packet_info_v4: bool = RECEIVE_PACKET_INFO_V4;

    /// Received IPv6 datagrams carry the address they were sent to and the interface.
    packet_info_v6, set_packet_info_v6: bool = RECEIVE_PACKET_INFO_V6;

    /// Received IPv6 datagrams carry their traffic class.
    recv_traffic_class_v6, set_recv_traffic_class_v6: bool = RECEIVE_TRAFFIC_CLASS;
} }

#[cfg(any(
    target_os = "linux",
    target_os = "android",
    target_os = "freebsd",
    target_vendor = "apple"
))]
options! { UdpSocket {
    /// Received IPv4 datagrams carry their type-of-service byte.
    recv_tos, set_recv_tos: bool = RECEIVE_TOS;
} }

#[cfg(any(target_os = "linux", target_os = "android"))]
options! { UdpSocket {
    /// Received datagrams carry the time of their arrival, on the real-time clock. Linux.
    timestamps, set_timestamps: bool = RECEIVE_TIMESTAMP;

    /// Path MTU discovery over IPv4: 0 never, 1 by route, 2 always, 3 probe. Linux.
    mtu_discovery_v4, set_mtu_discovery_v4: i32 = MTU_DISCOVERY_V4;

    /// Path MTU discovery over IPv6: 0 never, 1 by route, 2 always, 3 probe. Linux.
    mtu_discovery_v6, set_mtu_discovery_v6: i32 = MTU_DISCOVERY_V6;

    /// Errors of the network are queued together with the IPv4 datagram they belong to. Linux.
    recv_errors_v4, set_recv_errors_v4: bool = RECEIVE_ERRORS_V4;

    /// Errors of the network are queued together with the IPv6 datagram they belong to. Linux.
    recv_errors_v6, set_recv_errors_v6: bool = RECEIVE_ERRORS_V6;

    /// Every send is cut into datagrams of this many bytes; zero is off. Linux.
    segment_size, set_segment_size: u32 = SEGMENT_SIZE;

    /// Datagrams of one flow are received joined together, with their size beside them. Linux.
    recv_segments, set_recv_segments: bool = RECEIVE_SEGMENTS;
} }

impl UdpSocket {
    /// Joins an IPv4 multicast group on an interface.
    ///
    /// # Errors
    ///
    /// * `EADDRINUSE`: joined already.
    /// * `EINVAL`: no multicast address.
    /// * `ENODEV`, `EADDRNOTAVAIL`: no such interface, or none that can do multicast.
    /// * `EOPNOTSUPP`: this system takes no index (NetBSD, illumos).
    /// * `ENOBUFS`: the limit of memberships.
    ///
    /// Manual: ip(7)
    pub fn join_multicast_v4(&self, group: Ipv4Addr, interface: Interface4) -> io::Result<()> {
        Ok(sys_socket::join_multicast_v4(self, group, interface)?)
    }

    /// Leaves an IPv4 multicast group that was joined on the same interface.
    ///
    /// # Errors
    ///
    /// * `EADDRNOTAVAIL`: not joined.
    /// * As [`join_multicast_v4`](Self::join_multicast_v4).
    ///
    /// Manual: ip(7)
    pub fn leave_multicast_v4(&self, group: Ipv4Addr, interface: Interface4) -> io::Result<()> {
        Ok(sys_socket::leave_multicast_v4(self, group, interface)?)
    }

    /// Joins an IPv6 multicast group on the interface of this index; zero is the system's choice.
    ///
    /// # Errors
    ///
    /// As [`join_multicast_v4`](Self::join_multicast_v4).
    ///
    /// Manual: ipv6(7)
    pub fn join_multicast_v6(&self, group: Ipv6Addr, interface_index: u32) -> io::Result<()> {
        Ok(sys_socket::join_multicast_v6(self, group, interface_index)?)
    }

    /// Leaves an IPv6 multicast group that was joined on the same interface.
    ///
    /// # Errors
    ///
    /// As [`leave_multicast_v4`](Self::leave_multicast_v4).
    ///
    /// Manual: ipv6(7)
    pub fn leave_multicast_v6(&self, group: Ipv6Addr, interface_index: u32) -> io::Result<()> {
        Ok(sys_socket::leave_multicast_v6(
            self,
            group,
            interface_index,
        )?)
    }
}
