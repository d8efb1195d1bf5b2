//! The results of both suites beside each other, and whether ours passes what mio's does.

use std::collections::BTreeMap;

use super::suite::{Results, Suite};
use crate::Outcome;

type All = BTreeMap<(&'static str, String), Results>;

/// How often a test that passed on mio and not on ours is tried once more: some depend on time.
const ATTEMPTS: usize = 3;

/// Prints the table, and fails if a test that passes on mio does not pass on ours.
pub(super) fn compare(stock: &All, ours: &All, suite: &Suite) -> Outcome {
    println!("\n{}", table(stock, ours));
    let mut worse = Vec::new();
    for (program, test) in missing(stock, ours) {
        let mut passed = false;
        for _ in 0..ATTEMPTS {
            passed = passed || suite.again(&program, &test)?;
        }
        if passed {
            println!("{program}: {test} passed when it was run once more");
        } else {
            worse.push(format!("{program}: {test}"));
        }
    }
    if worse.is_empty() {
        println!("every test that passes on mio passes on ours");
        return Ok(());
    }
    Err(format!(
        "{} tests pass on mio and not on ours: {}",
        worse.len(),
        worse.join(", ")
    ))
}

/// The tests that passed on mio and not on ours, with their programs.
fn missing(stock: &All, ours: &All) -> Vec<(String, String)> {
    let mut missing = Vec::new();
    for (place, results) in stock {
        for test in passed(results) {
            if ours.get(place).and_then(|results| results.get(test)) != Some(&true) {
                missing.push((place.1.clone(), test.to_owned()));
            }
        }
    }
    missing
}

fn passed(results: &Results) -> impl Iterator<Item = &str> {
    let passed = results.iter().filter(|(_, passed)| **passed);
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
    let results = of_group.flat_map(|(_, results)| results.values());
    results.fold((0, 0), |(passed, failed), result| match result {
        true => (passed + 1, failed),
        false => (passed, failed + 1),
    })
}

#[cfg(test)]
mod tests {
    use super::{All, missing, table};

    fn all(results: &[(&'static str, &str, bool)]) -> All {
        let mut all = All::new();
        for (group, test, passed) in results {
            let place = (*group, format!("{group}_program"));
            let program = all.entry(place).or_default();
            program.insert((*test).to_owned(), *passed);
        }
        all
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
