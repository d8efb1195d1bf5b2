//! What one control message says.

use core::ffi::c_int;
use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use core::time::Duration;
use std::os::fd::OwnedFd;

use static_assertions::{assert_impl_all, assert_not_impl_any};

use crate::target::{NAMES, PACKET_INFO_V4};
use crate::{Address, Credentials, Errno, sys, target};

assert_impl_all!(ControlMessage<'static>: Send, Sync);
// A copy would hand out the same descriptors.
assert_not_impl_any!(ReceivedFds<'static>: Clone);

/// What one control message says.
///
/// A message of a known kind whose data has an unknown form comes as `Raw`.
#[derive(Debug)]
#[non_exhaustive]
pub enum ControlMessage<'a> {
    /// Descriptors that the peer passed (`SCM_RIGHTS`).
    Rights(ReceivedFds<'a>),
    /// A descriptor of the sending process, close-on-exec (`SCM_PIDFD`); none if
    /// the kernel could not make it.
    Process(ReceivedFds<'a>),
    /// The sender (`SCM_CREDENTIALS`).
    Credentials(Credentials),
    /// Where an IPv4 datagram arrived (`IP_PKTINFO`, `IP_RECVDSTADDR`).
    PacketInfo4(PacketInfo4),
    /// Where an IPv6 datagram arrived (`IPV6_PKTINFO`).
    PacketInfo6(PacketInfo6),
    /// When the message arrived, since the start of 1970 (`SCM_TIMESTAMPNS`).
    Timestamp(Duration),
    /// The type of service of an IPv4 datagram (`IP_TOS`).
    Tos(u8),
    /// The traffic class of an IPv6 datagram (`IPV6_TCLASS`).
    TrafficClass(u8),
    /// The bytes are datagrams of this size, the last one may be shorter (`UDP_GRO`).
    SegmentSize(u16),
    /// An error of the network (`IP_RECVERR`, `IPV6_RECVERR`).
    Error(QueuedError),
    /// A message of another kind.
    Raw {
        /// The protocol that the kind belongs to.
        level: i32,
        /// The kind.
        kind: i32,
        /// The data.
        data: &'a [u8],
    },
}

/// Where an IPv4 datagram arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PacketInfo4 {
    /// The index of the interface; zero where the system does not tell.
    pub interface_index: u32,
    /// The address in the datagram's header.
    pub destination: Ipv4Addr,
    /// The address of this machine to answer from, which differs from the destination for
    /// broadcasts and multicasts.
    pub local: Ipv4Addr,
}

/// Where an IPv6 datagram arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PacketInfo6 {
    /// The index of the interface.
    pub interface_index: u32,
    /// The address in the datagram's header.
    pub destination: Ipv6Addr,
}

/// An error of the network, and who reported it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QueuedError {
    /// What went wrong.
    pub errno: Errno,
    /// Where the error comes from: 1 is this machine, 2 is ICMP, 3 is ICMPv6.
    pub origin: u8,
    /// The ICMP type.
    pub kind: u8,
    /// The ICMP code.
    pub code: u8,
    /// More: the path MTU for `EMSGSIZE`.
    pub info: u32,
    /// The machine that reported the error.
    pub offender: Option<SocketAddr>,
}

/// Descriptors that arrived in one message; those not taken stay with the buffer and are closed by
/// it.
#[derive(Debug)]
pub struct ReceivedFds<'a> {
    slots: core::slice::IterMut<'a, [u8; 4]>,
}

impl Iterator for ReceivedFds<'_> {
    type Item = OwnedFd;

    fn next(&mut self) -> Option<OwnedFd> {
        self.slots.by_ref().find_map(sys::take_descriptor)
    }
}

impl<'a> ControlMessage<'a> {
    pub(crate) fn decode(level: c_int, kind: c_int, data: &'a mut [u8]) -> Self {
        if brings_descriptors(level, kind) {
            let slots = data.as_chunks_mut().0.iter_mut();
            let descriptors = ReceivedFds { slots };
            return if kind == libc::SCM_RIGHTS {
                Self::Rights(descriptors)
            } else {
                Self::Process(descriptors)
            };
        }
        let decoded = match level {
            libc::SOL_SOCKET => decode_socket(kind, data),
            libc::IPPROTO_IP => decode_v4(kind, data),
            libc::IPPROTO_IPV6 => decode_v6(kind, data),
            libc::IPPROTO_UDP if Some(kind) == NAMES.udp_gro => segment_size(data),
            _ => None,
        };
        decoded.unwrap_or(Self::Raw { level, kind, data })
    }
}

/// Whether the data of a message consists of descriptors that were opened for this process.
pub(crate) fn brings_descriptors(level: c_int, kind: c_int) -> bool {
    let known = kind == libc::SCM_RIGHTS || Some(kind) == target::PROCESS_KIND;
    level == libc::SOL_SOCKET && known
}

fn decode_socket(kind: c_int, data: &[u8]) -> Option<ControlMessage<'static>> {
    if Some(kind) == target::CREDENTIALS_KIND {
        Credentials::from_ucred(data).map(ControlMessage::Credentials)
    } else if Some(kind) == NAMES.timestamp_ns {
        timestamp(data).map(ControlMessage::Timestamp)
    } else {
        None
    }
}

fn decode_v4(kind: c_int, data: &[u8]) -> Option<ControlMessage<'static>> {
    if kind == PACKET_INFO_V4.receive_kind {
        packet_info_v4(data).map(ControlMessage::PacketInfo4)
    } else if Some(kind) == target::TOS_KIND {
        data.first().copied().map(ControlMessage::Tos)
    } else if Some(kind) == NAMES.receive_error_v4 {
        queued_error(data).map(ControlMessage::Error)
    } else {
        None
    }
}

fn decode_v6(kind: c_int, data: &[u8]) -> Option<ControlMessage<'static>> {
    if kind == libc::IPV6_PKTINFO {
        Some(ControlMessage::PacketInfo6(PacketInfo6 {
            destination: Ipv6Addr::from(field::<16>(data, 0)?),
            interface_index: u32::from_ne_bytes(field(data, 16)?),
        }))
    } else if kind == libc::IPV6_TCLASS {
        let class = c_int::from_ne_bytes(field(data, 0)?);
        u8::try_from(class).ok().map(ControlMessage::TrafficClass)
    } else if Some(kind) == NAMES.receive_error_v6 {
        queued_error(data).map(ControlMessage::Error)
    } else {
        None
    }
}

fn packet_info_v4(data: &[u8]) -> Option<PacketInfo4> {
    let form = PACKET_INFO_V4;
    Some(PacketInfo4 {
        interface_index: match form.index {
            Some(offset) => u32::from_ne_bytes(field(data, offset)?),
            None => 0,
        },
        destination: Ipv4Addr::from(field::<4>(data, form.destination)?),
        local: Ipv4Addr::from(field::<4>(data, form.source)?),
    })
}

/// Seconds and nanoseconds, each 64 bits wide, or 32 on some systems with 32-bit words.
fn timestamp(data: &[u8]) -> Option<Duration> {
    let (seconds, nanos) = if data.len() >= 16 {
        let nanos = i64::from_ne_bytes(field(data, 8)?);
        (
            i64::from_ne_bytes(field(data, 0)?),
            u32::try_from(nanos).ok()?,
        )
    } else {
        let nanos = i32::from_ne_bytes(field(data, 4)?);
        let seconds = i32::from_ne_bytes(field(data, 0)?);
        (i64::from(seconds), u32::try_from(nanos).ok()?)
    };
    if nanos >= 1_000_000_000 {
        return None;
    }
    Some(Duration::new(u64::try_from(seconds).ok()?, nanos))
}

/// A C `int`, though a datagram is never longer than 16 bits can say.
fn segment_size(data: &[u8]) -> Option<ControlMessage<'static>> {
    let size = c_int::from_ne_bytes(field(data, 0)?);
    u16::try_from(size).ok().map(ControlMessage::SegmentSize)
}

/// Linux's `sock_extended_err`, 16 bytes, and the address of the offender after it.
fn queued_error(data: &[u8]) -> Option<QueuedError> {
    // A number that is no errno belongs to a time stamp or a completion, not to an error.
    let errno = sys::errno_from(i32::from_ne_bytes(field(data, 0)?))?;
    let [origin, kind, code, _padding] = field(data, 4)?;
    Some(QueuedError {
        errno,
        origin,
        kind,
        code,
        info: u32::from_ne_bytes(field(data, 8)?),
        offender: Address::from_bytes(data.get(16..)?).inet(),
    })
}

fn field<const N: usize>(data: &[u8], offset: usize) -> Option<[u8; N]> {
    data.get(offset..)?.first_chunk().copied()
}

#[cfg(test)]
mod tests {
    use super::{queued_error, timestamp};
    use core::time::Duration;

    fn words(values: [i64; 2]) -> Vec<u8> {
        values.map(i64::to_ne_bytes).as_flattened().to_vec()
    }

    #[test]
    fn times_out_of_range_are_no_times() {
        for (seconds, nanos, wanted) in [
            (0, 0, Some(Duration::ZERO)),
            (1, 999_999_999, Some(Duration::new(1, 999_999_999))),
            (1, 1_000_000_000, None),
            (1, -1, None),
            (-1, 0, None),
            (i64::MAX, i64::from(u32::MAX), None),
        ] {
            assert_eq!(timestamp(&words([seconds, nanos])), wanted);
        }
        let narrow = [3_i32, 4].map(i32::to_ne_bytes);
        assert_eq!(timestamp(narrow.as_flattened()), Some(Duration::new(3, 4)));
        assert_eq!(timestamp(&[0; 7]), None);
    }

    #[test]
    fn an_error_without_a_number_or_cut_short_is_none() {
        let mut bytes = [0; 16];
        assert_eq!(queued_error(&bytes), None);
        bytes[..4].copy_from_slice(&libc::ECONNREFUSED.to_ne_bytes());
        let error = queued_error(&bytes).unwrap();
        assert_eq!(error.errno, crate::Errno::CONNREFUSED);
        assert_eq!(error.offender, None);
        for len in 0..16 {
            assert_eq!(queued_error(&bytes[..len]), None, "{len}");
        }
    }
}
