//! The threads of a runtime: workers, and those for closures that block.

use core::cell::Cell;
use core::ptr;
use core::time::Duration;
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::thread;

use super::caught::caught;
use super::settings::Settings;
use super::shared::Shared;
use crate::task::{Runnable, running};
use crate::threads::{Condvar, Mutex, lock, wait_timeout_while, wait_while};

/// Threads that are started when they are needed, and end when they have not been for a while.
pub(crate) struct Pool {
    state: Mutex<State>,
    /// There is something to do, or it is over.
    filled: Condvar,
    limit: usize,
    keep_alive: Duration,
    alive: Arc<Alive>,
}

/// How many threads there are, apart from all that they share: a thread has ended only when it has
/// let go of that, and of the engine in it.
#[derive(Default)]
struct Alive {
    count: Mutex<usize>,
    ended: Condvar,
}

thread_local! {
    /// The pool that this thread is of, as a name: it is not looked at.
    static POOL: Cell<*const Alive> = const { Cell::new(ptr::null()) };
}

/// One of them.
struct Living(Arc<Alive>);

impl Living {
    fn new(alive: &Arc<Alive>) -> Self {
        *lock(&alive.count) += 1;
        Self(Arc::clone(alive))
    }
}

impl Drop for Living {
    fn drop(&mut self) {
        *lock(&self.0.count) -= 1;
        self.0.ended.notify_all();
    }
}

#[derive(Default)]
struct State {
    queue: VecDeque<Runnable>,
    /// Threads that wait for something to do.
    idle: usize,
    /// Threads for closures.
    threads: usize,
    is_closed: bool,
}

impl Pool {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            state: Mutex::default(),
            filled: Condvar::new(),
            limit: settings.max_blocking_threads.max(1),
            keep_alive: settings.thread_keep_alive,
            alive: Arc::default(),
        }
    }

    /// Queues a closure, and starts a thread for it if none is free and there may be one more.
    pub(crate) fn push(&self, shared: &Arc<Shared>, runnable: Runnable) {
        let mut state = lock(&self.state);
        if state.is_closed {
            drop(state);
            running::cancel(runnable);
            return;
        }
        state.queue.push_back(runnable);
        if state.idle >= state.queue.len() {
            drop(state);
            self.filled.notify_one();
            return;
        }
        if state.threads >= self.limit {
            return;
        }
        state.threads += 1;
        drop(state);
        let pool = Arc::clone(shared);
        if self.start(shared, move || pool.pool.serve()).is_err() {
            self.refused();
        }
    }

    /// The system has no more threads: what is queued waits for those there are. Without any, it is
    /// dropped, which whoever joins it is told.
    fn refused(&self) {
        let mut state = lock(&self.state);
        state.threads -= 1;
        let left = match state.threads {
            0 => core::mem::take(&mut state.queue),
            _ => VecDeque::new(),
        };
        drop(state);
        left.into_iter().for_each(running::cancel);
    }

    /// Starts a thread, as a worker or for closures: the one place that does. Whatever `work` holds
    /// is gone when the thread counts as ended.
    pub(crate) fn start(
        &self,
        shared: &Shared,
        work: impl FnOnce() + Send + 'static,
    ) -> io::Result<()> {
        let settings = &shared.settings;
        let mut builder = thread::Builder::new().name(settings.thread_name.to_string());
        if let Some(size) = settings.thread_stack_size {
            builder = builder.stack_size(size);
        }
        let on_start = settings.on_thread_start.clone();
        let on_stop = settings.on_thread_stop.clone();
        let living = Living::new(&self.alive);
        let thread = builder.spawn(move || {
            POOL.set(Arc::as_ptr(&living.0));
            // Dropped last.
            let _living = living;
            if let Some(on_start) = on_start {
                caught(|| on_start());
            }
            work();
            if let Some(on_stop) = on_stop {
                caught(|| on_stop());
            }
        })?;
        // Its end is counted by itself.
        drop(thread);
        Ok(())
    }

    /// The loop of a thread for closures.
    fn serve(&self) {
        let mut state = lock(&self.state);
        loop {
            if let Some(runnable) = state.queue.pop_front() {
                drop(state);
                run(runnable);
                state = lock(&self.state);
                continue;
            }
            if state.is_closed {
                break;
            }
            state.idle += 1;
            let nothing = |state: &mut State| state.queue.is_empty() && !state.is_closed;
            let until = self.keep_alive;
            state = wait_timeout_while(&self.filled, state, until, nothing);
            state.idle -= 1;
            // Its time is over, or everything is.
            if state.queue.is_empty() {
                break;
            }
        }
        state.threads -= 1;
    }

    /// Takes no more closures; those that have not begun are dropped.
    pub(crate) fn close(&self) {
        let mut state = lock(&self.state);
        state.is_closed = true;
        let left = core::mem::take(&mut state.queue);
        drop(state);
        self.filled.notify_all();
        left.into_iter().for_each(running::cancel);
    }

    /// Waits until all threads have ended, at most for `timeout`; false if some have not.
    pub(crate) fn join(&self, timeout: Option<Duration>) -> bool {
        let some = |count: &mut usize| *count > 0;
        let (count, ended) = (lock(&self.alive.count), &self.alive.ended);
        let count = match timeout {
            None => wait_while(ended, count, some),
            Some(timeout) => wait_timeout_while(ended, count, timeout, some),
        };
        *count == 0
    }

    /// Whether this thread is one of those that [`join`](Self::join) waits for.
    pub(crate) fn is_own_thread(&self) -> bool {
        ptr::eq(POOL.get(), Arc::as_ptr(&self.alive))
    }

    /// How many threads there are for closures, how many of them wait, and how many closures do.
    pub(crate) fn counts(&self) -> (usize, usize, usize) {
        let state = lock(&self.state);
        (state.threads, state.idle, state.queue.len())
    }

    /// Whether a closure runs or waits to.
    pub(crate) fn is_busy(&self) -> bool {
        let state = lock(&self.state);
        state.threads > state.idle || !state.queue.is_empty()
    }
}

fn run(runnable: Runnable) {
    // The closure is caught; this is for the waker of whoever waits for it.
    caught(|| running::run_outside(runnable));
}
