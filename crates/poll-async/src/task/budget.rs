//! The cooperative budget: how much one poll of a task may do before others have their turn.
//!
//! A socket that is always readable, or a channel that is always full, never makes its task wait.
//! Each operation of this crate that could go on like that takes a unit of the budget, and when it
//! is used up it behaves as if it had to wait, with the task woken at once: the task goes to the
//! back of the queue.

use core::cell::Cell;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

thread_local! {
    // None: nobody counts, as outside of the runtime.
    static LEFT: Cell<Option<u32>> = const { Cell::new(None) };
}

/// Runs `f`, one poll of a task, with a budget of `units`; none is as much as it likes.
pub(crate) fn with<R>(units: Option<u32>, f: impl FnOnce() -> R) -> R {
    let _before = Restore(LEFT.replace(units));
    f()
}

/// Puts the budget of the surrounding poll back, also when a poll panics.
struct Restore(Option<u32>);

impl Drop for Restore {
    fn drop(&mut self) {
        LEFT.set(self.0);
    }
}

/// A unit that was taken from the budget, and goes back unless the operation
/// [made progress](Self::made_progress): one that has to wait anyway costs nothing.
#[derive(Debug)]
#[must_use = "a unit that is dropped goes back"]
pub(crate) struct Unit {
    before: Option<u32>,
}

impl Unit {
    /// The operation did something: the unit is used.
    pub(crate) fn made_progress(mut self) {
        self.before = None;
    }
}

impl Drop for Unit {
    fn drop(&mut self) {
        if self.before.is_some() {
            LEFT.set(self.before);
        }
    }
}

/// Takes a unit, or wakes the task and lets it wait if none is left. One thread-local load and
/// store.
pub(crate) fn poll_proceed(context: &mut Context<'_>) -> Poll<Unit> {
    let before = LEFT.get();
    match before {
        None => {}
        Some(0) => {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Some(left) => LEFT.set(Some(left - 1)),
    }
    Poll::Ready(Unit { before })
}

/// Takes a unit of the task's budget, and lets other tasks run first if none is left: for loops
/// that compute, or that wait for nothing of this crate.
///
/// Cancel-safe: there is nothing to lose.
pub async fn consume_budget() {
    poll_fn(|context| {
        ready!(poll_proceed(context)).made_progress();
        Poll::Ready(())
    })
    .await;
}

pin_project! {
    /// What [`unconstrained`] returns.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct Unconstrained<F> {
        #[pin]
        future: F,
    }
}

/// Runs `future` without a budget: it is never made to wait for the sake of others.
///
/// Whoever uses it says when others have their turn, for example with
/// [`yield_now`](super::yield_now()).
pub fn unconstrained<F: Future>(future: F) -> Unconstrained<F> {
    Unconstrained { future }
}

impl<F: Future> Future for Unconstrained<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        with(None, || self.project().future.poll(context))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use core::task::{Context, Poll, Waker};

    use super::{poll_proceed, with};

    fn takes() -> Poll<()> {
        poll_proceed(&mut Context::from_waker(Waker::noop())).map(super::Unit::made_progress)
    }

    #[test]
    fn a_budget_lasts_for_its_units_and_the_outer_one_comes_back() {
        with(Some(2), || {
            assert_eq!(takes(), Poll::Ready(()));
            with(Some(1), || {
                assert_eq!(takes(), Poll::Ready(()));
                assert_eq!(takes(), Poll::Pending);
            });
            assert_eq!(takes(), Poll::Ready(()));
            assert_eq!(takes(), Poll::Pending);
        });
        assert!((0..1000).all(|_| takes().is_ready()));
    }

    #[test]
    fn an_operation_that_has_to_wait_gives_its_unit_back() {
        with(Some(1), || {
            let mut context = Context::from_waker(Waker::noop());
            for _ in 0..10 {
                assert!(poll_proceed(&mut context).is_ready());
            }
            assert_eq!(takes(), Poll::Ready(()));
            assert!(poll_proceed(&mut context).is_pending());
        });
    }
}
