//! `bench`: builds and runs poll-bench, which is a workspace of its own.

use crate::run::Call;

/// Passes its arguments on: a group, `--quick`.
pub(crate) fn run(arguments: &[String]) -> crate::Outcome {
    call().args(arguments).run()
}

/// The call without arguments; it shares the target folder, so nothing is built twice.
pub(crate) fn call() -> Call {
    Call::cargo(
        "run --release --locked --manifest-path poll-bench/Cargo.toml --target-dir target --",
    )
}
