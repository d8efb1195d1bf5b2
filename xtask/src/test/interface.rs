//! poll-mio where the other steps do not test it: optimised, and on poll(2).

use super::conditions::Conditions;
use super::{Done, OPTIMIZED, Result};
use crate::harness;
use crate::run::Call;

/// The tests that only all features together have.
const WANTED: &str = "edges::";

/// Builds without assertions check no associations and pin the sizes of sockets; the poll(2) engine
/// is chosen by a condition.
pub(super) fn everywhere() -> Result {
    let test = "test -p poll-mio --all-features --lib --test it";
    tested(&Call::cargo(&format!("{test} {OPTIMIZED}")))?;
    let on_poll = Conditions(&["mio_unsupported_force_poll_poll"]);
    on_poll
        .clippy("-p poll-mio --all-features --all-targets")?
        .run()?;
    tested(&on_poll.cargo(test)?)?;
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
