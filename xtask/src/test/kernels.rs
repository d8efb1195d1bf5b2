//! `test --kernel`: the tests of the crates and the examples run on older Linux kernels.

use core::time::Duration;
use std::path::{Path, PathBuf};

use super::tally::Tally;
use super::{Done, elsewhere, examples};
use crate::Outcome;
use crate::other::Trouble;
use crate::other::bundle;
use crate::other::guest::{Guest, Kernel};
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
    let programs = programs();
    elsewhere::run(
        &series,
        |series| series.name,
        strict,
        |series, tally| {
            let programs = programs.as_ref().map_err(Clone::clone)?;
            on_kernel(series, programs, tally)
        },
    )
}

/// The oldest kernel, as a step among others.
pub(super) fn oldest() -> super::Result {
    let [oldest, ..] = &SERIES;
    let mut tally = Tally::default();
    match programs().and_then(|programs| on_kernel(oldest, &programs, &mut tally)) {
        Ok(()) => {
            println!("Linux {}: {tally}", oldest.name);
            Ok(Done::Passed)
        }
        Err(Trouble::Lacking(reason)) => Ok(Done::Skipped(reason)),
        Err(Trouble::Failed(reason)) => Err(reason),
    }
}

/// What is run on each kernel.
#[derive(Debug)]
struct Programs {
    /// The folder of the test programs with the script that runs them.
    bundle: PathBuf,
    tests: Vec<PathBuf>,
    /// The examples, and the lines of a shell script that run them.
    examples: Vec<PathBuf>,
    lines: String,
}

/// Builds the test programs of this machine, or finds them built, and puts them together without
/// what only a debugger reads.
fn programs() -> Result<Programs, Trouble> {
    let build = "test --workspace --exclude xtask --lib --bins --tests --no-run \
                 --message-format=json-render-diagnostics";
    let built = Call::cargo(build).output().map_err(Trouble::Failed)?;
    let built = bundle::programs(&built);
    let bundle = bundle::collect("this-machine", &built).map_err(Trouble::Failed)?;
    let tests = built.iter().map(|it| bundle.join("tests").join(&it.name));
    let tests: Vec<PathBuf> = tests.collect();
    strip(&tests)?;
    // cargo leaves test programs in a folder below the one of other programs.
    let folder = built.first().and_then(|it| it.path.ancestors().nth(2));
    let folder = folder.unwrap_or(Path::new(""));
    let mut lines = String::new();
    let mut programs = Vec::new();
    for (name, arguments) in examples::all().map_err(Trouble::Failed)? {
        let arguments = arguments.join(" ");
        programs.push(folder.join(&name));
        lines += &format!("echo '== {name}'\n/examples/{name} {arguments} || code=1\n");
    }
    Ok(Programs {
        bundle,
        tests,
        examples: programs,
        lines,
    })
}

/// Removes what makes nine tenths of a program with debug information.
fn strip(programs: &[PathBuf]) -> Result<(), Trouble> {
    let programs: Vec<String> = programs.iter().map(|it| it.display().to_string()).collect();
    let strip = Call::new("strip", &[]).args(&programs).run();
    strip.map_err(Trouble::Failed)
}

fn on_kernel(series: &Series, programs: &Programs, tally: &mut Tally) -> Result<(), Trouble> {
    let mut guest = Guest::new()?;
    let kernel = Kernel::newest(series.name, series.release)?;
    guest.add_libraries(&[&programs.tests[..], &programs.examples[..]].concat())?;
    guest.add_file(&programs.bundle.join("run"), "tests/run")?;
    for (folder, files) in [
        ("tests/tests", &programs.tests),
        ("examples", &programs.examples),
    ] {
        for file in files {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            guest.add_file(file, &format!("{folder}/{name}"))?;
        }
    }
    let work = format!(
        "/tests/run --show-output\ncode=$?\n{}exit $code\n",
        programs.lines
    );
    let console = guest.run(&kernel, &work, LIMIT)?;
    tally.add(&console);
    Ok(())
}
