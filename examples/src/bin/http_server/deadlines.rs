//! Which connection runs out of time next.

use core::cmp::Reverse;
use std::collections::BinaryHeap;

use poll_os::Instant;

use crate::slab::Key;

/// The deadlines of all connections.
///
/// A connection gets a new deadline with each request, nearly always a later one, and most never
/// come. So a later deadline only changes a number in the connection: its alarm goes off too
/// early, finds the later deadline, and is set again. Only an earlier deadline goes into the heap.
///
/// Cost: constant for a request; logarithmic for a deadline that is earlier than the alarm and for
/// an alarm that goes off, a few times per connection and idle period. Alarms of connections that
/// are gone are swept out before they are most of them, which is constant on average.
#[derive(Debug, Default)]
pub(crate) struct Deadlines {
    alarms: BinaryHeap<Reverse<(Instant, Key)>>,
}

/// The deadline of one connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    at: Instant,
    /// The alarm that will look at it; others of this connection are old ones.
    alarm: Instant,
}

/// An alarm that went off.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alarm {
    pub(crate) key: Key,
    at: Instant,
}

/// So few alarms are not worth a sweep.
const SWEPT_FROM: usize = 1024;

impl Deadlines {
    /// Sets the deadline of the connection `key`.
    pub(crate) fn set(&mut self, key: Key, deadline: &mut Deadline, at: Instant) {
        deadline.at = at;
        if at < deadline.alarm {
            deadline.alarm = at;
            self.alarms.push(Reverse((at, key)));
        }
    }

    /// Sweeps out the alarms that nobody needs any more, if they may be most of them.
    ///
    /// `find` tells the deadline of a connection, of which there are `connections`.
    pub(crate) fn sweep(
        &mut self,
        connections: usize,
        mut find: impl FnMut(Key) -> Option<Deadline>,
    ) {
        if self.alarms.len() > SWEPT_FROM + 2 * connections {
            self.alarms.retain(|Reverse((at, key))| {
                find(*key).is_some_and(|deadline| deadline.alarm == *at)
            });
        }
    }

    /// When to call [`pop`](Self::pop) next.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.alarms.peek().map(|Reverse((at, _))| *at)
    }

    /// The next alarm that goes off; its connection may be gone, or have more time by now.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<Alarm> {
        if self.next()? > now {
            return None;
        }
        let Reverse((at, key)) = self.alarms.pop()?;
        Some(Alarm { key, at })
    }

    /// Whether the deadline that `alarm` went off for has come; if not, the alarm is set again.
    pub(crate) fn has_come(&mut self, deadline: &mut Deadline, alarm: Alarm, now: Instant) -> bool {
        if deadline.alarm == alarm.at {
            deadline.alarm = Instant::MAX;
        }
        if deadline.at > now {
            self.set(alarm.key, deadline, deadline.at);
        }
        deadline.at <= now
    }
}

impl Deadline {
    /// A deadline that is not set yet.
    pub(crate) const NEVER: Self = Self {
        at: Instant::MAX,
        alarm: Instant::MAX,
    };
}

#[cfg(test)]
mod tests {
    use super::{Deadline, Deadlines, SWEPT_FROM};
    use crate::slab::Slab;
    use core::time::Duration;
    use poll_os::Instant;

    fn at(seconds: u64) -> Instant {
        Instant::START.saturating_add(Duration::from_secs(seconds))
    }

    #[test]
    fn a_later_deadline_costs_nothing_and_an_early_alarm_is_set_again() {
        let mut deadlines = Deadlines::default();
        let (key, mut deadline) = (Slab::<()>::new().next_key(), Deadline::NEVER);
        for second in 10..1000 {
            deadlines.set(key, &mut deadline, at(second));
        }
        assert_eq!(deadlines.alarms.len(), 1);
        assert!(deadlines.pop(at(9)).is_none());
        let alarm = deadlines.pop(at(10)).unwrap();
        assert!(!deadlines.has_come(&mut deadline, alarm, at(10)));
        assert_eq!(deadlines.next(), Some(at(999)));
        let alarm = deadlines.pop(at(999)).unwrap();
        assert!(deadlines.has_come(&mut deadline, alarm, at(999)));
        assert_eq!(deadlines.next(), None);
    }

    #[test]
    fn an_earlier_deadline_comes_in_time_and_old_alarms_change_nothing() {
        let mut deadlines = Deadlines::default();
        let (key, mut deadline) = (Slab::<()>::new().next_key(), Deadline::NEVER);
        deadlines.set(key, &mut deadline, at(60));
        deadlines.set(key, &mut deadline, at(10));
        deadlines.set(key, &mut deadline, at(70));
        let alarm = deadlines.pop(at(10)).unwrap();
        assert!(!deadlines.has_come(&mut deadline, alarm, at(10)));
        let old = deadlines.pop(at(60)).unwrap();
        assert!(!deadlines.has_come(&mut deadline, old, at(60)));
        assert_eq!(deadlines.alarms.len(), 1, "the old alarm was not set again");
        assert_eq!(deadlines.next(), Some(at(70)));
    }

    #[test]
    fn alarms_of_connections_that_are_gone_do_not_pile_up() {
        let (mut deadlines, mut slab) = (Deadlines::default(), Slab::new());
        let mut stays = Deadline::NEVER;
        let lasting = slab.insert(());
        deadlines.set(lasting, &mut stays, at(60));
        deadlines.set(lasting, &mut stays, at(50));
        for _ in 0..100_000 {
            let key = slab.insert(());
            deadlines.set(key, &mut { Deadline::NEVER }, at(70));
            slab.remove(key);
            deadlines.sweep(1, |key| (key == lasting).then_some(stays));
            assert!(deadlines.alarms.len() <= SWEPT_FROM + 2);
        }
        let alarm = deadlines.pop(at(50)).unwrap();
        assert!(alarm.key == lasting && deadlines.has_come(&mut stays, alarm, at(50)));
    }
}
