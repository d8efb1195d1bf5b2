//! The tasks that wait for one worker.

use core::cell::RefCell;
use core::mem::ManuallyDrop;
use std::collections::VecDeque;

use crossbeam_deque::{Injector, Steal, Stealer, Worker};
use crossbeam_utils::atomic::AtomicCell;

use crate::task::Runnable;

/// How many tasks one look into the common queue takes at most, where there is one worker.
const BATCH: usize = 32;

/// A worker's own queue, first in first out: one that others can steal from, or, where there are no
/// others, one without atomic operations.
#[derive(Debug)]
pub(crate) enum Queue {
    Alone(RefCell<VecDeque<Runnable>>),
    Stealable(Worker<Runnable>),
}

impl Queue {
    /// Queues for `workers` workers, and the other ends of those that can be stolen from.
    pub(crate) fn all(workers: usize) -> (Vec<Self>, Vec<Stealer<Runnable>>) {
        if workers == 1 {
            return (vec![Self::Alone(RefCell::default())], Vec::new());
        }
        let queues: Vec<_> = (0..workers).map(|_| Worker::new_fifo()).collect();
        let stealers = queues.iter().map(Worker::stealer).collect();
        let queues = queues.into_iter().map(Self::Stealable).collect();
        (queues, stealers)
    }

    pub(crate) fn push(&self, runnable: Runnable) {
        match self {
            Self::Alone(queue) => queue.borrow_mut().push_back(runnable),
            Self::Stealable(queue) => queue.push(runnable),
        }
    }

    pub(crate) fn pop(&self) -> Option<Runnable> {
        match self {
            Self::Alone(queue) => queue.borrow_mut().pop_front(),
            Self::Stealable(queue) => queue.pop(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Alone(queue) => queue.borrow().is_empty(),
            Self::Stealable(queue) => queue.is_empty(),
        }
    }

    /// Takes some of the common queue: one to run, the others to the own queue.
    pub(crate) fn take_from(&self, injector: &Injector<Runnable>) -> Option<Runnable> {
        match self {
            Self::Alone(queue) => {
                let first = take_one(injector)?;
                let mut queue = queue.borrow_mut();
                queue.extend((1..BATCH).map_while(|_| take_one(injector)));
                Some(first)
            }
            Self::Stealable(queue) => retried(|| injector.steal_batch_and_pop(queue)),
        }
    }

    /// Takes half of what waits for another worker.
    pub(crate) fn steal_from(&self, stealer: &Stealer<Runnable>) -> Option<Runnable> {
        match self {
            Self::Alone(_) => None,
            Self::Stealable(queue) => retried(|| stealer.steal_batch_and_pop(queue)),
        }
    }
}

/// Room for the task that a worker runs next: one thread fills it, and any may empty it.
///
/// What is left in it is not dropped with it: a task keeps its runtime alive, and so this too.
// Not dropped, because then filling it is a store: it need not look what it drops.
pub(crate) struct Front(AtomicCell<ManuallyDrop<Option<Runnable>>>);

impl Front {
    pub(crate) const fn new() -> Self {
        Self(AtomicCell::new(ManuallyDrop::new(None)))
    }

    /// Fills it where it is known to be empty: what was in it would be lost.
    pub(crate) fn fill(&self, runnable: Runnable) {
        self.0.store(ManuallyDrop::new(Some(runnable)));
    }

    pub(crate) fn replace(&self, runnable: Runnable) -> Option<Runnable> {
        ManuallyDrop::into_inner(self.0.swap(ManuallyDrop::new(Some(runnable))))
    }

    pub(crate) fn take(&self) -> Option<Runnable> {
        ManuallyDrop::into_inner(self.0.swap(ManuallyDrop::new(None)))
    }
}

/// Takes one of the common queue.
pub(crate) fn take_one(injector: &Injector<Runnable>) -> Option<Runnable> {
    retried(|| injector.steal())
}

/// Takes one that waits for another worker.
pub(crate) fn steal_one(stealer: &Stealer<Runnable>) -> Option<Runnable> {
    retried(|| stealer.steal())
}

fn retried(mut steal: impl FnMut() -> Steal<Runnable>) -> Option<Runnable> {
    loop {
        match steal() {
            Steal::Success(runnable) => return Some(runnable),
            Steal::Empty => return None,
            Steal::Retry => {}
        }
    }
}
