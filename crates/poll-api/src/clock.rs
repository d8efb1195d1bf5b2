//! Time as an argument.

use core::time::Duration;

/// A point on a clock that never goes back: nanoseconds since the clock's own start.
///
/// Instants of different clocks mean nothing to each other. 64 bits last for 584 years; additions
/// beyond them stay at the last instant, which no clock reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant {
    nanos: u64,
}

impl Instant {
    /// The clock's start.
    pub const START: Self = Self { nanos: 0 };
    /// The last instant: a deadline that never comes.
    pub const MAX: Self = Self { nanos: u64::MAX };

    /// The instant `nanos` nanoseconds after the clock's start.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self { nanos }
    }

    /// Nanoseconds since the clock's start.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.nanos
    }

    /// This instant moved by `duration`, at most to [`MAX`](Self::MAX).
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        Self {
            nanos: self.nanos.saturating_add(nanos),
        }
    }

    /// The time from `earlier` to this instant; zero if `earlier` is later.
    #[must_use]
    pub const fn saturating_duration_since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.nanos.saturating_sub(earlier.nanos))
    }
}

/// Something that tells the time.
///
/// Real programs use the monotonic clock of the layer above; tests and simulators bring their own.
pub trait Clock {
    /// The present instant; never earlier than one returned before.
    fn now(&self) -> Instant;
}

impl<C: Clock + ?Sized> Clock for &C {
    fn now(&self) -> Instant {
        (**self).now()
    }
}

#[cfg(test)]
mod tests {
    use super::Instant;
    use core::time::Duration;

    #[test]
    fn additions_saturate_at_the_last_instant() {
        for (start, step, end) in [
            (0, Duration::ZERO, 0),
            (0, Duration::from_nanos(1), 1),
            (u64::MAX - 1, Duration::from_nanos(1), u64::MAX),
            (u64::MAX, Duration::from_nanos(1), u64::MAX),
            (0, Duration::from_nanos(u64::MAX), u64::MAX),
            (1, Duration::MAX, u64::MAX),
        ] {
            let moved = Instant::from_nanos(start).saturating_add(step);
            assert_eq!(moved.as_nanos(), end, "{start} + {step:?}");
        }
    }

    #[test]
    fn a_difference_is_never_negative() {
        let early = Instant::from_nanos(5);
        let late = Instant::from_nanos(8);
        assert_eq!(
            late.saturating_duration_since(early),
            Duration::from_nanos(3)
        );
        assert_eq!(early.saturating_duration_since(late), Duration::ZERO);
        assert_eq!(
            Instant::START.saturating_duration_since(Instant::MAX),
            Duration::ZERO
        );
    }
}
