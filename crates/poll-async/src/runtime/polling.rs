//! What a task that is polled finds of its runtime: it would have to count a reference to keep it.

use core::cell::RefCell;
use core::mem::ManuallyDrop;
use core::task::Waker;
use std::rc::Rc;
use std::sync::Arc;

use super::context::Context;
use super::shared::{Lane, Shared};
use crate::task::Running;

thread_local! {
    // Never dropped, as the context of the thread.
    static POLLER: ManuallyDrop<RefCell<Option<Poller>>> =
        const { ManuallyDrop::new(RefCell::new(None)) };
}

/// Who polls tasks on this thread.
#[derive(Debug)]
enum Poller {
    /// What is a worker, unless a task of it blocks this thread.
    Worker(Rc<Context>),
    /// A thread for closures, or one that drops tasks.
    Other(Arc<Lane>),
}

impl Poller {
    fn lane(&self) -> &Arc<Lane> {
        match self {
            Self::Worker(context) => &context.lane,
            Self::Other(lane) => lane,
        }
    }
}

/// Puts back who polled before.
#[derive(Debug)]
pub(crate) struct Polling {
    before: Option<Poller>,
}

impl Drop for Polling {
    fn drop(&mut self) {
        let before = self.before.take();
        drop(POLLER.with(|poller| poller.replace(before)));
    }
}

/// From here on, until the value is dropped, this thread polls tasks as that worker.
pub(crate) fn work(context: Rc<Context>) -> Polling {
    poll_as(Poller::Worker(context))
}

/// The same as anybody else, for tasks of the runtime of `lane`.
pub(crate) fn help(lane: Arc<Lane>) -> Polling {
    poll_as(Poller::Other(lane))
}

fn poll_as(poller: Poller) -> Polling {
    let before = POLLER.with(|now| now.replace(Some(poller)));
    Polling { before }
}

/// Looks at who polls. No code of others runs meanwhile.
fn with_poller<R>(f: impl FnOnce(&Poller) -> R) -> Option<R> {
    POLLER.with(|poller| poller.borrow().as_ref().map(f))
}

/// The runtime of the task that this thread polls, to keep.
pub(crate) fn lane() -> Option<Arc<Lane>> {
    with_poller(|poller| Arc::clone(poller.lane()))
}

/// Whether the task that this thread begins to poll is to be dropped instead.
pub(crate) fn is_aborted(running: Running) -> bool {
    running.is_cancelled
        || with_poller(|poller| poller.lane().shared().is_aborted(running.place)) == Some(true)
}

/// The task has to wait for the first time; false if it is to be dropped instead.
#[must_use]
pub(crate) fn wait(running: Running, waker: &Waker) -> bool {
    let place = running.place;
    let tasks = |shared: &Shared| shared.seat(place.id().shard()).tasks.wait(place, waker);
    with_poller(|poller| tasks(poller.lane().shared())) == Some(true)
}

/// The task has ended: it leaves the table.
pub(crate) fn end(running: Running) {
    let is_over = with_poller(|poller| {
        let lane = poller.lane();
        let is_over = match poller {
            Poller::Worker(context) => {
                let core = context.core.borrow();
                lane.end(running, core.as_ref().map(|core| core.slots()))
            }
            Poller::Other(_) => lane.end(running, None),
        };
        is_over.then(|| Arc::clone(lane))
    });
    if let Some(lane) = is_over.flatten() {
        lane.shared().tell_if_over();
    }
}
