//! Numbers that need to be fair, not secret.

use core::cell::Cell;
use core::hash::{BuildHasher, Hasher};
use std::hash::RandomState;

/// An odd number near the golden ratio of 2^64, whose multiples are well spread.
const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

/// A row of numbers, the same again for the same seed.
#[derive(Debug)]
pub(crate) struct Random(Cell<u64>);

impl Random {
    /// Seeds that are alike, and small ones, begin rows that are not: what SplitMix64 makes of its
    /// state (Steele, Lea, Flood 2014).
    pub(crate) const fn new(seed: u64) -> Self {
        let mixed = seed.wrapping_add(GAMMA);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Self(Cell::new(match mixed ^ (mixed >> 31) {
            // From which the numbers would never get away.
            0 => GAMMA,
            state => state,
        }))
    }

    /// A number below `count`; 0 if there is none. A few instructions.
    pub(crate) fn below(&self, count: usize) -> usize {
        let next = xorshift(self.0.get());
        self.0.set(next);
        // The high bits are the better ones.
        usize::try_from(next >> 33).map_or(0, |number| number.checked_rem(count).unwrap_or(0))
    }
}

/// A seed for those who said none.
pub(crate) fn seed() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Marsaglia's generator of 64 bits (Journal of Statistical Software 8(14), 2003).
const fn xorshift(mut state: u64) -> u64 {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    state
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::{Random, seed};

    #[test]
    fn each_number_comes_as_often_as_the_others() {
        let random = Random::new(seed());
        let mut seen = [0_u32; 5];
        (0..10_000).for_each(|_| seen[random.below(5)] += 1);
        // The standard deviation is 40.
        assert!(
            seen.iter().all(|seen| (1700..2300).contains(seen)),
            "{seen:?}"
        );
    }

    #[test]
    fn below_one_and_below_none_there_is_zero() {
        let random = Random::new(0);
        assert_eq!((random.below(1), random.below(0)), (0, 0));
    }

    #[test]
    fn seeds_that_are_alike_begin_rows_that_are_not() {
        let first = |seed| Random::new(seed).below(1 << 20);
        let mut firsts: Vec<_> = (0..100).map(first).collect();
        assert_eq!(first(7), firsts[7]);
        firsts.sort_unstable();
        firsts.dedup();
        assert!(firsts.len() > 95, "{firsts:?}");
        // This one is mixed to zero.
        assert_ne!(first(0x61C8_8646_80B5_83EB), 0);
    }
}
