//! Where a deadline belongs in the wheel: levels of 64 buckets, by the highest differing bit.

use core::num::NonZeroU64;

/// Bits of a deadline that one level tells apart.
const BITS: u32 = 6;
/// Buckets of a level.
pub(crate) const BUCKETS: usize = 1 << BITS;
// The digit that is left of a deadline once it is shifted.
const DIGIT: u64 = 63;
/// Levels: together they tell all 64 bits apart, so nothing is too far away.
pub(crate) const LEVELS: usize = 11;

/// The level of `deadline` in a wheel that stands at `base`.
///
/// Everything on a level is earlier than everything on the levels above it: it shares more leading
/// bits with `base`, and neither is before `base`.
pub(crate) fn level_of(base: u64, deadline: u64) -> usize {
    level_from(NonZeroU64::MIN, base, deadline)
}

/// The same, but no level whose buckets are narrower than `least`.
pub(crate) fn level_from(least: NonZeroU64, base: u64, deadline: u64) -> usize {
    (least | (base ^ deadline)).ilog2() as usize / BITS as usize
}

/// The bucket of `deadline` on `level`.
pub(crate) const fn bucket_of(level: usize, deadline: u64) -> usize {
    ((deadline >> shift(level)) & DIGIT) as usize
}

/// The first instant of the bucket on `level` that holds `deadline`.
pub(crate) const fn first_of(level: usize, deadline: u64) -> u64 {
    deadline & !(width(level).get() - 1)
}

/// The last instant of the bucket on `level` that holds `deadline`.
pub(crate) const fn last_of(level: usize, deadline: u64) -> u64 {
    deadline | (width(level).get() - 1)
}

/// How many instants a bucket of `level` holds.
pub(crate) const fn width(level: usize) -> NonZeroU64 {
    // The last level's is 2^60.
    match NonZeroU64::new(1 << shift(level)) {
        Some(width) => width,
        None => NonZeroU64::MIN,
    }
}

const fn shift(level: usize) -> usize {
    level * BITS as usize
}

#[cfg(test)]
mod tests {
    use super::{LEVELS, bucket_of, first_of, last_of, level_of};

    #[test]
    fn the_level_is_that_of_the_highest_differing_bit() {
        for (base, deadline, level) in [
            (0, 0, 0),
            (0, 63, 0),
            (0, 64, 1),
            (63, 64, 1),
            (64, 127, 0),
            (64, 128, 1),
            (0, (1 << 12) - 1, 1),
            (0, 1 << 12, 2),
            ((1 << 18) - 1, 1 << 18, 3),
            (1 << 18, (1 << 18) + 1, 0),
            (0, (1 << 60) - 1, 9),
            (0, 1 << 60, 10),
            (0, u64::MAX, 10),
            (u64::MAX - 1, u64::MAX, 0),
            (u64::MAX, u64::MAX, 0),
        ] {
            assert_eq!(level_of(base, deadline), level, "{base} {deadline}");
        }
    }

    #[test]
    fn the_bucket_is_the_digit_of_the_level() {
        for (level, deadline, bucket) in [
            (0, 0, 0),
            (0, 63, 63),
            (0, 64, 0),
            (1, 63, 0),
            (1, 64, 1),
            (1, 4095, 63),
            (1, 4096, 0),
            (2, 4096, 1),
            (10, (1 << 60) - 1, 0),
            (10, 1 << 60, 1),
            (10, u64::MAX, 15),
        ] {
            assert_eq!(bucket_of(level, deadline), bucket, "{level} {deadline}");
        }
    }

    #[test]
    fn a_bucket_spans_its_width_and_the_last_one_ends_with_the_clock() {
        for (level, deadline, first, last) in [
            (0, 0, 0, 0),
            (0, 77, 77, 77),
            (1, 0, 0, 63),
            (1, 64, 64, 127),
            (1, 127, 64, 127),
            (3, (1 << 18) + 5, 1 << 18, (1 << 19) - 1),
            (10, 0, 0, (1 << 60) - 1),
            (10, u64::MAX, 15 << 60, u64::MAX),
            (LEVELS - 1, u64::MAX - 1, 15 << 60, u64::MAX),
        ] {
            assert_eq!(first_of(level, deadline), first, "{level} {deadline}");
            assert_eq!(last_of(level, deadline), last, "{level} {deadline}");
        }
    }
}
