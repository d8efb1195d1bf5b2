//! The stages in which a runtime ends while tasks are spawned, woken and polled elsewhere: none is
//! forgotten, and none is polled that was spawned too late.
//!
//! ```text
//!   whoever ends the runtime              whoever makes a task ready
//!   drain: all are dropped from here on   push it to the common queue
//!          fence                          Idle::notify, whose fence is for this too
//!          drop what is queued            are all dropped? then drop what is queued
//! ```
//!
//! Of the two one sees the other, whatever the order. What is not queued yet is found in the tables
//! of tasks: they are closed, and a task that comes later is refused and dropped by whoever spawns
//! it. Before that comes [`abort_one`](Ending::abort_one), so that whoever finds a table closed
//! finds also that there is something to look up.
//!
//! The worker of a runtime of one thread has a queue that nobody else sees. It is left where others
//! find it, under a lock, and then the same question is asked; whoever ends the runtime looks there
//! after it has said so.

use core::marker::PhantomData;
use core::sync::atomic::Ordering::{Relaxed, SeqCst};

use super::idle::{Fences, Proven};
use crate::threads::{AtomicBool, AtomicUsize, fence};

#[derive(Debug)]
pub(crate) struct Ending<F: Fences = Proven> {
    /// Whether workers are to end.
    is_closing: AtomicBool,
    /// Whether tasks are dropped as soon as they are scheduled.
    is_drained: AtomicBool,
    /// How many tasks were aborted and have not been dropped yet, and more when the runtime ends:
    /// while it is not zero, each is looked up before it is polled.
    aborting: AtomicUsize,
    fences: PhantomData<F>,
}

impl<F: Fences> Ending<F> {
    pub(crate) fn new() -> Self {
        Self {
            is_closing: AtomicBool::new(false),
            is_drained: AtomicBool::new(false),
            aborting: AtomicUsize::new(0),
            fences: PhantomData,
        }
    }

    /// Workers end when they come back from the task that they poll.
    pub(crate) fn close(&self) {
        self.is_closing.store(true, SeqCst);
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.is_closing.load(SeqCst)
    }

    /// From here on whoever makes a task ready drops it. What was made ready before is in a queue,
    /// to be dropped by the caller.
    pub(crate) fn drain(&self) {
        self.is_drained.store(true, SeqCst);
        fence(F::DRAIN);
    }

    /// Whether tasks are dropped. Asked after one was pushed, and its worker [called] for it.
    ///
    /// [called]: super::idle::Idle::notify
    pub(crate) fn is_drained(&self) -> bool {
        self.is_drained.load(SeqCst)
    }

    /// A task is to be dropped instead of polled; or all are, once and for all.
    pub(crate) fn abort_one(&self) {
        self.aborting.fetch_add(1, SeqCst);
    }

    /// A task that was aborted has been dropped.
    pub(crate) fn end_one(&self) {
        self.aborting.fetch_sub(1, SeqCst);
    }

    /// Whether a task that is about to be polled has to be looked up. Relaxed, because what aborts
    /// a task wakes it afterwards, and that and the poll are ordered by the task.
    pub(crate) fn may_be_aborted(&self) -> bool {
        self.aborting.load(Relaxed) != 0
    }
}

#[cfg(test)]
#[cfg(loom)]
mod model;
