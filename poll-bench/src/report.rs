//! Tables for people and a file for programs.

use std::io;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::goals::{Earlier, Outcome};
use crate::harness::{Case, Effort, Row};
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

/// Writes a group's results as `<group>.json`.
pub(crate) fn write_json(group: &str, value: &Value) -> io::Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(io::Error::other)?;
    std::fs::write(folder()?.join(format!("{group}.json")), text + "\n")
}

/// Prints a case's table.
pub(crate) fn print(case: &dyn Case, rows: &[Row], earlier: &[Earlier], effort: Effort) {
    println!("{}: {}", case.name(), case.operation());
    // Counts that no kind has get no column.
    let counts = COUNTS
        .iter()
        .filter(|count| rows.iter().any(|row| (count.of)(row).is_some()));
    let counts: Vec<&Count> = counts.collect();
    print!(
        "{:<20} {:>7} {:>15} {:>10} {:>17}",
        "kind",
        "ratio",
        "[quartiles]",
        case.unit(),
        "[quartiles]"
    );
    for count in &counts {
        print!(" {:>9}", count.name);
    }
    println!();
    for row in rows {
        print!(
            "{:<20} {:>7.3} {:>15} {:>10.1} {:>17}",
            row.kind,
            row.ratio.median,
            format!("[{:.3}..{:.3}]", row.ratio.lower, row.ratio.upper),
            row.cost.median,
            format!("[{:.0}..{:.0}]", row.cost.lower, row.cost.upper),
        );
        for count in &counts {
            print!(" {:>9}", optional((count.of)(row), count.digits));
        }
        println!();
    }
    // One round tells nothing.
    let outcomes = match effort {
        Effort::Smoke => Vec::new(),
        Effort::Quick | Effort::Full => Outcome::all(case.goals(), rows, earlier),
    };
    for outcome in outcomes {
        println!("goal: {}", outcome.line());
    }
    println!();
}

/// A column of the table.
struct Count {
    name: &'static str,
    digits: usize,
    of: fn(&Row) -> Option<f64>,
}

const COUNTS: &[Count] = &[
    Count {
        name: "p50",
        digits: 1,
        of: |row| row.p50,
    },
    Count {
        name: "syscalls",
        digits: 2,
        of: |row| row.calls,
    },
    Count {
        name: "allocs",
        digits: 2,
        of: |row| row.allocations,
    },
    Count {
        name: "returns",
        digits: 4,
        of: |row| row.returns,
    },
    Count {
        name: "heap",
        digits: 1,
        of: |row| row.bytes,
    },
];

fn optional(figure: Option<f64>, digits: usize) -> String {
    figure.map_or_else(|| "-".to_owned(), |figure| format!("{figure:.digits$}"))
}

/// A case's results for the file.
pub(crate) fn json(case: &dyn Case, rows: &[Row], earlier: &[Earlier]) -> Value {
    let goals = Outcome::all(case.goals(), rows, earlier);
    let goals: Vec<Value> = goals.iter().map(Outcome::json).collect();
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "kind": row.kind,
                "ratio": quartiles(row.ratio),
                "cost": quartiles(row.cost),
                "system_calls": row.calls,
                "allocations": row.allocations,
                "returns": row.returns,
                "bytes": row.bytes,
                "p50": row.p50,
            })
        })
        .collect();
    json!({
        "case": case.name(),
        "operation": case.operation(),
        "unit": case.unit(),
        "rows": rows,
        "goals": goals,
    })
}

fn quartiles(figures: Quartiles) -> Value {
    json!([figures.lower, figures.median, figures.upper])
}

/// A group's file.
pub(crate) fn group(group: &str, effort: Effort, cases: Vec<Value>) -> Value {
    json!({ "group": group, "effort": effort.name(), "cases": cases })
}
