//! The behaviour of sys-poll on a real kernel.
#![cfg(unix)]

mod poll_set;
mod wake_pipe;
