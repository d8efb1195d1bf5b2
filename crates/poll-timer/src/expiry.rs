//! One turn of firing: what it may still do, and what it hands out.

use poll_api::Instant;

use crate::slots::TimerKey;

// Moving an entry is about an eighth of the work of firing a timer.
const MOVES: usize = 8;

/// A timer that fired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expired<T> {
    /// Its key, which is stale now.
    pub key: TimerKey,
    /// When it was to fire.
    pub deadline: Instant,
    /// What it held.
    pub value: T,
}

/// An expiry under way; see [`TimerWheel::expiry`](crate::TimerWheel::expiry).
#[derive(Debug)]
pub struct Expiry {
    pub(crate) now: u64,
    timers: usize,
    moves: usize,
    unfinished: bool,
}

impl Expiry {
    pub(crate) const fn new(now: u64, budget: usize) -> Self {
        Self {
            now,
            timers: budget,
            moves: budget.saturating_mul(MOVES),
            unfinished: true,
        }
    }

    /// Whether timers that are due may be left: the budget was used up, or
    /// [`expire`](crate::TimerWheel::expire) was not called until it returned nothing.
    ///
    /// The next expiry should then follow without waiting.
    #[must_use]
    pub const fn is_unfinished(&self) -> bool {
        self.unfinished
    }

    /// Nothing is left that is due.
    pub(crate) const fn end<T>(&mut self) -> Option<T> {
        self.unfinished = false;
        None
    }

    /// Takes one timer off the budget, if it has one.
    pub(crate) const fn fire(&mut self) -> bool {
        let left = self.timers.checked_sub(1);
        if let Some(left) = left {
            self.timers = left;
        }
        left.is_some()
    }

    /// Whether the budget allows for more moves.
    pub(crate) const fn may_move(&self) -> bool {
        self.moves > 0
    }

    /// How many of them.
    pub(crate) const fn moves(&self) -> usize {
        self.moves
    }

    pub(crate) const fn moved(&mut self, count: usize) {
        self.moves = self.moves.saturating_sub(count);
    }
}
