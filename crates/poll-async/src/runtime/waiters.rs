//! Those that wait for the end of a runtime, or of its last task.

use core::sync::atomic::Ordering::SeqCst;
use core::sync::atomic::{AtomicBool, fence};
use core::task::Waker;

use slab::Slab;

use crate::threads::{Mutex, lock};

#[derive(Debug, Default)]
pub(crate) struct Waiters {
    wakers: Mutex<Slab<Waker>>,
    /// Whether somebody waits, or has waited, for the last task to end.
    await_tasks: AtomicBool,
}

/// While it lives, its waker is called.
#[derive(Debug)]
#[must_use = "dropped, nothing is told"]
pub(crate) struct Waiter<'a> {
    waiters: &'a Waiters,
    key: usize,
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let waker = lock(&self.waiters.wakers).try_remove(self.key);
        // After the lock.
        drop(waker);
    }
}

impl Waiters {
    /// Has `waker` called when the runtime stops.
    pub(crate) fn add(&self, waker: Waker) -> Waiter<'_> {
        let key = lock(&self.wakers).insert(waker);
        let waiters = self;
        Waiter { waiters, key }
    }

    /// Has `waker` called when the last task ends, too. Whether there is one is asked afterwards.
    pub(crate) fn add_for_tasks(&self, waker: Waker) -> Waiter<'_> {
        let waiter = self.add(waker);
        self.await_tasks.store(true, SeqCst);
        // Whoever ends the last task sees this, or its end is seen from here on: the other fence is
        // that of a worker that goes to sleep, or of whoever ends a task and is none.
        fence(SeqCst);
        waiter
    }

    /// Whether the end of the last task is to be told.
    pub(crate) fn await_tasks(&self) -> bool {
        self.await_tasks.load(SeqCst)
    }

    /// Calls all of them.
    pub(crate) fn wake(&self) {
        let wakers = lock(&self.wakers);
        let all: Vec<_> = wakers.iter().map(|(_, waker)| waker.clone()).collect();
        drop(wakers);
        all.into_iter().for_each(Waker::wake);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use crate::runtime::{Builder, UnhandledPanic};
    use crate::task::yield_now;
    use crate::threads::lock;

    #[test]
    fn who_has_come_to_an_end_waits_no_more() {
        let builder = Builder::new_multi_thread().worker_threads(1);
        let builder = builder.unhandled_panic(UnhandledPanic::ShutdownRuntime);
        let runtime = builder.build().unwrap();
        let wakers = &runtime.handle().shared().waiters.wakers;
        for _ in 0..3 {
            runtime.block_on(async {
                yield_now().await;
                assert_eq!(lock(wakers).len(), 1);
            });
            assert!(lock(wakers).is_empty());
        }
    }
}
