//! Holders of many timers, behind one trait: each timer holds a waker, as those of tasks do, or
//! nothing of weight.

mod amy;
mod async_io;
mod calloop;
mod heap;
mod map;
mod ours;
mod tokio;
mod wheel;

use core::sync::atomic::{AtomicU64, Ordering};
use std::io;
use std::sync::Arc;
use std::task::{Wake, Waker};

use ::tokio::runtime::EnterGuard;

pub(crate) use self::amy::Amy;
pub(crate) use self::async_io::AsyncIo;
pub(crate) use self::calloop::Calloop;
pub(crate) use self::heap::Heap;
pub(crate) use self::map::Map;
pub(crate) use self::ours::Ours;
pub(crate) use self::tokio::{Current, Tokio, Workers};
pub(crate) use self::wheel::Wheel;

/// Timers at so many nanoseconds after their holder was made.
///
/// Each holder is used statically, so the trait costs nothing.
pub(crate) trait Timers<V: Value>: Sized {
    /// What cancels a timer.
    type Key;

    /// Whether other threads do a part of the work, so that their time counts too.
    const HAS_THREADS: bool = false;

    /// No timers yet.
    fn new() -> io::Result<Self>;

    /// Held while timers are set: tokio's are set in its runtime.
    fn enter(&self) -> Option<EnterGuard<'static>> {
        None
    }

    /// Sets one.
    fn insert(&mut self, deadline_ns: u64, value: V) -> Self::Key;

    /// Takes one off.
    fn cancel(&mut self, key: Self::Key);

    /// Fires those that are due, where time is an argument.
    fn expire(&mut self, now_ns: u64);

    /// Goes from one instant to another in turns of a loop, a millisecond each, waking what is due.
    fn pass(&mut self, from_ns: u64, to_ns: u64) {
        let mut now_ns = from_ns;
        while now_ns < to_ns {
            now_ns += 1_000_000;
            self.expire(now_ns);
        }
    }
}

/// What a timer holds.
pub(crate) trait Value: 'static {
    /// Its timer is due.
    fn fire(self);

    /// The same for a holder that knows wakers only.
    fn as_waker(&self) -> &Waker;
}

impl Value for Waker {
    fn fire(self) {
        self.wake();
    }

    fn as_waker(&self) -> &Waker {
        self
    }
}

/// A number, to measure the holder alone.
impl Value for u64 {
    fn fire(self) {}

    fn as_waker(&self) -> &Waker {
        Waker::noop()
    }
}

/// Counts wakes.
#[derive(Default)]
pub(crate) struct Wakes(AtomicU64);

impl Wakes {
    /// A counter and a waker that counts on it.
    pub(crate) fn new() -> (Arc<Self>, Waker) {
        let wakes = Arc::new(Self::default());
        (Arc::clone(&wakes), Waker::from(wakes))
    }

    /// How many there were.
    pub(crate) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}
