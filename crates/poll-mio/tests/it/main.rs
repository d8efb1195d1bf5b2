//! The behaviour that programs written for mio rely on, over loopback.
//!
//! The other engines run the same tests: `RUSTFLAGS="--cfg mio_unsupported_force_poll_poll"`.
#![cfg(all(unix, feature = "os-poll", feature = "os-ext", feature = "net"))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod stage;

mod api;
mod association;
mod cost;
mod descriptor;
mod drops;
mod edges;
mod events;
// The faults would strike an emulated kernel.
#[cfg(not(kqueue_emulation))]
mod injected;
mod interruption;
#[cfg(all(target_os = "linux", not(kqueue_emulation)))]
mod linux;
mod pipe;
mod registry;
mod socket_flags;
mod source_fd;
mod tcp;
mod timeouts;
mod udp;
mod unix;
mod waker;
