//! amy's behaviour, as its users rely on it, and that its defects are not here.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bounds;
mod channels;
mod codecs;
mod sources;
mod stage;
mod threads;
mod timers;
