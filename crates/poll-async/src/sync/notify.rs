//! Telling tasks that something happened, without a value.

use core::fmt;
use core::future::Future;
use core::mem;
use core::ops::Deref;
use core::pin::Pin;
use core::task::{Context, Poll, Waker, ready};
use std::sync::Arc;

use super::look::{Look, keep, poll_look};
use super::queue::{Key, Queue};
use super::wakes::Wakes;
use crate::task::budget::poll_proceed;
use crate::threads::{AtomicUsize, Mutex, MutexGuard, Ordering, lock};

#[cfg(all(test, loom))]
mod model;

/// Tells one task or all that something happened.
///
/// It holds at most one permit: [`notify_one`](Self::notify_one) without anybody who waits leaves
/// one, and the next [`notified`](Self::notified) takes it and does not wait. So a task that looks,
/// finds nothing and waits is not too late for what happened in between.
///
/// No allocation but for those who wait.
///
/// # Examples
///
/// ```
/// use poll_async::sync::Notify;
///
/// async fn next(queue: &std::sync::Mutex<Vec<u32>>, arrived: &Notify) -> u32 {
///     loop {
///         let value = queue.lock().unwrap().pop();
///         if let Some(value) = value {
///             return value;
///         }
///         arrived.notified().await;
///     }
/// }
/// ```
pub struct Notify {
    state: Mutex<State>,
    /// How often all were told; changes under the mutex.
    calls: AtomicUsize,
}

struct State {
    has_permit: bool,
    waiting: Queue<Waiting>,
}

struct Waiting {
    told: Option<Told>,
    waker: Option<Waker>,
}

/// How one who waited was told.
#[derive(Clone, Copy)]
enum Told {
    /// As the one who had waited longest.
    First,
    /// As the one who had waited shortest.
    Last,
    /// With all others.
    All,
}

impl Notify {
    /// Without permit.
    #[cfg(not(all(test, loom)))]
    #[must_use]
    pub const fn new() -> Self {
        Self {
            state: Mutex::new(State::new()),
            calls: AtomicUsize::new(0),
        }
    }

    #[cfg(all(test, loom))]
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::new(State::new()),
            calls: AtomicUsize::new(0),
        }
    }

    /// Waits to be told, behind those who wait already.
    ///
    /// Is told by each [`notify_waiters`](Self::notify_waiters) after this call, also if the future
    /// was not polled by then; by [`notify_one`](Self::notify_one) and
    /// [`notify_last`](Self::notify_last) once it was polled, or through the permit.
    ///
    /// Cancel-safe: if one alone was told, and is dropped before it is done, the next is told
    /// instead, or the permit is left. The place among those who wait is lost.
    pub fn notified(&self) -> Notified<'_> {
        Notified(Wait::new(self))
    }

    /// [`notified`](Self::notified), with a future that holds a clone of the `Arc`.
    pub fn notified_owned(self: Arc<Self>) -> OwnedNotified {
        OwnedNotified(Wait::new(self))
    }

    /// Tells the one that has waited longest; if nobody waits, the next that does. At most one
    /// permit is kept for that.
    pub fn notify_one(&self) {
        self.tell(self.lock(), Told::First);
    }

    /// Tells the one that has waited shortest; if nobody waits, as
    /// [`notify_one`](Self::notify_one).
    pub fn notify_last(&self) {
        self.tell(self.lock(), Told::Last);
    }

    /// Tells all that wait, and all that will have been [called for](Self::notified) until now.
    /// Leaves no permit.
    pub fn notify_waiters(&self) {
        let mut wakes = Wakes::new();
        let mut state = self.lock();
        // Release: who finds itself called sees what was done before.
        self.calls.fetch_add(1, Ordering::Release);
        while let Some(waiting) = state.waiting.pop() {
            waiting.told = Some(Told::All);
            if let Some(waker) = waiting.waker.take() {
                wakes.push(waker);
            }
        }
        drop(state);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn tell(&self, mut state: MutexGuard<'_, State>, told: Told) {
        let waiting = match told {
            Told::First => state.waiting.pop(),
            Told::Last => state.waiting.pop_last(),
            Told::All => return,
        };
        let waker = match waiting {
            Some(waiting) => {
                waiting.told = Some(told);
                waiting.waker.take()
            }
            None => {
                state.has_permit = true;
                None
            }
        };
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl State {
    const fn new() -> Self {
        Self {
            has_permit: false,
            waiting: Queue::new(),
        }
    }
}

impl Default for Notify {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notify").finish_non_exhaustive()
    }
}

/// Waits to be told, from [`Notify::notified`]. Polled after it was done, it is done.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct Notified<'a>(Wait<&'a Notify>);

/// Waits to be told, from [`Notify::notified_owned`]. Polled after it was done, it is done.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub struct OwnedNotified(Wait<Arc<Notify>>);

impl Notified<'_> {
    /// Begins to wait without being polled, so that what happens from now on is not missed; true if
    /// it was told already, and so is done.
    #[expect(clippy::must_use_candidate, reason = "mostly called for what it does")]
    pub fn enable(mut self: Pin<&mut Self>) -> bool {
        self.0.enable()
    }
}

impl OwnedNotified {
    /// As [`Notified::enable`].
    #[expect(clippy::must_use_candidate, reason = "mostly called for what it does")]
    pub fn enable(mut self: Pin<&mut Self>) -> bool {
        self.0.enable()
    }
}

impl Future for Notified<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.0.poll(context)
    }
}

impl Future for OwnedNotified {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.0.poll(context)
    }
}

/// What both futures are.
struct Wait<N: Deref<Target = Notify>> {
    notify: N,
    progress: Progress,
}

#[derive(Debug)]
enum Progress {
    /// Not among those who wait; how often all had been told.
    Before(usize),
    Waiting(Key),
    Done,
}

impl<N: Deref<Target = Notify>> Wait<N> {
    fn new(notify: N) -> Self {
        // Acquire: pairs with the call that is not waited for, because it was before this.
        let calls = notify.calls.load(Ordering::Acquire);
        Self {
            notify,
            progress: Progress::Before(calls),
        }
    }

    fn enable(&mut self) -> bool {
        let mut state = self.notify.lock();
        self.progress.advance(&self.notify, &mut state).is_none()
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Self { notify, progress } = self;
        if let Progress::Done = progress {
            return Poll::Ready(());
        }
        let unit = ready!(poll_proceed(context));
        ready!(poll_look(&notify.state, context, |state, waker| {
            match progress.advance(notify, state) {
                None => Look::Done(()),
                Some(slot) => keep(slot, waker, context),
            }
        }));
        unit.made_progress();
        Poll::Ready(())
    }
}

impl Progress {
    /// Looks whether it was told, or takes a place; where its waker goes, if it waits.
    fn advance<'a>(
        &mut self,
        notify: &Notify,
        state: &'a mut State,
    ) -> Option<&'a mut Option<Waker>> {
        let key = match *self {
            Self::Done => return None,
            Self::Before(calls) => {
                let is_called = notify.calls.load(Ordering::Relaxed) != calls;
                if is_called || mem::take(&mut state.has_permit) {
                    *self = Self::Done;
                    return None;
                }
                state.waiting.push(Waiting {
                    told: None,
                    waker: None,
                })
            }
            Self::Waiting(key) => key,
        };
        let is_told = state.waiting.get(key)?.told.is_some();
        if is_told {
            *self = Self::Done;
            // Its waker went when it was told.
            drop(state.waiting.remove(key));
            return None;
        }
        *self = Self::Waiting(key);
        Some(&mut state.waiting.get(key)?.waker)
    }
}

impl<N: Deref<Target = Notify>> Drop for Wait<N> {
    fn drop(&mut self) {
        if let Progress::Waiting(key) = self.progress {
            let mut state = self.notify.lock();
            let left = state.waiting.remove(key);
            if let Some(told) = left.as_ref().and_then(|left| left.told) {
                self.notify.tell(state, told);
            } else {
                drop(state);
            }
            drop(left);
        }
    }
}

impl<N: Deref<Target = Notify>> fmt::Debug for Wait<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.progress.fmt(f)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::{Notify, Progress, Wait};

    #[test]
    fn one_that_was_told_gives_its_place_back() {
        let notify = Notify::new();
        for _ in 0..3 {
            let mut wait = Wait::new(&notify);
            assert!(!wait.enable());
            let Progress::Waiting(key) = wait.progress else {
                panic!("it waits");
            };
            notify.notify_one();
            assert!(wait.enable());
            assert!(notify.lock().waiting.get(key).is_none());
        }
    }
}
