//! What a run says while it goes on: where it is and about how long it still takes.

use std::cell::Cell;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::results::Results;

/// How long a line on a terminal may be.
const COLUMNS: usize = 79;
/// How often it is written anew.
const OFTEN: Duration = Duration::from_millis(200);

/// A case that will be measured.
pub(crate) struct Planned {
    pub(crate) group: &'static str,
    pub(crate) case: &'static str,
    pub(crate) kinds: usize,
}

/// The cases of a run, and what share of it each has.
pub(crate) struct Plan {
    cases: Vec<Planned>,
    // In seconds where that is known, in others' seconds for as many kinds where it is not.
    weights: Vec<f64>,
    // Whether at least one is known, so that all are seconds.
    is_in_seconds: bool,
}

impl Plan {
    /// From how long each took in the last run of this kind, if there was one.
    pub(crate) fn new(cases: Vec<Planned>, last: Option<&Results>) -> Self {
        let known: Vec<Option<f64>> = cases
            .iter()
            .map(|planned| seconds(last?, planned))
            .collect();
        let kinds = |planned: &Planned| u32::try_from(planned.kinds).map_or(1.0, f64::from);
        let both = cases.iter().zip(&known);
        let (time, count) = both
            .filter_map(|(planned, known)| Some(((*known)?, kinds(planned))))
            .fold((0.0, 0.0), |(time, count), (more, kinds)| {
                (time + more, count + kinds)
            });
        let is_in_seconds = count > 0.0;
        let each = if is_in_seconds { time / count } else { 1.0 };
        let weights = cases.iter().zip(&known);
        let weights = weights
            .map(|(planned, known)| known.unwrap_or(each * kinds(planned)))
            .collect();
        Self {
            cases,
            weights,
            is_in_seconds,
        }
    }

    /// How many seconds are left after so many, with `part` of the case at `index` done; none where
    /// it is too early to tell.
    fn left(&self, index: usize, part: f64, elapsed: f64) -> Option<f64> {
        let all: f64 = self.weights.iter().sum();
        let before: f64 = self.weights.iter().take(index).sum();
        let current = self.weights.get(index).copied().unwrap_or(0.0);
        let done = before + part * current;
        let is_early = done < 0.02 * all;
        match (is_early, self.is_in_seconds) {
            (true, false) => None,
            (true, true) => Some(all - done),
            (false, _) => Some((all - done) * elapsed / done),
        }
    }
}

fn seconds(last: &Results, planned: &Planned) -> Option<f64> {
    let group = last
        .groups
        .iter()
        .find(|group| group.name == planned.group)?;
    let case = group.cases.iter().find(|case| case.name == planned.case)?;
    Some(case.seconds)
}

/// Writes to standard error: on a terminal one line again and again, elsewhere one for each case.
pub(crate) struct Progress {
    plan: Plan,
    start: Instant,
    is_terminal: bool,
    written: Mutex<Cell<Option<Instant>>>,
}

impl Progress {
    pub(crate) fn new(plan: Plan) -> Self {
        Self {
            plan,
            start: Instant::now(),
            is_terminal: io::stderr().is_terminal(),
            written: Mutex::new(Cell::new(None)),
        }
    }

    /// How long it has been.
    pub(crate) fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    /// A case begins.
    pub(crate) fn case_begins(&self, index: usize) {
        let line = self.line(index, "", 0.0);
        if self.is_terminal {
            self.rewrite(&line);
        } else {
            tell(&format!("{line}\n"));
        }
    }

    /// A part of a case is done; the kind is the one that was measured last.
    pub(crate) fn case_goes_on(&self, index: usize, kind: &str, part: f64) {
        if !self.is_terminal {
            return;
        }
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recent = |at: Instant| at.elapsed() < OFTEN;
        if !written.get().is_some_and(is_recent) {
            written.set(Some(Instant::now()));
            self.rewrite(&self.line(index, kind, part));
        }
    }

    /// Makes room for a table.
    pub(crate) fn clear(&self) {
        if self.is_terminal {
            self.rewrite("");
        }
    }

    fn rewrite(&self, line: &str) {
        let cut: String = line.chars().take(COLUMNS).collect();
        tell(&format!("\r\x1b[K{cut}"));
    }

    fn line(&self, index: usize, kind: &str, part: f64) -> String {
        let number = index + 1;
        let count = self.plan.cases.len();
        let (group, case) = match self.plan.cases.get(index) {
            Some(planned) => (planned.group, planned.case),
            None => ("", ""),
        };
        let elapsed = self.seconds();
        let left = self.plan.left(index, part, elapsed);
        let left = left.map_or_else(String::new, |left| format!(", about {} left", span(left)));
        let kind = match kind {
            "" => String::new(),
            kind => format!(" / {kind} {:.0} %", 100.0 * part),
        };
        format!(
            "[{number}/{count}] {group} / {case}{kind}: {}{left}",
            span(elapsed)
        )
    }
}

// Nobody is there to be told that it cannot be told.
fn tell(text: &str) {
    drop(io::stderr().write_all(text.as_bytes()));
}

/// A span of time for people.
pub(crate) fn span(seconds: f64) -> String {
    if seconds < 100.0 {
        return format!("{seconds:.0} s");
    }
    format!("{:.0} min", seconds / 60.0)
}

#[cfg(test)]
mod tests {
    use super::{Plan, Planned, Progress, span};
    use crate::results::samples;

    fn cases() -> Vec<Planned> {
        let planned = |case, kinds| Planned {
            group: "wait",
            case,
            kinds,
        };
        vec![planned("one", 2), planned("two", 6)]
    }

    #[test]
    fn without_a_last_run_time_is_guessed_from_the_kinds_that_are_done() {
        let plan = Plan::new(cases(), None);
        assert_eq!(plan.left(0, 0.0, 0.5), None);
        assert_eq!(plan.left(0, 0.5, 10.0), Some(70.0));
        assert_eq!(plan.left(1, 0.0, 20.0), Some(60.0));
        assert_eq!(plan.left(1, 1.0, 80.0), Some(0.0));
    }

    #[test]
    fn a_last_run_says_how_long_a_case_takes() {
        let mut last = samples::results();
        last.groups[0].name = "wait".to_owned();
        last.groups[0].cases[0].name = "one".to_owned();
        last.groups[0].cases[0].seconds = 30.0;
        let plan = Plan::new(cases(), Some(&last));
        // The second took nobody knows how long, but has three times as many kinds.
        assert_eq!(plan.left(0, 0.0, 0.0), Some(120.0));
        assert_eq!(plan.left(1, 0.0, 60.0), Some(180.0));
    }

    #[test]
    fn a_line_says_where_the_run_is() {
        let progress = Progress::new(Plan::new(cases(), None));
        let line = progress.line(1, "mio", 0.25);
        assert!(
            line.starts_with("[2/2] wait / two / mio 25 %: 0 s, about 0 s left"),
            "{line}"
        );
        assert_eq!(
            (span(99.4), span(100.0)),
            ("99 s".to_owned(), "2 min".to_owned())
        );
    }
}
