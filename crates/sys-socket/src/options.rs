//! The table of socket options: each with its form, its level, its name, and what it does.
//!
//! Use an entry with [`option`](fn@crate::option) and [`set_option`](crate::set_option). All
//! entries exist on all systems; where a system lacks one, both calls return `ENOPROTOOPT`, which
//! is what an old kernel says as well. Entries are independent: setting one changes no other,
//! except where the text says so.

use crate::form::{
    Byte, ByteFlag, Flag, Inet4, Microseconds, Milliseconds, Octet, OptionalSeconds, Seconds,
    Signed, Size, Text, Unsigned,
};
use crate::option::SocketOption;
use crate::target::NAMES;

// What a socket is.

/// The kind, as the number in [`Kind`](crate::Kind). Read only.
///
/// Manual: socket(7)
#[doc(alias = "SO_TYPE")]
pub const KIND: SocketOption<Signed> = SocketOption::new(libc::SOL_SOCKET, Some(libc::SO_TYPE));

/// The domain, as the number in [`Domain`](crate::Domain). Read only. Not on Apple's systems,
/// NetBSD and DragonFly.
///
/// Manual: socket(7)
#[doc(alias = "SO_DOMAIN")]
pub const DOMAIN: SocketOption<Signed> = SocketOption::new(libc::SOL_SOCKET, NAMES.domain);

/// The protocol, as the number in [`Protocol`](crate::Protocol). Read only. On Linux, FreeBSD and
/// OpenBSD.
///
/// Manual: socket(7)
#[doc(alias = "SO_PROTOCOL")]
pub const PROTOCOL: SocketOption<Signed> = SocketOption::new(libc::SOL_SOCKET, NAMES.protocol);

/// Whether the socket listens. Read only.
///
/// Manual: socket(7)
#[doc(alias = "SO_ACCEPTCONN")]
pub const IS_LISTENING: SocketOption<Flag> =
    SocketOption::new(libc::SOL_SOCKET, Some(libc::SO_ACCEPTCONN));

// Any socket.

/// Binding succeeds although connections of an earlier listener still linger.
///
/// Manual: socket(7)
#[doc(alias = "SO_REUSEADDR")]
pub const REUSE_ADDRESS: SocketOption<Flag> =
    SocketOption::new(libc::SOL_SOCKET, Some(libc::SO_REUSEADDR));

/// Several sockets share an address; all must set it before they bind. Linux spreads connections
/// and datagrams among them; elsewhere the last one may get them all. Not on illumos.
///
/// Manual: socket(7)
#[doc(alias = "SO_REUSEPORT")]
pub const REUSE_PORT: SocketOption<Flag> = SocketOption::new(libc::SOL_SOCKET, NAMES.reuse_port);

/// Datagrams may be sent to broadcast addresses.
///
/// Manual: socket(7)
#[doc(alias = "SO_BROADCAST")]
pub const BROADCAST: SocketOption<Flag> =
    SocketOption::new(libc::SOL_SOCKET, Some(libc::SO_BROADCAST));

/// An idle connection is probed.
///
/// Manual: socket(7)
#[doc(alias = "SO_KEEPALIVE")]
pub const KEEP_ALIVE: SocketOption<Flag> =
    SocketOption::new(libc::SOL_SOCKET, Some(libc::SO_KEEPALIVE));

/// What closing does with unsent data: `None` sends it in the background, a time of zero throws it
/// away and resets the connection, a longer time blocks the close, also of non-blocking sockets.
///
/// Manual: socket(7)
#[doc(alias = "SO_LINGER")]
pub const LINGER: SocketOption<OptionalSeconds> =
    SocketOption::new(libc::SOL_SOCKET, Some(NAMES.linger));

/// Bytes of the send buffer. The system adjusts it: Linux doubles it and reports the double.
///
/// Manual: socket(7)
#[doc(alias = "SO_SNDBUF")]
pub const SEND_BUFFER_SIZE: SocketOption<Size> =
    SocketOption::new(libc::SOL_SOCKET, Some(libc::SO_SNDBUF));

/// Bytes of the receive buffer. The system adjusts it: Linux doubles it and reports the double.
///
/// Manual: socket(7)
#[doc(alias = "SO_RCVBUF")]
pub const RECEIVE_BUFFER_SIZE: SocketOption<Size> =
    SocketOption::new(libc::SOL_SOCKET, Some(libc::SO_RCVBUF));

/// Urgent bytes stay in the stream.
///
/// Manual: socket(7)
#[doc(alias = "SO_OOBINLINE")]
pub const INLINE_OUT_OF_BAND: SocketOption<Flag> =
    SocketOption::new(libc::SOL_SOCKET, Some(libc::SO_OOBINLINE));

/// The mark for routing and filtering; needs `CAP_NET_ADMIN`. Linux.
///
/// Manual: socket(7)
#[doc(alias = "SO_MARK")]
pub const MARK: SocketOption<Unsigned> = SocketOption::new(libc::SOL_SOCKET, NAMES.mark);

/// The queueing priority; above 6 it needs `CAP_NET_ADMIN`. Linux.
///
/// Manual: socket(7)
#[doc(alias = "SO_PRIORITY")]
pub const PRIORITY: SocketOption<Unsigned> = SocketOption::new(libc::SOL_SOCKET, NAMES.priority);

/// The interface the socket is bound to; an empty name unbinds. Linux.
///
/// Manual: socket(7)
#[doc(alias = "SO_BINDTODEVICE")]
pub const BIND_TO_DEVICE: SocketOption<Text> =
    SocketOption::new(libc::SOL_SOCKET, NAMES.bind_to_device);

/// The processor that handles the socket's packets, or -1; setting it steers a group of listeners
/// that share a port. Linux.
///
/// Manual: socket(7)
#[doc(alias = "SO_INCOMING_CPU")]
pub const INCOMING_CPU: SocketOption<Signed> =
    SocketOption::new(libc::SOL_SOCKET, NAMES.incoming_cpu);

/// The receive queue of the device that the last packet came from; zero is none. Read only. Linux.
///
/// Manual: socket(7)
#[doc(alias = "SO_INCOMING_NAPI_ID")]
pub const INCOMING_NAPI_ID: SocketOption<Unsigned> =
    SocketOption::new(libc::SOL_SOCKET, NAMES.incoming_napi_id);

/// How long a receive that finds nothing polls the device; raising it needs `CAP_NET_ADMIN`. Linux.
///
/// Manual: socket(7)
#[doc(alias = "SO_BUSY_POLL")]
pub const BUSY_POLL: SocketOption<Microseconds> =
    SocketOption::new(libc::SOL_SOCKET, NAMES.busy_poll);

/// Received messages carry the time of their arrival as control data. Linux.
///
/// Manual: socket(7)
#[doc(alias = "SO_TIMESTAMPNS")]
pub const RECEIVE_TIMESTAMP: SocketOption<Flag> =
    SocketOption::new(libc::SOL_SOCKET, NAMES.timestamp_ns);

/// Received messages carry the sender's credentials as control data; Unix sockets. Linux.
///
/// Manual: unix(7)
#[doc(alias = "SO_PASSCRED")]
pub const PASS_CREDENTIALS: SocketOption<Flag> =
    SocketOption::new(libc::SOL_SOCKET, NAMES.pass_credentials);

/// Received messages carry a descriptor of the sending process as control data; Unix sockets.
/// Linux 6.5.
///
/// Manual: unix(7)
#[doc(alias = "SO_PASSPIDFD")]
pub const PASS_PROCESS: SocketOption<Flag> =
    SocketOption::new(libc::SOL_SOCKET, NAMES.pass_process);

// TCP.

/// Small segments are sent at once (Nagle's algorithm is off).
///
/// Manual: tcp(7)
#[doc(alias = "TCP_NODELAY")]
pub const NO_DELAY: SocketOption<Flag> =
    SocketOption::new(libc::IPPROTO_TCP, Some(libc::TCP_NODELAY));

/// Only full segments are sent, until it is switched off; Linux waits for 200 ms at most. Called
/// `TCP_NOPUSH` on the BSDs and Apple's systems. Not on NetBSD.
///
/// Manual: tcp(7)
#[doc(alias = "TCP_CORK")]
#[doc(alias = "TCP_NOPUSH")]
pub const CORK: SocketOption<Flag> = SocketOption::new(libc::IPPROTO_TCP, NAMES.cork);

/// Acknowledgements are sent at once; not permanent. Linux.
///
/// Manual: tcp(7)
#[doc(alias = "TCP_QUICKACK")]
pub const QUICK_ACK: SocketOption<Flag> = SocketOption::new(libc::IPPROTO_TCP, NAMES.quick_ack);

/// Idle time before the first probe, in whole seconds rounded up; Linux takes 1 to 32767 s. Not on
/// OpenBSD.
///
/// Manual: tcp(7)
#[doc(alias = "TCP_KEEPIDLE")]
#[doc(alias = "TCP_KEEPALIVE")]
pub const KEEP_ALIVE_IDLE: SocketOption<Seconds> =
    SocketOption::new(libc::IPPROTO_TCP, NAMES.keep_idle);

/// Time between probes, in whole seconds rounded up; Linux takes 1 to 32767 s. Not on OpenBSD.
///
/// Manual: tcp(7)
#[doc(alias = "TCP_KEEPINTVL")]
pub const KEEP_ALIVE_INTERVAL: SocketOption<Seconds> =
    SocketOption::new(libc::IPPROTO_TCP, NAMES.keep_interval);

/// Unanswered probes before the connection is dropped; Linux takes 1 to 127. Not on OpenBSD.
///
/// Manual: tcp(7)
#[doc(alias = "TCP_KEEPCNT")]
pub const KEEP_ALIVE_COUNT: SocketOption<Unsigned> =
    SocketOption::new(libc::IPPROTO_TCP, NAMES.keep_count);

/// How long sent data may stay unacknowledged, in milliseconds rounded up; zero is the system's
/// choice. Linux.
///
/// Manual: tcp(7)
#[doc(alias = "TCP_USER_TIMEOUT")]
pub const USER_TIMEOUT: SocketOption<Milliseconds> =
    SocketOption::new(libc::IPPROTO_TCP, NAMES.user_timeout);

/// A listener reports connections that have data only, for at most about this time; the kernel
/// rounds up to its retransmission times. Zero is off. Linux.
///
/// Manual: tcp(7)
#[doc(alias = "TCP_DEFER_ACCEPT")]
pub const DEFER_ACCEPT: SocketOption<Seconds> =
    SocketOption::new(libc::IPPROTO_TCP, NAMES.defer_accept);

/// How many connections with data in the first segment a listener queues; zero is off. Linux,
/// FreeBSD and Apple's systems, where it is on or off and comes after `listen`.
///
/// Manual: tcp(7)
#[doc(alias = "TCP_FASTOPEN")]
pub const FAST_OPEN: SocketOption<Unsigned> = SocketOption::new(libc::IPPROTO_TCP, NAMES.fast_open);

/// Connecting waits for the first write, which goes with the first segment. Linux.
///
/// Manual: tcp(7)
#[doc(alias = "TCP_FASTOPEN_CONNECT")]
pub const FAST_OPEN_CONNECT: SocketOption<Flag> =
    SocketOption::new(libc::IPPROTO_TCP, NAMES.fast_open_connect);

/// The greatest segment, in bytes.
///
/// Manual: tcp(7)
#[doc(alias = "TCP_MAXSEG")]
pub const MAX_SEGMENT_SIZE: SocketOption<Size> =
    SocketOption::new(libc::IPPROTO_TCP, Some(libc::TCP_MAXSEG));

/// The socket counts as writable with fewer unsent bytes than this only. Linux.
///
/// Manual: tcp(7)
#[doc(alias = "TCP_NOTSENT_LOWAT")]
pub const UNSENT_LOW_WATER: SocketOption<Unsigned> =
    SocketOption::new(libc::IPPROTO_TCP, NAMES.unsent_low_water);

/// The name of the congestion control algorithm. Linux, FreeBSD and illumos.
///
/// Manual: tcp(7)
#[doc(alias = "TCP_CONGESTION")]
pub const CONGESTION_CONTROL: SocketOption<Text> =
    SocketOption::new(libc::IPPROTO_TCP, NAMES.congestion);

// IPv4.

/// The hops that packets may take; zero is refused.
///
/// Manual: ip(7)
#[doc(alias = "IP_TTL")]
pub const TTL: SocketOption<Octet> = SocketOption::new(libc::IPPROTO_IP, Some(libc::IP_TTL));

/// The type-of-service byte; the system owns its two ECN bits on TCP.
///
/// Manual: ip(7)
#[doc(alias = "IP_TOS")]
pub const TOS: SocketOption<Octet> = SocketOption::new(libc::IPPROTO_IP, Some(libc::IP_TOS));

/// Binding to an address that is not here yet. Linux.
///
/// Manual: ip(7)
#[doc(alias = "IP_FREEBIND")]
pub const FREE_BIND: SocketOption<Flag> = SocketOption::new(libc::IPPROTO_IP, NAMES.free_bind);

/// Binding to foreign addresses, as a proxy; needs `CAP_NET_ADMIN`. Linux.
///
/// Manual: ip(7)
#[doc(alias = "IP_TRANSPARENT")]
pub const TRANSPARENT: SocketOption<Flag> = SocketOption::new(libc::IPPROTO_IP, NAMES.transparent);

/// Path MTU discovery: 0 never, 1 by route, 2 always, 3 probe. Linux.
///
/// Manual: ip(7)
#[doc(alias = "IP_MTU_DISCOVER")]
pub const MTU_DISCOVERY_V4: SocketOption<Signed> =
    SocketOption::new(libc::IPPROTO_IP, NAMES.mtu_discovery_v4);

/// Received datagrams carry their type-of-service byte as control data. Linux, FreeBSD and Apple's
/// systems.
///
/// Manual: ip(7)
#[doc(alias = "IP_RECVTOS")]
pub const RECEIVE_TOS: SocketOption<Flag> = SocketOption::new(libc::IPPROTO_IP, NAMES.receive_tos);

/// Received datagrams carry the address they were sent to as control data. FreeBSD, OpenBSD and
/// DragonFly tell the address only, the others the interface too.
///
/// Manual: ip(7)
#[doc(alias = "IP_PKTINFO")]
#[doc(alias = "IP_RECVPKTINFO")]
#[doc(alias = "IP_RECVDSTADDR")]
pub const RECEIVE_PACKET_INFO_V4: SocketOption<Flag> =
    SocketOption::new(libc::IPPROTO_IP, NAMES.receive_packet_info_v4);

/// Errors of the network are queued with the datagram they belong to, to be received with
/// [`ERROR_QUEUE`](crate::ReceiveFlags::ERROR_QUEUE). Linux.
///
/// Manual: ip(7)
#[doc(alias = "IP_RECVERR")]
pub const RECEIVE_ERRORS_V4: SocketOption<Flag> =
    SocketOption::new(libc::IPPROTO_IP, NAMES.receive_error_v4);

/// The hops that multicast packets may take; 1 at first.
///
/// Manual: ip(7)
#[doc(alias = "IP_MULTICAST_TTL")]
pub const MULTICAST_TTL_V4: SocketOption<Byte> =
    SocketOption::new(libc::IPPROTO_IP, Some(libc::IP_MULTICAST_TTL));

/// Whether multicast packets come back to this machine; on at first.
///
/// Manual: ip(7)
#[doc(alias = "IP_MULTICAST_LOOP")]
pub const MULTICAST_LOOP_V4: SocketOption<ByteFlag> =
    SocketOption::new(libc::IPPROTO_IP, Some(libc::IP_MULTICAST_LOOP));

/// The interface for multicast packets, by its address; unspecified is the system's choice.
///
/// Manual: ip(7)
#[doc(alias = "IP_MULTICAST_IF")]
pub const MULTICAST_INTERFACE_V4: SocketOption<Inet4> =
    SocketOption::new(libc::IPPROTO_IP, Some(libc::IP_MULTICAST_IF));

// IPv6.

/// The socket takes IPv6 only and leaves the port's IPv4 side to others; before `bind`. OpenBSD
/// knows nothing else.
///
/// Manual: ipv6(7)
#[doc(alias = "IPV6_V6ONLY")]
pub const ONLY_V6: SocketOption<Flag> =
    SocketOption::new(libc::IPPROTO_IPV6, Some(libc::IPV6_V6ONLY));

/// The hops that packets may take.
///
/// Manual: ipv6(7)
#[doc(alias = "IPV6_UNICAST_HOPS")]
pub const UNICAST_HOPS: SocketOption<Octet> =
    SocketOption::new(libc::IPPROTO_IPV6, Some(libc::IPV6_UNICAST_HOPS));

/// The traffic class byte; the system owns its two ECN bits on TCP.
///
/// Manual: ipv6(7)
#[doc(alias = "IPV6_TCLASS")]
pub const TRAFFIC_CLASS: SocketOption<Octet> =
    SocketOption::new(libc::IPPROTO_IPV6, Some(libc::IPV6_TCLASS));

/// As [`MTU_DISCOVERY_V4`]. Linux.
///
/// Manual: ipv6(7)
#[doc(alias = "IPV6_MTU_DISCOVER")]
pub const MTU_DISCOVERY_V6: SocketOption<Signed> =
    SocketOption::new(libc::IPPROTO_IPV6, NAMES.mtu_discovery_v6);

/// Received datagrams carry their traffic class as control data.
///
/// Manual: ipv6(7)
#[doc(alias = "IPV6_RECVTCLASS")]
pub const RECEIVE_TRAFFIC_CLASS: SocketOption<Flag> =
    SocketOption::new(libc::IPPROTO_IPV6, Some(libc::IPV6_RECVTCLASS));

/// Received datagrams carry the address they were sent to and the interface as control data.
///
/// Manual: ipv6(7)
#[doc(alias = "IPV6_RECVPKTINFO")]
pub const RECEIVE_PACKET_INFO_V6: SocketOption<Flag> =
    SocketOption::new(libc::IPPROTO_IPV6, Some(libc::IPV6_RECVPKTINFO));

/// As [`RECEIVE_ERRORS_V4`]. Linux.
///
/// Manual: ipv6(7)
#[doc(alias = "IPV6_RECVERR")]
pub const RECEIVE_ERRORS_V6: SocketOption<Flag> =
    SocketOption::new(libc::IPPROTO_IPV6, NAMES.receive_error_v6);

/// The hops that multicast packets may take; 1 at first.
///
/// Manual: ipv6(7)
#[doc(alias = "IPV6_MULTICAST_HOPS")]
pub const MULTICAST_HOPS_V6: SocketOption<Octet> =
    SocketOption::new(libc::IPPROTO_IPV6, Some(libc::IPV6_MULTICAST_HOPS));

/// Whether multicast packets come back to this machine; on at first.
///
/// Manual: ipv6(7)
#[doc(alias = "IPV6_MULTICAST_LOOP")]
pub const MULTICAST_LOOP_V6: SocketOption<Flag> =
    SocketOption::new(libc::IPPROTO_IPV6, Some(libc::IPV6_MULTICAST_LOOP));

/// The interface for multicast packets, by its index; zero is the system's choice.
///
/// Manual: ipv6(7)
#[doc(alias = "IPV6_MULTICAST_IF")]
pub const MULTICAST_INTERFACE_V6: SocketOption<Unsigned> =
    SocketOption::new(libc::IPPROTO_IPV6, Some(libc::IPV6_MULTICAST_IF));

// UDP.

/// Sends are cut into datagrams of this many bytes (generic segmentation offload); zero is off.
/// Linux.
///
/// Manual: udp(7)
#[doc(alias = "UDP_SEGMENT")]
pub const SEGMENT_SIZE: SocketOption<Unsigned> =
    SocketOption::new(libc::IPPROTO_UDP, NAMES.udp_segment);

/// Datagrams of one flow are received joined together, with their size as control data (generic
/// receive offload). Linux.
///
/// Manual: udp(7)
#[doc(alias = "UDP_GRO")]
pub const RECEIVE_SEGMENTS: SocketOption<Flag> =
    SocketOption::new(libc::IPPROTO_UDP, NAMES.udp_gro);
