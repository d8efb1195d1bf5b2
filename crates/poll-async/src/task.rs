//! Tasks: spawned, joined, aborted; and how they share a thread.

mod body;
pub(crate) mod budget;
mod id;
mod join;
mod join_set;
pub(crate) mod local;
pub(crate) mod running;
mod span;
mod yield_now;

pub use budget::{Unconstrained, consume_budget, unconstrained};
pub use id::Id;
pub use join::{AbortHandle, AbortOnDrop, JoinError, JoinHandle};
pub use join_set::JoinSet;
pub use local::{AccessError, LocalKey, TaskLocalFuture};
pub use yield_now::yield_now;

pub use crate::runtime::{block_in_place, spawn, spawn_blocking, spawn_local};

use core::sync::atomic::AtomicBool;
use std::sync::Arc;

use crate::runtime::Lane;

pub(crate) use body::{Body, Outcome, Payload};
pub(crate) use id::Place;
pub(crate) use running::Running;
pub(crate) use span::{Span, Spans};

/// The name of the task that polls this; none outside of a task, as in the future of `block_on`.
#[must_use]
pub fn try_id() -> Option<Id> {
    running::id()
}

/// The name of the task that polls this.
///
/// # Panics
///
/// Outside of a task, as in the future of `block_on`; [`try_id`] tells without.
#[must_use]
pub fn id() -> Id {
    match try_id() {
        Some(id) => id,
        None => panic!("this is polled by no task"),
    }
}

/// What the executor knows of a task.
#[derive(Debug)]
pub(crate) struct Meta {
    /// What leads to its runtime.
    pub(crate) lane: Arc<Lane>,
    id: Id,
    slot: u32,
    /// Whether it was polled before, and has left a waker; looked at by whoever polls it.
    was_polled: AtomicBool,
}

impl Meta {
    // In parts, which leave room for one more.
    pub(crate) const fn new(lane: Arc<Lane>, Place { id, slot }: Place) -> Self {
        Self {
            lane,
            id,
            slot,
            was_polled: AtomicBool::new(false),
        }
    }

    pub(crate) const fn place(&self) -> Place {
        Place {
            id: self.id,
            slot: self.slot,
        }
    }
}

/// A task that is ready to be polled.
pub(crate) type Runnable = async_task::Runnable<Meta>;

/// What a panic says, if it is text.
pub(crate) fn message_of(payload: &Payload) -> Option<&str> {
    let text = payload.downcast_ref::<&'static str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}
