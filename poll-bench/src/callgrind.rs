//! Subcommand *instructions*: user-space instructions counted by callgrind, per echoed message or
//! per operation of a group.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::calls::scratch;
use crate::echo::{KINDS, Server, Work};
use crate::goals::Outcome;
use crate::harness::{Calls, Case};
use crate::stats::slope;
use crate::{groups, report};

/// Figures of one kind at one number of connections.
struct Figures {
    /// Per message.
    instructions: f64,
    messages_per_wait: f64,
}

/// Prints the table of all kinds, or says loudly that valgrind is not there.
pub(crate) fn instructions() -> io::Result<()> {
    if !is_installed() {
        return Ok(());
    }
    println!("instructions: user space, per echoed message of 64 bytes (callgrind)");
    println!();
    println!(
        "{:<22} {:>8} {:>8} {:>14} {:>9} {:>12}",
        "kind", "1 conn", "64 conn", "messages/wait", "per wait", "per message"
    );
    let cases = groups::cases("echo")?;
    let goals = |connections: usize| {
        let case = cases
            .iter()
            .find(|case| case.calls() == Calls::Server(Work::Echo, connections));
        case.map_or(&[][..], |case| case.goals())
    };
    let mut rows = Vec::new();
    for kind in KINDS {
        let one = measure((Work::Echo, kind), 1, 2_000)?;
        let many = measure((Work::Echo, kind), 64, 6_400)?;
        let (per_wait, per_message) = parts(&one, &many);
        println!(
            "{kind:<22} {:>8.1} {:>8.1} {:>14.1} {per_wait:>9.1} {per_message:>12.1}",
            one.instructions, many.instructions, many.messages_per_wait
        );
        let mut outcomes = Outcome::of_instructions(goals(1), kind, one.instructions);
        outcomes.extend(Outcome::of_instructions(goals(64), kind, many.instructions));
        for outcome in &outcomes {
            println!("goal: {}", outcome.line());
        }
        rows.push(json!({
            "kind": kind,
            "goals": outcomes,
            "instructions_1": one.instructions,
            "instructions_64": many.instructions,
            "messages_per_wait_64": many.messages_per_wait,
            "per_wait": per_wait,
            "per_message": per_message,
        }));
    }
    println!();
    report::write_json(
        "instructions",
        &json!({ "group": "instructions", "rows": rows }),
    )
}

/// Prints those of a group's cases whose work is all on one thread.
pub(crate) fn instructions_of(group: &str) -> io::Result<()> {
    let cases = groups::cases(group)?;
    if !is_installed() {
        return Ok(());
    }
    println!("instructions: user space, per operation (callgrind)");
    println!();
    let mut results = Vec::new();
    for case in &cases {
        let case = case.as_ref();
        let kinds = case.kinds().iter();
        for kind in kinds.filter(|kind| case.is_single_threaded(kind)) {
            let instructions = per_operation(group, case, kind)?;
            println!("{:<32} {kind:<20} {instructions:>9.1}", case.name());
            let outcomes = Outcome::of_instructions(case.goals(), kind, instructions);
            for outcome in &outcomes {
                println!("goal: {}", outcome.line());
            }
            results.push(json!({
                "case": case.name(),
                "kind": kind,
                "instructions": instructions,
                "goals": outcomes,
            }));
        }
    }
    report::write_json(
        &format!("instructions-{group}"),
        &json!({ "group": group, "rows": results }),
    )
}

fn per_operation(group: &str, case: &dyn Case, kind: &str) -> io::Result<f64> {
    if let Calls::Server(work, connections) = case.calls() {
        let round = u64::try_from(connections).map_err(io::Error::other)?;
        let messages = 3_000_u64.next_multiple_of(round);
        return Ok(measure((work, kind), connections, messages)?.instructions);
    }
    let program = std::env::current_exe()?;
    let total = |operations: u64| -> io::Result<(u64, u64)> {
        let output = scratch("callgrind.out")?;
        let words = arguments(&output);
        let status = Command::new(&words[0])
            .args(&words[1..])
            .arg(&program)
            .args(["count", group, case.name(), kind, &operations.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()?;
        if !status.success() {
            return Err(io::Error::other(format!("valgrind ended with {status}")));
        }
        Ok((read(&output)?, operations))
    };
    let size = (case.slice() / 10).max(1);
    Ok(slope(total(size)?, total(2 * size)?))
}

// Says so if it is not.
fn is_installed() -> bool {
    let valgrind = Command::new("valgrind")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    let is_there = valgrind.is_ok_and(|status| status.success());
    if !is_there {
        println!("SKIP: instructions are not counted, because valgrind is not installed.");
    }
    is_there
}

fn arguments(output: &Path) -> Vec<String> {
    let file = format!("--callgrind-out-file={}", output.display());
    ["valgrind", "--quiet", "--tool=callgrind", &file]
        .map(str::to_owned)
        .to_vec()
}

// All instructions of the process that wrote the file.
fn read(output: &Path) -> io::Result<u64> {
    let text = std::fs::read_to_string(output)?;
    let found = text.lines().find_map(|line| {
        line.strip_prefix("summary: ")
            .or(line.strip_prefix("totals: "))
    });
    let number = found.unwrap_or_default();
    number.trim().parse().map_err(io::Error::other)
}

// How many messages one wait finds is up to the scheduler, so the figures at 64 connections move
// from run to run; what a wait and what a message cost does not.
fn parts(one: &Figures, many: &Figures) -> (f64, f64) {
    // instructions = per_message + per_wait / messages_per_wait, at both points.
    let (a, b) = (1.0 / one.messages_per_wait, 1.0 / many.messages_per_wait);
    let per_wait = (one.instructions - many.instructions) / (a - b);
    (per_wait, one.instructions - per_wait * a)
}

fn measure(kind: (Work, &str), connections: usize, messages: u64) -> io::Result<Figures> {
    let (small, small_waits) = total(kind, connections, messages)?;
    let (large, large_waits) = total(kind, connections, 3 * messages)?;
    Ok(Figures {
        instructions: slope((small, messages), (large, 3 * messages)),
        messages_per_wait: slope((messages, small_waits), (3 * messages, large_waits)),
    })
}

// All instructions of a server from its start to its end, and its number of waits.
fn total(kind: (Work, &str), connections: usize, messages: u64) -> io::Result<(u64, u64)> {
    let output = scratch("callgrind.out")?;
    let words = arguments(&output);
    let wrapper: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut server = Server::start(&wrapper, kind, connections, messages)?;
    server.drive(messages)?;
    let waits = server.finish()?;
    Ok((read(&output)?, waits))
}

#[cfg(test)]
mod tests {
    use super::{Figures, parts};

    #[test]
    fn the_cost_of_a_wait_and_of_a_message_are_told_apart() {
        let one = Figures {
            instructions: 20.0 + 40.0,
            messages_per_wait: 1.0,
        };
        let many = Figures {
            instructions: 20.0 / 16.0 + 40.0,
            messages_per_wait: 16.0,
        };
        assert_eq!(parts(&one, &many), (20.0, 40.0));
    }
}
