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
//! of tasks: they are closed, and a task that comes later, or has to wait for the first time, is
//! refused and dropped by whoever spawns or polls it. Those that wait already are woken; before
//! that comes [`look_up`](Ending::look_up), so that whoever polls them looks whether to drop them.
//!
//! The worker of a runtime of one thread has a queue that nobody else sees. It is left where others
//! find it, under a lock, and then the same question is asked; whoever ends the runtime looks there
//! after it has said so.

use core::marker::PhantomData;
use core::sync::atomic::Ordering::{Relaxed, SeqCst};

use super::idle::{Fences, Proven};
use crate::threads::{AtomicBool, fence};

#[derive(Debug)]
pub(crate) struct Ending<F: Fences = Proven> {
    /// Whether workers are to end.
    is_closing: AtomicBool,
    /// Whether tasks are dropped as soon as they are scheduled.
    is_drained: AtomicBool,
    /// Whether a task was ever aborted, or all are dropped: then each is looked up before it is
    /// polled.
    has_aborted: AtomicBool,
    fences: PhantomData<F>,
}

impl<F: Fences> Ending<F> {
    pub(crate) fn new() -> Self {
        Self {
            is_closing: AtomicBool::new(false),
            is_drained: AtomicBool::new(false),
            has_aborted: AtomicBool::new(false),
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
    pub(crate) fn look_up(&self) {
        self.has_aborted.store(true, SeqCst);
    }

    /// Whether a task that is about to be polled has to be looked up. Relaxed, because what aborts
    /// a task wakes it afterwards, and that and the poll are ordered by the task; or else it is
    /// refused when it has to wait for the first time.
    pub(crate) fn may_be_aborted(&self) -> bool {
        self.has_aborted.load(Relaxed)
    }
}

#[cfg(test)]
#[cfg(loom)]
mod model;
