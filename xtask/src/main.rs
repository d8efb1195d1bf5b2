//! The project's commands; this file only dispatches.
#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    reason = "a command-line tool talks on standard output"
)]

mod bench;
mod compat;
mod demo;
mod docs;
mod harness;
mod layers;
mod manifest;
mod other;
mod problem;
mod run;
mod source;
mod targets;
mod test;
mod tidy;
mod unsafe_ledger;
mod vm;
mod workspace;

use std::env;
use std::process::ExitCode;

/// What a command returns: nothing, or the last line the user reads before the exit code 1.
type Outcome = Result<(), String>;

struct Command {
    name: &'static str,
    arguments: &'static str,
    purpose: &'static str,
    run: fn(&[String]) -> Outcome,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "test",
        arguments: "[--quick | --kernel V [--strict] | --target T [--strict]]",
        purpose: "everything that must pass; --quick: the inner loop; or on other kernels, targets",
        run: test::run,
    },
    Command {
        name: "demo",
        arguments: "[--serve]",
        purpose: "the HTTP server under a load client of our own; --serve leaves it running",
        run: demo::run,
    },
    Command {
        name: "bench",
        arguments: "[GROUP...] [--quick] | publish",
        purpose: "poll-bench: ours beside the peers, as ratios, with a page; publish: docs/bench",
        run: bench::run,
    },
    Command {
        name: "compat",
        arguments: "",
        purpose: "tokio's own tests on our mio and on mio itself, side by side",
        run: compat::run,
    },
    Command {
        name: "targets",
        arguments: "[--strict] [TARGET...]",
        purpose: "lint, check headers and link for other systems; --strict fails on a SKIP",
        run: targets::run,
    },
    Command {
        name: "vm",
        arguments: "SYSTEM [--bundle] [COMMAND...]",
        purpose: "the script of ci/, or the tests linked here, over ssh on a machine you name",
        run: vm::run,
    },
    Command {
        name: "tidy",
        arguments: "",
        purpose: "the rules of STYLE.md that a program can check",
        run: tidy::run,
    },
    Command {
        name: "layers",
        arguments: "[--print | --write]",
        purpose: "dependencies against the table; draw the graph, or write it to ARCHITECTURE.md",
        run: layers::run,
    },
    Command {
        name: "unsafe",
        arguments: "[--check]",
        purpose: "write UNSAFE.md; --check fails where it differs or unsafe stands elsewhere",
        run: unsafe_ledger::run,
    },
    Command {
        name: "docs",
        arguments: "",
        purpose: "rustdoc with warnings denied, public and private, and the doc tests",
        run: docs::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (name, rest) = match arguments.split_first() {
        Some((name, rest)) => (name.as_str(), rest),
        None => ("help", arguments.as_slice()),
    };
    if matches!(name, "help" | "--help" | "-h") {
        print_help();
        return ExitCode::SUCCESS;
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        println!("unknown command: {name}\n");
        print_help();
        return ExitCode::from(2);
    };
    // Only as the first one: `vm SYSTEM ls -h` is for the machine there.
    if rest
        .first()
        .is_some_and(|argument| matches!(argument.as_str(), "--help" | "-h"))
    {
        print_help();
        return ExitCode::SUCCESS;
    }
    match (command.run)(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            println!("{name}: {message}");
            ExitCode::FAILURE
        }
    }
}

fn print_help() {
    println!("usage: cargo xtask COMMAND\n");
    for command in COMMANDS {
        let call = format!("{} {}", command.name, command.arguments);
        print_entry(&call, command.purpose);
    }
    print_entry("help", "this list");
}

/// A call and what it does, on the next line if the call is long.
fn print_entry(call: &str, purpose: &str) {
    const WIDTH: usize = 28;
    if call.len() >= WIDTH {
        println!("  {call}\n  {:WIDTH$}{purpose}", "");
    } else {
        println!("  {call:WIDTH$}{purpose}");
    }
}
