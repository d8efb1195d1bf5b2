//! The behaviour of sys-poll on a real kernel.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod poll_set;
mod wake_pipe;
