//! Which task a thread polls.

use core::cell::Cell;
use core::sync::atomic::Ordering::Relaxed;
use std::sync::Arc;

use super::{Id, Place, Runnable};
use crate::runtime::polling;

/// A task that is polled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Running {
    pub(crate) place: Place,
    /// Whether it is polled for the first time.
    pub(crate) is_first: bool,
    /// Whether it is polled to be dropped.
    pub(crate) is_cancelled: bool,
}

thread_local! {
    static RUNNING: Cell<Option<Running>> = const { Cell::new(None) };
}

/// Puts back what the thread polled before, also when a poll panics.
struct Restore(Option<Running>);

impl Drop for Restore {
    fn drop(&mut self) {
        RUNNING.set(self.0);
    }
}

/// Polls a task, as the worker that this thread is.
pub(crate) fn run(runnable: Runnable) {
    poll(runnable, false);
}

/// Polls a task on a thread that need not be a worker of its runtime.
pub(crate) fn run_outside(runnable: Runnable) {
    let _polling = polling::help(Arc::clone(&runnable.metadata().lane));
    poll(runnable, false);
}

/// Has a task dropped: it is polled once more, and told so. A [`Runnable`] is never just dropped,
/// because whoever joins it expects an outcome.
pub(crate) fn cancel(runnable: Runnable) {
    let _polling = polling::help(Arc::clone(&runnable.metadata().lane));
    poll(runnable, true);
}

fn poll(runnable: Runnable, is_cancelled: bool) {
    let meta = runnable.metadata();
    // Whoever polls it next has it from this thread.
    let is_first = !meta.was_polled.load(Relaxed);
    if is_first {
        meta.was_polled.store(true, Relaxed);
    }
    let place = meta.place();
    let running = Running {
        place,
        is_first,
        is_cancelled,
    };
    let _before = Restore(RUNNING.replace(Some(running)));
    runnable.run();
}

/// What this thread polls; none outside of a task.
pub(crate) fn now() -> Option<Running> {
    RUNNING.get()
}

/// The name of the task that this thread polls; none outside of a task.
pub(crate) fn id() -> Option<Id> {
    now().map(|running| running.place.id())
}
