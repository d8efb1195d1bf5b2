//! Channels with any number of senders and one receiver, with a bound and without.
//!
//! They work on any executor, and between tasks and threads: what waits in a task has a counterpart
//! that blocks a thread.

mod bounded;
mod ends;
mod error;
#[cfg(test)]
#[cfg(loom)]
mod model;
mod permit;
mod receiver;
mod shared;
mod unbounded;

pub use bounded::{Sender, WeakSender, channel};
pub use error::{SendError, SendTimeoutError, TryRecvError, TrySendError};
pub use permit::{OwnedPermit, Permit, PermitIterator};
pub use receiver::{Receiver, UnboundedReceiver};
pub use unbounded::{UnboundedSender, WeakUnboundedSender, unbounded_channel};
