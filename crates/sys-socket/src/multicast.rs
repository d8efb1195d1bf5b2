//! Joining and leaving multicast groups.

use core::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::AsFd;

use crate::target::NAMES;
use crate::{Errno, sys};

/// An interface, for an IPv4 multicast group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Interface4 {
    /// The system's choice.
    #[default]
    Any,
    /// The interface that has this address.
    Address(Ipv4Addr),
    /// The interface with this index; not on NetBSD and illumos.
    Index(u32),
}

// The values are written field by field; these are the layouts they have.
const _: () = {
    assert!(size_of::<libc::ip_mreq>() == 8);
    assert!(size_of::<libc::ipv6_mreq>() == 20);
    assert!(core::mem::offset_of!(libc::ipv6_mreq, ipv6mr_interface) == 16);
};

/// Joins an IPv4 multicast group on an interface.
///
/// # Errors
///
/// * `EADDRINUSE`: joined already.
/// * `EINVAL`: no multicast address.
/// * `ENODEV`, `EADDRNOTAVAIL`: no such interface, or none that can do multicast.
/// * `EOPNOTSUPP`: this system takes no index.
/// * `ENOBUFS`: the limit of memberships.
///
/// Manual: ip(7)
#[doc(alias = "IP_ADD_MEMBERSHIP")]
pub fn join_multicast_v4(
    fd: impl AsFd,
    group: Ipv4Addr,
    interface: Interface4,
) -> Result<(), Errno> {
    membership_v4(fd, libc::IP_ADD_MEMBERSHIP, group, interface)
}

/// Leaves an IPv4 multicast group that was joined on the same interface.
///
/// # Errors
///
/// * `EADDRNOTAVAIL`: not joined.
/// * As [`join_multicast_v4`].
///
/// Manual: ip(7)
#[doc(alias = "IP_DROP_MEMBERSHIP")]
pub fn leave_multicast_v4(
    fd: impl AsFd,
    group: Ipv4Addr,
    interface: Interface4,
) -> Result<(), Errno> {
    membership_v4(fd, libc::IP_DROP_MEMBERSHIP, group, interface)
}

/// Joins an IPv6 multicast group on the interface with this index; zero is the system's choice.
///
/// # Errors
///
/// As [`join_multicast_v4`].
///
/// Manual: ipv6(7)
#[doc(alias = "IPV6_JOIN_GROUP")]
#[doc(alias = "IPV6_ADD_MEMBERSHIP")]
pub fn join_multicast_v6(fd: impl AsFd, group: Ipv6Addr, interface: u32) -> Result<(), Errno> {
    membership_v6(fd, NAMES.join_v6, group, interface)
}

/// Leaves an IPv6 multicast group that was joined on the same interface.
///
/// # Errors
///
/// As [`leave_multicast_v4`].
///
/// Manual: ipv6(7)
#[doc(alias = "IPV6_LEAVE_GROUP")]
#[doc(alias = "IPV6_DROP_MEMBERSHIP")]
pub fn leave_multicast_v6(fd: impl AsFd, group: Ipv6Addr, interface: u32) -> Result<(), Errno> {
    membership_v6(fd, NAMES.leave_v6, group, interface)
}

fn membership_v4(
    fd: impl AsFd,
    name: i32,
    group: Ipv4Addr,
    interface: Interface4,
) -> Result<(), Errno> {
    // `ip_mreq` is the group and the interface's address; `ip_mreqn` has the index after them.
    let (address, index) = match interface {
        Interface4::Any => (Ipv4Addr::UNSPECIFIED, None),
        Interface4::Address(address) => (address, None),
        Interface4::Index(_) if !NAMES.membership_by_index => return Err(Errno::OPNOTSUPP),
        Interface4::Index(index) => (Ipv4Addr::UNSPECIFIED, Some(index)),
    };
    let value = [
        group.octets(),
        address.octets(),
        index.unwrap_or_default().to_ne_bytes(),
    ];
    let used = if index.is_some() {
        &value[..]
    } else {
        &value[..2]
    };
    sys::set_option(fd.as_fd(), libc::IPPROTO_IP, name, used.as_flattened())
}

fn membership_v6(fd: impl AsFd, name: i32, group: Ipv6Addr, index: u32) -> Result<(), Errno> {
    let mut value = [0; size_of::<libc::ipv6_mreq>()];
    let bytes = group.octets().into_iter().chain(index.to_ne_bytes());
    for (slot, byte) in value.iter_mut().zip(bytes) {
        *slot = byte;
    }
    sys::set_option(fd.as_fd(), libc::IPPROTO_IPV6, name, &value)
}
