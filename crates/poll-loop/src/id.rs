//! The name of a registration, which is never used twice.

use core::fmt;
use core::num::NonZeroU64;

use poll_api::Token;

/// The name of one registration, timer or channel of a poller, or of a set of them: assigned by
/// the poller, and never used for another one.
///
/// The first ids of a poller count up from one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    // From the lowest bit: 32 of the slot, 24 of its generation, 8 of the poller in its set.
    bits: NonZeroU64,
}

/// The last generation of a slot, which is not used again after it.
pub(crate) const LAST_GENERATION: u32 = (1 << 24) - 1;

impl Id {
    /// Slot zero is no registration's, so that no id is zero.
    pub(crate) const fn new(member: u8, generation: u32, slot: u32) -> Option<Self> {
        // Lossless: a `From` cannot be called in a constant function.
        let bits = (member as u64) << 56 | (generation as u64) << 32 | slot as u64;
        match NonZeroU64::new(bits) {
            Some(bits) if slot != 0 && generation <= LAST_GENERATION => Some(Self { bits }),
            _ => None,
        }
    }

    /// The id as a number, for maps and messages.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.bits.get()
    }

    /// The id with this number; none if it can be no id. Whether there is such a registration is
    /// another question.
    #[must_use]
    pub const fn from_u64(bits: u64) -> Option<Self> {
        let [.., member] = bits.to_le_bytes();
        let slot = (bits & SLOT) as u32;
        let generation = (bits >> 32) as u32 & LAST_GENERATION;
        Self::new(member, generation, slot)
    }

    /// Which poller of its set the id belongs to; zero for a poller of its own.
    #[must_use]
    pub const fn poller(self) -> usize {
        let [.., member] = self.bits.get().to_le_bytes();
        member as usize
    }

    pub(crate) const fn slot(self) -> u32 {
        (self.bits.get() & SLOT) as u32
    }

    pub(crate) const fn generation(self) -> u32 {
        (self.bits.get() >> 32) as u32 & LAST_GENERATION
    }

    /// The token that reports of this registration carry: as much of the id as fits.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "what does not fit is known from the slot"
    )]
    pub(crate) const fn token(self) -> Token {
        Token(self.bits.get() as usize)
    }
}

const SLOT: u64 = u32::MAX as u64;

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({})", self.bits)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bits.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::{Id, LAST_GENERATION};
    use static_assertions::{assert_eq_size, const_assert};

    assert_eq_size!(Option<Id>, u64);
    const_assert!(Id::from_u64(0).is_none());

    #[test]
    fn an_id_is_its_parts_and_a_number_and_back() {
        for (member, generation, slot, number) in [
            (0, 0, 1, 1),
            (0, 0, u32::MAX, 0xffff_ffff),
            (0, 1, 1, 0x1_0000_0001),
            (0, LAST_GENERATION, 2, 0xff_ffff_0000_0002),
            (7, 0, 3, 0x0700_0000_0000_0003),
            (255, LAST_GENERATION, u32::MAX, u64::MAX),
        ] {
            let id = Id::new(member, generation, slot).unwrap();
            assert_eq!(id.as_u64(), number);
            assert_eq!(Id::from_u64(number), Some(id));
            assert_eq!((id.slot(), id.generation()), (slot, generation));
            assert_eq!(id.poller(), usize::from(member));
            assert_eq!(format!("{id:?} {id}"), format!("Id({number}) {number}"));
        }
        assert_eq!(Id::new(0, 5, 0), None, "slot zero is no registration's");
        assert_eq!(Id::new(0, LAST_GENERATION + 1, 1), None);
        assert_eq!(Id::from_u64(0x0700_0005_0000_0000), None);
    }
}
