//! How a future becomes a task.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context as TaskContext, Poll};
use std::sync::Arc;

use async_task::{Builder, ScheduleInfo, Task, WithInfo};

use super::context::{self, Context};
use super::shared::Lane;
use crate::task::{Body, JoinHandle, Meta, Outcome, Place, Runnable, Span, Spans, running};

/// A task that was made and is not queued yet, so that no code of others runs while it is made.
#[must_use = "a task has to be started"]
pub(crate) struct Made<T> {
    runnable: Runnable,
    handle: JoinHandle<T>,
    span: Span,
    /// Whether its runtime has ended.
    is_refused: bool,
}

impl<T> Made<T> {
    /// Queues the task, or drops it if its runtime has ended.
    pub(crate) fn start(self) -> JoinHandle<T> {
        self.span.name(self.handle.id());
        match self.is_refused {
            true => running::cancel(self.runnable),
            false => self.runnable.schedule(),
        }
        self.handle
    }
}

impl Context {
    /// A task that this thread spawns.
    pub(crate) fn make<F>(&self, future: F, spans: Spans) -> Made<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.lane.make(self.begin(), future, spans)
    }

    /// The same for a future that stays on this thread.
    pub(crate) fn make_local<F>(&self, future: F, spans: Spans) -> Made<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.lane.make_local(self.begin(), future, spans)
    }
}

impl Lane {
    /// A task at that place.
    pub(crate) fn make<F>(
        self: &Arc<Self>,
        place: Place,
        future: F,
        spans: Spans,
    ) -> Made<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.task(place, future, spans, |builder, body| {
            builder.spawn(|_| body, WithInfo(schedule))
        })
    }

    /// The same for a future that stays on this thread.
    pub(crate) fn make_local<F>(
        self: &Arc<Self>,
        place: Place,
        future: F,
        spans: Spans,
    ) -> Made<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.task(place, future, spans, |builder, body| {
            builder.spawn_local(|_| body, WithInfo(schedule))
        })
    }

    /// The same for a closure that may block, which runs on a thread of the pool.
    pub(crate) fn make_blocking<F, T>(self: &Arc<Self>, place: Place, f: F, spans: Spans) -> Made<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let schedule = |runnable: Runnable| {
            let shared = Arc::clone(runnable.metadata().lane.shared());
            shared.pool.push(&shared, runnable);
        };
        self.task(place, Blocking(Some(f)), spans, |builder, body| {
            builder.spawn(|_| body, schedule)
        })
    }

    fn task<F: Future>(
        self: &Arc<Self>,
        place: Place,
        future: F,
        spans: Spans,
        make: impl FnOnce(Builder<Meta>, Body<F>) -> (Runnable, Task<Outcome<F::Output>, Meta>),
    ) -> Made<F::Output> {
        let Spans { inside, outside } = spans;
        let builder = Builder::new().metadata(Meta::new(Arc::clone(self), place));
        let (runnable, task) = make(builder, Body::new(future, inside));
        Made {
            runnable,
            handle: JoinHandle::new(task, place.id()),
            span: outside,
            is_refused: place.slot().is_none(),
        }
    }
}

/// Queues a task that was made ready: with the worker that this thread is, or for any.
fn schedule(runnable: Runnable, info: ScheduleInfo) {
    let refused = context::with_core(runnable, |core, lane, runnable| {
        core.push(lane, runnable, info.woken_while_running);
    });
    if let Some(runnable) = refused {
        let shared = Arc::clone(runnable.metadata().lane.shared());
        shared.inject(runnable);
    }
}

/// A closure as a future that is ready at once.
struct Blocking<F>(Option<F>);

// Nothing is pinned in it.
impl<F> Unpin for Blocking<F> {}

impl<F: FnOnce() -> T, T> Future for Blocking<F> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, _context: &mut TaskContext<'_>) -> Poll<T> {
        match self.0.take() {
            Some(f) => Poll::Ready(f()),
            None => Poll::Pending,
        }
    }
}
