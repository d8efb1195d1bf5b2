//! The kqueue engine on an emulated kernel.

use super::conditions::Conditions;
use super::{Done, Result, tested};
use crate::harness;
use crate::run::Call;

/// The systems whose numbers and habits the emulation has, and what the compiler is told.
const SYSTEMS: [(&str, Conditions); 2] = [
    ("FreeBSD", Conditions(&["kqueue_emulation"])),
    (
        "Apple",
        Conditions(&["kqueue_emulation", "kqueue_emulation=\"apple\""]),
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
    for (system, conditions) in SYSTEMS {
        let place = format!("{CRATES} --all-features");
        conditions
            .clippy(&format!("{place} --all-targets"))?
            .run()?;
        let tests = conditions.cargo(&format!("test {place} --lib --test it"))?;
        ran(system, &WANTED, &tests)?;
        conditions.cargo(&format!("test {place} --doc"))?.run()?;
    }
    children()?;
    runtime()
}

/// The runtime, once: what differs between the systems is below it.
fn runtime() -> Result {
    let (system, conditions) = SYSTEMS[0];
    let call = "test -p poll-async --all-features --test it";
    ran(system, &["net_streams::"], &conditions.cargo(call)?)?;
    Ok(Done::Passed)
}

/// The end of a child as on NetBSD and OpenBSD, which tell it to who reaps only.
fn children() -> crate::Outcome {
    let conditions = Conditions(&["kqueue_emulation", "kqueue_emulation=\"reap\""]);
    let call = "test -p poll-os --all-features --test it -- child:: child_reaps::";
    ran("NetBSD", &["child_reaps::"], &conditions.cargo(call)?)
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
