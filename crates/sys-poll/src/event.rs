//! What is asked of poll and what it reports.

use core::fmt;
use core::ops::{BitOr, BitOrAssign, Shl};

use rustix::event::PollFlags;

use crate::target;

/// A set of poll's flags; bits this crate has no name for are kept.
///
/// Manual: poll(2)
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Flags(u16);

impl Flags {
    /// No flag: errors and hang-ups are reported all the same.
    pub const EMPTY: Self = Self(0);
    /// Data can be read.
    #[doc(alias = "POLLIN")]
    pub const IN: Self = Self::from_rustix(PollFlags::IN);
    /// Exceptional data.
    #[doc(alias = "POLLPRI")]
    pub const PRI: Self = Self::from_rustix(PollFlags::PRI);
    /// Data can be written.
    #[doc(alias = "POLLOUT")]
    pub const OUT: Self = Self::from_rustix(PollFlags::OUT);
    /// An error is pending; reported without being asked for.
    #[doc(alias = "POLLERR")]
    pub const ERR: Self = Self::from_rustix(PollFlags::ERR);
    /// The other side hung up; reported without being asked for.
    #[doc(alias = "POLLHUP")]
    pub const HUP: Self = Self::from_rustix(PollFlags::HUP);
    /// The number is not an open descriptor, which a set of owned ones cannot hold.
    #[doc(alias = "POLLNVAL")]
    pub const NVAL: Self = Self::from_rustix(PollFlags::NVAL);
    /// The peer closed its writing half; empty on systems without it.
    #[doc(alias = "POLLRDHUP")]
    pub const RDHUP: Self = Self(target::POLLRDHUP);

    /// The set with exactly these bits.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    // rustix holds the bits as `i16` or `u16`, as the system it calls; the bytes are the same.
    pub(crate) const fn from_rustix(flags: PollFlags) -> Self {
        Self(u16::from_ne_bytes(flags.bits().to_ne_bytes()))
    }

    pub(crate) fn to_rustix(self) -> PollFlags {
        let [high, low] = self.0.to_be_bytes();
        PollFlags::from_bits_retain(joined(high, low))
    }

    /// The bits as the kernel has them.
    #[must_use]
    pub const fn bits(self) -> u16 {
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

/// Two bytes as one number of the type that is asked for.
fn joined<T: From<u8> + Shl<u32, Output = T> + BitOr<Output = T>>(high: u8, low: u8) -> T {
    (T::from(high) << 8) | T::from(low)
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

const NAMES: [(Flags, &str); 7] = [
    (Flags::IN, "IN"),
    (Flags::PRI, "PRI"),
    (Flags::OUT, "OUT"),
    (Flags::ERR, "ERR"),
    (Flags::HUP, "HUP"),
    (Flags::NVAL, "NVAL"),
    (Flags::RDHUP, "RDHUP"),
];

#[cfg(test)]
mod tests {
    extern crate std;

    use super::Flags;
    use std::format;

    #[test]
    fn unknown_bits_survive_and_are_printed() {
        let flags = Flags::from_bits(0x4001);
        assert_eq!(flags.bits(), 0x4001);
        assert_eq!(format!("{flags:?}"), "IN | 0x4000");
        assert_eq!(format!("{:?}", Flags::EMPTY), "EMPTY");
    }

    #[test]
    fn every_bit_survives_the_way_to_rustix_and_back() {
        for bits in [0, 1, 0x80, 0x100, 0x4321, 0x8000, u16::MAX] {
            let flags = Flags::from_bits(bits);
            assert_eq!(Flags::from_rustix(flags.to_rustix()), flags, "{bits:#x}");
        }
    }
}
