//! What differs between the systems: constants, function pointers, nothing else.

mod many;
#[cfg(all(test, target_os = "linux"))]
mod tests;

use core::ffi::c_int;

pub(crate) use many::{ManyFlags, MessageHeader, RECEIVE_MANY, SEND_MANY};

/// `accept4(2)` and `paccept`-like calls share this form.
type Accept4 =
    unsafe extern "C" fn(c_int, *mut libc::sockaddr, *mut libc::socklen_t, c_int) -> c_int;

/// `getpeereid(3)`.
type PeerIds = unsafe extern "C" fn(c_int, *mut libc::uid_t, *mut libc::gid_t) -> c_int;

/// `pipe2(2)`.
type Pipe2 = unsafe extern "C" fn(*mut c_int, c_int) -> c_int;

/// Systems where a descriptor can be born close-on-exec and non-blocking.
#[cfg(not(target_vendor = "apple"))]
mod birth {
    use super::{Accept4, Pipe2, c_int};

    pub(crate) const SOCKET_FLAGS: c_int = libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    pub(crate) const ACCEPT4: Option<Accept4> = Some(libc::accept4);
    pub(crate) const PIPE2: Option<Pipe2> = Some(libc::pipe2);
    /// No signal on a broken stream, asked for in each send.
    pub(crate) const NO_SIGNAL: c_int = libc::MSG_NOSIGNAL;
    /// The option that does the same for the whole life of a socket.
    pub(crate) const NO_SIGNAL_OPTION: Option<c_int> = None;
    /// Received descriptors are born close-on-exec.
    pub(crate) const CONTROL_CLOSE_ON_EXEC: c_int = libc::MSG_CMSG_CLOEXEC;
}

/// Systems where flags are set after the birth.
#[cfg(target_vendor = "apple")]
mod birth {
    use super::{Accept4, Pipe2, c_int};

    pub(crate) const SOCKET_FLAGS: c_int = 0;
    pub(crate) const ACCEPT4: Option<Accept4> = None;
    pub(crate) const PIPE2: Option<Pipe2> = None;
    pub(crate) const NO_SIGNAL: c_int = 0;
    pub(crate) const NO_SIGNAL_OPTION: Option<c_int> = Some(libc::SO_NOSIGPIPE);
    pub(crate) const CONTROL_CLOSE_ON_EXEC: c_int = 0;
}

/// Flags and names that Linux has and the others have not.
#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux {
    use super::c_int;

    pub(crate) const ABSTRACT_NAMES: bool = true;
    /// A peeked message brings descriptors of its own.
    pub(crate) const PEEK_OPENS_DESCRIPTORS: bool = true;
    pub(crate) const MSG_MORE: c_int = libc::MSG_MORE;
    pub(crate) const MSG_CONFIRM: c_int = libc::MSG_CONFIRM;
    pub(crate) const MSG_FASTOPEN: c_int = libc::MSG_FASTOPEN;
    pub(crate) const MSG_ERRQUEUE: c_int = libc::MSG_ERRQUEUE;
    /// `MSG_ZEROCOPY` of linux/socket.h, which libc lacks on Android: the kernel goes on reading
    /// the buffers after the call has returned.
    pub(crate) const READS_LATER: Option<c_int> = Some(0x0400_0000);
    /// The kind of the control message with a received type of service.
    pub(crate) const TOS_KIND: Option<c_int> = Some(libc::IP_TOS);
    pub(crate) const CREDENTIALS_KIND: Option<c_int> = Some(libc::SCM_CREDENTIALS);
    /// `SCM_PIDFD` of linux/socket.h, which libc lacks.
    pub(crate) const PROCESS_KIND: Option<c_int> = Some(4);
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod linux {
    use super::c_int;

    pub(crate) const ABSTRACT_NAMES: bool = false;
    /// Some of these copy the kernel's own form of descriptors to whoever peeks.
    pub(crate) const PEEK_OPENS_DESCRIPTORS: bool = false;
    pub(crate) const MSG_MORE: c_int = 0;
    pub(crate) const MSG_CONFIRM: c_int = 0;
    pub(crate) const MSG_FASTOPEN: c_int = 0;
    pub(crate) const MSG_ERRQUEUE: c_int = 0;
    pub(crate) const READS_LATER: Option<c_int> = None;
    pub(crate) const TOS_KIND: Option<c_int> = super::NAMES.receive_tos;
    pub(crate) const CREDENTIALS_KIND: Option<c_int> = None;
    pub(crate) const PROCESS_KIND: Option<c_int> = None;
}

/// What the BSDs have, and Apple's systems after them.
#[cfg(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly"
))]
mod bsd {
    use super::PeerIds;
    /// Where the length byte of a socket address stands.
    pub(crate) const ADDRESS_LENGTH_OFFSET: Option<usize> =
        Some(core::mem::offset_of!(libc::sockaddr, sa_len));
    /// The peer's user and group by a function, where no option tells them.
    pub(crate) const PEER_IDS: Option<PeerIds> = Some(libc::getpeereid);
}

#[cfg(not(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly"
)))]
mod bsd {
    use super::PeerIds;
    pub(crate) const ADDRESS_LENGTH_OFFSET: Option<usize> = None;
    pub(crate) const PEER_IDS: Option<PeerIds> = None;
}

pub(crate) use birth::{
    ACCEPT4, CONTROL_CLOSE_ON_EXEC, NO_SIGNAL, NO_SIGNAL_OPTION, PIPE2, SOCKET_FLAGS,
};
pub(crate) use bsd::{ADDRESS_LENGTH_OFFSET, PEER_IDS};
pub(crate) use linux::{
    ABSTRACT_NAMES, CREDENTIALS_KIND, MSG_CONFIRM, MSG_ERRQUEUE, MSG_FASTOPEN, MSG_MORE,
    PEEK_OPENS_DESCRIPTORS, PROCESS_KIND, READS_LATER, TOS_KIND,
};
pub(crate) use std_abstract::{abstract_name_of, from_abstract_name};

/// The standard library's view of abstract names, which it has on Linux and Android only.
mod std_abstract {
    #[cfg(target_os = "android")]
    use std::os::android::net::SocketAddrExt;
    #[cfg(target_os = "linux")]
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::SocketAddr;

    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(crate) fn abstract_name_of(address: &SocketAddr) -> Option<&[u8]> {
        address.as_abstract_name()
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(crate) fn from_abstract_name(name: &[u8]) -> Option<SocketAddr> {
        SocketAddr::from_abstract_name(name).ok()
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub(crate) fn abstract_name_of(_address: &SocketAddr) -> Option<&[u8]> {
        None
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub(crate) fn from_abstract_name(_name: &[u8]) -> Option<SocketAddr> {
        None
    }
}

/// Names of socket options that not every system has, or that are called differently.
pub(crate) struct Names {
    pub(crate) linger: c_int,
    pub(crate) join_v6: c_int,
    pub(crate) leave_v6: c_int,
    /// Whether memberships take the index of an interface (`ip_mreqn`).
    pub(crate) membership_by_index: bool,
    pub(crate) reuse_port: Option<c_int>,
    pub(crate) domain: Option<c_int>,
    pub(crate) protocol: Option<c_int>,
    pub(crate) keep_idle: Option<c_int>,
    pub(crate) keep_interval: Option<c_int>,
    pub(crate) keep_count: Option<c_int>,
    pub(crate) cork: Option<c_int>,
    pub(crate) fast_open: Option<c_int>,
    pub(crate) fast_open_connect: Option<c_int>,
    pub(crate) congestion: Option<c_int>,
    pub(crate) unsent_low_water: Option<c_int>,
    pub(crate) user_timeout: Option<c_int>,
    pub(crate) defer_accept: Option<c_int>,
    pub(crate) quick_ack: Option<c_int>,
    pub(crate) tcp_info: Option<c_int>,
    pub(crate) mark: Option<c_int>,
    pub(crate) priority: Option<c_int>,
    pub(crate) bind_to_device: Option<c_int>,
    pub(crate) incoming_cpu: Option<c_int>,
    pub(crate) incoming_napi_id: Option<c_int>,
    pub(crate) busy_poll: Option<c_int>,
    pub(crate) pass_credentials: Option<c_int>,
    pub(crate) pass_process: Option<c_int>,
    pub(crate) peer_credentials: Option<c_int>,
    pub(crate) timestamp_ns: Option<c_int>,
    pub(crate) free_bind: Option<c_int>,
    pub(crate) transparent: Option<c_int>,
    pub(crate) receive_tos: Option<c_int>,
    pub(crate) receive_packet_info_v4: Option<c_int>,
    pub(crate) receive_error_v4: Option<c_int>,
    pub(crate) receive_error_v6: Option<c_int>,
    pub(crate) mtu_discovery_v4: Option<c_int>,
    pub(crate) mtu_discovery_v6: Option<c_int>,
    pub(crate) udp_segment: Option<c_int>,
    pub(crate) udp_gro: Option<c_int>,
}

/// What a system has that says nothing: the common names, and none of the optional ones.
const fn no_names(linger: c_int, join_v6: c_int, leave_v6: c_int) -> Names {
    Names {
        linger,
        join_v6,
        leave_v6,
        membership_by_index: false,
        reuse_port: None,
        domain: None,
        protocol: None,
        keep_idle: None,
        keep_interval: None,
        keep_count: None,
        cork: None,
        fast_open: None,
        fast_open_connect: None,
        congestion: None,
        unsent_low_water: None,
        user_timeout: None,
        defer_accept: None,
        quick_ack: None,
        tcp_info: None,
        mark: None,
        priority: None,
        bind_to_device: None,
        incoming_cpu: None,
        incoming_napi_id: None,
        busy_poll: None,
        pass_credentials: None,
        pass_process: None,
        peer_credentials: None,
        timestamp_ns: None,
        free_bind: None,
        transparent: None,
        receive_tos: None,
        receive_packet_info_v4: None,
        receive_error_v4: None,
        receive_error_v6: None,
        mtu_discovery_v4: None,
        mtu_discovery_v6: None,
        udp_segment: None,
        udp_gro: None,
    }
}

/// `SO_INCOMING_CPU`, `SO_INCOMING_NAPI_ID` and `SO_PASSPIDFD`, which libc lacks on Android; all of
/// its architectures use the numbers of `asm-generic/socket.h`.
#[cfg(any(target_os = "android", all(test, target_os = "linux")))]
const GENERIC: [c_int; 3] = [49, 56, 76];
#[cfg(target_os = "android")]
const LATE: [c_int; 3] = GENERIC;
#[cfg(target_os = "linux")]
const LATE: [c_int; 3] = [
    libc::SO_INCOMING_CPU,
    libc::SO_INCOMING_NAPI_ID,
    libc::SO_PASSPIDFD,
];

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) const NAMES: Names = Names {
    membership_by_index: true,
    reuse_port: Some(libc::SO_REUSEPORT),
    domain: Some(libc::SO_DOMAIN),
    protocol: Some(libc::SO_PROTOCOL),
    keep_idle: Some(libc::TCP_KEEPIDLE),
    keep_interval: Some(libc::TCP_KEEPINTVL),
    keep_count: Some(libc::TCP_KEEPCNT),
    cork: Some(libc::TCP_CORK),
    fast_open: Some(libc::TCP_FASTOPEN),
    fast_open_connect: Some(libc::TCP_FASTOPEN_CONNECT),
    congestion: Some(libc::TCP_CONGESTION),
    unsent_low_water: Some(libc::TCP_NOTSENT_LOWAT),
    user_timeout: Some(libc::TCP_USER_TIMEOUT),
    defer_accept: Some(libc::TCP_DEFER_ACCEPT),
    quick_ack: Some(libc::TCP_QUICKACK),
    tcp_info: Some(libc::TCP_INFO),
    mark: Some(libc::SO_MARK),
    priority: Some(libc::SO_PRIORITY),
    bind_to_device: Some(libc::SO_BINDTODEVICE),
    incoming_cpu: Some(LATE[0]),
    incoming_napi_id: Some(LATE[1]),
    busy_poll: Some(libc::SO_BUSY_POLL),
    pass_credentials: Some(libc::SO_PASSCRED),
    pass_process: Some(LATE[2]),
    peer_credentials: Some(libc::SO_PEERCRED),
    timestamp_ns: Some(libc::SO_TIMESTAMPNS),
    free_bind: Some(libc::IP_FREEBIND),
    transparent: Some(libc::IP_TRANSPARENT),
    receive_tos: Some(libc::IP_RECVTOS),
    receive_packet_info_v4: Some(libc::IP_PKTINFO),
    receive_error_v4: Some(libc::IP_RECVERR),
    receive_error_v6: Some(libc::IPV6_RECVERR),
    mtu_discovery_v4: Some(libc::IP_MTU_DISCOVER),
    mtu_discovery_v6: Some(libc::IPV6_MTU_DISCOVER),
    udp_segment: Some(libc::UDP_SEGMENT),
    udp_gro: Some(libc::UDP_GRO),
    ..no_names(
        libc::SO_LINGER,
        libc::IPV6_ADD_MEMBERSHIP,
        libc::IPV6_DROP_MEMBERSHIP,
    )
};

#[cfg(target_vendor = "apple")]
pub(crate) const NAMES: Names = Names {
    membership_by_index: true,
    reuse_port: Some(libc::SO_REUSEPORT),
    keep_idle: Some(libc::TCP_KEEPALIVE),
    keep_interval: Some(libc::TCP_KEEPINTVL),
    keep_count: Some(libc::TCP_KEEPCNT),
    cork: Some(libc::TCP_NOPUSH),
    fast_open: Some(libc::TCP_FASTOPEN),
    receive_tos: Some(libc::IP_RECVTOS),
    receive_packet_info_v4: Some(libc::IP_PKTINFO),
    // `SO_LINGER` counts in clock ticks there.
    ..no_names(
        libc::SO_LINGER_SEC,
        libc::IPV6_JOIN_GROUP,
        libc::IPV6_LEAVE_GROUP,
    )
};

#[cfg(target_os = "freebsd")]
pub(crate) const NAMES: Names = Names {
    membership_by_index: true,
    reuse_port: Some(libc::SO_REUSEPORT),
    domain: Some(libc::SO_DOMAIN),
    protocol: Some(libc::SO_PROTOCOL),
    keep_idle: Some(libc::TCP_KEEPIDLE),
    keep_interval: Some(libc::TCP_KEEPINTVL),
    keep_count: Some(libc::TCP_KEEPCNT),
    cork: Some(libc::TCP_NOPUSH),
    fast_open: Some(libc::TCP_FASTOPEN),
    congestion: Some(libc::TCP_CONGESTION),
    receive_tos: Some(libc::IP_RECVTOS),
    receive_packet_info_v4: Some(libc::IP_RECVDSTADDR),
    ..no_names(
        libc::SO_LINGER,
        libc::IPV6_JOIN_GROUP,
        libc::IPV6_LEAVE_GROUP,
    )
};

#[cfg(target_os = "dragonfly")]
pub(crate) const NAMES: Names = Names {
    membership_by_index: true,
    reuse_port: Some(libc::SO_REUSEPORT),
    keep_idle: Some(libc::TCP_KEEPIDLE),
    keep_interval: Some(libc::TCP_KEEPINTVL),
    keep_count: Some(libc::TCP_KEEPCNT),
    cork: Some(libc::TCP_NOPUSH),
    receive_packet_info_v4: Some(libc::IP_RECVDSTADDR),
    ..no_names(
        libc::SO_LINGER,
        libc::IPV6_JOIN_GROUP,
        libc::IPV6_LEAVE_GROUP,
    )
};

#[cfg(target_os = "netbsd")]
pub(crate) const NAMES: Names = Names {
    reuse_port: Some(libc::SO_REUSEPORT),
    keep_idle: Some(libc::TCP_KEEPIDLE),
    keep_interval: Some(libc::TCP_KEEPINTVL),
    keep_count: Some(libc::TCP_KEEPCNT),
    receive_packet_info_v4: Some(libc::IP_RECVPKTINFO),
    ..no_names(
        libc::SO_LINGER,
        libc::IPV6_JOIN_GROUP,
        libc::IPV6_LEAVE_GROUP,
    )
};

#[cfg(target_os = "openbsd")]
pub(crate) const NAMES: Names = Names {
    membership_by_index: true,
    reuse_port: Some(libc::SO_REUSEPORT),
    domain: Some(libc::SO_DOMAIN),
    protocol: Some(libc::SO_PROTOCOL),
    cork: Some(libc::TCP_NOPUSH),
    receive_packet_info_v4: Some(libc::IP_RECVDSTADDR),
    ..no_names(
        libc::SO_LINGER,
        libc::IPV6_JOIN_GROUP,
        libc::IPV6_LEAVE_GROUP,
    )
};

#[cfg(target_os = "illumos")]
pub(crate) const NAMES: Names = Names {
    domain: Some(libc::SO_DOMAIN),
    keep_idle: Some(libc::TCP_KEEPIDLE),
    keep_interval: Some(libc::TCP_KEEPINTVL),
    keep_count: Some(libc::TCP_KEEPCNT),
    cork: Some(libc::TCP_CORK),
    congestion: Some(libc::TCP_CONGESTION),
    receive_packet_info_v4: Some(libc::IP_PKTINFO),
    ..no_names(
        libc::SO_LINGER,
        libc::IPV6_JOIN_GROUP,
        libc::IPV6_LEAVE_GROUP,
    )
};

/// How the control message about an IPv4 datagram's addresses looks.
pub(crate) struct PacketInfo4Form {
    pub(crate) receive_kind: c_int,
    pub(crate) send_kind: c_int,
    pub(crate) len: usize,
    /// Where the index of the interface stands.
    pub(crate) index: Option<usize>,
    /// Where the address in the header of a received datagram stands.
    pub(crate) destination: usize,
    /// Where the address to send from stands.
    pub(crate) source: usize,
}

#[cfg(any(
    target_os = "linux",
    target_os = "android",
    target_vendor = "apple",
    target_os = "illumos"
))]
pub(crate) const PACKET_INFO_V4: PacketInfo4Form = PacketInfo4Form {
    receive_kind: libc::IP_PKTINFO,
    send_kind: libc::IP_PKTINFO,
    len: size_of::<libc::in_pktinfo>(),
    index: Some(core::mem::offset_of!(libc::in_pktinfo, ipi_ifindex)),
    destination: core::mem::offset_of!(libc::in_pktinfo, ipi_addr),
    source: core::mem::offset_of!(libc::in_pktinfo, ipi_spec_dst),
};

#[cfg(target_os = "netbsd")]
pub(crate) const PACKET_INFO_V4: PacketInfo4Form = PacketInfo4Form {
    receive_kind: libc::IP_PKTINFO,
    send_kind: libc::IP_PKTINFO,
    len: size_of::<libc::in_pktinfo>(),
    index: Some(core::mem::offset_of!(libc::in_pktinfo, ipi_ifindex)),
    destination: core::mem::offset_of!(libc::in_pktinfo, ipi_addr),
    source: core::mem::offset_of!(libc::in_pktinfo, ipi_addr),
};

#[cfg(any(target_os = "freebsd", target_os = "openbsd", target_os = "dragonfly"))]
pub(crate) const PACKET_INFO_V4: PacketInfo4Form = PacketInfo4Form {
    receive_kind: libc::IP_RECVDSTADDR,
    send_kind: libc::IP_SENDSRCADDR,
    len: size_of::<libc::in_addr>(),
    index: None,
    destination: 0,
    source: 0,
};
