//! What ours is meant to reach beside a peer or in itself, and whether a run reached it.

use serde::{Deserialize, Serialize};

use crate::harness::is_again;
use crate::results::{CaseResults, Row};
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
    /// The cost of an operation, in that of the same kind in this earlier case of the group.
    ToCase(&'static str),
    /// System calls per operation.
    Calls,
    /// How often the woken poller returned, per operation.
    Returns,
    /// User-space instructions per operation, which the subcommand for them counts.
    Instructions,
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

    /// A cost of at most so many of its own in the case `earlier` of the group.
    pub(crate) const fn to_case(kind: &'static str, earlier: &'static str, at_most: f64) -> Self {
        Self {
            kind,
            figure: Figure::ToCase(earlier),
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

    /// At most so many returns of the woken poller.
    pub(crate) const fn returns(kind: &'static str, at_most: f64) -> Self {
        Self {
            kind,
            figure: Figure::Returns,
            at_most,
        }
    }

    /// At most so many user-space instructions.
    pub(crate) const fn instructions(kind: &'static str, at_most: f64) -> Self {
        Self {
            kind,
            figure: Figure::Instructions,
            at_most,
        }
    }
}

/// How a goal was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Verdict {
    #[serde(rename = "met")]
    Met,
    /// Missed by less than what two measurements of the same differ.
    #[serde(rename = "met within noise")]
    WithinNoise,
    /// They differ by more than can be called noise, or the quartiles do and the goal is between.
    #[serde(rename = "too noisy to tell")]
    Unclear,
    #[serde(rename = "missed")]
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

    /// The word for it, as in the file.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::WithinNoise => "met within noise",
            Self::Unclear => "too noisy to tell",
            Self::Missed => "missed",
        }
    }
}

/// A goal beside what was found, as it stands in the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// What the goal is about, in words.
    pub(crate) what: String,
    pub(crate) kind: String,
    /// Whether it is about a cost, in the unit of its case, and not a ratio or a count.
    pub(crate) is_cost: bool,
    pub(crate) at_most: f64,
    pub(crate) found: Quartiles,
    pub(crate) verdict: Verdict,
}

impl Outcome {
    /// The outcomes of those goals whose figures were counted; `earlier` are the cases of the group
    /// that were measured before.
    pub(crate) fn all(goals: &[Goal], rows: &[Row], earlier: &[CaseResults]) -> Vec<Self> {
        goals
            .iter()
            .filter_map(|&goal| Self::of(goal, rows, earlier))
            .collect()
    }

    /// Those of the goals about a kind's instructions.
    pub(crate) fn of_instructions(goals: &[Goal], kind: &str, found: f64) -> Vec<Self> {
        goals
            .iter()
            .filter(|goal| goal.kind == kind && matches!(goal.figure, Figure::Instructions))
            .map(|&goal| Self::new(goal, Quartiles::of(&[found]), 0.0))
            .collect()
    }

    fn of(goal: Goal, rows: &[Row], earlier: &[CaseResults]) -> Option<Self> {
        let own = row(rows, goal.kind)?;
        let (found, noise) = match goal.figure {
            Figure::Ratio(to) => (own.ratio_to(row(rows, to)?), noise(rows)),
            Figure::Above(base) => (own.above(row(rows, base)?), 0.0),
            Figure::Cost => (own.cost, 0.0),
            Figure::ToCase(name) => {
                let before = &earlier.iter().find(|case| case.name == name)?.rows;
                // What the machine does between the two cases shows in neither, so that the two
                // noises are the least there is.
                let noise = noise(rows).max(noise(before));
                (own.ratio_to(row(before, goal.kind)?), noise)
            }
            Figure::Calls => (Quartiles::of(&[own.calls?]), 0.0),
            Figure::Returns => (Quartiles::of(&[own.returns?]), 0.0),
            Figure::Instructions => return None,
        };
        Some(Self::new(goal, found, noise))
    }

    fn new(goal: Goal, found: Quartiles, noise: f64) -> Self {
        let kind = goal.kind;
        let what = match goal.figure {
            Figure::Ratio(to) => format!("{kind} to {to}"),
            Figure::Above(base) => format!("{kind} above {base}"),
            Figure::Cost => kind.to_owned(),
            Figure::ToCase(earlier) => format!("{kind} to itself with {earlier}"),
            Figure::Calls => format!("system calls of {kind}"),
            Figure::Returns => format!("returns of {kind}"),
            Figure::Instructions => format!("instructions of {kind}"),
        };
        Self {
            what,
            kind: kind.to_owned(),
            is_cost: matches!(goal.figure, Figure::Cost | Figure::Above(_)),
            at_most: goal.at_most,
            found,
            verdict: Verdict::of(found, goal.at_most, noise),
        }
    }

    /// A line for people.
    pub(crate) fn line(&self) -> String {
        let (what, name, at_most) = (&self.what, self.verdict.name(), self.at_most);
        let Quartiles {
            lower,
            median,
            upper,
        } = self.found;
        format!("{what}: {median:.3} [{lower:.3}..{upper:.3}], at most {at_most}: {name}")
    }
}

fn row<'a>(rows: &'a [Row], kind: &str) -> Option<&'a Row> {
    rows.iter().find(|row| row.kind == kind)
}

// How far the reference is from itself: the outer quartile of the row that measures it again.
fn noise(rows: &[Row]) -> f64 {
    rows.iter()
        .find(|row| is_again(&row.kind))
        .map_or(0.0, |row| {
            let Quartiles { lower, upper, .. } = row.ratio;
            (upper - 1.0).max(1.0 - lower).max(0.0)
        })
}

#[cfg(test)]
mod tests {
    use super::{Goal, Outcome, Verdict};
    use crate::results::{CaseResults, Row, samples};
    use crate::stats::Quartiles;

    fn verdicts(goals: &[Goal], rows: &[Row], earlier: &[CaseResults]) -> Vec<Verdict> {
        let outcomes = Outcome::all(goals, rows, earlier);
        outcomes.iter().map(|outcome| outcome.verdict).collect()
    }

    #[test]
    fn a_goal_between_cases_compares_a_kind_with_itself() {
        let row = |kind, costs: &[f64]| samples::row(kind, costs);
        let case = |name: &str, rows| CaseResults {
            name: name.to_owned(),
            rows,
            ..samples::case("", 1)
        };
        let goal = Goal::to_case("ours", "few", 1.3);
        let few = vec![row("peer", &[9.0, 9.0]), row("ours", &[10.0, 10.0])];
        let other = vec![row("ours", &[1.0, 1.0])];
        let earlier = [case("other", other), case("few", few)];
        for (costs, expected) in [
            ([13.0, 13.0], Verdict::Met),
            ([14.0, 14.0], Verdict::Missed),
        ] {
            let rows = [row("peer", &[1.0, 1.0]), row("ours", &costs)];
            assert_eq!(verdicts(&[goal], &rows, &earlier), [expected], "{costs:?}");
        }
        let rows = [row("ours", &[14.0, 14.0])];
        assert_eq!(verdicts(&[goal], &rows, &[]), [], "nothing to compare with");
    }

    #[test]
    fn a_goal_for_instructions_waits_until_they_are_counted() {
        let goals = [Goal::instructions("ours", 85.0), Goal::cost("ours", 1.0)];
        let rows = [samples::row("ours", &[1.0])];
        assert_eq!(
            verdicts(&goals, &rows, &[]),
            [Verdict::Met],
            "the cost alone"
        );
        for (kind, found, expected) in [
            ("ours", 85.0, &[Verdict::Met][..]),
            ("ours", 86.0, &[Verdict::Missed]),
            ("peer", 86.0, &[]),
        ] {
            let outcomes = Outcome::of_instructions(&goals, kind, found);
            let verdicts: Vec<_> = outcomes.iter().map(|outcome| outcome.verdict).collect();
            assert_eq!(verdicts, expected, "{kind} {found}");
        }
    }

    #[test]
    fn a_cost_is_told_from_ratios_and_counts() {
        let goals = [
            Goal::cost("ours", 1.0),
            Goal::ratio("ours", "ours", 1.0),
            Goal::returns("ours", 1.0),
        ];
        let mut rows = [samples::row("ours", &[1.0])];
        rows[0].returns = Some(1.0);
        let outcomes = Outcome::all(&goals, &rows, &[]);
        let costs: Vec<bool> = outcomes.iter().map(|outcome| outcome.is_cost).collect();
        assert_eq!(costs, [true, false, false]);
    }

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
