//! The wake-up state machine: one word that says who woke the poller and whether it sleeps.
//!
//! Each waker has a bit; the highest bit says that the poller is parked, which means that a wake
//! has to ring a bell in the kernel to be noticed. The poller sets it before it blocks and takes
//! all bits when it is back.
//!
//! ```text
//!            notify(i), no bell            notify(i): rings
//!   awake ────────────────────► awake+i   parked ──────────► parked+i ──► (no bell any more)
//!     │ park: may block            │ park: must not block        │
//!     ▼                            ▼                             │ take
//!   parked ◄───────────────────  parked+i  ◄─────────────────────┘
//!     │ take
//!     ▼
//!   awake, or parked again if somebody else sleeps on the poller's descriptor
//! ```
//!
//! All of it is one atomic variable, so no two variables have to agree, and no fence is needed:
//! a wake is a read-modify-write, and so are park and take, hence each of them sees the others in
//! one order. The orderings only carry the data that the waking thread wrote before. The model in
//! wake/model.rs explores the interleavings, and fails for each ordering that is weakened.

use core::marker::PhantomData;

use crate::sync::{AtomicUsize, Ordering};

/// How many slots the word has.
pub(crate) const SLOTS: u32 = usize::BITS - 1;

const PARKED: usize = 1 << SLOTS;

/// The orderings of the three operations, apart so that the model can weaken each.
pub trait Orderings {
    /// Publishes what the waking thread wrote.
    const NOTIFY: Ordering;
    /// Publishes nothing and reads nothing: the bits themselves are all that counts.
    const PARK: Ordering;
    /// Sees what the waking threads wrote.
    const TAKE: Ordering;
}

/// The orderings in use; the model proves that none can be weaker.
#[derive(Debug)]
pub struct Proven;

impl Orderings for Proven {
    const NOTIFY: Ordering = Ordering::Release;
    const PARK: Ordering = Ordering::Relaxed;
    const TAKE: Ordering = Ordering::Acquire;
}

/// The word.
#[derive(Debug)]
pub(crate) struct WakeWord<O: Orderings = Proven> {
    word: AtomicUsize,
    orderings: PhantomData<O>,
}

/// What the poller is to others while it is not in a wait of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Awake: it will look at the word before it blocks again.
    Awake,
    /// Parked: somebody else may sleep on its descriptor, so a wake has to ring.
    Parked,
}

impl<O: Orderings> WakeWord<O> {
    pub(crate) fn new() -> Self {
        Self {
            word: AtomicUsize::new(0),
            orderings: PhantomData,
        }
    }

    /// Sets the bit of `slot` and says whether the caller has to ring the bell.
    ///
    /// Of all wakes of a parked poller only the first one rings. Lock-free, and safe to call from
    /// a signal handler.
    #[inline]
    pub(crate) fn notify(&self, slot: u32) -> bool {
        let bit = 1 << slot;
        // Begins with a guess instead of a load: in a storm of wakes the poller is awake and the
        // bit set, and then the first exchange is all there is. It changes nothing and publishes
        // what this thread wrote all the same.
        let mut seen = bit;
        loop {
            match self.exchange(seen, seen | bit, O::NOTIFY) {
                Ok(()) => return seen == PARKED,
                Err(found) => seen = found,
            }
        }
    }

    /// Says that the poller, which rested at `rest`, is about to block; false, and nothing done, if
    /// it was woken.
    #[inline]
    pub(crate) fn park_if_quiet(&self, rest: Rest) -> bool {
        self.exchange(rest.word(), PARKED, O::PARK).is_ok()
    }

    /// Says that the poller is about to block, and whether it must not because it was woken.
    pub(crate) fn park(&self) -> bool {
        self.word.fetch_or(PARKED, O::PARK) & !PARKED != 0
    }

    /// Ends the parking of a poller that nobody woke; false, and nothing done, if somebody did.
    #[inline]
    pub(crate) fn unpark_if_quiet(&self, rest: Rest) -> bool {
        // No bit was set, so there is nothing to see, and the ordering may be the weakest.
        self.exchange(PARKED, rest.word(), Ordering::Relaxed)
            .is_ok()
    }

    /// One attempt to exchange `from` for `to`; what was found instead when it fails, which says
    /// nothing but that, so that the weakest ordering will do.
    #[inline]
    fn exchange(&self, from: usize, to: usize, ordering: Ordering) -> Result<(), usize> {
        let attempt = self
            .word
            .compare_exchange(from, to, ordering, Ordering::Relaxed);
        attempt.map(drop)
    }

    /// Takes all bits and leaves the word at `rest`.
    pub(crate) fn take(&self, rest: Rest) -> Slots {
        Slots(self.word.swap(rest.word(), O::TAKE) & !PARKED)
    }

    /// Whether the bit of `slot` is set.
    ///
    /// The caller drops the slot's last handle and holds the lock under which bits are taken: so
    /// every wake of the slot happened before, and no take can happen at the same time. Hence the
    /// answer is exact with any ordering, by coherence alone; there is no mutant to find.
    pub(crate) fn is_notified(&self, slot: u32) -> bool {
        self.word.load(Ordering::Relaxed) & (1 << slot) != 0
    }

    /// Marks the poller as parked for good and returns the slots that were woken before, which
    /// nobody rang a bell for; empty if it was parked already.
    pub(crate) fn hand_out(&self) -> Slots {
        let before = self.word.fetch_or(PARKED, O::PARK);
        Slots(if before & PARKED == 0 { before } else { 0 })
    }
}

impl Rest {
    const fn word(self) -> usize {
        match self {
            Self::Awake => 0,
            Self::Parked => PARKED,
        }
    }
}

/// A set of slots, iterated from the lowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slots(usize);

impl Iterator for Slots {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.0 == 0 {
            return None;
        }
        let slot = self.0.trailing_zeros();
        self.0 &= self.0 - 1;
        Some(slot)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::{Proven, Rest, SLOTS, WakeWord};

    #[test]
    fn only_the_first_wake_of_a_parked_poller_rings() {
        let word = WakeWord::<Proven>::new();
        assert!(!word.notify(0), "an awake poller needs no bell");
        assert!(word.park(), "a woken poller must not block");
        assert!(!word.notify(1), "nor one that was woken before it parked");
        assert_eq!(word.take(Rest::Awake).collect::<Vec<_>>(), [0, 1]);
        assert!(!word.park());
        assert!(word.notify(SLOTS - 1));
        assert!(!word.notify(SLOTS - 1));
        assert!(!word.notify(2));
        assert!(!word.unpark_if_quiet(Rest::Awake));
        assert_eq!(word.take(Rest::Awake).collect::<Vec<_>>(), [2, SLOTS - 1]);
    }

    #[test]
    fn a_poller_whose_descriptor_was_handed_out_is_parked_between_waits() {
        let word = WakeWord::<Proven>::new();
        word.notify(3);
        assert_eq!(
            word.hand_out().collect::<Vec<_>>(),
            [3],
            "nobody rang for this one"
        );
        assert_eq!(word.hand_out().count(), 0, "and it is told once");
        assert_eq!(word.take(Rest::Parked).collect::<Vec<_>>(), [3]);
        assert!(word.notify(3), "somebody else may sleep");
        assert!(word.park());
        assert_eq!(word.take(Rest::Parked).count(), 1);
        assert!(!word.park());
        assert!(word.unpark_if_quiet(Rest::Parked));
        assert!(word.notify(0));
    }
}

#[cfg(all(test, loom))]
pub(crate) mod model;
