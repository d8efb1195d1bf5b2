//! What is asked of epoll and what it reports.

use core::fmt;
use core::ops::{BitOr, BitOrAssign};

/// A set of epoll's flags; bits this crate has no name for are kept.
///
/// Manual: epoll_ctl(2)
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Flags(u32);

impl Flags {
    /// No flag: errors and hang-ups are reported all the same.
    pub const EMPTY: Self = Self(0);
    /// Data can be read.
    #[doc(alias = "EPOLLIN")]
    pub const IN: Self = Self(0x1);
    /// Exceptional data.
    #[doc(alias = "EPOLLPRI")]
    pub const PRI: Self = Self(0x2);
    /// Data can be written.
    #[doc(alias = "EPOLLOUT")]
    pub const OUT: Self = Self(0x4);
    /// An error is pending; reported without being asked for.
    #[doc(alias = "EPOLLERR")]
    pub const ERR: Self = Self(0x8);
    /// Both directions are closed; reported without being asked for.
    #[doc(alias = "EPOLLHUP")]
    pub const HUP: Self = Self(0x10);
    /// Normal data can be read.
    #[doc(alias = "EPOLLRDNORM")]
    pub const RDNORM: Self = Self(0x40);
    /// Priority band data can be read.
    #[doc(alias = "EPOLLRDBAND")]
    pub const RDBAND: Self = Self(0x80);
    /// Normal data can be written.
    #[doc(alias = "EPOLLWRNORM")]
    pub const WRNORM: Self = Self(0x100);
    /// Priority band data can be written.
    #[doc(alias = "EPOLLWRBAND")]
    pub const WRBAND: Self = Self(0x200);
    /// Ignored by the kernel.
    #[doc(alias = "EPOLLMSG")]
    pub const MSG: Self = Self(0x400);
    /// The peer closed its writing half.
    #[doc(alias = "EPOLLRDHUP")]
    pub const RDHUP: Self = Self(0x2000);
    /// Wake one of several pollers; set by [`Epoll::add_exclusive`](crate::Epoll::add_exclusive).
    #[doc(alias = "EPOLLEXCLUSIVE")]
    pub const EXCLUSIVE: Self = Self(1 << 28);
    /// Keep the system from suspending while the event is handled (needs `CAP_BLOCK_SUSPEND`).
    #[doc(alias = "EPOLLWAKEUP")]
    pub const WAKEUP: Self = Self(1 << 29);
    /// Report once, then stay silent until modified.
    #[doc(alias = "EPOLLONESHOT")]
    pub const ONESHOT: Self = Self(1 << 30);
    /// Report changes instead of states.
    #[doc(alias = "EPOLLET")]
    pub const ET: Self = Self(1 << 31);

    /// The set with exactly these bits.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The bits as the kernel has them.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Whether all of `other` is in this set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any of `other` is in this set.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Flags {
    fn bitor_assign(&mut self, other: Self) {
        *self = *self | other;
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        for (flag, name) in NAMES {
            if rest & flag.0 != 0 {
                f.write_str(if rest == self.0 { "" } else { " | " })?;
                f.write_str(name)?;
                rest &= !flag.0;
            }
        }
        match (rest, rest == self.0) {
            (0, true) => f.write_str("EMPTY"),
            (0, false) => Ok(()),
            (_, true) => write!(f, "{rest:#x}"),
            (_, false) => write!(f, " | {rest:#x}"),
        }
    }
}

const NAMES: [(Flags, &str); 15] = [
    (Flags::IN, "IN"),
    (Flags::PRI, "PRI"),
    (Flags::OUT, "OUT"),
    (Flags::ERR, "ERR"),
    (Flags::HUP, "HUP"),
    (Flags::RDNORM, "RDNORM"),
    (Flags::RDBAND, "RDBAND"),
    (Flags::WRNORM, "WRNORM"),
    (Flags::WRBAND, "WRBAND"),
    (Flags::MSG, "MSG"),
    (Flags::RDHUP, "RDHUP"),
    (Flags::EXCLUSIVE, "EXCLUSIVE"),
    (Flags::WAKEUP, "WAKEUP"),
    (Flags::ONESHOT, "ONESHOT"),
    (Flags::ET, "ET"),
];

/// One report of the kernel: the flags that hold and the data given at registration.
///
/// It mirrors `struct epoll_event`, so that a slice of it is filled by the kernel directly.
///
/// Manual: epoll_event(3type)
#[repr(C)]
#[cfg_attr(target_arch = "x86_64", repr(packed))]
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Event {
    flags: u32,
    data: u64,
}

impl Event {
    /// An event as the kernel would report it; mostly for tests and for filling buffers.
    #[must_use]
    pub const fn new(flags: Flags, data: u64) -> Self {
        Self {
            flags: flags.0,
            data,
        }
    }

    /// The flags that hold.
    #[must_use]
    pub const fn flags(&self) -> Flags {
        Flags(self.flags)
    }

    /// The data given at registration.
    #[must_use]
    pub const fn data(&self) -> u64 {
        self.data
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("flags", &self.flags())
            .field("data", &self.data())
            .finish()
    }
}

static_assertions::assert_eq_size!(Event, libc::epoll_event);
static_assertions::const_assert_eq!(
    core::mem::offset_of!(Event, flags),
    core::mem::offset_of!(libc::epoll_event, events)
);
static_assertions::const_assert_eq!(
    core::mem::offset_of!(Event, data),
    core::mem::offset_of!(libc::epoll_event, u64)
);
static_assertions::const_assert!(align_of::<Event>() >= align_of::<libc::epoll_event>());

#[cfg(test)]
mod tests {
    extern crate std;

    use super::{Event, Flags};
    use std::format;

    #[test]
    fn unknown_bits_survive_and_are_printed() {
        let flags = Flags::from_bits(0x0080_0001);
        assert_eq!(flags.bits(), 0x0080_0001);
        assert_eq!(format!("{flags:?}"), "IN | 0x800000");
        assert_eq!(format!("{:?}", Flags::from_bits(0x0080_0000)), "0x800000");
    }

    #[test]
    fn debug_has_a_name_for_each_flag_and_for_none() {
        assert_eq!(format!("{:?}", Flags::EMPTY), "EMPTY");
        assert_eq!(format!("{:?}", Flags::IN | Flags::ET), "IN | ET");
        let all = super::NAMES
            .iter()
            .fold(Flags::EMPTY, |all, (flag, _)| all | *flag);
        assert!(!format!("{all:?}").contains("0x"));
    }

    #[test]
    fn the_c_program_asserts_exactly_these_flags() {
        let program = include_str!("../tests/abi/linux.c");
        let written = program
            .lines()
            .filter(|line| line.contains("(EPOLL") && !line.contains("IOC"));
        let expected = super::NAMES.iter().map(|(flag, name)| {
            format!("_Static_assert(EPOLL{name} == {:#x}, \"\");", flag.bits())
        });
        assert!(written.eq(expected));
    }

    #[test]
    fn the_constants_are_those_of_the_c_library() {
        let table = [
            (Flags::IN, libc::EPOLLIN),
            (Flags::PRI, libc::EPOLLPRI),
            (Flags::OUT, libc::EPOLLOUT),
            (Flags::ERR, libc::EPOLLERR),
            (Flags::HUP, libc::EPOLLHUP),
            (Flags::RDNORM, libc::EPOLLRDNORM),
            (Flags::RDBAND, libc::EPOLLRDBAND),
            (Flags::WRNORM, libc::EPOLLWRNORM),
            (Flags::WRBAND, libc::EPOLLWRBAND),
            (Flags::MSG, libc::EPOLLMSG),
            (Flags::RDHUP, libc::EPOLLRDHUP),
            (Flags::EXCLUSIVE, libc::EPOLLEXCLUSIVE),
            (Flags::WAKEUP, libc::EPOLLWAKEUP),
            (Flags::ONESHOT, libc::EPOLLONESHOT),
            (Flags::ET, libc::EPOLLET),
        ];
        for (flag, expected) in table {
            assert_eq!(
                flag.bits().to_ne_bytes(),
                expected.to_ne_bytes(),
                "{flag:?}"
            );
        }
    }

    #[test]
    fn an_event_gives_back_what_it_was_made_of() {
        for data in [0, 1, u64::MAX, 1 << 63] {
            let event = Event::new(Flags::OUT, data);
            assert_eq!((event.flags(), event.data()), (Flags::OUT, data));
        }
    }
}
