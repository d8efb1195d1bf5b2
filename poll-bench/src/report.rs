//! Tables for people who wait at a terminal.

use std::io;
use std::path::PathBuf;

use serde_json::Value;

use crate::results::{CaseResults, GroupResults, Results, Row};
use crate::stats::Quartiles;

/// Where results go: `poll-bench` in the target folder this program was built into.
pub(crate) fn folder() -> io::Result<PathBuf> {
    let program = std::env::current_exe()?;
    let target = program.ancestors().nth(2);
    let target = target.ok_or_else(|| io::Error::other("this program stands in no folder"))?;
    let folder = target.join("poll-bench");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Writes what a subcommand found as `<name>.json`.
pub(crate) fn write_json(name: &str, value: &Value) -> io::Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(io::Error::other)?;
    std::fs::write(folder()?.join(format!("{name}.json")), text + "\n")
}

/// A group's table, and what is meant to be reached in it.
pub(crate) fn table(group: &GroupResults) -> String {
    let mut text = format!("== {}: {} ==\n\n", group.name, group.about);
    let mut ours: Vec<&str> = Vec::new();
    for row in group.cases.iter().flat_map(|case| &case.rows) {
        if row.is_ours() && !ours.contains(&row.kind.as_str()) {
            ours.push(&row.kind);
        }
    }
    for (number, kind) in ours.iter().enumerate() {
        text += &format!(
            "to [{}]: the cost of {kind} in that of the line's kind\n",
            number + 1
        );
    }
    let rows = || group.cases.iter().flat_map(|case| &case.rows);
    // Counts that no kind has get no column.
    let counts: Vec<&Count> = COUNTS
        .iter()
        .filter(|count| rows().any(|row| (count.of)(row).is_some()))
        .collect();
    text += &format!(
        "{:<22} {:>10} {:>19} {:>7} {:>15}",
        "", "cost", "[quartiles]", "ratio", "[quartiles]"
    );
    for number in 1..=ours.len() {
        text += &format!(" {:>7}", format!("to [{number}]"));
    }
    for count in &counts {
        text += &format!(" {:>9}", count.name);
    }
    text += "\n";
    for case in &group.cases {
        text += &format!("\n{}, {}: {}\n", case.name, case.unit, case.operation);
        for row in &case.rows {
            text += &line(case, row, &ours, &counts);
        }
        for goal in &case.goals {
            text += &format!("  goal: {}\n", goal.line());
        }
    }
    if let Some(failure) = &group.failure {
        text += &format!("\nFAILED: {failure}\n");
    }
    text
}

fn line(case: &CaseResults, row: &Row, ours: &[&str], counts: &[&Count]) -> String {
    let Quartiles { lower, upper, .. } = row.cost;
    let mut text = format!(
        "{:<22} {:>10.1} {:>19} {:>7.3} {:>15}",
        row.kind,
        row.cost.median,
        format!("[{lower:.0}..{upper:.0}]"),
        row.ratio.median,
        format!("[{:.3}..{:.3}]", row.ratio.lower, row.ratio.upper),
    );
    for kind in ours {
        let own = case.rows.iter().find(|own| own.kind == *kind);
        let ratio = own.filter(|own| own.kind != row.kind);
        text += &format!(
            " {:>7}",
            optional(ratio.map(|own| own.ratio_to(row).median), 3)
        );
    }
    for count in counts {
        text += &format!(" {:>9}", optional((count.of)(row), count.digits));
    }
    text + "\n"
}

/// A column of the table.
pub(crate) struct Count {
    pub(crate) name: &'static str,
    pub(crate) digits: usize,
    /// What it counts, where that is not operations.
    pub(crate) unit: Option<&'static str>,
    pub(crate) of: fn(&Row) -> Option<f64>,
}

/// The columns that only some cases have.
pub(crate) const COUNTS: &[Count] = &[
    Count {
        name: "p50",
        digits: 0,
        unit: Some("ns"),
        of: |row| row.quantile(100),
    },
    Count {
        name: "p99",
        digits: 0,
        unit: Some("ns"),
        of: |row| row.quantile(198),
    },
    Count {
        name: "syscalls",
        digits: 2,
        unit: None,
        of: |row| row.calls,
    },
    Count {
        name: "allocs",
        digits: 2,
        unit: None,
        of: |row| row.allocations,
    },
    Count {
        name: "returns",
        digits: 4,
        unit: None,
        of: |row| row.returns,
    },
    Count {
        name: "heap",
        digits: 1,
        unit: Some("bytes"),
        of: |row| row.bytes,
    },
];

/// A figure, or a stroke where there is none.
pub(crate) fn optional(figure: Option<f64>, digits: usize) -> String {
    figure.map_or_else(|| "-".to_owned(), |figure| format!("{figure:.digits$}"))
}

/// What came of all goals.
pub(crate) fn goals(results: &Results) -> String {
    let goals: Vec<_> = results.goals().collect();
    if goals.is_empty() {
        return String::new();
    }
    let mut text = String::from("goals\n\n");
    for (group, case, goal) in goals {
        text += &format!(
            "{:<17} {} / {}: {}\n",
            goal.verdict.name(),
            group.name,
            case.name,
            goal.line()
        );
    }
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::{goals, table};
    use crate::results::samples;

    #[test]
    fn a_table_has_the_ratio_of_ours_to_every_other_kind() {
        let results = samples::results();
        let text = table(&results.groups[0]);
        let line = |kind: &str| {
            let mut lines = text.lines().filter(|line| line.starts_with(kind));
            lines
                .next()
                .unwrap_or_else(|| panic!("{kind}: {text}"))
                .to_owned()
        };
        // raw costs 100, mio 200, ours 50.
        assert!(line("raw  ").ends_with(" 0.500"), "{text}");
        assert!(
            line("mio").contains("  2.000  [2.000..2.000]   0.250"),
            "{text}"
        );
        assert!(line("poll-os").ends_with(" -"), "{text}");
        assert!(line("raw again").contains("1.000"), "{text}");
        assert!(text.contains("to [1]: the cost of poll-os"), "{text}");
    }

    #[test]
    fn a_group_that_failed_says_so_below_what_it_has() {
        let mut results = samples::results();
        results.groups[0].failure = Some("no such thing".to_owned());
        assert!(table(&results.groups[0]).ends_with("\nFAILED: no such thing\n"));
    }

    #[test]
    fn every_goal_stands_in_the_list_with_its_verdict() {
        let text = goals(&samples::results());
        assert!(
            text.contains("missed            wait / one: poll-os to raw: 0.500"),
            "{text}"
        );
        assert!(
            text.contains("met               wait / one: poll-os to mio: 0.250"),
            "{text}"
        );
    }
}
