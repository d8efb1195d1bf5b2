//! Tasks: spawned, joined, aborted; and how they share a thread.

mod body;
pub(crate) mod budget;
mod id;
mod join;
mod join_set;
pub(crate) mod local;
mod yield_now;

pub use budget::{Unconstrained, consume_budget, unconstrained};
pub use id::Id;
pub use join::{AbortHandle, AbortOnDrop, JoinError, JoinHandle};
pub use join_set::JoinSet;
pub use local::{AccessError, LocalKey, TaskLocalFuture};
pub use yield_now::yield_now;

pub(crate) use body::{Body, Entry, Payload};

/// What the executor knows of a task while it is queued.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meta {
    pub(crate) id: Id,
}

/// A task that is ready to be polled.
pub(crate) type Runnable = async_task::Runnable<Meta>;

/// What a panic says, if it is text.
pub(crate) fn message_of(payload: &Payload) -> Option<&str> {
    let text = payload.downcast_ref::<&'static str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}
