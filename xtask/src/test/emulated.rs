//! The kqueue engine on an emulated kernel, in a target folder of its own.

use super::{Done, Result, once, tested};
use crate::harness;
use crate::run::Call;

/// The systems whose numbers and habits the emulation has, and what the compiler is told.
const SYSTEMS: [(&str, &str); 2] = [
    ("FreeBSD", "--cfg kqueue_emulation"),
    (
        "Apple",
        "--cfg kqueue_emulation --cfg kqueue_emulation=\"apple\"",
    ),
];

/// The crates that are run on kqueue.
const CRATES: &str = "-p sys-kqueue -p poll-os -p poll-mio -p poll-loop -p poll-reactor";

/// The start of a test name for each of them that none of the others has: of a test that it has
/// there only, where there is such, since leaving them out passes for cargo.
const WANTED: [&str; 5] = [
    "descriptors::",
    "kqueue_changes::",
    "edges::",
    "children::",
    "lifecycle::",
];

/// Lints and tests these crates, with an emulation in the place of the kernel: all in one call of
/// each kind, because calls for one crate each build those below it with other features each.
pub(super) fn kqueue() -> Result {
    for (system, flags) in SYSTEMS {
        let place = format!("{CRATES} --all-features --target-dir target/kqueue");
        let cargo = |call: &str| {
            once(Call::cargo(call))
                .env("RUSTFLAGS", flags)
                .env("RUSTDOCFLAGS", flags)
        };
        cargo(&format!("clippy {place} --all-targets -- -D warnings")).run()?;
        ran(
            system,
            &WANTED,
            &cargo(&format!("test {place} --lib --test it")),
        )?;
        cargo(&format!("test {place} --doc")).run()?;
    }
    children()
}

/// The end of a child as on NetBSD and OpenBSD, which tell it to who reaps only.
fn children() -> Result {
    let place = "-p poll-os --all-features --target-dir target/kqueue";
    let call = Call::cargo(&format!("test {place} --test it -- child:: child_reaps::"));
    let flags = "--cfg kqueue_emulation --cfg kqueue_emulation=\"reap\"";
    ran(
        "NetBSD",
        &["child_reaps::"],
        &once(call).env("RUSTFLAGS", flags),
    )?;
    Ok(Done::Passed)
}

/// Runs tests, among which there have to be some of all these names.
fn ran(system: &str, wanted: &[&str], tests: &Call) -> crate::Outcome {
    let output = tested(tests)?;
    let lacks = |wanted: &&&str| harness::passed(&output, wanted) == 0;
    match wanted.iter().find(lacks) {
        Some(wanted) => Err(format!("as on {system}: no test `{wanted}…` was run")),
        None => Ok(()),
    }
}
