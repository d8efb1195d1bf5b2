//! What the output of a test run says was run and what was left out.

use core::fmt;

use crate::harness;
use crate::other::Trouble;

/// The sums over all binaries of a run.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Tally {
    /// Tests of the test harness.
    passed: usize,
    /// Cases of the contract that passed, over all engines.
    cases: usize,
    /// Cases of the contract about what an engine declares not to have.
    excepted: usize,
    /// What was left out and why, in the words of the tests.
    skipped: Vec<String>,
}

impl Tally {
    /// Adds what one run printed.
    pub(super) fn add(&mut self, output: &str) {
        // With others filtered out it is a test that runs itself in a process of its own, and is
        // counted in the process that started it.
        let whole = harness::ends(output).filter(|end| end.filtered_out == 0);
        self.passed += whole.map(|end| end.passed).sum::<usize>();
        for line in output.lines() {
            if let Some((_, counts)) = contract(line) {
                let mut counts = counts.split(", ").map(first_number);
                self.cases += counts.next().unwrap_or(0);
                self.excepted += counts.next().unwrap_or(0);
            } else if let Some((_, reason)) = line.split_once("SKIP: ") {
                self.skipped.push(reason.to_owned());
            }
        }
    }

    /// An error if no test or no case of the contract passed: what runs nothing may end with
    /// success too.
    pub(super) fn judge(&self) -> Result<(), Trouble> {
        if self.passed > 0 && self.cases > 0 {
            return Ok(());
        }
        Err(Trouble::Failed(format!("too little was run: {self}")))
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
            "{} tests, {} cases of the contract ({} that an engine does not claim), {} times SKIP",
            self.passed,
            self.cases,
            self.excepted,
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
    use crate::other::Trouble;

    const OUTPUT: &str = "\
running 3 tests
test a ... ok

successes:

---- a stdout ----
SKIP: no strace
conformance of epoll: 90 passed, 1 skipped, 0 failed
  skipped time::a: the engine has no clock
test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 2 filtered out
test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out
test result: FAILED. 7 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out
on a line: SKIP: no strace
SKIP: no wrk
conformance of poll(2): 80 passed, 0 skipped, 0 failed
";

    #[test]
    fn tests_cases_and_skips_are_summed_over_the_binaries() {
        let mut tally = Tally::default();
        tally.add(OUTPUT);
        tally.add("test result: ok. 4 passed; 0 failed; 0 filtered out; finished in 1 s\n");
        assert_eq!(
            tally.to_string(),
            "7 tests, 170 cases of the contract (1 that an engine does not claim), 3 times SKIP"
        );
        assert_eq!(tally.skips(), ["2 x SKIP: no strace", "1 x SKIP: no wrk"]);
    }

    #[test]
    fn a_run_without_tests_or_without_the_contract_has_failed() {
        let judged = |output| {
            let mut tally = Tally::default();
            tally.add(output);
            tally.judge()
        };
        assert_eq!(judged(OUTPUT), Ok(()));
        let tests = "test result: ok. 4 passed; 0 failed; 0 filtered out\n";
        let cases = "conformance of poll(2): 80 passed, 0 skipped, 0 failed\n";
        for output in ["", tests, cases] {
            let Err(Trouble::Failed(reason)) = judged(output) else {
                panic!("{output:?} was taken as good");
            };
            assert!(reason.starts_with("too little was run: "), "{reason}");
        }
    }

    #[test]
    fn nothing_run_is_nothing_passed() {
        let mut tally = Tally::default();
        tally.add("error: could not compile\nSKIPPED\n");
        assert_eq!(tally, Tally::default());
    }
}
