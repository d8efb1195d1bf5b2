//! The table at the end of the demonstration.

use core::time::Duration;

use crate::round::{Measured, Round};

const HEADS: [&str; 8] = [
    "connections",
    "requests/s",
    "errors",
    "p50",
    "p99",
    "p99.9",
    "server CPU/request",
    "system calls/request",
];

/// Draws the table: one line for each round.
pub(crate) fn draw(rounds: &[Round]) -> String {
    let mut lines = vec![line(HEADS.map(str::to_owned))];
    for round in rounds {
        lines.push(match &round.result {
            Ok(measured) => line(cells(round.connections, measured)),
            Err(skipped) => format!(
                "{:>width$}  SKIP: {}",
                round.connections,
                skipped.0,
                width = HEADS[0].len()
            ),
        });
    }
    lines.join("\n")
}

fn cells(connections: usize, measured: &Measured) -> [String; 8] {
    let Measured {
        report,
        processor,
        calls_per_thousand: calls,
    } = measured;
    let latency = |parts, whole| micros(report.latency.quantile(parts, whole));
    [
        connections.to_string(),
        report.rate().to_string(),
        report.errors.to_string(),
        latency(1, 2),
        latency(99, 100),
        latency(999, 1000),
        processor.map_or("-".to_owned(), micros),
        format!("{}.{:03}", calls / 1000, calls % 1000),
    ]
}

fn line(cells: [String; 8]) -> String {
    let cells = cells.iter().zip(HEADS);
    let cells =
        cells.map(|(cell, head)| format!("{cell:>width$}", width = head.chars().count().max(9)));
    cells.collect::<Vec<_>>().join("  ")
}

fn micros(duration: Duration) -> String {
    let tenths = (duration.as_nanos() + 50) / 100;
    format!("{}.{} µs", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::{draw, micros};
    use crate::round::{Measured, Round, Skipped};
    use core::time::Duration;
    use examples::load::{Histogram, Report};

    #[test]
    fn every_line_is_as_wide_as_the_head_and_a_skip_says_why() {
        let report = Report {
            responses: 4000,
            latency: Histogram::new(),
            elapsed: Duration::from_secs(2),
            errors: 0,
            first_error: None,
        };
        let measured = Measured {
            report,
            processor: None,
            calls_per_thousand: 2031,
        };
        let rounds = [
            Round {
                connections: 64,
                result: Ok(measured),
            },
            Round {
                connections: 1000,
                result: Err(Skipped("no room".to_owned())),
            },
        ];
        let table = draw(&rounds);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines[0].chars().count(), lines[1].chars().count());
        let cells: Vec<&str> = lines[1].split_whitespace().collect();
        assert_eq!(cells[..3], ["64", "2000", "0"]);
        assert_eq!(cells[cells.len() - 2..], ["-", "2.031"]);
        assert_eq!(lines[2], "       1000  SKIP: no room");
    }

    #[test]
    fn durations_are_rounded_to_tenths_of_a_microsecond() {
        for (nanos, text) in [
            (0, "0.0 µs"),
            (49, "0.0 µs"),
            (50, "0.1 µs"),
            (12_345, "12.3 µs"),
        ] {
            assert_eq!(micros(Duration::from_nanos(nanos)), text);
        }
    }
}
