//! Numbers that need to be fair, not secret.

use core::cell::Cell;
use core::hash::{BuildHasher, Hasher};
use std::hash::RandomState;

thread_local! {
    // Zero, from which the numbers would never get away, is no state.
    static STATE: Cell<u64> = Cell::new(RandomState::new().build_hasher().finish() | 1);
}

/// A number below `count`; 0 if there is none. A few instructions, on the thread's own state.
#[must_use]
pub fn below(count: usize) -> usize {
    STATE.with(|state| {
        let next = xorshift(state.get());
        state.set(next);
        // The high bits are the better ones.
        usize::try_from(next >> 33).map_or(0, |number| number.checked_rem(count).unwrap_or(0))
    })
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
    use super::below;

    #[test]
    fn each_number_comes_as_often_as_the_others() {
        let mut seen = [0_u32; 5];
        (0..10_000).for_each(|_| seen[below(5)] += 1);
        // The standard deviation is 40.
        assert!(
            seen.iter().all(|seen| (1700..2300).contains(seen)),
            "{seen:?}"
        );
    }

    #[test]
    fn below_one_and_below_none_there_is_zero() {
        assert_eq!((below(1), below(0)), (0, 0));
    }
}
