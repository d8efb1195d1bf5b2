//! The kqueue engine on an emulated kernel, in a target folder of its own.

use super::{Done, Result};
use crate::run::Call;

/// The systems whose numbers and habits the emulation has, and what the compiler is told.
const SYSTEMS: [(&str, &str); 2] = [
    ("FreeBSD", "--cfg kqueue_emulation"),
    (
        "Apple",
        "--cfg kqueue_emulation --cfg kqueue_emulation=\"apple\"",
    ),
];

/// The crates that are run on kqueue, each with the start of test names that it must have: those
/// that it has there only, where there are such, since leaving them out passes for cargo.
const CRATES: [(&str, &str); 5] = [
    ("sys-kqueue", "test descriptors::"),
    ("poll-os", "test kqueue_changes::"),
    ("poll-mio", "test edges::"),
    ("poll-loop", "test children::"),
    ("poll-reactor", "test streams::"),
];

/// Lints and tests these crates, with an emulation in the place of the kernel.
pub(super) fn kqueue() -> Result {
    for (system, flags) in SYSTEMS {
        for (name, wanted) in CRATES {
            let place = format!("-p {name} --all-features --target-dir target/kqueue");
            let cargo = |call: &str| {
                let call = Call::cargo(call).env("RUSTFLAGS", flags);
                call.env("RUSTDOCFLAGS", flags)
            };
            cargo(&format!("clippy {place} --all-targets -- -D warnings")).run()?;
            let output = cargo(&format!("test {place} --lib --test it")).output()?;
            print!("{output}");
            if count(&output, wanted) == 0 {
                return Err(format!("{name} as on {system}: `{wanted}` was not run"));
            }
            cargo(&format!("test {place} --doc")).run()?;
        }
    }
    children()
}

/// The end of a child as on NetBSD and OpenBSD, which tell it to who reaps only.
fn children() -> Result {
    let place = "-p poll-os --all-features --target-dir target/kqueue";
    let call = &format!("test {place} --test it -- child:: child_reaps::");
    let flags = "--cfg kqueue_emulation --cfg kqueue_emulation=\"reap\"";
    let output = Call::cargo(call).env("RUSTFLAGS", flags).output()?;
    print!("{output}");
    match count(&output, "test child_reaps::") {
        0 => Err("poll-os as on NetBSD: `test child_reaps::` was not run".into()),
        _ => Ok(Done::Passed),
    }
}

/// How many tests whose line starts with `wanted` passed.
pub(super) fn count(output: &str, wanted: &str) -> usize {
    let lines = output.lines();
    let passed = |line: &&str| line.starts_with(wanted) && line.ends_with("... ok");
    lines.filter(passed).count()
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn only_passed_tests_of_that_name_count() {
        let output = "running 3 tests\ntest a::b ... ok\ntest a::c ... ignored\ntest b ... ok\n";
        assert_eq!(count(output, "test a::"), 1);
        assert_eq!(count("running 0 tests\n", "test a::"), 0);
    }
}
