//! A number of permits and the queue of those who wait for some: what semaphores, locks and rings
//! are made of. It is behind a lock of its owner, and calls nobody.

use core::task::Waker;

use super::queue::{Key, Queue};
use super::wakes::Wakes;

/// Somebody who waits for permits.
#[derive(Debug)]
struct Claim {
    needed: usize,
    /// What is not assigned yet; none when the claim has left the queue.
    missing: usize,
    /// Taken when it is woken.
    waker: Option<Waker>,
}

/// What came of a request for permits.
#[derive(Debug)]
pub(super) enum Claimed<'a> {
    /// They are taken.
    Granted,
    /// No permits are given any more.
    Closed,
    /// Not yet; this waker will be called.
    Waiting(&'a mut Option<Waker>),
}

/// Why permits could not be had at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    Closed,
    Empty,
}

/// Strictly first come, first served: permits that come back are assigned to the claim that has
/// waited longest, also if it needs more, so that a large one is not passed over for ever.
#[derive(Debug)]
pub(super) struct Permits {
    /// None while somebody waits: all are assigned.
    available: usize,
    is_closed: bool,
    queue: Queue<Claim>,
}

impl Permits {
    pub(super) const fn new(available: usize) -> Self {
        Self {
            available,
            is_closed: false,
            queue: Queue::new(),
        }
    }

    pub(super) const fn available(&self) -> usize {
        self.available
    }

    pub(super) const fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Takes `count` permits if nobody waits for them.
    pub(super) fn try_take(&mut self, count: usize) -> Result<(), Refused> {
        if self.is_closed {
            return Err(Refused::Closed);
        }
        match self.available.checked_sub(count) {
            Some(left) => {
                self.available = left;
                Ok(())
            }
            None => Err(Refused::Empty),
        }
    }

    /// Waits for `count` permits that [could not be taken](Self::try_take).
    pub(super) fn wait(&mut self, count: usize, waker: Waker) -> Key {
        let missing = count.saturating_sub(self.available);
        self.available = 0;
        self.queue.push(Claim {
            needed: count,
            missing,
            waker: Some(waker),
        })
    }

    /// Looks what came of a claim; unless it waits, its key is used up.
    pub(super) fn look(&mut self, key: Key) -> Claimed<'_> {
        let is_granted = self.queue.get(key).is_some_and(|claim| claim.missing == 0);
        if is_granted || self.is_closed {
            // Its waker went when the claim left the queue.
            let _claim = self.queue.remove(key);
            return if is_granted {
                Claimed::Granted
            } else {
                Claimed::Closed
            };
        }
        match self.queue.get(key) {
            Some(claim) => Claimed::Waiting(&mut claim.waker),
            None => Claimed::Closed,
        }
    }

    /// Ends a claim; what it had is for the others. The waker is for the caller to drop.
    #[must_use = "a waker is dropped after the lock is open"]
    pub(super) fn cancel(&mut self, key: Key, wakes: &mut Wakes) -> Option<Waker> {
        let claim = self.queue.remove(key)?;
        self.release(claim.needed - claim.missing, wakes);
        claim.waker
    }

    /// Gives permits to those who wait, in order, and the rest to whoever comes.
    pub(super) fn release(&mut self, mut count: usize, wakes: &mut Wakes) {
        while let Some(claim) = self.queue.front() {
            let assigned = count.min(claim.missing);
            claim.missing -= assigned;
            count -= assigned;
            if claim.missing > 0 {
                return;
            }
            self.let_go(wakes);
        }
        self.available += count;
    }

    /// Takes up to `count` permits away that nobody has and nobody waits for, and says how many.
    pub(super) fn forget(&mut self, count: usize) -> usize {
        let forgotten = count.min(self.available);
        self.available -= forgotten;
        forgotten
    }

    /// Gives no more permits; those who wait are told.
    pub(super) fn close(&mut self, wakes: &mut Wakes) {
        self.is_closed = true;
        while let Some(claim) = self.queue.front() {
            // What a claim had until now would otherwise go back when it is looked at.
            self.available += claim.needed - claim.missing;
            claim.missing = claim.needed;
            self.let_go(wakes);
        }
    }

    /// Takes the first claim out of the queue and has it woken.
    fn let_go(&mut self, wakes: &mut Wakes) {
        if let Some(waker) = self.queue.pop().and_then(|claim| claim.waker.take()) {
            wakes.push(waker);
        }
    }
}
