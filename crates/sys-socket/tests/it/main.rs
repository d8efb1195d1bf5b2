//! The crate against the real kernel: loopback, socket pairs, pipes and temporary directories.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot prepare its sockets has failed"
)]

#[cfg(target_os = "linux")]
mod abstract_names;
mod batches;
#[cfg(feature = "count")]
mod count;
mod create;
mod descriptors;
mod emulation;
#[cfg(target_os = "linux")]
mod exec;
mod inherit;
mod limit;
#[cfg(target_os = "linux")]
mod linux_messages;
#[cfg(target_os = "linux")]
mod linux_options;
mod loopback;
mod messages;
mod options;
mod pipes;
mod transfer;
mod unix;
