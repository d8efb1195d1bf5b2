//! The behaviour of sys-poll on a real kernel.
#![cfg(unix)]

mod poll_set;
mod source;
mod wake_pipe;
