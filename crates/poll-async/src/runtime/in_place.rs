//! Blocking where one is.

use super::context::{self, Context};
use super::worker;
use crate::threads::{Mutex, lock};

/// Runs `f`, which may block, on this thread, and has another thread go on as the worker.
///
/// On a worker of several, a thread is started or taken from those that are idle; this one ends, or
/// serves closures, after the task was polled. Elsewhere `f` is just called: on a runtime of one
/// thread everything else waits, which is what [`spawn_blocking`](crate::spawn_blocking) is for.
/// If the system refuses the thread, the others take over what waits for this one.
pub fn block_in_place<T>(f: impl FnOnce() -> T) -> T {
    for context in context::all() {
        hand_over(&context);
    }
    f()
}

/// Moves what makes this thread a worker to another one.
fn hand_over(context: &Context) {
    let shared = context.lane.shared();
    if shared.workers() == 1 {
        return;
    }
    let Some(core) = context.core.take() else {
        return;
    };
    // A waker of others may block too.
    core.end_waking(shared);
    let lane = std::sync::Arc::clone(&context.lane);
    let handle = context.handle.clone();
    let core = std::sync::Arc::new(Mutex::new(Some(core)));
    let given = std::sync::Arc::clone(&core);
    let started = shared.pool.start(shared, move || {
        let taken = lock(&given).take();
        let is_local = false;
        worker::work(Context::new(lane, handle, taken, is_local));
    });
    if started.is_err() {
        let kept = lock(&core).take();
        context.core.replace(kept);
    }
}
