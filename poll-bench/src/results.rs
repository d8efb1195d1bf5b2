//! What a run found, as it stands in its file, from which the report is drawn.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::goals::Outcome;
use crate::machine::{Machine, Version};
use crate::stats::{Quartiles, float};

/// A whole run.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Results {
    /// When it began, in UTC, as in RFC 3339.
    pub(crate) date: String,
    /// `smoke`, `quick` or `full`.
    pub(crate) effort: String,
    /// How long it took so far.
    pub(crate) seconds: f64,
    pub(crate) machine: Machine,
    /// The crates that are compared, and what the bench is made of.
    pub(crate) versions: Vec<Version>,
    /// What counted system calls, if anything did.
    pub(crate) tracer: Option<String>,
    pub(crate) groups: Vec<GroupResults>,
}

/// A group of a run.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct GroupResults {
    pub(crate) name: String,
    pub(crate) about: String,
    pub(crate) seconds: f64,
    /// Why it ended before its last case, if it did.
    pub(crate) failure: Option<String>,
    pub(crate) cases: Vec<CaseResults>,
}

/// A case of a group.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct CaseResults {
    pub(crate) name: String,
    /// What one operation is.
    pub(crate) operation: String,
    /// What its cost is counted in.
    pub(crate) unit: String,
    /// Its place in a series of cases, if it has one.
    pub(crate) size: Option<Place>,
    pub(crate) seconds: f64,
    /// The first is the reference.
    pub(crate) rows: Vec<Row>,
    pub(crate) goals: Vec<Outcome>,
}

/// A case's place in a series, as [`crate::harness::Size`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) series: String,
    pub(crate) of: String,
    pub(crate) count: u64,
}

/// What was found of a kind.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) kind: String,
    /// Of one operation.
    pub(crate) cost: Quartiles,
    /// To the reference, in the same round.
    pub(crate) ratio: Quartiles,
    /// The cost in each round.
    pub(crate) rounds: Vec<f64>,
    /// Per operation, as all below.
    #[serde(rename = "system_calls")]
    pub(crate) calls: Option<f64>,
    pub(crate) allocations: Option<f64>,
    pub(crate) returns: Option<f64>,
    pub(crate) bytes: Option<f64>,
    /// In ns, from the least by 200ths to the most; empty where operations were not looked at one
    /// by one.
    pub(crate) latencies: Vec<u64>,
}

impl Row {
    /// The ratio to another kind, in the same round.
    pub(crate) fn ratio_to(&self, other: &Self) -> Quartiles {
        self.beside(other, |own, other| own / other)
    }

    /// The distance from another kind, in the same round.
    pub(crate) fn above(&self, other: &Self) -> Quartiles {
        self.beside(other, |own, other| own - other)
    }

    /// What so many 200ths of the operations did not exceed, in ns.
    pub(crate) fn quantile(&self, part: usize) -> Option<f64> {
        self.latencies.get(part).map(|&nanos| float(nanos))
    }

    /// Whether it is a kind of this project.
    pub(crate) fn is_ours(&self) -> bool {
        self.kind.starts_with("poll-")
    }

    fn beside(&self, other: &Self, figure: fn(f64, f64) -> f64) -> Quartiles {
        let pairs = self.rounds.iter().zip(&other.rounds);
        let figures: Vec<f64> = pairs.map(|(&own, &other)| figure(own, other)).collect();
        Quartiles::of(&figures)
    }
}

impl Results {
    /// Reads a run's file.
    pub(crate) fn read(path: &Path) -> io::Result<Self> {
        let named = |error: &dyn core::fmt::Display| {
            io::Error::other(format!("{}: {error}", path.display()))
        };
        let text = std::fs::read_to_string(path).map_err(|error| named(&error))?;
        serde_json::from_str(&text).map_err(|error| named(&error))
    }

    /// The run's file.
    pub(crate) fn text(&self) -> io::Result<String> {
        let text = serde_json::to_string(self).map_err(io::Error::other)?;
        Ok(text + "\n")
    }

    /// All goals, each with its group and its case.
    pub(crate) fn goals(&self) -> impl Iterator<Item = (&GroupResults, &CaseResults, &Outcome)> {
        self.groups.iter().flat_map(|group| {
            let cases = group.cases.iter();
            cases.flat_map(move |case| case.goals.iter().map(move |goal| (group, case, goal)))
        })
    }
}

/// A run that never was, for tests.
#[cfg(test)]
pub(crate) mod samples {
    use super::{CaseResults, GroupResults, Place, Results, Row};
    use crate::goals::{Goal, Outcome};
    use crate::machine::{Machine, Version};
    use crate::stats::Quartiles;

    /// A row with so much of 100 in each round, and nothing else.
    pub(crate) fn row(kind: &str, rounds: &[f64]) -> Row {
        let ratios: Vec<f64> = rounds.iter().map(|cost| cost / 100.0).collect();
        Row {
            kind: kind.to_owned(),
            cost: Quartiles::of(rounds),
            ratio: Quartiles::of(&ratios),
            rounds: rounds.to_vec(),
            calls: None,
            allocations: None,
            returns: None,
            bytes: None,
            latencies: Vec::new(),
        }
    }

    /// One of the cases of [`results`].
    pub(crate) fn case(name: &str, count: u64) -> CaseResults {
        let rows = vec![
            row("raw", &[100.0; 3]),
            row("raw again", &[100.0; 3]),
            row("mio", &[200.0; 3]),
            row("poll-os", &[50.0; 3]),
        ];
        let goals = [
            Goal::ratio("poll-os", "raw", 0.4),
            Goal::ratio("poll-os", "mio", 0.97),
        ];
        CaseResults {
            name: name.to_owned(),
            operation: "write & <wait>".to_owned(),
            unit: "ns".to_owned(),
            size: Some(Place {
                series: "one ready".to_owned(),
                of: "sources".to_owned(),
                count,
            }),
            seconds: 1.5,
            goals: Outcome::all(&goals, &rows, &[]),
            rows,
        }
    }

    /// One group of two cases, in which raw costs 100 ns, mio twice and poll-os half of that.
    pub(crate) fn results() -> Results {
        Results {
            date: "2026-11-22T05:40:00Z".to_owned(),
            effort: "quick".to_owned(),
            seconds: 3.0,
            machine: Machine {
                cpu: "A CPU & more".to_owned(),
                cpus: 2,
                system: "Linux 6.18".to_owned(),
                load: Some(0.5),
                rustc: "rustc 1.95.0".to_owned(),
                profile: "release".to_owned(),
                commit: None,
            },
            versions: vec![Version {
                name: "mio".to_owned(),
                version: "1.2.4".to_owned(),
            }],
            tracer: None,
            groups: vec![GroupResults {
                name: "wait".to_owned(),
                about: "Wait.".to_owned(),
                seconds: 3.0,
                failure: None,
                cases: vec![case("one", 1), case("many", 1_000)],
            }],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Results, samples};

    #[test]
    fn a_run_comes_back_from_its_file() -> std::io::Result<()> {
        let mut results = samples::results();
        results.groups[0].cases[0].rows[0].latencies = vec![1, 2, 3];
        results.groups[0].cases[0].rows[0].calls = Some(2.0);
        let text = results.text()?;
        let back: Results = serde_json::from_str(&text).map_err(std::io::Error::other)?;
        assert_eq!(back.text()?, text);
        let row = &back.groups[0].cases[0].rows[0];
        assert_eq!((&row.latencies[..], row.calls), (&[1, 2, 3][..], Some(2.0)));
        let missing = Results::read(std::path::Path::new("no/such/run.json"));
        assert!(missing.is_err_and(|error| error.to_string().starts_with("no/such/run.json: ")));
        Ok(())
    }
}
