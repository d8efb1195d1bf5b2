//! The timers as the poller's own thread keeps them: a key for each id, and slots in reserve.

use core::num::NonZeroU64;

use poll_api::Instant;
use poll_driver::TimerKey;

use crate::id::Id;
use crate::keys::Keys;
use crate::table::{Kind, Table};

/// The keys by slot, and slots of the table in reserve, so that a timer of the own thread takes no
/// lock.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    keys: Keys,
    reserve: Vec<u32>,
    // Timeouts that were handed out and are live until the next wait.
    passed: Vec<Id>,
}

/// How many slots are fetched from the table at once.
const RESERVE: usize = 64;

impl Timers {
    /// A new id, from the reserve.
    pub(crate) fn claim(&mut self, table: &Table) -> Option<Id> {
        if self.reserve.is_empty() {
            table.reserve(RESERVE, &mut self.reserve);
        }
        table.open(self.reserve.pop()?, Kind::Timer)
    }

    /// Gives back the slot of a timer that has ended.
    pub(crate) fn release(&mut self, id: Id, table: &Table) {
        if table.is_usable(id.slot()) {
            self.reserve.push(id.slot());
        }
        if self.reserve.len() >= 2 * RESERVE {
            table.release(self.reserve.drain(RESERVE..));
        }
    }

    pub(crate) fn key(&self, id: Id) -> Option<TimerKey> {
        self.keys.get(id)
    }

    pub(crate) fn set(&mut self, id: Id, key: TimerKey) {
        self.keys.set(id, key);
    }

    pub(crate) fn take(&mut self, id: Id) -> Option<TimerKey> {
        self.keys.take(id)
    }

    /// Keeps a timeout that is handed out live until [`end_passed`](Self::end_passed).
    pub(crate) fn pass(&mut self, id: Id) {
        self.passed.push(id);
    }

    /// Ends the timeouts that the last wait handed out.
    pub(crate) fn end_passed(&mut self, table: &Table) {
        while let Some(id) = self.passed.pop() {
            table.end_timer(id);
            self.release(id, table);
        }
    }
}

/// The ticks of an interval with this deadline and period that have come by `now`, and the deadline
/// of the next one; the last instant, which never comes, if there is none.
pub(crate) fn ticks(deadline: Instant, period: NonZeroU64, now: Instant) -> (NonZeroU64, Instant) {
    let late = now.as_nanos().saturating_sub(deadline.as_nanos());
    let missed = late / period;
    let ticks = NonZeroU64::MIN.saturating_add(missed);
    let ahead = ticks.get().saturating_mul(period.get());
    let next = Instant::from_nanos(deadline.as_nanos().saturating_add(ahead));
    (ticks, next)
}

#[cfg(test)]
mod tests {
    use core::num::NonZeroU64;

    use poll_api::Instant;

    use super::ticks;

    #[test]
    fn missed_ticks_are_counted_and_the_rhythm_is_kept() {
        let max = u64::MAX;
        for (deadline, period, now, count, next) in [
            (100, 10, 100, 1, 110),
            (100, 10, 109, 1, 110),
            (100, 10, 110, 2, 120),
            (100, 10, 111, 2, 120),
            (100, 10, 199, 10, 200),
            (100, 1, 100, 1, 101),
            (100, 1, 1_000_000, 999_901, 1_000_001),
            (100, max, 100, 1, max),
            (max - 1, 1, max - 1, 1, max),
            (max - 1, 5, max - 1, 1, max),
            (100, 10, 50, 1, 110),
        ] {
            let period = NonZeroU64::new(period).unwrap();
            let at = Instant::from_nanos;
            let found = ticks(at(deadline), period, at(now));
            let expected = (NonZeroU64::new(count).unwrap(), at(next));
            assert_eq!(found, expected, "{deadline} {period} {now}");
        }
    }
}
