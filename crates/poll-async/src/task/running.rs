//! Which task a thread polls.

use core::cell::Cell;

use super::{Id, Meta, Runnable};

thread_local! {
    static ID: Cell<Option<Id>> = const { Cell::new(None) };
}

/// Puts back what the thread polled before, also when a poll panics.
struct Restore(Option<Id>);

impl Drop for Restore {
    fn drop(&mut self) {
        ID.set(self.0);
    }
}

/// Polls a task.
pub(crate) fn run(runnable: Runnable) {
    let _before = Restore(ID.replace(Some(runnable.metadata().id)));
    runnable.run();
}

/// Has a task dropped: it is polled once more, and finds that it was aborted. A [`Runnable`] is
/// never just dropped, because whoever joins it expects an outcome.
pub(crate) fn cancel(runnable: Runnable) {
    let Meta { lane, slot, id } = runnable.metadata();
    // What it returns would schedule it, which it is.
    drop(lane.mark_aborted(*slot, *id));
    run(runnable);
}

/// The name of the task that this thread polls; none outside of a task.
pub(crate) fn id() -> Option<Id> {
    ID.get()
}
