//! The real clock, and what is left of a wait.

use core::time::Duration;
use std::sync::LazyLock;
use std::time::Instant as StdInstant;

use poll_api::{Clock, Instant};

/// The system's monotonic clock.
///
/// All values of this type are one clock, which starts when it is first read: their instants can
/// be compared across threads. Reading it makes no system call where the system offers that
/// (Linux's vDSO and the like).
#[derive(Clone, Copy, Debug, Default)]
pub struct Monotonic;

static START: LazyLock<StdInstant> = LazyLock::new(now);

impl Clock for Monotonic {
    fn now(&self) -> Instant {
        let start = *START;
        Instant::START.saturating_add(now().saturating_duration_since(start))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the clock"
)]
fn now() -> StdInstant {
    StdInstant::now()
}

/// The end of a wait that may take several system calls.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deadline {
    /// The wait only looks.
    Now,
    /// The wait ends at this instant.
    At(StdInstant),
    /// The wait has no end, or one that the clock cannot express and so will never reach.
    Never,
}

impl Deadline {
    /// The end of a wait of at most `timeout` that starts now, and the timeout of its first call.
    ///
    /// `slack` lets the wait end later, so that waits of other lengths end at the same moment.
    /// Reads the clock, but for timeouts of zero and for ever.
    #[inline]
    pub(crate) fn new(timeout: Option<Duration>, slack: Duration) -> (Self, Option<Duration>) {
        match timeout {
            None => (Self::Never, None),
            Some(Duration::ZERO) => (Self::Now, timeout),
            Some(timeout) => Self::finite(timeout, slack),
        }
    }

    fn finite(timeout: Duration, slack: Duration) -> (Self, Option<Duration>) {
        let start = now();
        let timeout = timeout.saturating_add(delay(start, timeout, slack));
        (
            start.checked_add(timeout).map_or(Self::Never, Self::At),
            Some(timeout),
        )
    }

    /// What is left, or none if the wait has no end.
    pub(crate) fn remaining(self) -> Option<Duration> {
        match self {
            Self::Now => Some(Duration::ZERO),
            Self::At(end) => Some(end.saturating_duration_since(now())),
            Self::Never => None,
        }
    }

    /// Whether the wait is over once a call with `timeout` has returned nothing.
    ///
    /// Only a timeout beyond what every system takes in one call needs a look at the clock.
    #[inline]
    pub(crate) fn ends_with(self, timeout: Option<Duration>) -> bool {
        timeout.is_some_and(|timeout| timeout <= EXACT || self.has_passed())
    }

    /// Whether the end has come.
    pub(crate) fn has_passed(self) -> bool {
        self.remaining() == Some(Duration::ZERO)
    }
}

/// The longest timeout that every system honours in one call: 2^31 - 1 milliseconds.
const EXACT: Duration = Duration::from_millis(2_147_483_647);

/// How much later than `start + timeout` the next multiple of `slack` on the clock is.
fn delay(start: StdInstant, timeout: Duration, slack: Duration) -> Duration {
    if slack.is_zero() {
        return Duration::ZERO;
    }
    let end = start
        .saturating_duration_since(*START)
        .saturating_add(timeout);
    let late = end.as_nanos() % slack.as_nanos();
    match late {
        0 => Duration::ZERO,
        _ => slack.saturating_sub(Duration::from_nanos_u128(late)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Deadline, START, delay};
    use core::time::Duration;

    #[test]
    fn slack_moves_an_end_to_the_next_multiple_and_never_forward() {
        let start = *START;
        let ms = Duration::from_millis;
        for (timeout, slack, expected) in [
            (ms(3), Duration::ZERO, Duration::ZERO),
            (ms(3), ms(1), Duration::ZERO),
            (ms(3), ms(2), ms(1)),
            (ms(4), ms(2), Duration::ZERO),
            (
                Duration::from_nanos(1),
                ms(1),
                Duration::from_nanos(999_999),
            ),
            (
                Duration::from_nanos(999_999),
                ms(1),
                Duration::from_nanos(1),
            ),
        ] {
            assert_eq!(
                delay(start, timeout, slack),
                expected,
                "{timeout:?} by {slack:?}"
            );
        }
        assert!(delay(start, Duration::MAX, ms(1)) < ms(1));
        assert!(delay(start, ms(1), Duration::MAX) > ms(1));
    }

    #[test]
    fn an_end_beyond_the_clock_never_comes_and_zero_is_over_at_once() {
        let (end, first) = Deadline::new(Some(Duration::MAX), Duration::ZERO);
        assert_eq!((end.remaining(), first), (None, Some(Duration::MAX)));
        let (end, first) = Deadline::new(Some(Duration::MAX), Duration::from_secs(7));
        assert_eq!((end.remaining(), first), (None, Some(Duration::MAX)));
        let (end, first) = Deadline::new(None, Duration::ZERO);
        assert_eq!(
            (end.remaining(), first, end.ends_with(first)),
            (None, None, false)
        );
        let (end, first) = Deadline::new(Some(Duration::ZERO), Duration::from_secs(1));
        assert_eq!((end.ends_with(first), first), (true, Some(Duration::ZERO)));
        let minute = Some(Duration::from_secs(60));
        let (end, first) = Deadline::new(minute, Duration::ZERO);
        assert_eq!((end.ends_with(first), first), (true, minute));
        assert!(end.remaining() <= first);
        let month = Some(Duration::from_secs(30 * 86_400));
        let (end, first) = Deadline::new(month, Duration::ZERO);
        assert_eq!((end.ends_with(first), first), (false, month));
        assert!(end.remaining() <= first);
    }
}
