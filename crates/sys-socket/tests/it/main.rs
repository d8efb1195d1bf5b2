//! The crate against the real kernel: loopback, socket pairs, pipes and temporary directories.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot prepare its sockets has failed"
)]

mod batches;
#[cfg(feature = "count")]
mod count;
mod create;
mod descriptors;
mod inherit;
mod loopback;
mod messages;
mod options;
mod pipes;
mod transfer;
mod unix;
