//! `test --target`: the suite run for other architectures and C libraries on this machine: what it
//! cannot run by itself under an emulator of user programs.

mod ready;
mod table;

use core::time::Duration;

use super::tally::Tally;
use super::{elsewhere, examples};
use crate::Outcome;
use crate::harness;
use crate::other::Trouble;
use ready::Ready;
use table::{MACHINES, Machine};

/// All that runs on the target; the project's own commands run where they are built.
///
/// With all features, which add tests and take none away.
const SUITE: &str = "test --workspace --exclude xtask --all-features --lib --bins --tests \
                     --no-fail-fast";

/// The suite takes a tenth of this where it is slowest, beside nothing else.
const LIMIT: Duration = Duration::from_secs(3600);

/// Runs the suite for the machines named.
pub(super) fn run(names: &[String], strict: bool) -> Outcome {
    let machines = elsewhere::named(MACHINES, |machine| machine.name, names)?;
    elsewhere::run(
        &machines,
        |machine| machine.name,
        strict,
        |machine, tally| suite(machine, tally),
    )
}

fn suite(machine: &'static Machine, tally: &mut Tally) -> Result<(), Trouble> {
    let ready = Ready::new(machine)?;
    let target = format!("--target {} --target-dir target/other/build", machine.name);
    // What passed is shown too: it says what was left out, and how the contract was kept.
    let suite = ready.cargo(&format!("{SUITE} {target} -- --show-output"));
    let (output, result) = suite
        .transcript_within(LIMIT, |_line| true)
        .map_err(Trouble::Failed)?;
    tally.add(&output);
    let told = result.map_err(|reason| reason + &harness::failures(&output));
    let mut failed = Vec::from_iter(told.err());
    // In the profile of the tests, so that most of it is built by now.
    let run = |arguments: &str| ready.cargo(&format!("{arguments} {target}"));
    failed.extend(examples::each(run).err());
    if failed.is_empty() {
        Ok(())
    } else {
        Err(Trouble::Failed(failed.join("; ")))
    }
}
