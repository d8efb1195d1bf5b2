//! What tasks share, driven by hand and by threads: no runtime is needed.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod drive;
mod mpsc;
mod oneshot;
