//! The timers of one worker.

use core::sync::atomic::AtomicU64;
use core::sync::atomic::Ordering::SeqCst;
use core::task::{Poll, Waker};

use poll_api::Instant;
use poll_timer::{TimerKey, TimerWheel};

use crate::threads::{Mutex, lock};

const NEVER: u64 = Instant::MAX.as_nanos();

/// A wheel that its worker sets timers in, and that whoever waits on the engine looks into: so that
/// timers fire also while their worker does not come back from a task.
#[derive(Debug)]
pub(crate) struct Wheel {
    /// The next deadline, or an earlier instant. Changed under the lock.
    next: AtomicU64,
    timers: Mutex<TimerWheel<Waker>>,
}

impl Wheel {
    pub(crate) fn new() -> Self {
        Self {
            next: AtomicU64::new(NEVER),
            timers: Mutex::new(TimerWheel::new()),
        }
    }

    /// The instant to look into the wheel at the latest.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        match self.next.load(SeqCst) {
            NEVER => None,
            next => Some(Instant::from_nanos(next)),
        }
    }

    /// Sets a timer; true if it is earlier than all others, and whoever waits has to be told.
    pub(crate) fn insert(&self, deadline: Instant, waker: Waker) -> (TimerKey, bool) {
        let mut timers = lock(&self.timers);
        let key = timers.insert(deadline, waker);
        let is_first = self.note(deadline);
        (key, is_first)
    }

    fn note(&self, deadline: Instant) -> bool {
        let is_first = deadline.as_nanos() < self.next.load(SeqCst);
        if is_first {
            self.next.store(deadline.as_nanos(), SeqCst);
        }
        is_first
    }

    /// Whether the timer has fired; if not, it wakes `waker` when it does.
    pub(crate) fn poll(&self, key: TimerKey, waker: &Waker) -> Poll<()> {
        match lock(&self.timers).get(key) {
            None => return Poll::Ready(()),
            Some(set) if set.will_wake(waker) => return Poll::Pending,
            Some(_) => {}
        }
        let mut waker = waker.clone();
        let mut timers = lock(&self.timers);
        let Some(set) = timers.get_mut(key) else {
            return Poll::Ready(());
        };
        core::mem::swap(set, &mut waker);
        // The waker that was set before is dropped after the lock.
        drop(timers);
        Poll::Pending
    }

    /// Moves a timer that has not fired; true if it became the earliest.
    pub(crate) fn reset(&self, key: TimerKey, deadline: Instant) -> Option<bool> {
        let mut timers = lock(&self.timers);
        timers.reset(key, deadline).then(|| self.note(deadline))
    }

    /// Takes a timer out before it fires.
    pub(crate) fn cancel(&self, key: TimerKey) -> Option<Waker> {
        lock(&self.timers).cancel(key)
    }

    /// Moves out the wakers of up to `budget` timers whose deadline has passed at `now`.
    pub(crate) fn expire(&self, now: Instant, budget: usize, wakers: &mut Vec<Waker>) {
        if self.next.load(SeqCst) > now.as_nanos() {
            return;
        }
        let mut timers = lock(&self.timers);
        let mut expiry = timers.expiry(now, budget);
        while let Some(expired) = timers.expire(&mut expiry) {
            wakers.push(expired.value);
        }
        let next = timers.next_deadline().unwrap_or(Instant::MAX);
        self.next.store(next.as_nanos(), SeqCst);
    }

    /// How many timers are set.
    pub(crate) fn len(&self) -> usize {
        lock(&self.timers).len()
    }

    /// Gives back the memory that a burst of timers needed.
    pub(crate) fn shrink_to_fit(&self) {
        lock(&self.timers).shrink_to_fit();
    }
}
