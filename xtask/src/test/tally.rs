//! What the output of a test run says was run and what was left out.

use core::fmt;

/// The sums over all binaries of a run.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Tally {
    /// Tests of the test harness.
    passed: usize,
    /// Cases of the contract, over all engines.
    cases: usize,
    /// What was left out and why, in the words of the tests.
    skipped: Vec<String>,
}

impl Tally {
    /// Adds what one run printed.
    pub(super) fn add(&mut self, output: &str) {
        for line in output.lines() {
            if let Some(rest) = line.strip_prefix("test result: ok. ") {
                self.passed += first_number(rest);
            } else if let Some((_, counts)) = contract(line) {
                self.cases += first_number(counts);
            } else if let Some((_, reason)) = line.split_once("SKIP: ") {
                self.skipped.push(reason.to_owned());
            } else if let Some(reason) = line.strip_prefix("  skipped ") {
                self.skipped.push(reason.to_owned());
            }
        }
    }

    /// What was left out, each reason once and with its number.
    pub(super) fn skips(&self) -> Vec<String> {
        let mut reasons = self.skipped.clone();
        reasons.sort();
        let groups = reasons.chunk_by(|a, b| a == b);
        let line = |group: &[String]| format!("{} x SKIP: {}", group.len(), group[0]);
        groups.map(line).collect()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} tests, {} cases of the contract, {} times SKIP",
            self.passed,
            self.cases,
            self.skipped.len()
        )
    }
}

/// The engine and the counts of a line with which the conformance suite ends.
fn contract(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix("conformance of ")?.split_once(": ")
}

fn first_number(text: &str) -> usize {
    let first = text.split(' ').next().unwrap_or_default();
    first.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::Tally;

    const OUTPUT: &str = "\
running 3 tests
test a ... ok

successes:

---- a stdout ----
SKIP: no strace
conformance of epoll: 90 passed, 1 skipped, 0 failed
  skipped time::a: no clock
test result: ok. 3 passed; 0 failed; 0 ignored
test result: FAILED. 7 passed; 1 failed; 0 ignored
on a line: SKIP: no strace
conformance of poll(2): 80 passed, 0 skipped, 0 failed
";

    #[test]
    fn tests_cases_and_skips_are_summed_over_the_binaries() {
        let mut tally = Tally::default();
        tally.add(OUTPUT);
        tally.add("test result: ok. 4 passed; 0 failed\n");
        let text = tally.to_string();
        assert_eq!(text, "7 tests, 170 cases of the contract, 3 times SKIP");
        let expected = ["2 x SKIP: no strace", "1 x SKIP: time::a: no clock"];
        assert_eq!(tally.skips(), expected);
    }

    #[test]
    fn nothing_run_is_nothing_passed() {
        let mut tally = Tally::default();
        tally.add("error: could not compile\nSKIPPED\n");
        assert_eq!(tally, Tally::default());
    }
}
