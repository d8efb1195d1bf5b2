//! The wake-up state machine: one word that says who woke the poller and whether it sleeps.
//!
//! Each waker has a bit; the highest bit says that the poller is parked, which means that a wake
//! has to ring a bell in the kernel to be noticed. The poller sets it before it blocks and takes
//! all bits when it is back. The next one says that others may sleep on the poller's descriptor: it
//! parks the poller for good, also between its own waits, and any thread may set it at any time.
//!
//! ```text
//!            notify(i), no bell            notify(i): rings
//!   awake ────────────────────► awake+i   parked ──────────► parked+i ──► (no bell any more)
//!     │ park: may block            │ park: must not block        │
//!     ▼                            ▼                             │ take
//!   parked ◄───────────────────  parked+i  ◄─────────────────────┘
//!     │ take
//!     ▼
//!   awake, or still parked if somebody else may sleep on the poller's descriptor
//! ```
//!
//! All of it is one atomic variable, so no two variables have to agree, and no fence is needed:
//! a wake is a read-modify-write, and so are park and take, hence each of them sees the others in
//! one order. The orderings only carry the data that the waking thread wrote before. The model in
//! wake/model.rs explores the interleavings, and fails for each ordering that is weakened.

use core::marker::PhantomData;

use crate::sync::{AtomicUsize, Ordering};

/// How many slots the word has.
pub(crate) const SLOTS: u32 = usize::BITS - 2;

const PARKED: usize = 1 << (SLOTS + 1);
const HANDED_OUT: usize = 1 << SLOTS;
/// Either of them: whoever wakes the poller has to ring.
const ASLEEP: usize = PARKED | HANDED_OUT;

/// The bit of a slot: whoever wakes often makes it once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bit(usize);

impl Bit {
    /// The bit of `slot`, which is one of [`SLOTS`].
    pub(crate) const fn of(slot: u32) -> Self {
        Self(1 << slot)
    }
}

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

impl<O: Orderings> WakeWord<O> {
    pub(crate) fn new() -> Self {
        Self {
            word: AtomicUsize::new(0),
            orderings: PhantomData,
        }
    }

    /// Sets a slot's bit and says whether the caller has to ring the bell.
    ///
    /// Of all wakes of a parked poller only the first one rings. Lock-free, and safe to call from
    /// a signal handler.
    #[inline]
    pub(crate) fn notify(&self, Bit(bit): Bit) -> bool {
        // Begins with a guess instead of a load: in a storm of wakes the poller is awake and the
        // bit set, and then this exchange is all there is. It changes nothing and publishes what
        // this thread wrote all the same.
        match self.exchange(bit, bit, O::NOTIFY) {
            Ok(()) => false,
            Err(found) => self.set(bit, found),
        }
    }

    /// Sets `bit` in a word that was `seen` before; whether the caller has to ring the bell.
    fn set(&self, bit: usize, mut seen: usize) -> bool {
        while let Err(found) = self.exchange(seen, seen | bit, O::NOTIFY) {
            seen = found;
        }
        // Asleep, and nobody has rung.
        seen & ASLEEP != 0 && seen & !ASLEEP == 0
    }

    /// Says that the poller is about to block; false, and nothing done, if it was woken, or handed
    /// out.
    #[inline]
    pub(crate) fn park_if_quiet(&self) -> bool {
        self.exchange(0, PARKED, O::PARK).is_ok()
    }

    /// Says that the poller is about to block, and whether it must not because it was woken.
    pub(crate) fn park(&self) -> bool {
        self.word.fetch_or(PARKED, O::PARK) & !ASLEEP != 0
    }

    /// Ends the parking of a poller that nobody woke; false, and nothing done, if somebody did, or
    /// if it was handed out.
    #[inline]
    pub(crate) fn unpark_if_quiet(&self) -> bool {
        // No bit was set, so there is nothing to see, and the ordering may be the weakest.
        self.exchange(PARKED, 0, Ordering::Relaxed).is_ok()
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

    /// Takes the bits of all slots and ends the parking, but for a poller that was handed out.
    pub(crate) fn take(&self) -> Slots {
        Slots(self.word.fetch_and(HANDED_OUT, O::TAKE) & !ASLEEP)
    }

    /// Whether the bit of `slot` is set.
    ///
    /// The caller drops the slot's last handle and holds the lock under which bits are taken: so
    /// every wake of the slot happened before, and no take can happen at the same time. Hence the
    /// answer is exact with any ordering, by coherence alone; there is no mutant to find.
    pub(crate) fn is_notified(&self, slot: u32) -> bool {
        self.word.load(Ordering::Relaxed) & Bit::of(slot).0 != 0
    }

    /// Marks the poller as parked for good and returns the slots that were woken before, which
    /// nobody rang a bell for; empty if it was parked already.
    pub(crate) fn hand_out(&self) -> Slots {
        let before = self.word.fetch_or(HANDED_OUT, O::PARK);
        Slots(if before & ASLEEP == 0 { before } else { 0 })
    }

    /// Whether the poller is parked for good; once true, always true.
    pub(crate) fn is_handed_out(&self) -> bool {
        self.word.load(Ordering::Relaxed) & HANDED_OUT != 0
    }

    /// What a poller does that does not know that it was handed out: the mutant.
    #[cfg(all(test, loom))]
    fn forget_hand_out(&self) {
        self.word.fetch_and(!HANDED_OUT, Ordering::Relaxed);
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
    use super::{Bit, Proven, SLOTS, WakeWord};

    /// The slots that were woken.
    fn woken(word: &WakeWord<Proven>) -> Vec<u32> {
        word.take().collect()
    }

    #[test]
    fn only_the_first_wake_of_a_parked_poller_rings() {
        let word = WakeWord::<Proven>::new();
        assert!(!word.notify(Bit::of(0)), "an awake poller needs no bell");
        assert!(word.park(), "a woken poller must not block");
        assert!(
            !word.notify(Bit::of(1)),
            "nor one that was woken before it parked"
        );
        assert_eq!(woken(&word), [0, 1]);
        assert!(!word.park());
        assert!(word.notify(Bit::of(SLOTS - 1)));
        assert!(!word.notify(Bit::of(SLOTS - 1)));
        assert!(!word.notify(Bit::of(2)));
        assert!(!word.unpark_if_quiet());
        assert_eq!(woken(&word), [2, SLOTS - 1]);
    }

    #[test]
    fn a_poller_whose_descriptor_was_handed_out_is_parked_between_waits() {
        let word = WakeWord::<Proven>::new();
        word.notify(Bit::of(3));
        assert_eq!(
            word.hand_out().collect::<Vec<_>>(),
            [3],
            "nobody rang for this one"
        );
        assert_eq!(word.hand_out().count(), 0, "and it is told once");
        assert!(word.is_handed_out());
        assert_eq!(woken(&word), [3]);
        assert!(word.notify(Bit::of(3)), "somebody else may sleep");
        assert!(word.park());
        assert_eq!(woken(&word).len(), 1);
        assert!(!word.park());
        assert!(!word.unpark_if_quiet(), "which is for those that are not");
        assert_eq!(woken(&word), []);
        assert!(word.notify(Bit::of(0)));
    }

    #[test]
    fn a_poller_that_is_handed_out_during_its_wait_stays_parked_after_it() {
        let word = WakeWord::<Proven>::new();
        assert!(word.park_if_quiet());
        assert_eq!(word.hand_out().count(), 0, "whoever wakes it rings");
        assert!(!word.unpark_if_quiet(), "it has to look again");
        assert_eq!(woken(&word), []);
        assert!(word.notify(Bit::of(0)), "somebody else may sleep");
    }
}

#[cfg(test)]
#[cfg(loom)]
pub(crate) mod model;
