//! How a future becomes a task.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::Arc;

use async_task::{Builder, ScheduleInfo, WithInfo};

use super::shared::Lane;
use crate::task::{AbortHandle, Body, Entry, JoinHandle, Meta, Runnable};

impl Lane {
    pub(crate) fn spawn<F>(self: &Arc<Self>, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (runnable, handle) = self.insert(future, |builder, body| {
            builder.spawn(|_| body, WithInfo(self.scheduler()))
        });
        if let Some(runnable) = runnable {
            self.schedule(runnable, false);
        }
        handle
    }

    /// The same for a future that stays on this thread.
    pub(crate) fn spawn_local<F>(self: &Arc<Self>, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let (runnable, handle) = self.insert(future, |builder, body| {
            builder.spawn_local(|_| body, WithInfo(self.scheduler()))
        });
        if let Some(runnable) = runnable {
            self.schedule(runnable, false);
        }
        handle
    }

    /// The same for a closure that may block, which runs on a thread of the pool.
    pub(crate) fn spawn_blocking<F, T>(self: &Arc<Self>, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let (runnable, handle) = self.insert(Blocking(Some(f)), |builder, body| {
            let lane = Arc::clone(self);
            let schedule = move |runnable| lane.shared().pool.push(lane.shared(), runnable);
            builder.spawn(|_| body, schedule)
        });
        if let Some(runnable) = runnable {
            runnable.schedule();
        }
        handle
    }

    fn scheduler(self: &Arc<Self>) -> impl Fn(Runnable, ScheduleInfo) + Send + Sync + 'static {
        let lane = Arc::clone(self);
        move |runnable, info| lane.schedule(runnable, info.woken_while_running)
    }

    fn insert<F: Future>(
        self: &Arc<Self>,
        future: F,
        make: impl FnOnce(
            Builder<Meta>,
            Body<F>,
        ) -> (
            Runnable,
            async_task::Task<<Body<F> as Future>::Output, Meta>,
        ),
    ) -> (Option<Runnable>, JoinHandle<F::Output>) {
        self.seat().tasks.insert(self.index(), |slot, id| {
            let lane = Arc::clone(self);
            let body = Body::new(future, Entry { lane, slot, id });
            let (runnable, task) = make(Builder::new().metadata(Meta { id }), body);
            let target = AbortHandle::new(Arc::clone(self), slot, id);
            (runnable, JoinHandle::new(task.fallible(), target))
        })
    }
}

/// A closure as a future that is ready at once.
struct Blocking<F>(Option<F>);

// Nothing is pinned in it.
impl<F> Unpin for Blocking<F> {}

impl<F: FnOnce() -> T, T> Future for Blocking<F> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<T> {
        match self.0.take() {
            Some(f) => Poll::Ready(f()),
            None => Poll::Pending,
        }
    }
}
