//! What the executor runs: a future whose panics are caught, and whose end is written down.

use core::any::Any;
use core::future::Future;
use core::mem;
use core::panic::AssertUnwindSafe;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::panic::catch_unwind;
use std::sync::Arc;

use pin_project_lite::pin_project;

use super::Id;
use crate::runtime::Lane;

/// What a panic carries.
pub(crate) type Payload = Box<dyn Any + Send>;

/// What a task leaves: its value, its panic, or nothing if it was aborted.
#[derive(Debug)]
pub(crate) struct Outcome<T>(Option<Result<T, Panicked>>);

/// A panic, and whom to tell if nobody joins the task.
#[derive(Debug)]
struct Panicked {
    payload: Payload,
    id: Id,
    lane: Arc<Lane>,
}

impl<T> Outcome<T> {
    pub(crate) fn into_result(mut self) -> Option<Result<T, Payload>> {
        let result = self.0.take()?;
        Some(result.map_err(|panicked| panicked.payload))
    }
}

impl<T> Drop for Outcome<T> {
    /// Nobody joins the task any more: a panic is reported, and one of the value's destructor is
    /// caught.
    fn drop(&mut self) {
        match self.0.take() {
            Some(Err(panicked)) => panicked.lane.report_panic(panicked.id, panicked.payload),
            // What it panics with has been printed, and there is nobody to give it to.
            Some(Ok(value)) if mem::needs_drop::<T>() => {
                drop(catch_unwind(AssertUnwindSafe(|| drop(value))));
            }
            _ => {}
        }
    }
}

pin_project! {
    /// The future of a task.
    pub(crate) struct Body<F: Future> {
        // None once it is finished, so that its destructor has run before the join.
        #[pin]
        future: Option<F>,
        entry: Entry,
    }

    impl<F: Future> PinnedDrop for Body<F> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            drop_unfinished(this.future, this.entry);
        }
    }
}

/// The place of a task in the table, which it leaves at its end.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) lane: Arc<Lane>,
    pub(crate) slot: usize,
    pub(crate) id: Id,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.lane.end(self.slot, self.id);
    }
}

impl<F: Future> Body<F> {
    pub(crate) const fn new(future: F, entry: Entry) -> Self {
        Self {
            future: Some(future),
            entry,
        }
    }
}

/// Drops a future that has not finished, if there is one: a panic of its destructor is reported.
fn drop_unfinished<F>(mut future: Pin<&mut Option<F>>, entry: &Entry) {
    if future.is_some()
        && let Err(payload) = catch_unwind(AssertUnwindSafe(|| future.set(None)))
    {
        entry.lane.report_panic(entry.id, payload);
    }
}

impl<F: Future> Future for Body<F> {
    type Output = Outcome<F::Output>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(future) = this.future.as_mut().as_pin_mut() else {
            // Only if polled after its end, which the executor does not.
            return Poll::Pending;
        };
        // Here and not before: what is scheduled already is not scheduled again by an abort, so
        // that one that came after a look at a queued task would be seen by nobody.
        if this.entry.lane.is_aborted(this.entry.slot, this.entry.id) {
            drop_unfinished(this.future, this.entry);
            return Poll::Ready(Outcome(None));
        }
        let polled = catch_unwind(AssertUnwindSafe(|| future.poll(context)));
        let mut result = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(value)) => Ok(value),
            Err(payload) => Err(payload),
        };
        let dropped = catch_unwind(AssertUnwindSafe(|| this.future.set(None)));
        if let (Ok(_), Err(payload)) = (&result, dropped) {
            result = Err(payload);
        }
        Poll::Ready(Outcome(Some(result.map_err(|payload| Panicked {
            payload,
            id: this.entry.id,
            lane: Arc::clone(&this.entry.lane),
        }))))
    }
}
