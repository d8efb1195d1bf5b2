//! poll-mio where the other steps do not test it: optimised, and on poll(2).

use super::{Done, OPTIMIZED, Result, once};
use crate::harness;
use crate::run::Call;

/// The tests that only all features together have.
const WANTED: &str = "edges::";

/// Builds without assertions check no associations and pin the sizes of sockets; the poll(2) engine
/// is chosen by a condition, and gets a target folder of its own.
pub(super) fn everywhere() -> Result {
    let test = "test -p poll-mio --all-features --lib --test it";
    tested(&Call::cargo(&format!("{test} {OPTIMIZED}")))?;
    let flags = "--cfg mio_unsupported_force_poll_poll";
    let cargo = |call: &str| {
        let call = Call::cargo(&format!("{call} --target-dir target/poll-two"));
        once(call).env("RUSTFLAGS", flags)
    };
    let lint = "clippy -p poll-mio --all-features --all-targets";
    cargo(lint)
        .args(&["--", "-D", "warnings"].map(str::to_owned))
        .run()?;
    tested(&cargo(test))?;
    Ok(Done::Passed)
}

/// Runs the tests; without its features the crate leaves them out, which passes for cargo.
fn tested(call: &Call) -> crate::Outcome {
    let output = super::tested(call)?;
    match harness::passed(&output, WANTED) {
        0 => Err(format!("`{WANTED}` was not run: {}", call.line())),
        _ => Ok(()),
    }
}
