//! Looking at what is behind a mutex, and waiting if it is not there yet.
//!
//! A waker's clone and destructor are code of others, which may come back to the very thing whose
//! mutex is held; so neither runs there.

use core::mem;
use core::task::{Context, Poll, Waker};

use crate::threads::{Mutex, lock};

/// How far one look came.
#[derive(Debug)]
pub(super) enum Look<R> {
    Done(R),
    /// A waker of the task is there.
    Waits,
    /// It would wait, but has no waker of the task yet.
    NeedsWaker,
}

/// Looks at what is behind `mutex`, and again with a clone of the task's waker if that is needed.
///
/// `look` finds the clone in its second argument; what it leaves there is dropped when the mutex is
/// free. [`keep`] does that.
#[inline]
pub(super) fn poll_look<S, R>(
    mutex: &Mutex<S>,
    context: &Context<'_>,
    mut look: impl FnMut(&mut S, &mut Option<Waker>) -> Look<R>,
) -> Poll<R> {
    let looked = look(&mut lock(mutex), &mut None);
    match looked {
        Look::Done(done) => Poll::Ready(done),
        Look::Waits => Poll::Pending,
        Look::NeedsWaker => poll_wait(mutex, context, look),
    }
}

/// [`poll_look`] where there will be nothing yet, most likely: with the clone at the first look.
pub(super) fn poll_wait<S, R>(
    mutex: &Mutex<S>,
    context: &Context<'_>,
    mut look: impl FnMut(&mut S, &mut Option<Waker>) -> Look<R>,
) -> Poll<R> {
    let mut waker = Some(context.waker().clone());
    let looked = look(&mut lock(mutex), &mut waker);
    match looked {
        Look::Done(done) => Poll::Ready(done),
        Look::Waits | Look::NeedsWaker => Poll::Pending,
    }
}

/// Puts the clone of the task's waker into `slot`, unless one that wakes the same task is there.
pub(super) fn keep<R>(
    slot: &mut Option<Waker>,
    waker: &mut Option<Waker>,
    context: &Context<'_>,
) -> Look<R> {
    if slot
        .as_ref()
        .is_some_and(|kept| kept.will_wake(context.waker()))
    {
        return Look::Waits;
    }
    if waker.is_none() {
        return Look::NeedsWaker;
    }
    mem::swap(slot, waker);
    Look::Waits
}
