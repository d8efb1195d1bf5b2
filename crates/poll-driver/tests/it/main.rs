//! The behaviour of poll-driver on a scripted engine, with a clock turned by hand.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod budgets;
mod lent;
mod messages;
mod pinned;
mod stage;
mod timers;
mod turns;
