//! What a service can rely on, on each engine.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(feature = "count")]
mod alone;
mod close;
mod commands;
mod cost;
mod custom;
mod ending;
mod engines;
mod failures;
mod fairness;
mod kinds;
mod lifecycle;
mod model;
mod pressure;
mod sending;
mod sinks;
mod stage;
mod streams;
mod tagged;
mod timers;
