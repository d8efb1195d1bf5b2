//! From a `Duration` to what a wait takes: pure, saturating, and exact but where that is too short.

use core::time::Duration;

// More than three years. Apple's older kernels answer EINVAL to more, and `time_t` has 32 bits on
// some systems.
const MAX_SECONDS: i32 = 100_000_000;

/// Whole seconds, at most 100 000 000, and the nanoseconds below a second, rounded up to a multiple
/// of `unit`, which divides a second: kernels that count in it cut the rest off.
pub(crate) fn seconds_and_nanos(timeout: Duration, unit: u32) -> (i32, i32) {
    let nanos = timeout.subsec_nanos();
    let up = nanos.next_multiple_of(unit) - nanos;
    let timeout = timeout.saturating_add(Duration::from_nanos(up.into()));
    match i32::try_from(timeout.as_secs()) {
        // `subsec_nanos` is below 1 000 000 000 by its contract, so the conversion cannot fail.
        Ok(seconds) if seconds < MAX_SECONDS => {
            (seconds, i32::try_from(timeout.subsec_nanos()).unwrap_or(0))
        }
        _ => (MAX_SECONDS, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::seconds_and_nanos;
    use core::time::Duration;

    #[test]
    fn nanoseconds_are_kept_and_seconds_saturate() {
        for (timeout, expected) in [
            (Duration::ZERO, (0, 0)),
            (Duration::from_nanos(1), (0, 1)),
            (Duration::from_micros(500), (0, 500_000)),
            (Duration::from_nanos(999_999), (0, 999_999)),
            (Duration::new(1, 999_999_999), (1, 999_999_999)),
            (Duration::from_secs(30 * 86_400), (2_592_000, 0)),
            (
                Duration::new(99_999_999, 999_999_999),
                (99_999_999, 999_999_999),
            ),
            (Duration::from_secs(100_000_000), (100_000_000, 0)),
            (Duration::new(100_000_000, 1), (100_000_000, 0)),
            (Duration::from_secs(1 << 31), (100_000_000, 0)),
            (Duration::MAX, (100_000_000, 0)),
        ] {
            assert_eq!(seconds_and_nanos(timeout, 1), expected, "{timeout:?}");
        }
    }

    #[test]
    fn a_kernel_that_counts_microseconds_gets_whole_ones_and_no_fewer() {
        for (timeout, expected) in [
            (Duration::ZERO, (0, 0)),
            (Duration::from_nanos(1), (0, 1_000)),
            (Duration::from_nanos(999), (0, 1_000)),
            (Duration::from_nanos(1_000), (0, 1_000)),
            (Duration::from_nanos(1_001), (0, 2_000)),
            (Duration::from_nanos(999_999_000), (0, 999_999_000)),
            (Duration::from_nanos(999_999_001), (1, 0)),
            (Duration::new(1, 999_999_999), (2, 0)),
            (Duration::new(99_999_999, 999_999_999), (100_000_000, 0)),
            (Duration::new(100_000_000, 1), (100_000_000, 0)),
            (Duration::MAX, (100_000_000, 0)),
        ] {
            assert_eq!(seconds_and_nanos(timeout, 1_000), expected, "{timeout:?}");
        }
    }
}
