//! The behaviour of channels and ready sets, by themselves and under a real poller.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bounded;
mod foreign;
mod loops;
mod programs;
mod ready;
mod rings;
mod threads;
mod unbounded;
