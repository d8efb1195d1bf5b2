//! Tests of what belongs to the whole process; only features have such tests.
#![cfg(feature = "count")]

use std::env;
use std::process::Command;

const CHILD: &str = "POLL_REACTOR_ALONE";

/// Runs the test called `name` alone in a process of its own, and `test` in there.
pub(crate) fn alone(name: &str, test: impl FnOnce()) {
    if env::var_os(CHILD).is_some() {
        return test();
    }
    let status = Command::new(env::current_exe().unwrap())
        .args(["--exact", name, "--test-threads=1"])
        .env(CHILD, "1")
        .status()
        .unwrap();
    assert!(status.success(), "{name}");
}
