//! `test --kernel`: the tests of the crates and the examples run on older Linux kernels.

use core::time::Duration;
use std::fs;
use std::path::{Path, PathBuf};

use super::tally::Tally;
use super::{Done, elsewhere, examples};
use crate::Outcome;
use crate::other::bundle::{self, Program};
use crate::other::guest::{Guest, Kernel};
use crate::other::{Trouble, alone, folder};
use crate::run::Call;

/// A series of kernels, and the release of Debian that has it.
#[derive(Debug, PartialEq, Eq)]
struct Series {
    name: &'static str,
    release: &'static str,
}

/// Oldest first. README.md and PLATFORMS.md promise the first one.
const SERIES: [Series; 2] = [
    Series {
        name: "5.10",
        release: "bullseye",
    },
    Series {
        name: "6.1",
        release: "bookworm",
    },
];

/// An emulated processor is slow, and slower beside other work; the tests take a tenth of this.
const LIMIT: Duration = Duration::from_secs(900);

/// Runs the tests on the kernels named.
pub(super) fn run(names: &[String], strict: bool) -> Outcome {
    let series = elsewhere::named(&SERIES, |series| series.name, names)?;
    elsewhere::run(
        &series,
        |series| series.name,
        strict,
        |it, tally| on_kernel(it, tally),
    )
}

/// The oldest kernel, as a step among others.
pub(super) fn oldest() -> super::Result {
    let [oldest, ..] = &SERIES;
    let mut tally = Tally::default();
    match on_kernel(oldest, &mut tally).and_then(|()| tally.judge()) {
        Ok(()) => {
            println!("Linux {}: {tally}", oldest.name);
            for skip in tally.skips() {
                println!("    {skip}");
            }
            Ok(Done::Passed)
        }
        Err(Trouble::Lacking(reason)) => Ok(Done::Skipped(reason)),
        Err(Trouble::Failed(reason)) => Err(reason),
    }
}

/// Fetches what [`oldest`] wants, if it was not before.
pub(super) fn fetch() -> Result<(), Trouble> {
    let [oldest, ..] = &SERIES;
    Guest::new()?;
    Kernel::newest(oldest.name, oldest.release).map(drop)
}

fn on_kernel(series: &Series, tally: &mut Tally) -> Result<(), Trouble> {
    // What a guest gets stands in one folder.
    alone("guest", || in_guest(series, tally))
}

fn in_guest(series: &Series, tally: &mut Tally) -> Result<(), Trouble> {
    let mut guest = Guest::new()?;
    let kernel = Kernel::newest(series.name, series.release)?;
    let programs = programs()?;
    let mut work = "/tests/run --show-output\ncode=$?\n".to_owned();
    let mut all = Vec::new();
    for test in &programs.tests {
        let file = programs.bundle.join("tests").join(&test.name);
        guest.add_file(&file, &format!("tests/tests/{}", test.name))?;
        all.push(file);
    }
    for (name, arguments) in examples::all().map_err(Trouble::Failed)? {
        let file = programs.examples.join(&name);
        let arguments = arguments.join(" ");
        work += &format!(
            "echo '== {name}'\n/examples/{name} {arguments} || \
             {{ echo \"== {name}: FAILED, exit code $?\"; code=1; }}\n"
        );
        guest.add_file(&file, &format!("examples/{name}"))?;
        all.push(file);
    }
    work += "exit $code\n";
    guest.add_file(&programs.bundle.join("run"), "tests/run")?;
    guest.add_libraries(&all)?;
    tally.add(&guest.run(&kernel, &work, LIMIT)?);
    Ok(())
}

/// What is run on each kernel.
#[derive(Debug)]
struct Programs {
    tests: Vec<Program>,
    /// The folder that has them, with the script that runs them.
    bundle: PathBuf,
    /// The folder that has the examples.
    examples: PathBuf,
}

/// Builds the programs of this machine, or finds them built, and puts them together without what
/// only a debugger reads, which is nine tenths of them.
fn programs() -> Result<Programs, Trouble> {
    if !Call::new("strip", &["--version"]).works() {
        let reason = "there is no `strip`, which comes with a linker";
        return Err(Trouble::Lacking(reason.to_owned()));
    }
    let build = "test --workspace --exclude xtask --lib --bins --tests --no-run \
                 --message-format=json-render-diagnostics";
    let built = Call::cargo(build).output().map_err(Trouble::Failed)?;
    let tests = bundle::programs(&built);
    let bundle = bundle::collect("this-machine", &tests).map_err(Trouble::Failed)?;
    for test in &tests {
        let copy = bundle.join("tests").join(&test.name);
        strip(&copy, &copy)?;
    }
    // cargo leaves test programs in a folder below the one of other programs.
    let made = tests.first().and_then(|it| it.path.ancestors().nth(2));
    let made = made.unwrap_or(Path::new(""));
    let examples = folder("guest/examples");
    fs::create_dir_all(&examples)
        .map_err(|e| Trouble::Failed(format!("{}: {e}", examples.display())))?;
    for (name, _arguments) in examples::all().map_err(Trouble::Failed)? {
        strip(&made.join(&name), &examples.join(&name))?;
    }
    Ok(Programs {
        tests,
        bundle,
        examples,
    })
}

fn strip(program: &Path, into: &Path) -> Result<(), Trouble> {
    let (program, into) = (program.display().to_string(), into.display().to_string());
    let strip = Call::new("strip", &["-o", &into, &program]).run();
    strip.map_err(Trouble::Failed)
}
