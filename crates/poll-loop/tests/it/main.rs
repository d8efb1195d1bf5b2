//! The behaviour of poll-loop, on every engine of the target and on a scripted one.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

// The emulated kernel allocates.
#[cfg(not(kqueue_emulation))]
mod allocations;
mod alone;
mod always;
mod channels;
mod children;
mod cost;
mod deadlines;
mod ids;
mod nested;
mod owned;
mod pollers;
mod primary;
mod sources;
mod stage;
mod strange;
mod threads;
mod timer_model;
mod timers;
mod waits;
mod wakes;
