//! What programs written for async_io rely on, and that its defects are not here.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bounds;
mod channels;
mod documentation;
mod locks;
mod rings;
mod stage;
mod streams;
mod tasks;
