//! The results of both suites beside each other, and whether ours passes what mio's does.

use std::collections::BTreeMap;

use super::suite::{GROUPS, Results, Suite};
use crate::Outcome;

type All = BTreeMap<(&'static str, String), Results>;

/// How often a test or a program that did well on mio and not on ours is tried once more: some
/// depend on time.
const ATTEMPTS: usize = 3;

/// Prints the table, and fails if a test that passes on mio does not pass on ours, or a program
/// that ends on mio does not on ours; and if mio's side shows too little to compare with.
pub(super) fn compare(stock: &All, ours: &All, suite: &Suite) -> Outcome {
    println!("\n{}", table(stock, ours));
    let lacking = lacking(stock);
    if !lacking.is_empty() {
        let lacking = lacking.join(", ");
        return Err(format!(
            "on mio itself there is nothing to compare with: {lacking}"
        ));
    }
    let mut worse = Vec::new();
    for program in died(ours) {
        if !in_the_end(|| suite.ends(&program))? {
            worse.push(format!("{program}: its end"));
        }
    }
    for (program, test) in missing(stock, ours) {
        if in_the_end(|| suite.again(&program, &test))? {
            println!("{program}: {test} passed when it was run once more");
        } else {
            worse.push(format!("{program}: {test}"));
        }
    }
    if worse.is_empty() {
        println!("every test that passes on mio passes on ours");
        return Ok(());
    }
    let (count, worse) = (worse.len(), worse.join(", "));
    Err(format!("{count} times mio does better than ours: {worse}"))
}

/// Whether one of a few attempts does well.
fn in_the_end(attempt: impl Fn() -> Result<bool, String>) -> Result<bool, String> {
    for _ in 0..ATTEMPTS {
        if attempt()? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Groups without a passed test, and programs that died, which may have hidden some.
fn lacking(stock: &All) -> Vec<String> {
    let empty = GROUPS
        .iter()
        .filter(|(group, _)| count(stock, Some(group)).0 == 0);
    let empty = empty.map(|(group, _)| format!("no test of {group} passed"));
    let died = died(stock).into_iter();
    empty
        .chain(died.map(|program| format!("{program} died")))
        .collect()
}

/// The programs that did not come to their end.
fn died(all: &All) -> Vec<String> {
    let died = all.iter().filter(|(_, results)| !results.whole);
    died.map(|((_, program), _)| program.clone()).collect()
}

/// The tests that passed on mio and not on ours, with their programs.
fn missing(stock: &All, ours: &All) -> Vec<(String, String)> {
    let mut missing = Vec::new();
    for (place, results) in stock {
        for test in passed(results) {
            let here = ours.get(place).and_then(|results| results.tests.get(test));
            if here != Some(&true) {
                missing.push((place.1.clone(), test.to_owned()));
            }
        }
    }
    missing
}

fn passed(results: &Results) -> impl Iterator<Item = &str> {
    let passed = results.tests.iter().filter(|(_, passed)| **passed);
    passed.map(|(name, _)| name.as_str())
}

/// A line for each group and one for all: how many tests passed and failed on each side.
fn table(stock: &All, ours: &All) -> String {
    let mut text = format!("{:<10}{:>18}{:>18}\n", "tokio's", "mio", "poll-mio");
    let mut groups: Vec<&str> = stock.keys().map(|(group, _)| *group).collect();
    groups.dedup();
    for group in groups.into_iter().map(Some).chain([None]) {
        let cell = |all| {
            let (passed, failed) = count(all, group);
            format!("{passed} of {}", passed + failed)
        };
        let name = group.unwrap_or("all");
        text.push_str(&format!(
            "{name:<10}{:>18}{:>18}\n",
            cell(stock),
            cell(ours)
        ));
    }
    text
}

/// How many tests of a group, or of all, passed and failed.
fn count(all: &All, group: Option<&str>) -> (usize, usize) {
    let of_group = all
        .iter()
        .filter(|((of, _), _)| group.is_none_or(|group| group == *of));
    let results = of_group.flat_map(|(_, results)| results.tests.values());
    results.fold((0, 0), |(passed, failed), result| match result {
        true => (passed + 1, failed),
        false => (passed, failed + 1),
    })
}

#[cfg(test)]
mod tests {
    use super::{All, GROUPS, in_the_end, lacking, missing, table};
    use core::cell::Cell;

    fn all(results: &[(&'static str, &str, bool)]) -> All {
        let mut all = All::new();
        for (group, test, passed) in results {
            let place = (*group, format!("{group}_program"));
            let program = all.entry(place).or_default();
            program.tests.insert((*test).to_owned(), *passed);
            program.whole = true;
        }
        all
    }

    #[test]
    fn a_side_without_tests_of_a_group_or_with_a_program_that_died_is_no_measure() {
        let every: Vec<_> = GROUPS
            .iter()
            .map(|(group, _)| (*group, "a", true))
            .collect();
        let mut stock = all(&every);
        assert_eq!(lacking(&stock), [""; 0]);
        for results in stock.values_mut() {
            results.whole = false;
        }
        assert_eq!(lacking(&stock).len(), GROUPS.len());
        assert_eq!(lacking(&All::new()).len(), GROUPS.len());
        assert_eq!(lacking(&all(&every[1..])), ["no test of net passed"]);
        let failed = all(&[("net", "a", false)]);
        assert_eq!(
            lacking(&failed).len(),
            GROUPS.len(),
            "failed ones do not count"
        );
    }

    #[test]
    fn a_second_attempt_is_enough_and_none_that_does_well_is_not() {
        let attempts = Cell::new(0);
        let second = || {
            attempts.set(attempts.get() + 1);
            Ok(attempts.get() == 2)
        };
        assert_eq!(in_the_end(second), Ok(true));
        assert_eq!(attempts.get(), 2, "the third one is not needed");
        assert_eq!(in_the_end(|| Ok(false)), Ok(false));
        assert!(in_the_end(|| Err("broken".to_owned())).is_err());
    }

    #[test]
    fn what_passes_on_mio_only_is_found_and_what_fails_on_both_is_not() {
        let stock = all(&[("io", "a", true), ("io", "b", true), ("rt", "c", false)]);
        let ours = all(&[("io", "a", true), ("io", "b", false), ("rt", "c", false)]);
        let found = missing(&stock, &ours);
        assert_eq!(found, [("io_program".to_owned(), "b".to_owned())]);
        let none = missing(&stock, &All::new());
        assert_eq!(none.len(), 2, "a program that was not run");
        assert_eq!(missing(&ours, &stock), []);
    }

    #[test]
    fn the_table_counts_by_group_and_in_all() {
        let stock = all(&[("io", "a", true), ("io", "b", true), ("rt", "c", false)]);
        let text = table(&stock, &all(&[("io", "a", true), ("io", "b", false)]));
        let lines: Vec<Vec<&str>> = text
            .lines()
            .map(|line| {
                line.split("  ")
                    .map(str::trim)
                    .filter(|w| !w.is_empty())
                    .collect()
            })
            .collect();
        assert_eq!(lines[1], ["io", "2 of 2", "1 of 2"]);
        assert_eq!(lines[2], ["rt", "0 of 1", "0 of 0"]);
        assert_eq!(lines[3], ["all", "2 of 3", "1 of 2"]);
    }
}
