//! How long a turn may wait.

use core::time::Duration;

use poll_api::{Clock, Instant};

/// How long a turn may wait at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// It looks and does not sleep.
    Now,
    /// It ends after this time.
    For(Duration),
    /// It ends at this instant of the driver's clock; [`Instant::MAX`] never comes.
    Until(Instant),
    /// It has no end of its own.
    Never,
}

impl From<Option<Duration>> for Limit {
    fn from(timeout: Option<Duration>) -> Self {
        timeout.map_or(Self::Never, Self::For)
    }
}

/// How a turn waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// It only looks.
    Look,
    /// It sleeps for `timeout`, which is until `until`; no timeout is for ever.
    Sleep {
        timeout: Option<Duration>,
        until: Instant,
    },
}

impl Plan {
    /// The shorter of `limit` and the time until `deadline`. Reads the clock at most once, and
    /// only if there is an end to compare it with.
    pub(crate) fn new(limit: Limit, deadline: Option<Instant>, clock: &impl Clock) -> Self {
        let never = Self::Sleep {
            timeout: None,
            until: Instant::MAX,
        };
        let now = match (limit, deadline) {
            (Limit::Now | Limit::For(Duration::ZERO), _) => return Self::Look,
            (Limit::Never | Limit::Until(Instant::MAX), None | Some(Instant::MAX)) => return never,
            _ => clock.now(),
        };
        let end = match limit {
            Limit::For(timeout) => now.saturating_add(timeout),
            Limit::Until(end) => end,
            Limit::Now | Limit::Never => Instant::MAX,
        };
        let until = deadline.map_or(end, |deadline| deadline.min(end));
        if until == Instant::MAX {
            return never;
        }
        match until.saturating_duration_since(now) {
            Duration::ZERO => Self::Look,
            timeout => Self::Sleep {
                timeout: Some(timeout),
                until,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use core::cell::Cell;
    use core::time::Duration;

    use poll_api::{Clock, Instant};

    use super::{Limit, Plan};

    /// A clock that counts how often it is read.
    struct Counted(Cell<u32>);

    impl Clock for Counted {
        fn now(&self) -> Instant {
            self.0.set(self.0.get() + 1);
            Instant::from_nanos(100)
        }
    }

    fn sleep(nanos: u64) -> Plan {
        Plan::Sleep {
            timeout: Some(Duration::from_nanos(nanos)),
            until: Instant::from_nanos(100 + nanos),
        }
    }

    const NEVER: Plan = Plan::Sleep {
        timeout: None,
        until: Instant::MAX,
    };

    #[test]
    fn a_turn_waits_for_the_earlier_of_limit_and_deadline_and_reads_the_clock_if_it_has_to() {
        let at = |nanos| Some(Instant::from_nanos(nanos));
        let after = |nanos| Limit::For(Duration::from_nanos(nanos));
        let until = |nanos| Limit::Until(Instant::from_nanos(nanos));
        for (limit, deadline, plan, reads) in [
            (Limit::Now, None, Plan::Look, 0),
            (Limit::Now, at(500), Plan::Look, 0),
            (after(0), at(500), Plan::Look, 0),
            (Limit::Never, None, NEVER, 0),
            (Limit::Never, at(u64::MAX), NEVER, 0),
            (until(u64::MAX), None, NEVER, 0),
            (Limit::Never, at(99), Plan::Look, 1),
            (Limit::Never, at(100), Plan::Look, 1),
            (Limit::Never, at(101), sleep(1), 1),
            (after(1), None, sleep(1), 1),
            (after(7), at(106), sleep(6), 1),
            (after(7), at(107), sleep(7), 1),
            (after(7), at(108), sleep(7), 1),
            (until(99), None, Plan::Look, 1),
            (until(100), at(500), Plan::Look, 1),
            (until(101), at(500), sleep(1), 1),
            (until(500), at(101), sleep(1), 1),
            (until(u64::MAX), at(101), sleep(1), 1),
            (Limit::For(Duration::MAX), None, NEVER, 1),
            (Limit::For(Duration::MAX), at(101), sleep(1), 1),
        ] {
            let clock = Counted(Cell::new(0));
            let found = Plan::new(limit, deadline, &clock);
            assert_eq!(found, plan, "{limit:?} {deadline:?}");
            assert_eq!(clock.0.get(), reads, "{limit:?} {deadline:?}");
        }
    }
}
