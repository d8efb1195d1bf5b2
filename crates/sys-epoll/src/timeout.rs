//! From a `Duration` to what the kernel takes: pure, rounding up, saturating.

use core::time::Duration;

/// A timeout in the form of the cheapest call that can express it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timeout {
    /// epoll_wait(2): whole milliseconds, or -1 for ever.
    Millis(i32),
    /// epoll_pwait2(2): seconds and nanoseconds.
    Precise(Duration),
}

impl Timeout {
    /// The timeout of a wait: none means for ever.
    ///
    /// Whole milliseconds take epoll_wait(2), which costs the kernel less than epoll_pwait2(2).
    pub(crate) fn new(timeout: Option<Duration>) -> Self {
        let Some(timeout) = timeout else {
            return Self::Millis(-1);
        };
        if timeout.subsec_nanos() % 1_000_000 == 0
            && let Ok(millis) = i32::try_from(timeout.as_millis())
        {
            return Self::Millis(millis);
        }
        Self::Precise(timeout)
    }
}

/// Milliseconds, rounded up, at most `i32::MAX` (24.8 days).
pub(crate) fn millis_rounded_up(timeout: Duration) -> i32 {
    let millis = timeout.as_nanos().div_ceil(1_000_000);
    i32::try_from(millis).unwrap_or(i32::MAX)
}

/// Whole seconds as a signed number, at most `i64::MAX`, and the nanoseconds below a second.
pub(crate) fn seconds_and_nanos(timeout: Duration) -> (i64, i32) {
    let seconds = i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX);
    // Below 1 000 000 000 by the contract of `subsec_nanos`, so the conversion cannot fail.
    let nanos = i32::try_from(timeout.subsec_nanos()).unwrap_or(i32::MAX);
    (seconds, nanos)
}

#[cfg(test)]
mod tests {
    use super::{Timeout, millis_rounded_up, seconds_and_nanos};
    use core::time::Duration;

    const CAP: u64 = 2_147_483_647;

    #[test]
    fn whole_milliseconds_take_the_cheap_call_and_the_rest_the_precise_one() {
        let precise = [
            Duration::from_nanos(1),
            Duration::from_micros(500),
            Duration::from_nanos(999_999),
            Duration::from_nanos(1_000_001),
            Duration::from_millis(CAP + 1),
            Duration::MAX,
        ];
        assert_eq!(Timeout::new(None), Timeout::Millis(-1));
        for (timeout, millis) in [
            (Duration::ZERO, 0),
            (Duration::from_millis(1), 1),
            (Duration::from_secs(1), 1_000),
            (Duration::from_millis(CAP - 1), i32::MAX - 1),
            (Duration::from_millis(CAP), i32::MAX),
        ] {
            assert_eq!(Timeout::new(Some(timeout)), Timeout::Millis(millis));
        }
        for timeout in precise {
            assert_eq!(Timeout::new(Some(timeout)), Timeout::Precise(timeout));
        }
    }

    #[test]
    fn milliseconds_round_up_and_saturate() {
        for (timeout, millis) in [
            (Duration::ZERO, 0),
            (Duration::from_nanos(1), 1),
            (Duration::from_nanos(999_999), 1),
            (Duration::from_millis(1), 1),
            (Duration::from_nanos(1_000_001), 2),
            (Duration::from_millis(CAP), i32::MAX),
            (
                Duration::from_millis(CAP) + Duration::from_nanos(1),
                i32::MAX,
            ),
            (Duration::MAX, i32::MAX),
        ] {
            assert_eq!(millis_rounded_up(timeout), millis, "{timeout:?}");
        }
    }

    #[test]
    fn seconds_saturate_and_nanoseconds_are_kept() {
        for (timeout, expected) in [
            (Duration::ZERO, (0, 0)),
            (Duration::from_nanos(1), (0, 1)),
            (Duration::new(1, 999_999_999), (1, 999_999_999)),
            (Duration::from_secs(i64::MAX.unsigned_abs()), (i64::MAX, 0)),
            (Duration::MAX, (i64::MAX, 999_999_999)),
        ] {
            assert_eq!(seconds_and_nanos(timeout), expected, "{timeout:?}");
        }
    }
}
