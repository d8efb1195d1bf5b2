//! Tests of what belongs to the whole process, or that the children of others would disturb: only
//! features and epoll have such tests.
#![cfg(any(
    feature = "count",
    feature = "tracing",
    target_os = "linux",
    target_os = "android"
))]

use std::env;
use std::process::Command;

const CHILD: &str = "POLL_OS_ALONE";

/// Runs the test called `name` alone in a process of its own, and `test` in there.
pub(crate) fn alone(name: &str, test: impl FnOnce()) {
    if env::var_os(CHILD).is_some() {
        return test();
    }
    let status = Command::new(env::current_exe().unwrap())
        .args(["--exact", name, "--test-threads=1", "--show-output"])
        .env(CHILD, "1")
        .status()
        .unwrap();
    assert!(status.success(), "{name}");
}
