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

use super::span::Span;
use super::{Id, Running, running};
use crate::runtime::{Lane, caught, polling};

/// What a panic carries.
pub(crate) type Payload = Box<dyn Any + Send>;

/// What a task leaves: its value, its panic, or nothing if it was dropped before its end.
#[derive(Debug)]
pub(crate) struct Outcome<T>(Option<Result<T, Box<Panicked>>>);

/// A panic, and whom to tell if nobody joins the task.
#[derive(Debug)]
struct Panicked {
    payload: Payload,
    id: Option<Id>,
    lane: Option<Arc<Lane>>,
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
            Some(Err(panicked)) => {
                if let Some(lane) = panicked.lane {
                    lane.report_panic(panicked.id, panicked.payload);
                }
            }
            Some(Ok(value)) if mem::needs_drop::<T>() => caught(|| drop(value)),
            _ => {}
        }
    }
}

pin_project! {
    /// The future of a task.
    pub(crate) struct Body<F> {
        // None once it is finished, so that its destructor has run before the join.
        #[pin]
        future: Option<F>,
        span: Span,
    }

    impl<F> PinnedDrop for Body<F> {
        fn drop(this: Pin<&mut Self>) {
            give_up(this);
        }
    }
}

/// Drops a future that has not finished, if there is one: a panic of its destructor is reported.
fn give_up<F>(body: Pin<&mut Body<F>>) {
    let mut body = body.project();
    if body.future.is_none() {
        return;
    }
    let dropped = catch_unwind(AssertUnwindSafe(|| {
        body.span.within(|| body.future.set(None));
    }));
    if let (Err(payload), Some(lane)) = (dropped, polling::lane()) {
        lane.report_panic(running::id(), payload);
    }
}

impl<F> Body<F> {
    pub(crate) const fn new(future: F, span: Span) -> Self {
        let future = Some(future);
        Self { future, span }
    }
}

impl<F: Future> Future for Body<F> {
    type Output = Outcome<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.as_mut().project();
        let (Some(running), Some(future)) = (running::now(), this.future.as_mut().as_pin_mut())
        else {
            // Only if polled after its end, or by somebody else, which the executor does not.
            return Poll::Pending;
        };
        // Here and not before: what is scheduled already is not scheduled again by an abort, so
        // that one that came after a look at a queued task would be seen by nobody.
        if polling::is_aborted(running) {
            return dropped(self, running);
        }
        let span = &*this.span;
        let polled = catch_unwind(AssertUnwindSafe(|| span.within(|| future.poll(context))));
        let mut result = match polled {
            Ok(Poll::Pending) if running.is_first && !polling::wait(running, context.waker()) => {
                return dropped(self, running);
            }
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(value)) => Ok(value),
            Err(payload) => Err(payload),
        };
        if mem::needs_drop::<F>() {
            let dropped = catch_unwind(AssertUnwindSafe(|| {
                span.within(|| this.future.set(None));
            }));
            if let (Ok(_), Err(payload)) = (&result, dropped) {
                result = Err(payload);
            }
        } else {
            this.future.set(None);
        }
        polling::end(running);
        Poll::Ready(Outcome(Some(result.map_err(|payload| {
            let (id, lane) = (running::id(), polling::lane());
            Box::new(Panicked { payload, id, lane })
        }))))
    }
}

/// The end of a task that is not polled any more.
fn dropped<F: Future>(body: Pin<&mut Body<F>>, running: Running) -> Poll<Outcome<F::Output>> {
    give_up(body);
    polling::end(running);
    Poll::Ready(Outcome(None))
}
