//! Telling tasks that something happened, without a value.

use core::fmt;
use core::future::Future;
use core::ops::Deref;
use core::pin::Pin;
use core::task::{Context, Poll, Waker, ready};
use std::sync::Arc;

use super::look::{Look, keep, poll_look, poll_wait};
use super::queue::{Key, Queue};
use super::wakes::Wakes;
use crate::task::budget::poll_proceed;
use crate::threads::{AtomicUsize, Mutex, MutexGuard, Ordering, lock};

#[cfg(test)]
#[cfg(loom)]
mod model;

/// Tells one task or all that something happened.
///
/// It holds at most one permit: [`notify_one`](Self::notify_one) without anybody who waits leaves
/// one, and the next [`notified`](Self::notified) takes it and does not wait. So a task that looks,
/// finds nothing and waits is not too late for what happened in between.
///
/// No allocation but for those who wait. A permit comes and goes without a lock.
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
    /// [`PERMIT`] or [`WAITING`], and how often all were told, in units of [`CALL`]. A permit comes
    /// and goes without the mutex; the rest changes under it.
    word: AtomicUsize,
    waiting: Mutex<Queue<Waiting>>,
}

/// In the word: there is a permit, and so nobody waits.
const PERMIT: usize = 1;
/// In the word: somebody is in the queue.
const WAITING: usize = 2;
/// What telling all adds to the word.
const CALL: usize = 4;

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
            word: AtomicUsize::new(0),
            waiting: Mutex::new(Queue::new()),
        }
    }

    #[cfg(all(test, loom))]
    pub(crate) fn new() -> Self {
        Self {
            word: AtomicUsize::new(0),
            waiting: Mutex::new(Queue::new()),
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
        self.tell(Told::First);
    }

    /// Tells the one that has waited shortest; if nobody waits, as
    /// [`notify_one`](Self::notify_one).
    pub fn notify_last(&self) {
        self.tell(Told::Last);
    }

    /// Tells all that wait, and all that will have been [called for](Self::notified) until now.
    /// Leaves no permit.
    pub fn notify_waiters(&self) {
        let mut wakes = Wakes::new();
        let mut waiting = self.lock();
        // Release: who finds itself called sees what was done before.
        self.word.fetch_add(CALL, Ordering::Release);
        while let Some(told) = waiting.pop() {
            told.told = Some(Told::All);
            if let Some(waker) = told.waker.take() {
                wakes.push(waker);
            }
        }
        self.say_if_nobody_waits(&mut waiting);
        drop(waiting);
    }

    fn lock(&self) -> MutexGuard<'_, Queue<Waiting>> {
        lock(&self.waiting)
    }

    fn tell(&self, told: Told) {
        if !self.leave_permit() {
            let waker = self.tell_one(&mut self.lock(), told);
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }

    /// Leaves a permit, unless somebody waits.
    fn leave_permit(&self) -> bool {
        let mut word = self.word.load(Ordering::Relaxed);
        while word & WAITING == 0 {
            // Release, and also if there is a permit already: who takes it sees what was done
            // before any of those that left it.
            let left = self.word.compare_exchange_weak(
                word,
                word | PERMIT,
                Ordering::Release,
                Ordering::Relaxed,
            );
            match left {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
        false
    }

    /// Tells one of those in the queue, or leaves a permit if they have gone.
    fn tell_one(&self, waiting: &mut Queue<Waiting>, told: Told) -> Option<Waker> {
        let one = match told {
            Told::First => waiting.pop(),
            Told::Last => waiting.pop_last(),
            Told::All => return None,
        };
        let Some(one) = one else {
            // Nobody comes to the queue while its mutex is held.
            self.leave_permit();
            return None;
        };
        one.told = Some(told);
        let waker = one.waker.take();
        self.say_if_nobody_waits(waiting);
        waker
    }

    fn say_if_nobody_waits(&self, waiting: &mut Queue<Waiting>) {
        if waiting.front().is_none() {
            self.word.fetch_and(!WAITING, Ordering::Relaxed);
        }
    }

    /// Whether all were told since there were `calls`, or there is a permit, which this takes. If
    /// not, adds `otherwise` to the word: to say that somebody waits needs the mutex.
    fn is_told(&self, calls: usize, otherwise: usize) -> bool {
        // Acquire: pairs with those that told or left the permit.
        let mut word = self.word.load(Ordering::Acquire);
        loop {
            let has_permit = word & PERMIT != 0;
            if calls != word & !(PERMIT | WAITING) {
                return true;
            }
            let next = if has_permit {
                word & !PERMIT
            } else {
                word | otherwise
            };
            if next == word {
                return false;
            }
            let changed =
                self.word
                    .compare_exchange_weak(word, next, Ordering::Acquire, Ordering::Acquire);
            match changed {
                Ok(_) => return has_permit,
                Err(now) => word = now,
            }
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
        // Acquire: pairs with a call that was before this, and so is not waited for.
        let word = notify.word.load(Ordering::Acquire);
        Self {
            notify,
            progress: Progress::Before(word & !(PERMIT | WAITING)),
        }
    }

    fn enable(&mut self) -> bool {
        let mut waiting = self.notify.lock();
        self.progress.advance(&self.notify, &mut waiting).is_none()
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Self { notify, progress } = self;
        if let Progress::Done = progress {
            return Poll::Ready(());
        }
        let unit = ready!(poll_proceed(context));
        let calls = match progress {
            Progress::Before(calls) => Some(*calls),
            _ => None,
        };
        if calls.is_some_and(|calls| notify.is_told(calls, 0)) {
            *progress = Progress::Done;
        } else {
            let look = |waiting: &mut _, waker: &mut _| match progress.advance(notify, waiting) {
                None => Look::Done(()),
                Some(slot) => keep(slot, waker, context),
            };
            ready!(match calls {
                Some(_) => poll_wait(&notify.waiting, context, look),
                None => poll_look(&notify.waiting, context, look),
            });
        }
        unit.made_progress();
        Poll::Ready(())
    }
}

impl Progress {
    /// Looks whether it was told, or takes a place; where its waker goes, if it waits.
    fn advance<'a>(
        &mut self,
        notify: &Notify,
        waiting: &'a mut Queue<Waiting>,
    ) -> Option<&'a mut Option<Waker>> {
        let key = match *self {
            Self::Done => return None,
            Self::Before(calls) => {
                if notify.is_told(calls, WAITING) {
                    *self = Self::Done;
                    return None;
                }
                waiting.push(Waiting {
                    told: None,
                    waker: None,
                })
            }
            Self::Waiting(key) => key,
        };
        let is_told = waiting.get(key)?.told.is_some();
        if is_told {
            *self = Self::Done;
            // Its waker went when it was told.
            drop(waiting.remove(key));
            return None;
        }
        *self = Self::Waiting(key);
        Some(&mut waiting.get(key)?.waker)
    }
}

impl<N: Deref<Target = Notify>> Drop for Wait<N> {
    fn drop(&mut self) {
        if let Progress::Waiting(key) = self.progress {
            let mut waiting = self.notify.lock();
            let left = waiting.remove(key);
            let waker = match left.as_ref().and_then(|left| left.told) {
                Some(told) => self.notify.tell_one(&mut waiting, told),
                None => {
                    self.notify.say_if_nobody_waits(&mut waiting);
                    None
                }
            };
            drop(waiting);
            if let Some(waker) = waker {
                waker.wake();
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
            assert!(notify.lock().get(key).is_none());
        }
    }
}
