//! What a checker found, in the one form that all of them print.

use core::fmt;

/// A broken rule at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    path: String,
    line: usize,
    what: String,
}

impl Problem {
    /// `line` counts from one; `what` says what is wrong and why that matters.
    pub(crate) fn new(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            what: what.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// Prints one line for each problem and turns them into the command's outcome.
pub(crate) fn report(problems: &[Problem], summary: &str) -> crate::Outcome {
    for problem in problems {
        println!("{problem}");
    }
    if problems.is_empty() {
        println!("{summary}");
        Ok(())
    } else {
        Err(format!("{} problem(s)", problems.len()))
    }
}

/// For the tests of the checkers: the one problem of a bad sample must say `expected`.
#[cfg(test)]
pub(crate) fn assert_says(problems: &[Problem], expected: &str) {
    match problems {
        [only] => assert!(only.what.contains(expected), "{only} lacks {expected:?}"),
        other => panic!("expected one problem about {expected:?}, found {other:#?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Problem, report};

    #[test]
    fn a_problem_reads_as_path_line_and_text() {
        assert_eq!(Problem::new("a.rs", 3, "bad").to_string(), "a.rs:3: bad");
    }

    #[test]
    fn only_an_empty_list_passes() {
        assert!(report(&[], "fine").is_ok());
        assert!(report(&[Problem::new("a", 1, "b")], "fine").is_err());
    }
}
