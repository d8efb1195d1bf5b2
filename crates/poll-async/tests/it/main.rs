//! The runtime, and what tasks share, from outside: the latter driven by hand and by threads, for
//! which no runtime is needed.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod drive;
mod executor;
mod mpsc;
mod oneshot;
