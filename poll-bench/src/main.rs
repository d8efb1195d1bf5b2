//! poll-io beside its peers: parses the command line and dispatches; `README.md` says what is
//! measured and how.

mod accept;
mod alloc;
mod callgrind;
mod calls;
mod echo;
mod goals;
mod groups;
mod harness;
mod hold;
mod machine;
mod page;
mod peers;
mod plot;
mod progress;
mod publish;
mod report;
mod results;
mod run;
mod stats;
mod summary;
mod sys;

use core::time::Duration;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use harness::Effort;

#[global_allocator]
static ALLOCATOR: alloc::Counting = alloc::Counting;

const USAGE: &str = "usage: poll-bench [GROUP ...] [--quick|--smoke]
       poll-bench page FILE
       poll-bench publish [--quick|--again]
       poll-bench instructions [GROUP]
       poll-bench serve KIND CONNECTIONS MESSAGES
       poll-bench drive PORT CONNECTIONS
       poll-bench accept KIND AT-ONCE CONNECTIONS
       poll-bench connect PORT AT-ONCE
       poll-bench hold tasks|sleepers|connections KIND COUNT
       poll-bench count GROUP CASE KIND OPERATIONS";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("poll-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> io::Result<()> {
    match words {
        ["--help" | "-h", ..] => {
            println!("{USAGE}\n\ngroups:");
            for group in groups::ALL {
                println!("       {:<12} {}", group.name, group.about);
            }
            Ok(())
        }
        ["serve", kind, connections, messages] => {
            echo::serve(kind, number(connections)?, number(messages)?)
        }
        ["drive", port, connections] => echo::drive(number(port)?, number(connections)?),
        ["accept", kind, _at_once, connections] => accept::serve(kind, number(connections)?),
        ["connect", port, _at_once] => accept::connect(number(port)?),
        ["hold", what, kind, count] => hold::hold(what, kind, number(count)?),
        ["count", group, case, kind, operations] => count(group, case, kind, number(operations)?),
        ["page", file] => run::draw_again(Path::new(file)),
        ["publish"] => publish::publish(Effort::Full),
        ["publish", "--quick"] => publish::publish(Effort::Quick),
        ["publish", "--again"] => publish::draw_again(),
        ["instructions"] => {
            sys::end_after(Duration::from_secs(900));
            callgrind::instructions()
        }
        ["instructions", group] => {
            sys::end_after(Duration::from_secs(900));
            callgrind::instructions_of(group)
        }
        words => measure(words),
    }
}

fn number<T: core::str::FromStr>(word: &str) -> io::Result<T> {
    word.parse()
        .map_err(|_not_a_number| io::Error::other(format!("{word:?} is no number")))
}

// The child that a tracer counts: one kind, so many operations.
fn count(group: &str, name: &str, kind: &str, operations: u64) -> io::Result<()> {
    sys::end_after(Duration::from_secs(60));
    sys::raise_descriptor_limit()?;
    let cases = groups::cases(group)?;
    let case = cases.iter().find(|case| case.name() == name);
    let case = case.ok_or_else(|| io::Error::other(format!("no case is called {name:?}")))?;
    let sources = harness::sources_of(case.as_ref())?;
    let mut run = case.prepare(kind, &sources)?;
    run(operations).map(drop)
}

fn measure(words: &[&str]) -> io::Result<()> {
    let (flags, named): (Vec<&str>, Vec<&str>) =
        words.iter().partition(|word| word.starts_with("--"));
    let (effort, limit) = match flags[..] {
        [] => (Effort::Full, 3000),
        ["--quick"] => (Effort::Quick, 900),
        ["--smoke"] => (Effort::Smoke, 480),
        _ => return Err(io::Error::other(USAGE)),
    };
    let chosen = match named[..] {
        [] => groups::ALL.iter().collect(),
        _ => named
            .iter()
            .map(|name| groups::named(name))
            .collect::<io::Result<Vec<_>>>()?,
    };
    sys::end_after(Duration::from_secs(limit));
    sys::raise_descriptor_limit()?;
    run::all(effort, &chosen, !named.is_empty())
}
