//! poll-bench, which is a workspace of its own so that peers never touch ours.

use core::time::Duration;

use super::{Done, Result, tested};
use crate::bench;
use crate::run::Call;
use crate::workspace::root;

const LIMIT: Duration = Duration::from_secs(600);

/// Its profile without link-time optimisation, in which its peers are made in the half of the time.
const OPTIMIZED: &str = "--profile optimized";

/// Formats, lints and tests it, and runs each measurement once: whether they work is asked here,
/// and not what they say, so without what makes the program good and its build long.
pub(super) fn benchmarks() -> Result {
    if !root().join("poll-bench/Cargo.toml").exists() {
        return Ok(Done::Skipped("no poll-bench in this checkout".to_owned()));
    }
    Call::cargo("fmt --manifest-path poll-bench/Cargo.toml --check").run()?;
    let place = "--locked --manifest-path poll-bench/Cargo.toml --target-dir target";
    Call::cargo(&format!("clippy {place} --all-targets -- -D warnings")).run()?;
    tested(&Call::cargo(&format!("test {OPTIMIZED} {place}")))?;
    bench::call(OPTIMIZED)
        .args(&["--smoke".to_owned()])
        .run_within(LIMIT)?;
    Ok(Done::Passed)
}
