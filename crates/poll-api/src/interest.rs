//! What a registration asks to be told.

use core::fmt;
use core::num::NonZeroU8;
use core::ops::{BitOr, BitOrAssign};

/// What a registration asks to be told: a non-empty set.
///
/// Errors and hang-ups are reported whatever the interest is. An engine refuses an interest it
/// cannot watch with its error for an unsupported operation; it never ignores one.
///
/// # Examples
///
/// ```
/// use poll_api::Interest;
///
/// let both = Interest::READABLE | Interest::WRITABLE;
/// assert!(both.is_readable() && both.is_writable());
/// assert_eq!(both.remove(Interest::WRITABLE), Some(Interest::READABLE));
/// assert_eq!(Interest::READABLE.remove(Interest::READABLE), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interest(NonZeroU8);

const READABLE: u8 = 0b0000_0001;
const WRITABLE: u8 = 0b0000_0010;
const AIO: u8 = 0b0000_0100;
const LIO: u8 = 0b0000_1000;
const PRIORITY: u8 = 0b0001_0000;
const HANGUP: u8 = 0b0010_0000;

impl Interest {
    /// A read would not block, and the peer's half-close.
    pub const READABLE: Self = Self::of(READABLE);
    /// A write would not block.
    pub const WRITABLE: Self = Self::of(WRITABLE);
    /// A completion of POSIX asynchronous I/O (kqueue systems only).
    pub const AIO: Self = Self::of(AIO);
    /// A completion of `lio_listio` (FreeBSD only).
    pub const LIO: Self = Self::of(LIO);
    /// Out-of-band or otherwise exceptional data, where
    /// [`Capabilities::priority`](crate::Capabilities::priority) is true.
    pub const PRIORITY: Self = Self::of(PRIORITY);
    /// Nothing but errors and hang-ups, which every registration reports; the end of the peer's
    /// half where [`Capabilities::hangups`](crate::Capabilities::hangups) is false.
    ///
    /// Alone it keeps a source registered while there is nothing to read or write for it.
    pub const HANGUP: Self = Self::of(HANGUP);

    const fn of(bits: u8) -> Self {
        match NonZeroU8::new(bits) {
            Some(bits) => Self(bits),
            None => panic!("an interest is never empty"),
        }
    }

    /// The union of both.
    #[must_use]
    pub const fn add(self, other: Self) -> Self {
        Self::of(self.0.get() | other.0.get())
    }

    /// This interest without `other`, or `None` if nothing is left.
    #[must_use]
    pub const fn remove(self, other: Self) -> Option<Self> {
        match NonZeroU8::new(self.0.get() & !other.0.get()) {
            Some(bits) => Some(Self(bits)),
            None => None,
        }
    }

    /// What both ask for, or `None` if there is no such thing.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Option<Self> {
        match NonZeroU8::new(self.0.get() & other.0.get()) {
            Some(bits) => Some(Self(bits)),
            None => None,
        }
    }

    /// Whether [`READABLE`](Self::READABLE) is asked for.
    #[must_use]
    pub const fn is_readable(self) -> bool {
        self.0.get() & READABLE != 0
    }

    /// Whether [`WRITABLE`](Self::WRITABLE) is asked for.
    #[must_use]
    pub const fn is_writable(self) -> bool {
        self.0.get() & WRITABLE != 0
    }

    /// Whether [`AIO`](Self::AIO) is asked for.
    #[must_use]
    pub const fn is_aio(self) -> bool {
        self.0.get() & AIO != 0
    }

    /// Whether [`LIO`](Self::LIO) is asked for.
    #[must_use]
    pub const fn is_lio(self) -> bool {
        self.0.get() & LIO != 0
    }

    /// Whether [`PRIORITY`](Self::PRIORITY) is asked for.
    #[must_use]
    pub const fn is_priority(self) -> bool {
        self.0.get() & PRIORITY != 0
    }

    /// Whether [`HANGUP`](Self::HANGUP) was named; hang-ups are reported either way.
    #[must_use]
    pub const fn is_hangup(self) -> bool {
        self.0.get() & HANGUP != 0
    }
}

impl BitOr for Interest {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.add(other)
    }
}

impl BitOrAssign for Interest {
    fn bitor_assign(&mut self, other: Self) {
        *self = self.add(other);
    }
}

impl fmt::Debug for Interest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [
            (READABLE, "READABLE"),
            (WRITABLE, "WRITABLE"),
            (AIO, "AIO"),
            (LIO, "LIO"),
            (PRIORITY, "PRIORITY"),
            (HANGUP, "HANGUP"),
        ];
        crate::ready::write_names(
            f,
            u16::from(self.0.get()),
            names.map(|(b, n)| (b.into(), n)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Interest;
    use std::format;

    #[test]
    fn debug_names_the_parts_in_a_fixed_order() {
        let all = Interest::HANGUP
            | Interest::PRIORITY
            | Interest::LIO
            | Interest::AIO
            | Interest::WRITABLE
            | Interest::READABLE;
        assert_eq!(
            format!("{all:?}"),
            "READABLE | WRITABLE | AIO | LIO | PRIORITY | HANGUP"
        );
    }

    #[test]
    fn removing_everything_leaves_none() {
        let both = Interest::READABLE | Interest::WRITABLE;
        assert_eq!(both.remove(both), None);
        assert_eq!(both.remove(Interest::PRIORITY), Some(both));
    }

    #[test]
    fn an_intersection_is_what_both_have_or_none() {
        let both = Interest::READABLE | Interest::WRITABLE;
        let reading = Interest::READABLE | Interest::PRIORITY;
        assert_eq!(both.intersection(reading), Some(Interest::READABLE));
        assert_eq!(both.intersection(both), Some(both));
        assert_eq!(both.intersection(Interest::PRIORITY), None);
    }

    #[test]
    fn each_constant_answers_to_its_own_predicate_only() {
        let table = [
            (
                Interest::READABLE,
                [true, false, false, false, false, false],
            ),
            (
                Interest::WRITABLE,
                [false, true, false, false, false, false],
            ),
            (Interest::AIO, [false, false, true, false, false, false]),
            (Interest::LIO, [false, false, false, true, false, false]),
            (
                Interest::PRIORITY,
                [false, false, false, false, true, false],
            ),
            (Interest::HANGUP, [false, false, false, false, false, true]),
        ];
        for (interest, expected) in table {
            let found = [
                interest.is_readable(),
                interest.is_writable(),
                interest.is_aio(),
                interest.is_lio(),
                interest.is_priority(),
                interest.is_hangup(),
            ];
            assert_eq!(found, expected, "{interest:?}");
        }
    }
}
