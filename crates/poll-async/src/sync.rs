//! Ways for tasks to talk to each other and to share: they wait without a thread, and work on any
//! executor.

mod look;
pub mod mpsc;
pub mod oneshot;
mod queue;
mod wakes;
