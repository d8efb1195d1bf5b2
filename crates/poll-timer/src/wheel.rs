//! `TimerWheel`: timers by key, and the deadline of the next one.

use core::fmt;

use poll_api::Instant;

use crate::expiry::{Expired, Expiry};
use crate::late::Late;
use crate::levels::Levels;
use crate::near::Near;
use crate::slots::{Due, Entry, Slots, TimerKey};

/// Timers that each hold a value; see the [crate].
///
/// Costs are worst cases unless they say otherwise, without the allocator. Memory grows by a
/// quarter at a time, which moves what is there.
pub struct TimerWheel<T> {
    slots: Slots<T>,
    late: Late,
    near: Near,
    levels: Levels,
    // The latest instant that an expiry was asked for.
    now: u64,
}

impl<T> TimerWheel<T> {
    /// A wheel without timers, at the start of the clock. Allocates nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            slots: Slots::new(),
            late: Late::new(),
            near: Near::new(),
            levels: Levels::new(),
            now: 0,
        }
    }

    /// The same, with room for the values of `capacity` timers.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        let mut wheel = Self::new();
        wheel.slots.reserve(capacity);
        wheel
    }

    /// Sets a timer that fires at `deadline`, and holds `value` until then.
    ///
    /// A deadline that has passed fires in the next expiry, never in the present one.
    /// [`Instant::MAX`] never fires; every earlier deadline does, to the nanosecond.
    ///
    /// Cost: a push to the end of a queue. A deadline that has passed, or is within 262 µs of the
    /// last timer that fired: up to a logarithm of the number of such timers.
    ///
    /// # Panics
    ///
    /// If there are 2^32 - 1 timers.
    pub fn insert(&mut self, deadline: Instant, value: T) -> TimerKey {
        let due = self.due(deadline.as_nanos());
        let (key, entry) = self.slots.insert(deadline.as_nanos(), due, value);
        self.push(entry, due);
        key
    }

    /// Takes the timer off the wheel and gives its value back; nothing if the key is stale.
    ///
    /// Cost: constant. Every other time, up to 16 neighbours of the timer are looked at, so that
    /// the wheel drops its notes of cancelled timers; among those that are next to fire it looks at
    /// all, which is constant on average.
    pub fn cancel(&mut self, key: TimerKey) -> Option<T> {
        let (deadline, due, value) = self.slots.cancel(key)?;
        if self.is_empty() {
            self.forget_entries();
        } else {
            self.bury(key.index(), deadline, due);
        }
        Some(value)
    }

    /// Gives the timer another deadline; `false` if the key is stale.
    ///
    /// The key stays, and among timers with equal deadlines this one is now the last.
    ///
    /// Cost: that of [`cancel`](Self::cancel) and [`insert`](Self::insert).
    pub fn reset(&mut self, key: TimerKey, deadline: Instant) -> bool {
        let Some((index, old, due)) = self.slots.find(key) else {
            return false;
        };
        self.slots.kill(index);
        self.bury(index, old, due);
        let due = self.due(deadline.as_nanos());
        let entry = self.slots.set(index, deadline.as_nanos(), due);
        self.push(entry, due);
        true
    }

    fn due(&self, deadline: u64) -> Due {
        // The last instant never comes, not even if an expiry was asked for then.
        if deadline <= self.now && deadline != u64::MAX {
            Due::Already
        } else {
            Due::Later
        }
    }

    fn push(&mut self, entry: Entry, due: Due) {
        if due == Due::Already {
            self.late.push(entry);
        } else if self.levels.is_past(entry.deadline) {
            self.near.push(entry);
        } else if entry.deadline != u64::MAX {
            // Without an entry, a timer never fires.
            self.levels.push(entry);
        }
    }

    // An entry has died; says so where it stands.
    fn bury(&mut self, index: u32, deadline: u64, due: Due) {
        if due == Due::Already {
            self.late.bury(&self.slots);
        } else if self.levels.is_past(deadline) {
            self.near.bury(index, &self.slots);
        } else if deadline != u64::MAX {
            self.levels.bury(index, deadline, &self.slots);
            if self.levels.is_at(deadline) {
                // Of a long bucket of equal deadlines, some are near already.
                self.near.settle(&self.slots);
            }
        }
    }

    /// The value of a timer; nothing if the key is stale. Cost: constant.
    #[must_use]
    pub fn get(&self, key: TimerKey) -> Option<&T> {
        self.slots.get(key)
    }

    /// The value of a timer; nothing if the key is stale. Cost: constant.
    #[must_use]
    pub fn get_mut(&mut self, key: TimerKey) -> Option<&mut T> {
        self.slots.get_mut(key)
    }

    /// The deadline of a timer; nothing if the key is stale. Cost: constant.
    #[must_use]
    pub fn deadline(&self, key: TimerKey) -> Option<Instant> {
        let (_, deadline, _) = self.slots.find(key)?;
        Some(Instant::from_nanos(deadline))
    }

    /// When to ask for an expiry: at the deadline of the earliest timer, or earlier, never later.
    ///
    /// It is exact, unless the earliest timer of its bucket was cancelled or reset: then it may be
    /// that timer's deadline, once for each level between the bucket and the timers next to fire.
    /// Nothing if no timer will ever fire.
    ///
    /// Cost: constant.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let next = match self.near.first() {
            Some(entry) => entry.deadline,
            None => self.levels.earliest().unwrap_or(u64::MAX),
        };
        let next = next.min(self.late.earliest);
        (next != u64::MAX).then_some(Instant::from_nanos(next))
    }

    /// Begins an expiry of the timers that are due at `now`.
    ///
    /// [`expire`](Self::expire) hands them out, at most `budget` of them, and moves up to 8 times
    /// `budget` of its notes meanwhile; what is left is for the next expiry. The timers that are
    /// set from here on are none of this expiry's, even if they are due.
    ///
    /// An expiry may be dropped at any time. A `now` before an earlier one does no harm: what is
    /// due at this one fires.
    ///
    /// Cost: that of inserting each timer whose deadline had passed when it was set since the last
    /// expiry.
    pub fn expiry(&mut self, now: Instant, budget: usize) -> Expiry {
        self.now = self.now.max(now.as_nanos());
        let late = self.late.take();
        for entry in &late {
            if self.slots.is_live(entry) {
                let entry = self.slots.set(entry.index(), entry.deadline, Due::Later);
                self.push(entry, Due::Later);
            }
        }
        self.late.put_back(late);
        Expiry::new(now.as_nanos(), budget)
    }

    /// Takes the next timer of the expiry off the wheel; its key is stale.
    ///
    /// They come in the order of their deadlines, those with equal deadlines in the order in which
    /// they were set. Nothing if no timer is left that is due, or the budget is used up, which
    /// [`Expiry::is_unfinished`] tells. In between, timers can be set and cancelled; one that was
    /// cancelled does not fire.
    ///
    /// Cost: constant on average; a timer is moved once for each level between the one that
    /// it was inserted on and the bottom, and sorted among up to 527.
    pub fn expire(&mut self, expiry: &mut Expiry) -> Option<Expired<T>> {
        loop {
            let next = self.near.first().copied();
            if next.is_some_and(|entry| entry.deadline > expiry.now) {
                return expiry.end();
            }
            if let Some(entry) = next {
                if !expiry.fire() {
                    return None;
                }
                // The first entry is live, so there is a value.
                let fired = self.slots.remove(entry.index());
                self.near.pop(&self.slots);
                if let Some((key, value)) = fired {
                    let deadline = Instant::from_nanos(entry.deadline);
                    return Some(Expired {
                        key,
                        deadline,
                        value,
                    });
                }
            } else if self
                .levels
                .earliest()
                .is_some_and(|earliest| earliest <= expiry.now)
                && !expiry.may_move()
            {
                return None;
            } else {
                match self.levels.step(expiry.now, &mut self.near, &self.slots) {
                    Some(moved) => expiry.moved(moved),
                    None => return expiry.end(),
                }
                self.near.settle(&self.slots);
            }
        }
    }

    /// The number of timers, those included that never fire.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is no timer.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Drops all timers; all keys are stale. The memory stays.
    ///
    /// Cost: proportional to the most timers that there were at once.
    pub fn clear(&mut self) {
        self.slots.clear();
        self.forget_entries();
    }

    // With no timer left, all entries are dead.
    #[inline(never)]
    fn forget_entries(&mut self) {
        self.late.clear();
        self.near.clear();
        self.levels.clear();
    }

    /// Gives back what memory it can: of the values, that behind the last timer in use.
    ///
    /// Cost: proportional to the most timers that there were at once.
    pub fn shrink_to_fit(&mut self) {
        self.late.shrink_to_fit(&self.slots);
        self.near.shrink_to_fit(&self.slots);
        self.levels.shrink_to_fit(&self.slots);
        self.slots.shrink_to_fit();
    }

    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.slots.bytes() + self.late.bytes() + self.near.bytes() + self.levels.bytes()
    }
}

impl<T> Default for TimerWheel<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for TimerWheel<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TimerWheel")
            .field("len", &self.len())
            .field("next_deadline", &self.next_deadline())
            .finish_non_exhaustive()
    }
}
