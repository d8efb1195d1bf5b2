//! The key-value server in front of the clients that Redis brings.

use std::env;

use super::{Done, Result, tested};
use crate::harness;
use crate::other::Trouble;
use crate::other::debian::{Mirror, libraries};
use crate::run::Call;

/// Fetches the clients, if Debian's packages can be had here, and runs the tests that want them.
pub(super) fn of_redis() -> Result {
    let root =
        match Mirror::of_this_machine().and_then(|mirror| mirror.unpack_whole(&["redis-tools"])) {
            Ok(root) => root,
            Err(Trouble::Lacking(reason)) => return Ok(Done::Skipped(reason)),
            Err(Trouble::Failed(reason)) => return Err(reason),
        };
    let path = format!(
        "{}/usr/bin:{}",
        root.display(),
        env::var("PATH").unwrap_or_default()
    );
    let call = "test --workspace --test it key_value::redis -- --show-output";
    let call = Call::cargo(call)
        .env("PATH", &path)
        .env("LD_LIBRARY_PATH", &libraries(&root));
    let output = tested(&call)?;
    // Both skip where their program is not there.
    match harness::passed(&output, "key_value::redis") {
        2 if !output.contains("SKIP") => Ok(Done::Passed),
        count => Err(format!("of the tests of two clients, {count} were run")),
    }
}
