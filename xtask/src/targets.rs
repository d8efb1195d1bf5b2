//! `targets`: the whole workspace for other systems, as far as one machine can tell: lints, the
//! systems' own headers, and the linking of every test.

mod table;

use std::path::PathBuf;

use crate::Outcome;
use crate::other::standard::{self, Purpose};
use crate::other::{Trouble, bundle, zig};
use crate::run::{Call, now};
use table::{TARGETS, Target};

/// Lints, and links where a linker has the system's stubs, for all targets or those named.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    for target in TARGETS
        .iter()
        .filter(|t| arguments.is_empty() || arguments.iter().any(|a| a == t.name))
    {
        let start = now();
        let lint = lint(target);
        println!(
            "{} lint {:?} {:.1}",
            target.name,
            lint,
            start.elapsed().as_secs_f64()
        );
        let start = now();
        let link = link(target);
        println!(
            "{} link {:?} {:.1}",
            target.name,
            link,
            start.elapsed().as_secs_f64()
        );
    }
    Ok(())
}

fn lint(target: &Target) -> Result<(), Trouble> {
    let linker = linker(target)?;
    let purpose = linker.as_deref().map_or(Purpose::Check, Purpose::Link);
    let flags = standard::flags(target.name, purpose)?;
    Call::cargo("clippy --workspace --all-targets --keep-going --target-dir target/other/build")
        .args(&["--target", target.name, "--", "-D", "warnings"].map(str::to_owned))
        .env("RUSTFLAGS", &flags)
        .run()
        .map_err(Trouble::Failed)
}

fn linker(target: &Target) -> Result<Option<PathBuf>, Trouble> {
    let Some(system) = target.zig else {
        return Ok(None);
    };
    zig::Zig::fetched()?.linker(system).map(Some)
}

fn link(target: &Target) -> Result<(), Trouble> {
    let Some(linker) = linker(target)? else {
        return Ok(());
    };
    let flags = standard::flags(target.name, Purpose::Link(&linker))?;
    let linker = linker.display().to_string();
    let messages = Call::cargo("test --workspace --lib --bins --tests --no-run")
        .args(&["--target-dir", "target/other/build"].map(str::to_owned))
        .args(&["--message-format", "json-render-diagnostics"].map(str::to_owned))
        .args(&["--target", target.name].map(str::to_owned))
        .env("RUSTFLAGS", &flags)
        .env(&standard::linker_variable(target.name), &linker)
        // What is carried to another machine should be small.
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .output()
        .map_err(Trouble::Failed)?;
    let programs = bundle::programs(&messages);
    let bundle = bundle::collect(target.name, &programs).map_err(Trouble::Failed)?;
    println!("{} programs: {}", programs.len(), bundle.display());
    Ok(())
}
