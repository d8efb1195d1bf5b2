//! The behaviour of poll-os on a real kernel.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod child;
mod epoll;
mod signal;
