//! `bench`: builds and runs poll-bench, which is a workspace of its own.

use crate::run::Call;

/// Passes its arguments on: groups and `--quick`, or a subcommand such as `publish`.
pub(crate) fn run(arguments: &[String]) -> crate::Outcome {
    call("--release").args(arguments).run()
}

/// The call without arguments, in this profile; it shares the target folder, so nothing is built
/// twice.
pub(crate) fn call(profile: &str) -> Call {
    let place = "--locked --manifest-path poll-bench/Cargo.toml --target-dir target";
    Call::cargo(&format!("run {profile} {place} --"))
}
