//! What was found for each target, as a table with the reasons below it.

use core::fmt;

use crate::other::Trouble;

/// How one examination of a target ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    Passed,
    /// Something it needs is not here.
    Skipped(String),
    Failed(String),
    /// It cannot be done for this target anywhere.
    Impossible(&'static str),
}

impl From<Result<(), Trouble>> for Cell {
    fn from(result: Result<(), Trouble>) -> Self {
        match result {
            Ok(()) => Self::Passed,
            Err(Trouble::Lacking(reason)) => Self::Skipped(reason),
            Err(Trouble::Failed(reason)) => Self::Failed(reason),
        }
    }
}

impl Cell {
    const fn word(&self) -> &'static str {
        match self {
            Self::Passed => "ok",
            Self::Skipped(_) => "SKIP",
            Self::Failed(_) => "FAILED",
            Self::Impossible(_) => "-",
        }
    }

    fn reason(&self) -> Option<&str> {
        match self {
            Self::Passed => None,
            Self::Skipped(reason) | Self::Failed(reason) => Some(reason),
            Self::Impossible(reason) => Some(reason),
        }
    }
}

/// A line of the table.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) target: &'static str,
    pub(super) lint: Cell,
    pub(super) headers: Cell,
    pub(super) link: Cell,
    pub(super) seconds: f64,
}

impl Row {
    fn cells(&self) -> [(&'static str, &Cell); 3] {
        [
            ("lint", &self.lint),
            ("headers", &self.headers),
            ("link", &self.link),
        ]
    }
}

/// All targets that were examined.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) rows: Vec<Row>,
    /// What was fetched, and the standard libraries that were built for several targets together.
    pub(super) inputs: f64,
}

impl Report {
    /// What failed, in a sentence; empty when nothing did.
    pub(super) fn failures(&self) -> String {
        self.sentence("FAILED", |cell| matches!(cell, Cell::Failed(_)))
    }

    /// What was left out although it can be done somewhere; empty when nothing was.
    pub(super) fn skips(&self) -> String {
        self.sentence("SKIP", |cell| matches!(cell, Cell::Skipped(_)))
    }

    fn sentence(&self, word: &str, counts: fn(&Cell) -> bool) -> String {
        let hit = |row: &&Row| row.cells().iter().any(|(_, cell)| counts(cell));
        let names: Vec<_> = self.rows.iter().filter(hit).map(|row| row.target).collect();
        match names.as_slice() {
            [] => String::new(),
            some => format!("{word} for {}", some.join(", ")),
        }
    }

    /// Each reason once, with all it is the reason for.
    fn reasons(&self) -> Vec<(String, &str)> {
        let mut reasons: Vec<(String, &str)> = Vec::new();
        for row in &self.rows {
            for (examination, cell) in row.cells() {
                let Some(reason) = cell.reason() else {
                    continue;
                };
                let here = format!("{} {examination} {}", row.target, cell.word());
                match reasons.iter_mut().find(|(_, known)| *known == reason) {
                    Some((for_what, _)) => *for_what = format!("{for_what}, {here}"),
                    None => reasons.push((here, reason)),
                }
            }
        }
        reasons
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |f: &mut fmt::Formatter<'_>, words: [&str; 5]| {
            let [target, lint, headers, link, seconds] = words;
            writeln!(f, "{target:<26}{lint:<8}{headers:<9}{link:<8}{seconds:>7}")
        };
        line(f, ["target", "lint", "headers", "link", "seconds"])?;
        if self.inputs >= 1.0 {
            let seconds = format!("{:.1}", self.inputs);
            line(f, ["(what they need)", "", "", "", &seconds])?;
        }
        for row in &self.rows {
            let [lint, headers, link] = row.cells().map(|(_, cell)| cell.word());
            let seconds = format!("{:.1}", row.seconds);
            line(f, [row.target, lint, headers, link, &seconds])?;
        }
        for (for_what, reason) in self.reasons() {
            write!(f, "\n{for_what}:\n    {reason}\n")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Cell, Report, Row};
    use crate::other::Trouble;

    fn row(target: &'static str, lint: Cell, link: Cell) -> Row {
        Row {
            target,
            lint,
            headers: Cell::Passed,
            link,
            seconds: 4.25,
        }
    }

    fn skipped() -> Cell {
        Err(Trouble::Lacking("no apt-get".to_owned())).into()
    }

    fn failed() -> Cell {
        Err(Trouble::Failed("exit 1: cargo clippy".to_owned())).into()
    }

    #[test]
    fn the_table_has_a_word_for_each_cell_and_each_reason_once() {
        let report = Report {
            rows: vec![
                row("x86_64-unknown-freebsd", skipped(), skipped()),
                row("aarch64-apple-ios", failed(), Cell::Impossible("no stubs")),
                row("x86_64-apple-darwin", Ok(()).into(), Cell::Passed),
            ],
            inputs: 100.0,
        };
        let expected = "\
target                    lint    headers  link    seconds
(what they need)                                     100.0
x86_64-unknown-freebsd    SKIP    ok       SKIP        4.2
aarch64-apple-ios         FAILED  ok       -           4.2
x86_64-apple-darwin       ok      ok       ok          4.2

x86_64-unknown-freebsd lint SKIP, x86_64-unknown-freebsd link SKIP:
    no apt-get

aarch64-apple-ios lint FAILED:
    exit 1: cargo clippy

aarch64-apple-ios link -:
    no stubs
";
        assert_eq!(report.to_string(), expected);
        assert_eq!(report.failures(), "FAILED for aarch64-apple-ios");
        assert_eq!(report.skips(), "SKIP for x86_64-unknown-freebsd");
    }

    #[test]
    fn what_cannot_be_done_anywhere_is_neither_a_failure_nor_a_skip() {
        let report = Report {
            rows: vec![row(
                "aarch64-apple-ios",
                Cell::Passed,
                Cell::Impossible("no stubs"),
            )],
            inputs: 0.0,
        };
        assert_eq!((report.failures(), report.skips()), Default::default());
        assert!(!report.to_string().contains("what they need"));
    }
}
