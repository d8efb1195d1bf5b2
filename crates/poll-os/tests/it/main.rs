//! The behaviour of poll-os on a real kernel.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

// The emulated kernel allocates.
#[cfg(not(kqueue_emulation))]
mod allocations;
mod alone;
mod batch;
mod child;
#[cfg(not(any(target_os = "netbsd", target_os = "openbsd", kqueue_emulation = "reap")))]
#[path = "child/looks.rs"]
mod child_looks;
#[cfg(any(target_os = "netbsd", target_os = "openbsd", kqueue_emulation = "reap"))]
#[path = "child/reaps.rs"]
mod child_reaps;
mod conformance;
mod conformance_epoll;
mod conformance_kqueue;
mod cost;
mod cost_epoll;
mod cost_parked;
mod deadline;
mod exclusive;
mod fixture;
mod handed_out;
// The faults would strike the emulated kernel.
#[cfg(not(kqueue_emulation))]
mod injected;
#[cfg(kqueue_emulation)]
mod kqueue_changes;
#[cfg(kqueue_emulation)]
mod kqueue_reports;
#[cfg(kqueue_emulation)]
mod kqueue_systems;
mod misuse;
mod nesting;
mod poll_edges;
mod registered;
mod signal;
mod stress;
mod traced;
mod turns;
mod waker;
