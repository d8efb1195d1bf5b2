//! A place where tasks wait for each other.

use core::fmt;
use core::future::poll_fn;
use core::task::{Context, Poll, Waker, ready};

use super::look::{Look, keep, poll_look};
use super::queue::{Key, Queue};
use super::wakes::Wakes;
use crate::task::budget::poll_proceed;
use crate::threads::{Mutex, lock};

/// Lets tasks go on when so many of them have come.
///
/// It can be used again and again. Waiting works on any executor. Own code: a queue behind a lock
/// is all that it takes.
///
/// ```
/// use poll_async::sync::Barrier;
///
/// # async fn load() {}
/// # async fn announce() {}
/// async fn worker(ready: &Barrier) {
///     load().await;
///     if ready.wait().await.is_leader() {
///         announce().await; // one of them does
///     }
/// }
/// ```
pub struct Barrier {
    size: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Those who have come and wait; a waker is taken when its task may go.
    waiting: Queue<Option<Waker>>,
    came: usize,
}

impl Barrier {
    /// A barrier for `size` tasks. One for none is one for one: who comes goes on.
    #[must_use]
    pub fn new(size: usize) -> Self {
        let waiting = Queue::new();
        Self {
            size: size.max(1),
            state: Mutex::new(State { waiting, came: 0 }),
        }
    }

    /// Waits until all have come. One of them, the last, is told that it leads.
    ///
    /// Cancel-safe: a future that is dropped before all have come has not come.
    pub async fn wait(&self) -> BarrierWaitResult {
        let mut wait = Wait {
            barrier: self,
            key: None,
        };
        poll_fn(move |context| wait.poll(context)).await
    }
}

struct Wait<'a> {
    barrier: &'a Barrier,
    key: Option<Key>,
}

impl Wait<'_> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<BarrierWaitResult> {
        let unit = ready!(poll_proceed(context));
        let (size, key) = (self.barrier.size, &mut self.key);
        let mut wakes = Wakes::new();
        let looked = poll_look(&self.barrier.state, context, |state, waker| {
            if let Some(came) = *key {
                return match state.waiting.get(came) {
                    Some(kept @ Some(_)) => keep(kept, waker, context),
                    // It was taken: all have come.
                    _ => {
                        let _none = state.waiting.remove(came);
                        Look::Done(false)
                    }
                };
            }
            if state.came + 1 == size {
                state.came = 0;
                while let Some(waiting) = state.waiting.pop() {
                    if let Some(waker) = waiting.take() {
                        wakes.push(waker);
                    }
                }
                return Look::Done(true);
            }
            if waker.is_none() {
                return Look::NeedsWaker;
            }
            state.came += 1;
            *key = Some(state.waiting.push(waker.take()));
            Look::Waits
        });
        let is_leader = ready!(looked);
        self.key = None;
        unit.made_progress();
        Poll::Ready(BarrierWaitResult(is_leader))
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            let mut state = lock(&self.barrier.state);
            let waker = state.waiting.remove(key).flatten();
            if waker.is_some() {
                state.came -= 1;
            }
            drop(state);
            drop(waker);
        }
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// What [`Barrier::wait`] tells each that goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BarrierWaitResult(bool);

impl BarrierWaitResult {
    /// Whether this is the one of them that does what has to be done once.
    #[must_use]
    pub const fn is_leader(&self) -> bool {
        self.0
    }
}
