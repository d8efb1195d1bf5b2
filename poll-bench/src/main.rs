//! poll-io beside its peers: parses the command line and dispatches; `README.md` says what is
//! measured and how.

mod alloc;
mod callgrind;
mod calls;
mod echo;
mod goals;
mod groups;
mod harness;
mod hold;
mod peers;
mod report;
mod stats;
mod sys;

use core::time::Duration;
use std::io;
use std::process::ExitCode;
use std::thread;

use calls::Tracer;
use harness::Effort;

#[global_allocator]
static ALLOCATOR: alloc::Counting = alloc::Counting;

const USAGE: &str = "usage: poll-bench [GROUP ...] [--quick|--smoke]
       (wait wake channels locks codec register timers sleep rt echo async-echo memory spin reactor)
       poll-bench instructions [GROUP]
       poll-bench serve KIND CONNECTIONS MESSAGES
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
            println!("{USAGE}");
            Ok(())
        }
        ["serve", kind, connections, messages] => {
            echo::serve(kind, number(connections)?, number(messages)?)
        }
        ["hold", what, kind, count] => hold::hold(what, kind, number(count)?),
        ["count", group, case, kind, operations] => count(group, case, kind, number(operations)?),
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
        [] => (Effort::Full, 1800),
        ["--quick"] => (Effort::Quick, 600),
        ["--smoke"] => (Effort::Smoke, 300),
        _ => return Err(io::Error::other(USAGE)),
    };
    sys::end_after(Duration::from_secs(limit));
    sys::raise_descriptor_limit()?;
    let chosen = if named.is_empty() {
        groups::NAMES
    } else {
        &named
    };
    let tracer = Tracer::find();
    match tracer {
        Some(tracer) => println!("System calls are counted by {}.", tracer.name()),
        None => println!(
            "SKIP: system calls are not counted, because neither perf nor strace works here."
        ),
    }
    for group in chosen {
        measure_group(group, effort, tracer)?;
    }
    Ok(())
}

fn measure_group(group: &str, effort: Effort, tracer: Option<Tracer>) -> io::Result<()> {
    println!("\n== {group} ==\n");
    let (mut results, mut earlier) = (Vec::new(), Vec::new());
    for case in groups::cases(group)? {
        let case = case.as_ref();
        // A thread of its own, because a case may choose the CPU it runs on.
        let rows = thread::scope(|scope| scope.spawn(|| harness::compare(case, effort)).join());
        let mut rows = match rows {
            Ok(rows) => rows?,
            Err(_panic) => return Err(io::Error::other(format!("{group} panicked"))),
        };
        if let Some(tracer) = tracer {
            // A smoke run counts what is promised and, to see that the count is right, the first.
            let (first, smoke) = (rows.first().map(|row| row.kind), effort == Effort::Smoke);
            for row in &mut rows {
                if smoke && case.promise(row.kind).is_none() && first != Some(row.kind) {
                    continue;
                }
                row.calls = calls::per_operation(tracer, group, case, row.kind)?;
            }
        }
        report::print(case, &rows, &earlier, effort);
        results.push(report::json(case, &rows, &earlier));
        for row in &rows {
            case.promise(row.kind)
                .map_or(Ok(()), |promise| promise.check(row))?;
        }
        earlier.push((case.name(), rows));
    }
    report::write_json(group, &report::group(group, effort, results))
}
