//! `TimerWheel`: timers by key, and the deadline of the next one.

use core::fmt;

use poll_api::Instant;

use crate::expiry::{Expired, Expiry};
use crate::levels::Levels;
use crate::near::Near;
use crate::slots::{Entry, Slots, TimerKey};

/// Timers that each hold a value; see the [crate].
///
/// Costs are worst cases unless they say otherwise, without the allocator. Memory grows by a
/// quarter at a time, which moves what is there.
pub struct TimerWheel<T> {
    slots: Slots<T>,
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
    /// Cost: a push to the end of a queue. For every sixteenth, the wheel may also look at 32 of
    /// its notes of timers, to drop those of cancelled ones. A deadline within 262 µs of the last
    /// timer that fired: up to a logarithm of the number of such timers.
    ///
    /// # Panics
    ///
    /// If there are 2^32 - 1 timers.
    #[inline]
    pub fn insert(&mut self, deadline: Instant, value: T) -> TimerKey {
        match self.slots.insert(deadline.as_nanos(), value) {
            Ok((key, entry)) => self.push(key, entry),
            Err(value) => self.insert_behind(deadline.as_nanos(), value),
        }
    }

    #[cold]
    #[inline(never)]
    fn insert_behind(&mut self, deadline: u64, value: T) -> TimerKey {
        let (key, entry) = self.slots.insert_behind(deadline, value);
        self.push(key, entry)
    }

    // The key is handed through, so that nothing is kept over the call of the slow path.
    #[inline(always)]
    fn push(&mut self, key: TimerKey, entry: Entry) -> TimerKey {
        let is_ahead = entry.deadline > self.now && !self.levels.is_past(entry.deadline);
        if is_ahead && entry.deadline != u64::MAX && self.levels.push_within(entry) {
            key
        } else {
            self.push_slowly(key, entry)
        }
    }

    #[cold]
    #[inline(never)]
    fn push_slowly(&mut self, key: TimerKey, entry: Entry) -> TimerKey {
        if entry.deadline == u64::MAX {
            // Without an entry it never fires, not even if an expiry was asked for then.
            return key;
        }
        if entry.deadline <= self.now {
            self.levels.push_late(entry, &self.slots);
        } else if self.levels.is_past(entry.deadline) {
            self.near.push(entry);
        } else {
            self.levels.push(entry, &self.slots);
        }
        key
    }

    /// Takes the timer off the wheel and gives its value back; nothing if the key is stale.
    ///
    /// Cost: constant, and nothing but the timer itself is touched. Among those that are next to
    /// fire the wheel drops its notes of cancelled ones, which is constant on average.
    #[inline]
    pub fn cancel(&mut self, key: TimerKey) -> Option<T> {
        let (deadline, value) = self.slots.cancel(key)?;
        if self.levels.may_be_near(deadline) || self.is_empty() {
            self.bury(key.index());
        }
        Some(value)
    }

    /// Gives the timer another deadline; `false` if the key is stale.
    ///
    /// The key stays, and among timers with equal deadlines this one fires after all that were set
    /// before. One that is put off to a later deadline may also fire after some that are set for
    /// that deadline later.
    ///
    /// Cost: to put a timer off takes one store; when its earlier deadline comes, the wheel moves
    /// it, as [`insert`](Self::insert) would. Otherwise that of [`cancel`](Self::cancel) and
    /// [`insert`](Self::insert).
    #[inline]
    pub fn reset(&mut self, key: TimerKey, deadline: Instant) -> bool {
        let Some(present) = self.slots.deadline_mut(key) else {
            return false;
        };
        let (old, new) = (*present, deadline.as_nanos());
        if new > old && new > self.now && !self.levels.may_be_near(old) {
            // Its entry stays, comes up in time, and is moved then.
            *present = new;
        } else {
            self.set_again(key, old, new);
        }
        true
    }

    #[inline(never)]
    fn set_again(&mut self, key: TimerKey, old: u64, deadline: u64) {
        let entry = self.slots.set(key.index(), deadline);
        if self.levels.may_be_near(old) {
            self.near.bury(key.index(), &self.slots);
        }
        self.push(key, entry);
    }

    // The entry of a timer that may be near has died, or of the last one.
    #[inline(never)]
    fn bury(&mut self, index: u32) {
        if self.is_empty() {
            self.forget_entries();
        } else {
            self.near.bury(index, &self.slots);
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
        self.slots.deadline(key).map(Instant::from_nanos)
    }

    /// When to ask for an expiry: at the deadline of the earliest timer, or earlier, never later.
    ///
    /// It is exact, unless a timer that would have been the next one was cancelled or reset: then
    /// it may be that timer's deadline, once for each level between its bucket and the timers next
    /// to fire. Of cancelled timers, an expiry that comes to its end drops those before the first
    /// that is left. Nothing if there is no timer, or none that will ever fire.
    ///
    /// Cost: constant.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        if self.is_empty() {
            // Entries may be left, all of them dead.
            return None;
        }
        let next = match self.near.first() {
            Some(entry) => entry.deadline,
            None => self.levels.earliest().unwrap_or(u64::MAX),
        };
        let next = next.min(self.levels.earliest_late());
        (next != u64::MAX).then_some(Instant::from_nanos(next))
    }

    /// Begins an expiry of the timers that are due at `now`.
    ///
    /// [`expire`](Self::expire) hands them out, at most `budget` of them, and moves up to 8 times
    /// `budget` of its notes meanwhile, among them those of timers that were set
    /// for the past; what is left is for the next expiry. The timers that are set from here on are
    /// none of this expiry's, even if they are due.
    ///
    /// An expiry may be dropped at any time. A `now` before an earlier one does no harm: what is
    /// due at this one fires.
    ///
    /// Cost: constant.
    pub fn expiry(&mut self, now: Instant, budget: usize) -> Expiry {
        self.now = self.now.max(now.as_nanos());
        self.levels.begin();
        Expiry::new(now.as_nanos(), budget)
    }

    /// Takes the next timer of the expiry off the wheel; its key is stale.
    ///
    /// They come in the order of their deadlines, those with equal deadlines in the order in which
    /// they were set (but see [`reset`](Self::reset)). Nothing if no timer is left that is due, or
    /// the budget is used up, which [`Expiry::is_unfinished`] tells. In between, timers can be set
    /// and cancelled; one that was cancelled does not fire.
    ///
    /// Cost: constant on average; a timer is moved once for each level between the one that
    /// it was inserted on and the bottom, and sorted among up to 527.
    pub fn expire(&mut self, expiry: &mut Expiry) -> Option<Expired<T>> {
        loop {
            let next = self.near.first().copied();
            if let Some(late) = self.levels.earliest_to_file()
                && next.is_none_or(|entry| entry.deadline > late)
            {
                if !expiry.may_move() {
                    return None;
                }
                expiry.moved(self.levels.file(&mut self.near, &self.slots));
            } else if let Some(entry) = next {
                if entry.deadline > expiry.now {
                    return expiry.end();
                }
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
                    None => {
                        self.levels.trim(expiry.moves(), &self.slots);
                        return expiry.end();
                    }
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
        self.near.clear();
        self.levels.clear();
    }

    /// Gives back what memory it can: of the values, that behind the last timer in use.
    ///
    /// Cost: proportional to the most timers that there were at once.
    pub fn shrink_to_fit(&mut self) {
        self.near.shrink_to_fit(&self.slots);
        self.levels.shrink_to_fit(&self.slots);
        self.slots.shrink_to_fit();
    }

    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.slots.bytes() + self.near.bytes() + self.levels.bytes()
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
