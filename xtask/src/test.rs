//! `test`: everything that must pass, in order of cost, with a table of the steps at the end.

mod alone;
mod apart;
mod architectures;
mod beside;
mod clients;
mod conditions;
mod elsewhere;
mod emulated;
mod examples;
mod features;
mod interface;
mod kernels;
mod models;
mod tally;

use core::time::Duration;
use std::thread;

use crate::run::{Call, Talk, now, within};
use crate::workspace::{crates, read};
use crate::{Outcome, compat, docs, harness, layers, tidy, unsafe_ledger};
use beside::Beside;

/// What is said to cargo of what is run optimised.
const OPTIMIZED: &str = "--config xtask/optimized.toml";

/// How a step ended when it did not fail.
enum Done {
    Passed,
    /// Not run here, and why; printed loudly, never silently.
    Skipped(String),
}

type Result = core::result::Result<Done, String>;

/// How long a step may take, its builds from nothing among it, or the rest of what ran beside all
/// others. One that takes three minutes has taken fifteen on a machine that others used too.
const LIMIT: Duration = Duration::from_secs(1800);
/// How long no test of a program may end.
const PAUSE: Duration = Duration::from_secs(300);

struct Step {
    name: &'static str,
    /// Part of the inner loop.
    quick: bool,
    /// None for what is begun before all others and waited for in its place.
    run: Option<fn() -> Result>,
}

const fn step(name: &'static str, run: fn() -> Result) -> Step {
    Step {
        name,
        quick: false,
        run: Some(run),
    }
}

const fn quick(name: &'static str, run: fn() -> Result) -> Step {
    Step {
        name,
        quick: true,
        run: Some(run),
    }
}

const fn beside(name: &'static str) -> Step {
    Step {
        name,
        quick: false,
        run: None,
    }
}

const STEPS: &[Step] = &[
    quick("format", || cargo("fmt --all --check")),
    quick("tidy", || passed(tidy::run(&[]))),
    quick("layers", || passed(layers::run(&[]))),
    quick("unsafe", || {
        passed(unsafe_ledger::run(&["--check".to_owned()]))
    }),
    step("licences and sources", deny),
    step("oldest compiler", oldest_compiler),
    quick("clippy", || {
        cargo("clippy --workspace --all-targets -- -D warnings")
    }),
    step("clippy, all features", || {
        cargo("clippy --workspace --all-targets --all-features -- -D warnings")
    }),
    step("each crate and feature alone", alone::each),
    step("no_std is no_std", alone::without_std),
    step(
        "tracing off means nothing",
        features::tracing_off_means_nothing,
    ),
    quick("tests", || {
        passed(tests(
            "test --workspace --no-fail-fast --lib --bins --tests",
        ))
    }),
    step("tests, all features", || {
        passed(tests(
            "test --workspace --no-fail-fast --lib --bins --tests --all-features",
        ))
    }),
    step("tests, optimised", models::optimized),
    step("docs and doc tests", || passed(docs::run(&[]))),
    step("loom models", models::loom),
    step("kqueue on an emulated kernel", emulated::kqueue),
    step("examples", examples::run),
    step("clients of others", clients::of_redis),
    step("mio's interface everywhere", interface::everywhere),
    step("programs of the originals", compat_at_work),
    step("the oldest Linux kernel", kernels::oldest),
    step("benchmarks build and run", apart::benchmarks),
    beside("other systems"),
];

/// What the arguments ask for.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    /// The steps, on this system.
    Here { inner_loop: bool },
    /// The suite on these Linux kernels; strictly if one that cannot be had is a failure.
    Kernels { names: Vec<String>, strict: bool },
    /// The suite for these targets, likewise.
    Targets { names: Vec<String>, strict: bool },
}

impl Wanted {
    fn parse(arguments: &[String]) -> core::result::Result<Self, String> {
        let unknown = || format!("unknown arguments: {}", arguments.join(" "));
        let (mut inner_loop, mut strict) = (false, false);
        let (mut kernels, mut targets) = (Vec::new(), Vec::new());
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                "--quick" => inner_loop = true,
                "--strict" => strict = true,
                "--kernel" => kernels.push(rest.next().ok_or("--kernel wants a version")?.clone()),
                "--target" => targets.push(rest.next().ok_or("--target wants a name")?.clone()),
                _ => return Err(unknown()),
            }
        }
        match (kernels.is_empty(), targets.is_empty()) {
            (true, true) if !strict => Ok(Self::Here { inner_loop }),
            (false, true) if !inner_loop => Ok(Self::Kernels {
                names: kernels,
                strict,
            }),
            (true, false) if !inner_loop => Ok(Self::Targets {
                names: targets,
                strict,
            }),
            _ => Err(unknown()),
        }
    }
}

/// Runs all steps, or those of the inner loop; every step runs, also after one that failed, and one
/// that does not come to an end has failed.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let inner_loop = match Wanted::parse(arguments)? {
        Wanted::Here { inner_loop } => inner_loop,
        Wanted::Kernels { names, strict } => return kernels::run(&names, strict),
        Wanted::Targets { names, strict } => return architectures::run(&names, strict),
    };
    let start = now();
    let mut begun = None;
    if !inner_loop {
        fetch_ahead();
        begun = Some(Beside::other_systems());
    }
    let mut rows = Vec::new();
    for step in STEPS.iter().filter(|step| step.quick || !inner_loop) {
        println!("\n== {}", step.name);
        let since = now();
        let result = match (step.run, begun.take_if(|_| step.run.is_none())) {
            (Some(run), _) => within(LIMIT, run),
            (None, Some(beside)) => within(LIMIT, || beside.end()),
            (None, None) => Err("was not begun".to_owned()),
        };
        let row = row(step.name, since.elapsed(), &result);
        println!("{row}");
        rows.push((row, result.is_err()));
    }
    println!("\n== all steps, {} s", start.elapsed().as_secs());
    for (row, _) in &rows {
        println!("{row}");
    }
    let failed = rows.iter().filter(|(_, failed)| *failed).count();
    if failed == 0 {
        Ok(())
    } else {
        Err(format!("{failed} of {} steps FAILED", rows.len()))
    }
}

/// Begins to fetch what a later step wants while the first ones compile and the network is idle.
///
/// Trouble is told by the step that wants what cannot be had; what is still being fetched, it waits
/// for.
fn fetch_ahead() {
    thread::spawn(|| within(LIMIT, kernels::fetch));
}

fn row(name: &str, took: Duration, result: &Result) -> String {
    let verdict = match result {
        Ok(Done::Passed) => "ok".to_owned(),
        Ok(Done::Skipped(reason)) => format!("SKIP: {reason}"),
        Err(reason) => format!("FAILED: {reason}"),
    };
    format!("{name:<30}{:>6.1} s  {verdict}", took.as_secs_f64())
}

fn passed(outcome: Outcome) -> Result {
    outcome.map(|()| Done::Passed)
}

fn cargo(arguments: &str) -> Result {
    passed(Call::cargo(arguments).run())
}

fn tests(arguments: &str) -> Outcome {
    tested(&Call::cargo(arguments)).map(drop)
}

/// Runs tests and hands back what they printed; an error ends with what failed among them. A
/// program that hangs is not waited for until the step has to end: others may hang as well.
fn tested(call: &Call) -> core::result::Result<String, String> {
    let (output, ended) = call.transcript(Talk {
        pause: PAUSE,
        from: harness::talks,
    })?;
    match ended {
        Ok(()) => Ok(output),
        Err(reason) => Err(reason + &harness::failures(&output)),
    }
}

fn deny() -> Result {
    if !Call::cargo("deny --version").works() {
        let reason = "cargo-deny is not installed; `layers` guards the edges without it";
        return Ok(Done::Skipped(reason.to_owned()));
    }
    cargo("deny --all-features check licenses bans sources")
}

fn compat_at_work() -> Result {
    Ok(compat::at_work()?.map_or(Done::Passed, Done::Skipped))
}

/// `rust-version` is the oldest compiler that was run, and says no more than that.
fn oldest_compiler() -> Result {
    let manifest = crate::manifest::Manifest::parse(&read("Cargo.toml").unwrap_or_default());
    let oldest = manifest
        .string("workspace.package", "rust-version")
        .unwrap_or_default();
    let running = Call::new("rustc", &["--version"]).output()?;
    if running.starts_with(&format!("rustc {oldest}.")) {
        return Ok(Done::Passed);
    }
    Ok(Done::Skipped(format!(
        "rust-version is {oldest}, this is {}",
        running.trim()
    )))
}

/// The names of the published members whose sources contain `needle` in code.
fn crates_with(needle: &str) -> core::result::Result<Vec<String>, String> {
    let files = crate::workspace::text_files()?;
    let mut names = Vec::new();
    for member in crates()? {
        let sources = member.path("src/");
        let mut own = files.iter().filter(|f| f.path.starts_with(&sources));
        let found = own.any(|f| crate::source::code_of(&f.text).contains(needle));
        if found && member.folder.starts_with("crates/") {
            names.push(member.name);
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::{Done, STEPS, Wanted, row};
    use core::time::Duration;

    #[test]
    fn a_row_says_ok_skip_or_failed_with_the_reason() {
        let took = Duration::from_millis(1500);
        for (result, expected) in [
            (Ok(Done::Passed), "1.5 s  ok"),
            (
                Ok(Done::Skipped("no tool".to_owned())),
                "1.5 s  SKIP: no tool",
            ),
            (Err("exit 1".to_owned()), "1.5 s  FAILED: exit 1"),
        ] {
            assert!(row("step", took, &result).ends_with(expected));
        }
    }

    #[test]
    fn arguments_ask_for_the_steps_here_or_for_kernels_or_for_targets() {
        let parse = |line: &str| {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            Wanted::parse(&words)
        };
        assert_eq!(parse(""), Ok(Wanted::Here { inner_loop: false }));
        assert_eq!(parse("--quick"), Ok(Wanted::Here { inner_loop: true }));
        let names = vec!["5.10".to_owned(), "6.1".to_owned()];
        let strict = true;
        let wanted = parse("--kernel 5.10 --strict --kernel 6.1");
        assert_eq!(wanted, Ok(Wanted::Kernels { names, strict }));
        let names = vec!["s390x".to_owned()];
        let strict = false;
        assert_eq!(
            parse("--target s390x"),
            Ok(Wanted::Targets { names, strict })
        );
        for refused in [
            "5.10",
            "--kernel",
            "--target",
            "--strict",
            "--quick --kernel 6.1",
            "--quick --target s390x",
            "--target s390x --kernel 6.1",
        ] {
            assert!(parse(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn the_inner_loop_is_a_part_of_the_whole() {
        let quick = STEPS.iter().filter(|step| step.quick).count();
        assert!(0 < quick && quick < STEPS.len());
    }
}
