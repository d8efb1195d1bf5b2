//! Tasks that are waited for together, and end together.

use core::fmt;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll, Waker, ready};
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Wake;

use slab::Slab;

use super::{AbortHandle, Id, JoinError, JoinHandle, budget};
use crate::runtime::Handle;
use crate::threads::{Mutex, lock};

/// Tasks with one type of result, joined in the order in which they end.
///
/// Dropping it aborts those that are left.
///
/// ```
/// use poll_async::runtime::Runtime;
/// use poll_async::task::JoinSet;
///
/// let runtime = Runtime::new()?;
/// let sum: u32 = runtime.block_on(async {
///     let mut set = JoinSet::new();
///     for i in 0..10 {
///         set.spawn(async move { i });
///     }
///     set.join_all().await.into_iter().sum()
/// });
/// assert_eq!(sum, 45);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct JoinSet<T> {
    entries: Slab<Entry<T>>,
    ended: Arc<Ended>,
}

struct Entry<T> {
    handle: JoinHandle<T>,
    waker: Waker,
}

/// Which tasks may have ended, and who waits for one.
#[derive(Debug, Default)]
struct Ended {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    keys: VecDeque<usize>,
    waiting: Option<Waker>,
}

/// What the join handle of one task calls.
#[derive(Debug)]
struct Caller {
    ended: Arc<Ended>,
    key: usize,
}

impl Wake for Caller {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut state = lock(&self.ended.state);
        state.keys.push_back(self.key);
        let waiting = state.waiting.take();
        drop(state);
        if let Some(waiting) = waiting {
            waiting.wake();
        }
    }
}

impl<T> JoinSet<T> {
    /// A set without tasks.
    #[must_use]
    pub fn new() -> Self {
        Self {
            entries: Slab::new(),
            ended: Arc::default(),
        }
    }

    /// How many tasks were not joined yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether all tasks were joined.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Adds a task that exists already.
    pub fn insert(&mut self, handle: JoinHandle<T>) -> AbortHandle {
        let target = handle.abort_handle();
        let entry = self.entries.vacant_entry();
        let key = entry.key();
        let ended = Arc::clone(&self.ended);
        let waker = Waker::from(Arc::new(Caller { ended, key }));
        // Polled once, so that its end is told.
        waker.wake_by_ref();
        entry.insert(Entry { handle, waker });
        target
    }

    /// Waits until a task has ended; none if there is none left.
    ///
    /// Cancel-safe: a task that was not returned stays in the set.
    pub async fn join_next(&mut self) -> Option<Result<T, JoinError>> {
        poll_fn(|context| self.poll_join_next(context)).await
    }

    /// As [`join_next`](Self::join_next), with the name of the task.
    ///
    /// Cancel-safe.
    pub async fn join_next_with_id(&mut self) -> Option<(Id, Result<T, JoinError>)> {
        poll_fn(|context| self.poll_next_with_id(context)).await
    }

    /// As [`join_next`](Self::join_next), for futures written by hand.
    pub fn poll_join_next(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<T, JoinError>>> {
        let next = ready!(self.poll_next_with_id(context));
        Poll::Ready(next.map(|(_, result)| result))
    }

    fn poll_next_with_id(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<(Id, Result<T, JoinError>)>> {
        let unit = ready!(budget::poll_proceed(context));
        let waker = context.waker().clone();
        let mut state = lock(&self.ended.state);
        let before = state.waiting.replace(waker);
        drop(state);
        drop(before);
        loop {
            let Some(key) = lock(&self.ended.state).keys.pop_front() else {
                break;
            };
            if let Some(next) = self.ended_at(key) {
                unit.made_progress();
                return Poll::Ready(Some(next));
            }
        }
        match self.entries.is_empty() {
            true => Poll::Ready(None),
            false => Poll::Pending,
        }
    }

    /// The result of a task that has ended; none if it has not, or is another one's key by now.
    fn ended_at(&mut self, key: usize) -> Option<(Id, Result<T, JoinError>)> {
        let entry = self.entries.get_mut(key)?;
        let mut context = Context::from_waker(&entry.waker);
        let polled = Pin::new(&mut entry.handle).poll(&mut context);
        let Poll::Ready(result) = polled else {
            return None;
        };
        let entry = self.entries.remove(key);
        Some((entry.handle.id(), result))
    }

    /// The result of a task that has ended, without waiting.
    pub fn try_join_next(&mut self) -> Option<Result<T, JoinError>> {
        loop {
            let key = lock(&self.ended.state).keys.pop_front()?;
            if let Some((_, result)) = self.ended_at(key) {
                return Some(result);
            }
        }
    }

    /// Waits for all tasks: what they returned, in the order in which they ended.
    ///
    /// # Panics
    ///
    /// With the first task that has panicked, and if one was aborted; the others are aborted then.
    pub async fn join_all(mut self) -> Vec<T> {
        let mut all = Vec::with_capacity(self.len());
        while let Some(result) = self.join_next().await {
            match result.map_err(JoinError::try_into_panic) {
                Ok(value) => all.push(value),
                Err(Ok(payload)) => std::panic::resume_unwind(payload),
                Err(Err(cancelled)) => panic!("{cancelled}"),
            }
        }
        all
    }

    /// Aborts all tasks; they are still to be joined.
    pub fn abort_all(&mut self) {
        for (_, entry) in &self.entries {
            entry.handle.abort();
        }
    }

    /// Aborts all tasks, and waits until they have been dropped.
    pub async fn shutdown(&mut self) {
        self.abort_all();
        while self.join_next().await.is_some() {}
    }

    /// Leaves all tasks alone: they go on, and are not joined.
    pub fn detach_all(&mut self) {
        self.entries.clear();
    }
}

impl<T: 'static> JoinSet<T> {
    /// Spawns a task in the runtime that this thread is in: as [`spawn`](crate::spawn).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    #[cfg_attr(feature = "tracing", track_caller)]
    pub fn spawn<F>(&mut self, future: F) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        self.insert(crate::spawn(future))
    }

    /// Spawns a task in the runtime of `handle`.
    #[cfg_attr(feature = "tracing", track_caller)]
    pub fn spawn_on<F>(&mut self, future: F, handle: &Handle) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        self.insert(handle.spawn(future))
    }

    /// Spawns a task on this thread: as [`spawn_local`](crate::spawn_local).
    ///
    /// # Panics
    ///
    /// Outside of a [`LocalRuntime`](crate::runtime::LocalRuntime).
    #[cfg_attr(feature = "tracing", track_caller)]
    pub fn spawn_local<F>(&mut self, future: F) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        self.insert(crate::spawn_local(future))
    }

    /// Runs a closure that may block: as [`spawn_blocking`](crate::spawn_blocking).
    ///
    /// # Panics
    ///
    /// Outside of a runtime.
    #[cfg_attr(feature = "tracing", track_caller)]
    pub fn spawn_blocking<F>(&mut self, f: F) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        self.insert(crate::spawn_blocking(f))
    }
}

impl<T> Default for JoinSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Drop for JoinSet<T> {
    fn drop(&mut self) {
        self.abort_all();
    }
}

impl<T> fmt::Debug for JoinSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinSet")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
