//! Medians, quartiles and the conversions they need.

use serde::{Deserialize, Serialize};

/// The quartiles of a set of figures; a list of three in files, null for one that is no number.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "[Option<f64>; 3]", into = "[Option<f64>; 3]")]
pub(crate) struct Quartiles {
    pub(crate) lower: f64,
    pub(crate) median: f64,
    pub(crate) upper: f64,
}

impl Quartiles {
    /// The quartiles of `figures`, interpolated; all NaN if there are none.
    pub(crate) fn of(figures: &[f64]) -> Self {
        let mut sorted = figures.to_vec();
        sorted.sort_by(f64::total_cmp);
        Self {
            lower: at(&sorted, 1),
            median: at(&sorted, 2),
            upper: at(&sorted, 3),
        }
    }
}

impl From<[Option<f64>; 3]> for Quartiles {
    fn from(figures: [Option<f64>; 3]) -> Self {
        let [lower, median, upper] = figures.map(|figure| figure.unwrap_or(f64::NAN));
        Self {
            lower,
            median,
            upper,
        }
    }
}

impl From<Quartiles> for [Option<f64>; 3] {
    fn from(figures: Quartiles) -> Self {
        [figures.lower, figures.median, figures.upper].map(Some)
    }
}

/// Into how many parts [`quantiles`] cuts.
pub(crate) const PARTS: usize = 200;

/// The least, what every further 200th does not exceed, and the most; nothing if there are none.
pub(crate) fn quantiles(mut figures: Vec<u64>) -> Vec<u64> {
    figures.sort_unstable();
    let Some(last) = figures.len().checked_sub(1) else {
        return figures;
    };
    let rank = |part: usize| (figures.len() * part).div_ceil(PARTS).max(1) - 1;
    (0..=PARTS)
        .map(|part| figures[rank(part).min(last)])
        .collect()
}

// The figure `quarters` quarters of the way through the sorted ones.
fn at(sorted: &[f64], quarters: usize) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let position = last * quarters;
    let below = sorted[position / 4];
    let above = sorted[(position / 4 + 1).min(last)];
    let part = [0.0, 0.25, 0.5, 0.75][position % 4];
    below + (above - below) * part
}

/// A count as a float; exact up to 2^53, which no count here reaches.
pub(crate) fn float(count: u64) -> f64 {
    let high = u32::try_from(count >> 32).unwrap_or(u32::MAX);
    let low = u32::try_from(count & u64::from(u32::MAX)).unwrap_or(u32::MAX);
    f64::from(high) * 4_294_967_296.0 + f64::from(low)
}

/// `total` per one of `count`.
pub(crate) fn per(total: u64, count: u64) -> f64 {
    float(total) / float(count)
}

/// The cost of one of what differs between two runs: totals and counts, difference divided.
pub(crate) fn slope(small: (u64, u64), large: (u64, u64)) -> f64 {
    (float(large.0) - float(small.0)) / (float(large.1) - float(small.1))
}

#[cfg(test)]
mod tests {
    use super::{PARTS, Quartiles, float, quantiles, slope};

    #[test]
    fn quartiles_interpolate_and_take_any_number_of_figures() {
        for (figures, lower, median, upper) in [
            (&[7.0][..], 7.0, 7.0, 7.0),
            (&[2.0, 1.0], 1.25, 1.5, 1.75),
            (&[5.0, 1.0, 3.0, 2.0, 4.0], 2.0, 3.0, 4.0),
        ] {
            let found = Quartiles::of(figures);
            assert_eq!(
                (found.lower, found.median, found.upper),
                (lower, median, upper)
            );
        }
        assert!(Quartiles::of(&[]).median.is_nan());
    }

    #[test]
    fn quartiles_that_are_no_numbers_come_back_from_a_file() -> serde_json::Result<()> {
        let text = serde_json::to_string(&Quartiles::of(&[]))?;
        assert_eq!(text, "[null,null,null]");
        let back: Quartiles = serde_json::from_str(&text)?;
        assert!(back.median.is_nan());
        let four = Quartiles::of(&[4.0]);
        assert_eq!(serde_json::from_str::<Quartiles>("[4.0,4.0,4.0]")?, four);
        Ok(())
    }

    #[test]
    fn a_quantile_is_the_least_that_so_many_do_not_exceed() {
        assert!(quantiles(Vec::new()).is_empty());
        assert_eq!(quantiles(vec![7]), [7; PARTS + 1]);
        let hundred = quantiles((1..=100).rev().collect());
        let at = |part: usize| hundred[part];
        assert_eq!((at(0), at(1), at(2), at(3)), (1, 1, 1, 2));
        assert_eq!((at(100), at(101), at(198), at(200)), (50, 51, 99, 100));
    }

    #[test]
    fn counts_become_floats_exactly() {
        for (count, expected) in [
            (0, 0.0),
            (u64::from(u32::MAX), 4_294_967_295.0),
            (1 << 32, 4_294_967_296.0),
            ((1 << 53) - 1, 9_007_199_254_740_991.0),
        ] {
            assert_eq!(float(count), expected);
        }
    }

    #[test]
    fn a_fixed_cost_cancels_in_the_slope() {
        assert_eq!(slope((1_000 + 3 * 100, 100), (1_000 + 3 * 500, 500)), 3.0);
    }
}
