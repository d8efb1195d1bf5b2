//! How often which duration was measured.

use core::time::Duration;

/// Counts of durations, from nanoseconds to centuries, each within 1.6 % of its value.
///
/// Log-linear: 64 buckets of one size for each power of two, the size doubling with the power.
#[derive(Clone, Debug)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

/// Buckets for each power of two, as a power of two.
const BITS: u32 = 6;
const LINE: u64 = 1 << BITS;
const BUCKETS: usize = 64 * 64;

impl Histogram {
    /// Nothing measured yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            counts: vec![0; BUCKETS],
            total: 0,
        }
    }

    /// Counts one duration.
    pub fn record(&mut self, duration: Duration) {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.counts[bucket(nanos)] += 1;
        self.total += 1;
    }

    /// How many were counted.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// The duration that `parts` in `whole` do not exceed, rounded up to the end of its bucket;
    /// zero if nothing was measured.
    #[must_use]
    pub fn quantile(&self, parts: u64, whole: u64) -> Duration {
        let rank = self
            .total
            .saturating_mul(parts)
            .div_ceil(whole.max(1))
            .max(1);
        let mut seen = 0;
        let at = self.counts.iter().position(|count| {
            seen += count;
            seen >= rank
        });
        Duration::from_nanos(at.map_or(0, last_of))
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Self::new()
    }
}

/// The bucket of a value. A value below 64 has one of its own.
fn bucket(value: u64) -> usize {
    let shift = (u64::BITS - value.leading_zeros()).saturating_sub(BITS + 1);
    // Between 64 and 127 for all values of at least 64.
    let place = value >> shift;
    usize::try_from(u64::from(shift) * LINE + place).unwrap_or(BUCKETS - 1)
}

/// The largest value of a bucket.
fn last_of(bucket: usize) -> u64 {
    let bucket = u64::try_from(bucket).unwrap_or(u64::MAX);
    let shift = (bucket / LINE).saturating_sub(1);
    let place = bucket - shift * LINE;
    (place << shift) + ((1 << shift) - 1)
}

#[cfg(test)]
mod tests {
    use super::{BUCKETS, Histogram, bucket, last_of};
    use core::time::Duration;

    #[test]
    fn buckets_follow_each_other_without_a_gap() {
        for (value, expected) in [
            (0, 0),
            (1, 1),
            (63, 63),
            (64, 64),
            (127, 127),
            (128, 128),
            (129, 128),
            (130, 129),
            (255, 191),
            (256, 192),
            (259, 192),
            (260, 193),
        ] {
            assert_eq!(bucket(value), expected, "{value}");
        }
        for index in 0..bucket(u64::MAX) {
            let last = last_of(index);
            assert_eq!((bucket(last), bucket(last + 1)), (index, index + 1));
        }
        assert!(bucket(u64::MAX) < BUCKETS);
        assert_eq!(last_of(bucket(u64::MAX)), u64::MAX);
    }

    #[test]
    fn quantiles_are_those_of_the_sorted_list_rounded_up_by_less_than_a_sixtieth() {
        let mut histogram = Histogram::new();
        assert_eq!(histogram.quantile(1, 2), Duration::ZERO);
        for micros in (1..=1000).rev() {
            histogram.record(Duration::from_micros(micros));
        }
        for (parts, whole, micros) in [(1, 2, 500), (99, 100, 990), (999, 1000, 999), (1, 1, 1000)]
        {
            let exact = Duration::from_micros(micros);
            let found = histogram.quantile(parts, whole);
            assert!(
                found >= exact && found <= exact + exact / 60,
                "{found:?} for {exact:?}"
            );
        }
        assert_eq!(histogram.total(), 1000);
    }
}
