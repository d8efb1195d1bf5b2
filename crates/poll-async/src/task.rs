//! Tasks: how they share a thread.

pub(crate) mod budget;
mod yield_now;

pub use budget::{Unconstrained, consume_budget, unconstrained};
pub use yield_now::yield_now;
