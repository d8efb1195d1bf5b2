//! What programs written for io-reactor rely on, and what was wrong there.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_types,
    reason = "a test fails by panicking, and io-reactor's interface has raw descriptors"
)]

mod bounds;
mod control;
mod events;
mod own_pollers;
mod pollers;
mod registrations;
mod sends;
mod stage;
mod timers;
