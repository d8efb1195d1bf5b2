//! From a `Duration` to what the kernel takes: pure, saturating.

use core::time::Duration;

use rustix::event::Timespec;

/// The longest wait of one call: the most that poll(2) takes, 24.8 days.
const LONGEST: Duration = Duration::from_millis(2_147_483_647);

/// The timeout of one call: none means for ever, longer ones end after the longest.
pub(crate) fn timespec(timeout: Option<Duration>) -> Option<Timespec> {
    let timeout = timeout?.min(LONGEST);
    // At most 2 147 483 seconds, by the line above, so the conversion cannot fail.
    let tv_sec = i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX);
    Some(Timespec {
        tv_sec,
        tv_nsec: timeout.subsec_nanos().into(),
    })
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, timespec};
    use core::time::Duration;

    #[test]
    fn timeouts_are_exact_up_to_the_longest_and_no_longer() {
        assert!(timespec(None).is_none());
        for (timeout, expected) in [
            (Duration::ZERO, (0, 0)),
            (Duration::from_nanos(1), (0, 1)),
            (Duration::from_nanos(999_999_999), (0, 999_999_999)),
            (Duration::from_secs(1), (1, 0)),
            (LONGEST - Duration::from_nanos(1), (2_147_483, 646_999_999)),
            (LONGEST, (2_147_483, 647_000_000)),
            (LONGEST + Duration::from_nanos(1), (2_147_483, 647_000_000)),
            (Duration::MAX, (2_147_483, 647_000_000)),
        ] {
            let found = timespec(Some(timeout)).map(|it| (it.tv_sec, it.tv_nsec));
            assert_eq!(found, Some(expected), "{timeout:?}");
        }
    }
}
