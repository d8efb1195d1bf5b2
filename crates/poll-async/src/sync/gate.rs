//! Permits behind a lock, with what they protect beside them, and waiting for them.

use core::future::poll_fn;
use core::task::{Context, Poll, ready};
use std::sync::PoisonError;

use super::look::{Look, keep, poll_look};
use super::permits::{Claimed, Permits, Refused};
use super::queue::Key;
use super::wakes::Wakes;
use crate::task::budget::poll_proceed;
use crate::threads::{Mutex, lock};

/// No permits are given any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Closed;

/// Permits, and a value that whoever takes or gives some may change under the same lock. What such
/// a function does is move and count: it drops nothing and calls nobody.
#[derive(Debug)]
pub(super) struct Gate<V> {
    inner: Mutex<Inner<V>>,
}

#[derive(Debug)]
struct Inner<V> {
    permits: Permits,
    value: V,
}

impl<V> Gate<V> {
    #[cfg(not(all(test, loom)))]
    pub(super) const fn new(permits: usize, value: V) -> Self {
        let permits = Permits::new(permits);
        Self {
            inner: Mutex::new(Inner { permits, value }),
        }
    }

    #[cfg(all(test, loom))]
    pub(super) fn new(permits: usize, value: V) -> Self {
        let permits = Permits::new(permits);
        Self {
            inner: Mutex::new(Inner { permits, value }),
        }
    }

    /// The value, which nobody else can have.
    pub(super) fn get_mut(&mut self) -> &mut V {
        let inner = self.inner.get_mut();
        &mut inner.unwrap_or_else(PoisonError::into_inner).value
    }

    pub(super) fn into_value(self) -> V {
        let inner = self.inner.into_inner();
        inner.unwrap_or_else(PoisonError::into_inner).value
    }

    pub(super) fn available(&self) -> usize {
        lock(&self.inner).permits.available()
    }

    pub(super) fn is_closed(&self) -> bool {
        lock(&self.inner).permits.is_closed()
    }

    pub(super) fn forget(&self, count: usize) -> usize {
        lock(&self.inner).permits.forget(count)
    }

    pub(super) fn close(&self) {
        let mut wakes = Wakes::new();
        lock(&self.inner).permits.close(&mut wakes);
    }

    /// Takes permits if nobody waits for them.
    pub(super) fn try_acquire<R>(
        &self,
        count: usize,
        take: impl FnOnce(&mut V) -> R,
    ) -> Result<R, Refused> {
        let mut inner = lock(&self.inner);
        inner.permits.try_take(count)?;
        Ok(take(&mut inner.value))
    }

    /// Gives permits back, or new ones. The lock is open when those are woken who get some.
    pub(super) fn release(&self, count: usize, put: impl FnOnce(&mut V)) {
        let mut wakes = Wakes::new();
        let mut inner = lock(&self.inner);
        put(&mut inner.value);
        inner.permits.release(count, &mut wakes);
        drop(inner);
    }

    /// Waits for permits, behind those who wait already.
    ///
    /// Cancel-safe: a future that is dropped loses its place, and gives back what it was assigned.
    pub(super) async fn acquire<R>(
        &self,
        count: usize,
        mut take: impl FnMut(&mut V) -> R,
    ) -> Result<R, Closed> {
        let take = |inner: &mut Inner<V>| take(&mut inner.value);
        acquire(&self.inner, Inner::permits, count, take).await
    }
}

impl<V> Inner<V> {
    const fn permits(&mut self) -> &mut Permits {
        &mut self.permits
    }
}

/// Waits for permits, those that `permits` names in `state`; under the same lock `take` does what
/// has to be done with them.
///
/// Cancel-safe: a future that is dropped loses its place, and gives back what it was assigned.
pub(super) async fn acquire<S, R>(
    state: &Mutex<S>,
    permits: impl Fn(&mut S) -> &mut Permits,
    count: usize,
    mut take: impl FnMut(&mut S) -> R,
) -> Result<R, Closed> {
    let mut acquire = Acquire {
        state,
        permits,
        count,
        claim: None,
    };
    poll_fn(move |context| acquire.poll(context, &mut take)).await
}

struct Acquire<'a, S, P: Fn(&mut S) -> &mut Permits> {
    state: &'a Mutex<S>,
    permits: P,
    count: usize,
    claim: Option<Key>,
}

impl<S, P: Fn(&mut S) -> &mut Permits> Acquire<'_, S, P> {
    fn poll<R>(
        &mut self,
        context: &mut Context<'_>,
        take: &mut impl FnMut(&mut S) -> R,
    ) -> Poll<Result<R, Closed>> {
        let unit = ready!(poll_proceed(context));
        let (permits_of, count, claim) = (&self.permits, self.count, &mut self.claim);
        let looked = poll_look(self.state, context, |state, waker| {
            let permits = permits_of(state);
            let claimed = match *claim {
                Some(key) => permits.look(key),
                None => match permits.try_take(count) {
                    Ok(()) => Claimed::Granted,
                    Err(Refused::Closed) => Claimed::Closed,
                    Err(Refused::Empty) => {
                        let Some(waker) = waker.take() else {
                            return Look::NeedsWaker;
                        };
                        *claim = Some(permits.wait(count, waker));
                        return Look::Waits;
                    }
                },
            };
            let result = match claimed {
                Claimed::Granted => Ok(take(state)),
                Claimed::Closed => Err(Closed),
                Claimed::Waiting(kept) => return keep(kept, waker, context),
            };
            *claim = None;
            Look::Done(result)
        });
        let result = ready!(looked);
        unit.made_progress();
        Poll::Ready(result)
    }
}

impl<S, P: Fn(&mut S) -> &mut Permits> Drop for Acquire<'_, S, P> {
    fn drop(&mut self) {
        if let Some(key) = self.claim.take() {
            let mut wakes = Wakes::new();
            let mut state = lock(self.state);
            let waker = (self.permits)(&mut state).cancel(key, &mut wakes);
            drop(state);
            drop(waker);
        }
    }
}
