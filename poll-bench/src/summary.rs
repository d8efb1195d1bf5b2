//! What a run comes to: how each kind of ours stands to each peer over the cases of a group.

use std::collections::BTreeMap;

use crate::goals::Verdict;
use crate::harness::is_again;
use crate::results::{CaseResults, GroupResults};

/// A kind of ours beside the others of its group.
#[derive(Debug, PartialEq)]
pub(crate) struct Line<'a> {
    pub(crate) kind: &'a str,
    /// Each other kind, with the median ratios of ours to it in the cases that have both.
    pub(crate) others: Vec<(&'a str, Vec<f64>)>,
}

impl Line<'_> {
    /// All ratios.
    pub(crate) fn ratios(&self) -> impl Iterator<Item = f64> {
        self.others.iter().flat_map(|(_, ratios)| ratios).copied()
    }
}

/// The kinds of ours in a group, in the order in which they first stand in its cases.
pub(crate) fn lines(group: &GroupResults) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for case in &group.cases {
        for own in case.rows.iter().filter(|row| row.is_ours()) {
            let line = match lines.iter().position(|line| line.kind == own.kind) {
                Some(found) => &mut lines[found],
                None => {
                    let others = Vec::new();
                    let kind = own.kind.as_str();
                    lines.push(Line { kind, others });
                    let last = lines.len() - 1;
                    &mut lines[last]
                }
            };
            let others = case.rows.iter();
            for other in others.filter(|row| !row.is_ours() && !is_again(&row.kind)) {
                let ratio = own.ratio_to(other).median;
                match line.others.iter_mut().find(|(kind, _)| *kind == other.kind) {
                    Some((_, ratios)) => ratios.push(ratio),
                    None => line.others.push((&other.kind, vec![ratio])),
                }
            }
        }
    }
    // Without another there is nothing to be beside.
    lines.retain(|line| !line.others.is_empty());
    lines
}

/// How many goals of a group have which verdict.
pub(crate) fn verdicts(group: &GroupResults) -> Vec<(Verdict, usize)> {
    count(
        group
            .cases
            .iter()
            .flat_map(|case| &case.goals)
            .map(|goal| goal.verdict),
    )
}

/// The same of any goals, in the order from met to missed; verdicts that none has are left out.
pub(crate) fn count(verdicts: impl Iterator<Item = Verdict>) -> Vec<(Verdict, usize)> {
    let mut counts = BTreeMap::new();
    for verdict in verdicts {
        *counts.entry(verdict).or_insert(0) += 1;
    }
    counts.into_iter().collect()
}

/// The verdicts in words, such as `3 met, 1 missed`.
pub(crate) fn in_words(counts: &[(Verdict, usize)]) -> String {
    let words = counts
        .iter()
        .map(|(verdict, count)| format!("{count} {}", verdict.name()));
    words.collect::<Vec<_>>().join(", ")
}

/// The lowest and the highest ratio: `0.97`, or `0.97 – 1.02` where they differ.
pub(crate) fn range(ratios: &[f64]) -> String {
    let lowest = ratio(ratios.iter().copied().fold(f64::INFINITY, f64::min));
    let highest = ratio(ratios.iter().copied().fold(f64::NEG_INFINITY, f64::max));
    match lowest == highest {
        true => lowest,
        false => format!("{lowest} – {highest}"),
    }
}

/// A ratio with as many digits as say something.
pub(crate) fn ratio(figure: f64) -> String {
    match figure {
        small if small < 0.1 => format!("{small:.3}"),
        large if large >= 100.0 => format!("{large:.0}"),
        large if large >= 10.0 => format!("{large:.1}"),
        other => format!("{other:.2}"),
    }
}

/// A figure in its unit, with three digits that say something.
pub(crate) fn quantity(figure: f64, unit: &str) -> String {
    let (figure, unit) = match unit.split_whitespace().next_back() {
        Some("ns") if figure.abs() >= 1e6 => (figure / 1e6, "ms"),
        Some("ns") if figure.abs() >= 1e3 => (figure / 1e3, "µs"),
        Some("bytes") => (figure, "B"),
        Some(unit) => (figure, unit),
        None => (figure, ""),
    };
    let digits = match figure.abs() {
        small if small < 10.0 => 2,
        middle if middle < 100.0 => 1,
        _ => 0,
    };
    format!("{figure:.digits$} {unit}").trim_end().to_owned()
}

/// The series of a group that have more than one size, each with its cases by size.
pub(crate) fn series(group: &GroupResults) -> Vec<(&str, Vec<(u64, &CaseResults)>)> {
    let mut found: Vec<(&str, Vec<(u64, &CaseResults)>)> = Vec::new();
    for case in &group.cases {
        let Some(place) = &case.size else { continue };
        match found.iter_mut().find(|(series, _)| *series == place.series) {
            Some((_, cases)) => cases.push((place.count, case)),
            None => found.push((&place.series, vec![(place.count, case)])),
        }
    }
    found.retain(|(_, cases)| cases.len() > 1);
    for (_, cases) in &mut found {
        cases.sort_by_key(|(count, _)| *count);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{in_words, lines, quantity, range, ratio, series, verdicts};
    use crate::results::samples;

    #[test]
    fn ours_stands_beside_every_other_kind_in_every_case() {
        let results = samples::results();
        let lines = lines(&results.groups[0]);
        let found: Vec<_> = lines.iter().map(|line| line.kind).collect();
        assert_eq!(found, ["poll-os"]);
        let others = [("raw", vec![0.5, 0.5]), ("mio", vec![0.25, 0.25])];
        assert_eq!(lines[0].others, others);
        assert_eq!(lines[0].ratios().count(), 4);
    }

    #[test]
    fn verdicts_are_counted_from_met_to_missed() {
        let results = samples::results();
        assert_eq!(in_words(&verdicts(&results.groups[0])), "2 met, 2 missed");
    }

    #[test]
    fn a_series_has_its_sizes_in_order_and_more_than_one() {
        let mut results = samples::results();
        results.groups[0].cases.reverse();
        let found = series(&results.groups[0]);
        let sizes: Vec<u64> = found[0].1.iter().map(|(size, _)| *size).collect();
        assert_eq!(
            (found.len(), found[0].0, &sizes[..]),
            (1, "one ready", &[1, 1_000][..])
        );
        results.groups[0].cases.pop();
        assert!(series(&results.groups[0]).is_empty());
    }

    #[test]
    fn figures_have_the_digits_that_say_something() {
        for (figure, unit, expected) in [
            (5.512, "ns", "5.51 ns"),
            (99.94, "ns", "99.9 ns"),
            (999.0, "ns", "999 ns"),
            (1_000.0, "ns", "1.00 µs"),
            (72_400.0, "p99 ns", "72.4 µs"),
            (9_553_000.0, "p99 ns", "9.55 ms"),
            (328.2, "bytes", "328 B"),
            (-1_500.0, "ns", "-1.50 µs"),
        ] {
            assert_eq!(quantity(figure, unit), expected);
        }
        assert_eq!(range(&[0.974, 0.966]), "0.97");
        assert_eq!(range(&[1.02, 0.0256]), "0.026 – 1.02");
        assert_eq!(
            (ratio(12.34), ratio(815.4)),
            ("12.3".to_owned(), "815".to_owned())
        );
    }
}
