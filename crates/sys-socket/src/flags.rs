//! The small numbers of the socket calls as types: domain, kind, protocol and message flags.

use core::ffi::c_int;
use core::ops::BitOr;

use crate::target;

/// What each set of flags can do besides having names.
macro_rules! flag_set {
    ($name:ident) => {
        impl $name {
            /// Flags from their bits; unknown bits are kept.
            #[must_use]
            pub const fn from_bits_retain(bits: i32) -> Self {
                Self(bits)
            }

            /// The bits.
            #[must_use]
            pub const fn bits(self) -> i32 {
                self.0
            }

            /// Whether all of `other` is set.
            #[must_use]
            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }
        }

        impl BitOr for $name {
            type Output = Self;

            fn bitor(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
        }
    };
}

/// A protocol family, which is also the family of its addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Domain(c_int);

impl Domain {
    /// IPv4.
    #[doc(alias = "AF_INET")]
    pub const IPV4: Self = Self(libc::AF_INET);
    /// IPv6.
    #[doc(alias = "AF_INET6")]
    pub const IPV6: Self = Self(libc::AF_INET6);
    /// Sockets within one machine.
    #[doc(alias = "AF_UNIX")]
    pub const UNIX: Self = Self(libc::AF_UNIX);

    /// A family by its number.
    #[must_use]
    pub const fn from_raw(number: i32) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn as_raw(self) -> i32 {
        self.0
    }
}

/// How a socket transfers data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Kind(c_int);

impl Kind {
    /// A stream of bytes.
    #[doc(alias = "SOCK_STREAM")]
    pub const STREAM: Self = Self(libc::SOCK_STREAM);
    /// Single messages.
    #[doc(alias = "SOCK_DGRAM")]
    pub const DATAGRAM: Self = Self(libc::SOCK_DGRAM);
    /// A connection that keeps the bounds of messages.
    #[doc(alias = "SOCK_SEQPACKET")]
    pub const SEQPACKET: Self = Self(libc::SOCK_SEQPACKET);
    /// Packets of the network layer.
    #[doc(alias = "SOCK_RAW")]
    pub const RAW: Self = Self(libc::SOCK_RAW);

    /// A kind by its number.
    #[must_use]
    pub const fn from_raw(number: i32) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn as_raw(self) -> i32 {
        self.0
    }
}

/// A protocol within a domain and kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Protocol(c_int);

impl Protocol {
    /// The usual one of the domain and kind.
    pub const DEFAULT: Self = Self(0);
    /// TCP.
    #[doc(alias = "IPPROTO_TCP")]
    pub const TCP: Self = Self(libc::IPPROTO_TCP);
    /// UDP.
    #[doc(alias = "IPPROTO_UDP")]
    pub const UDP: Self = Self(libc::IPPROTO_UDP);

    /// A protocol by its number.
    #[must_use]
    pub const fn from_raw(number: i32) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn as_raw(self) -> i32 {
        self.0
    }
}

/// What a send asks for besides sending.
///
/// A flag that the system lacks is zero there, which asks for nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SendFlags(c_int);

impl SendFlags {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Out-of-band data: TCP's urgent byte.
    #[doc(alias = "MSG_OOB")]
    pub const OUT_OF_BAND: Self = Self(libc::MSG_OOB);
    /// Ends a record, on sequenced-packet sockets.
    #[doc(alias = "MSG_EOR")]
    pub const END_OF_RECORD: Self = Self(libc::MSG_EOR);
    /// Sends to directly connected hosts only.
    #[doc(alias = "MSG_DONTROUTE")]
    pub const DONT_ROUTE: Self = Self(libc::MSG_DONTROUTE);
    /// More data follows at once: TCP holds the segment back, UDP joins the sends to one datagram
    /// (Linux).
    #[doc(alias = "MSG_MORE")]
    pub const MORE: Self = Self(target::MSG_MORE);
    /// The peer's reply was received: its link address stays valid (Linux).
    #[doc(alias = "MSG_CONFIRM")]
    pub const CONFIRM: Self = Self(target::MSG_CONFIRM);
    /// Connects and sends with the first segment, TCP fast open (Linux).
    #[doc(alias = "MSG_FASTOPEN")]
    pub const FAST_OPEN: Self = Self(target::MSG_FASTOPEN);
}

flag_set!(SendFlags);

/// What a receive asks for besides receiving.
///
/// A flag that the system lacks is zero there, which asks for nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ReceiveFlags(c_int);

impl ReceiveFlags {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Leaves what was received in the queue.
    #[doc(alias = "MSG_PEEK")]
    pub const PEEK: Self = Self(libc::MSG_PEEK);
    /// Out-of-band data: TCP's urgent byte.
    #[doc(alias = "MSG_OOB")]
    pub const OUT_OF_BAND: Self = Self(libc::MSG_OOB);
    /// Returns the whole length of a datagram, also where the buffer is shorter (Linux): the
    /// result may then be **more than the buffer holds**. On a TCP stream the bytes are thrown
    /// away and the buffer is not written.
    #[doc(alias = "MSG_TRUNC")]
    pub const WHOLE_LENGTH: Self = Self(libc::MSG_TRUNC);
    /// Waits until the buffer is full; without effect on non-blocking sockets.
    #[doc(alias = "MSG_WAITALL")]
    pub const WAIT_ALL: Self = Self(libc::MSG_WAITALL);
    /// Reads the error queue instead of the data (Linux).
    #[doc(alias = "MSG_ERRQUEUE")]
    pub const ERROR_QUEUE: Self = Self(target::MSG_ERRQUEUE);
}

flag_set!(ReceiveFlags);

/// What the kernel says about a received message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct MessageFlags(c_int);

impl MessageFlags {
    /// The message was longer than the buffers; the rest is lost.
    #[doc(alias = "MSG_TRUNC")]
    pub const TRUNCATED: Self = Self(libc::MSG_TRUNC);
    /// The control data was longer than its buffer; the rest is lost, descriptors are closed.
    #[doc(alias = "MSG_CTRUNC")]
    pub const CONTROL_TRUNCATED: Self = Self(libc::MSG_CTRUNC);
    /// The message ends a record.
    #[doc(alias = "MSG_EOR")]
    pub const END_OF_RECORD: Self = Self(libc::MSG_EOR);
    /// Out-of-band data.
    #[doc(alias = "MSG_OOB")]
    pub const OUT_OF_BAND: Self = Self(libc::MSG_OOB);
    /// The message comes from the error queue (Linux; elsewhere zero).
    #[doc(alias = "MSG_ERRQUEUE")]
    pub const ERROR_QUEUE: Self = Self(target::MSG_ERRQUEUE);
}

flag_set!(MessageFlags);

#[cfg(test)]
mod tests {
    use super::{ReceiveFlags, SendFlags};

    #[test]
    fn unknown_bits_survive() {
        for bits in [0, 1, i32::MAX, i32::MIN, -1] {
            assert_eq!(SendFlags::from_bits_retain(bits).bits(), bits);
            assert_eq!(ReceiveFlags::from_bits_retain(bits).bits(), bits);
        }
        let both = SendFlags::OUT_OF_BAND | SendFlags::DONT_ROUTE;
        assert!(both.contains(SendFlags::OUT_OF_BAND) && both.contains(SendFlags::DONT_ROUTE));
        assert!(!SendFlags::OUT_OF_BAND.contains(both));
        let both = ReceiveFlags::PEEK | ReceiveFlags::OUT_OF_BAND;
        assert!(both.contains(ReceiveFlags::PEEK) && !ReceiveFlags::PEEK.contains(both));
    }
}
