//! What ours is meant to reach beside a peer or in itself, and whether a run reached it.

use serde_json::{Value, json};

use crate::harness::Row;
use crate::stats::Quartiles;

/// What a goal is about.
#[derive(Clone, Copy)]
pub(crate) enum Figure {
    /// The cost of an operation, in that of this kind in the same round.
    Ratio(&'static str),
    /// The cost of an operation, above that of this kind in the same round.
    Above(&'static str),
    /// The cost of an operation.
    Cost,
    /// System calls per operation.
    Calls,
}

/// A figure that a kind is meant not to exceed. Missing one is no failure, unlike a broken promise.
#[derive(Clone, Copy)]
pub(crate) struct Goal {
    pub(crate) kind: &'static str,
    pub(crate) figure: Figure,
    pub(crate) at_most: f64,
}

// Of the ratio of the reference to itself.
const NOISE: f64 = 0.1;

impl Goal {
    /// A cost of at most so many of that of `to`.
    pub(crate) const fn ratio(kind: &'static str, to: &'static str, at_most: f64) -> Self {
        Self {
            kind,
            figure: Figure::Ratio(to),
            at_most,
        }
    }

    /// A cost of at most this.
    pub(crate) const fn cost(kind: &'static str, at_most: f64) -> Self {
        Self {
            kind,
            figure: Figure::Cost,
            at_most,
        }
    }

    /// At most so many system calls.
    pub(crate) const fn calls(kind: &'static str, at_most: f64) -> Self {
        Self {
            kind,
            figure: Figure::Calls,
            at_most,
        }
    }
}

/// How a goal was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Met,
    // By less than what two measurements of the same differ.
    WithinNoise,
    // They differ by more than can be called noise, or the quartiles do and the goal is between.
    Unclear,
    Missed,
}

impl Verdict {
    fn of(found: Quartiles, at_most: f64, noise: f64) -> Self {
        let Quartiles {
            lower,
            median,
            upper,
        } = found;
        let is_between = lower <= at_most && at_most < upper;
        // Counts are differences divided, so that they are not exact to the last digit.
        let is_met = median <= at_most + 0.001;
        let is_near = median <= at_most * (1.0 + noise);
        if is_between && upper - lower > 2.0 * NOISE * median {
            Self::Unclear
        } else if is_met {
            Self::Met
        } else if !is_near {
            Self::Missed
        } else if noise > NOISE {
            Self::Unclear
        } else {
            Self::WithinNoise
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::WithinNoise => "met within noise",
            Self::Unclear => "too noisy to tell",
            Self::Missed => "missed",
        }
    }
}

/// A goal beside what was found.
pub(crate) struct Outcome {
    goal: Goal,
    found: Quartiles,
    verdict: Verdict,
}

impl Outcome {
    /// The outcomes of those goals whose figures were counted.
    pub(crate) fn all(goals: &[Goal], rows: &[Row]) -> Vec<Self> {
        goals
            .iter()
            .filter_map(|&goal| Self::of(goal, rows))
            .collect()
    }

    fn of(goal: Goal, rows: &[Row]) -> Option<Self> {
        let row = |kind: &str| rows.iter().find(|row| row.kind == kind);
        let own = row(goal.kind)?;
        let (found, noise) = match goal.figure {
            Figure::Ratio(to) => (own.ratio_to(row(to)?), noise(rows)),
            Figure::Above(base) => (own.above(row(base)?), 0.0),
            Figure::Cost => (own.cost, 0.0),
            Figure::Calls => (Quartiles::of(&[own.calls?]), 0.0),
        };
        Some(Self {
            goal,
            found,
            verdict: Verdict::of(found, goal.at_most, noise),
        })
    }

    /// A line for people.
    pub(crate) fn line(&self) -> String {
        let Goal { kind, at_most, .. } = self.goal;
        let what = match self.goal.figure {
            Figure::Ratio(to) => format!("{kind} to {to}"),
            Figure::Above(base) => format!("{kind} above {base}"),
            Figure::Cost => kind.to_owned(),
            Figure::Calls => format!("system calls of {kind}"),
        };
        let Quartiles {
            lower,
            median,
            upper,
        } = self.found;
        let name = self.verdict.name();
        format!("{what}: {median:.3} [{lower:.3}..{upper:.3}], at most {at_most}: {name}")
    }

    /// The same for the file.
    pub(crate) fn json(&self) -> Value {
        let (figure, to) = match self.goal.figure {
            Figure::Ratio(to) => ("ratio", Some(to)),
            Figure::Above(base) => ("above", Some(base)),
            Figure::Cost => ("cost", None),
            Figure::Calls => ("system_calls", None),
        };
        json!({
            "kind": self.goal.kind,
            "figure": figure,
            "to": to,
            "at_most": self.goal.at_most,
            "found": [self.found.lower, self.found.median, self.found.upper],
            "verdict": self.verdict.name(),
        })
    }
}

// How far the reference is from itself: the outer quartile of the row that measures it again.
fn noise(rows: &[Row]) -> f64 {
    rows.iter()
        .find(|row| row.kind.ends_with(" again"))
        .map_or(0.0, |row| {
            let Quartiles { lower, upper, .. } = row.ratio;
            (upper - 1.0).max(1.0 - lower).max(0.0)
        })
}

#[cfg(test)]
mod tests {
    use super::Verdict;
    use crate::stats::Quartiles;

    #[test]
    fn a_goal_is_met_or_missed_by_more_than_the_noise() {
        let quartiles = |median: f64, spread: f64| Quartiles {
            lower: median - spread,
            median,
            upper: median + spread,
        };
        for (found, at_most, noise, expected) in [
            (0.49, 0.5, 0.0, Verdict::Met),
            (0.5, 0.5, 0.0, Verdict::Met),
            (0.52, 0.5, 0.0, Verdict::Missed),
            (0.52, 0.5, 0.05, Verdict::WithinNoise),
            (0.53, 0.5, 0.05, Verdict::Missed),
            (0.52, 0.5, 0.5, Verdict::Unclear),
            (0.76, 0.5, 0.5, Verdict::Missed),
            (0.0004, 0.0, 0.0, Verdict::Met),
        ] {
            let verdict = Verdict::of(quartiles(found, 0.0), at_most, noise);
            assert_eq!(verdict, expected, "{found}");
        }
        for (found, spread, expected) in [
            (0.49, 0.04, Verdict::Met),
            (0.49, 0.06, Verdict::Unclear),
            (0.52, 0.06, Verdict::Unclear),
            (0.57, 0.06, Verdict::Missed),
            (0.43, 0.06, Verdict::Met),
        ] {
            let verdict = Verdict::of(quartiles(found, spread), 0.5, 0.0);
            assert_eq!(verdict, expected, "{found} {spread}");
        }
    }
}
