//! A channel whose every receiver receives every value.

use core::fmt;
use core::future::poll_fn;
use core::task::{Poll, ready};
use std::sync::Arc;

use super::listeners::Listeners;
use super::look::{Look, poll_look};
use super::queue::Key;
use super::wakes::Wakes;
use crate::task::budget::poll_proceed;
use crate::threads::{Mutex, MutexGuard, lock};

mod error;
#[cfg(test)]
#[cfg(loom)]
mod model;
mod receiver;
mod ring;

pub use error::{RecvError, SendError, TryRecvError};
pub use receiver::Receiver;
use ring::Ring;

/// A channel whose every receiver receives every value that was sent since it was made.
///
/// It holds at most `capacity` values that not every receiver has received. A sender never waits:
/// without room, the oldest value is replaced, and a receiver that had not received it is told how
/// many it missed. One allocation, and one for each value.
///
/// # Panics
///
/// If `capacity` is zero.
///
/// # Examples
///
/// ```
/// use poll_async::sync::broadcast::{self, RecvError};
///
/// let (sender, mut first) = broadcast::channel(2);
/// let mut second = sender.subscribe();
/// sender.send("a").unwrap();
/// assert_eq!(first.blocking_recv(), Ok("a"));
/// sender.send("b").unwrap();
/// sender.send("c").unwrap();
/// drop(sender);
/// assert_eq!(first.blocking_recv(), Ok("b"));
/// assert_eq!(second.blocking_recv(), Err(RecvError::Lagged(1)));
/// assert_eq!(second.blocking_recv(), Ok("b"));
/// assert_eq!(second.blocking_recv(), Ok("c"));
/// assert_eq!(second.blocking_recv(), Err(RecvError::Closed));
/// ```
#[must_use]
pub fn channel<T: Clone>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let sender = Sender::new(capacity);
    let receiver = sender.subscribe();
    (sender, receiver)
}

/// The sending end: cloned freely, used from any thread.
///
/// When the last clone is dropped, receivers get what is left, and then [`RecvError::Closed`].
pub struct Sender<T> {
    shared: Arc<Shared<T>>,
}

/// A sender that does not keep its channel open, from [`Sender::downgrade`].
pub struct WeakSender<T> {
    shared: Arc<Shared<T>>,
}

/// What the ends share.
struct Shared<T>(Mutex<State<T>>);

struct State<T> {
    ring: Ring<T>,
    receivers: usize,
    senders: usize,
    weak: usize,
    /// Receivers that wait for a value.
    arrivals: Listeners,
    /// Senders that wait until nobody receives.
    end: Listeners,
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        lock(&self.0)
    }
}

impl<T> Sender<T> {
    /// A sender without receivers; [`subscribe`](Self::subscribe) makes them.
    ///
    /// # Panics
    ///
    /// If `capacity` is zero.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        assert!(capacity > 0, "a channel needs room for at least one value");
        let state = State {
            ring: Ring::new(capacity),
            receivers: 0,
            senders: 1,
            weak: 0,
            arrivals: Listeners::new(),
            end: Listeners::new(),
        };
        Self {
            shared: Arc::new(Shared(Mutex::new(state))),
        }
    }

    /// Sends a value to all receivers, and says how many they are. Never waits, so it may be called
    /// from any code.
    ///
    /// A push under a mutex, which is held by others for no longer than that; and an allocation.
    ///
    /// # Errors
    ///
    /// There is no receiver; the value is in the error.
    pub fn send(&self, value: T) -> Result<usize, SendError<T>> {
        let mut wakes = Wakes::new();
        let mut state = self.shared.lock();
        let receivers = state.receivers;
        if receivers == 0 {
            return Err(SendError(value));
        }
        let replaced = state.ring.push(value, receivers);
        state.arrivals.tell(&mut wakes);
        drop(state);
        // Before the value, whose destructor may panic.
        drop(wakes);
        drop(replaced);
        Ok(receivers)
    }

    /// A receiver of what is sent from now on.
    #[must_use]
    pub fn subscribe(&self) -> Receiver<T> {
        Receiver::new(&self.shared)
    }

    /// Waits until there is no receiver.
    ///
    /// Cancel-safe: there is nothing to lose.
    pub async fn closed(&self) {
        let mut watch = Watch {
            shared: &self.shared,
            key: None,
        };
        poll_fn(|context| {
            let Watch { shared, key } = &mut watch;
            let unit = ready!(poll_proceed(context));
            ready!(poll_look(&shared.0, context, |state, waker| {
                if state.receivers == 0 {
                    Look::Done(())
                } else {
                    state.end.listen(key, waker, context)
                }
            }));
            unit.made_progress();
            Poll::Ready(())
        })
        .await;
    }

    /// How many values are there that not every receiver has received.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared.lock().ring.len()
    }

    /// Whether every receiver has received every value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many receivers there are.
    #[must_use]
    pub fn receiver_count(&self) -> usize {
        self.shared.lock().receivers
    }

    /// Whether both send to the same channel.
    #[must_use]
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// A sender that does not keep the channel open.
    #[must_use]
    pub fn downgrade(&self) -> WeakSender<T> {
        self.shared.lock().weak += 1;
        WeakSender {
            shared: Arc::clone(&self.shared),
        }
    }

    /// How many senders there are.
    #[must_use]
    pub fn strong_count(&self) -> usize {
        self.shared.lock().senders
    }

    /// How many weak senders there are.
    #[must_use]
    pub fn weak_count(&self) -> usize {
        self.shared.lock().weak
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.shared.lock().senders += 1;
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let mut wakes = Wakes::new();
        let mut state = self.shared.lock();
        state.senders -= 1;
        if state.senders == 0 {
            state.arrivals.tell(&mut wakes);
        }
        drop(state);
    }
}

/// Waits until nobody receives; leaves when it is dropped.
struct Watch<'a, T> {
    shared: &'a Shared<T>,
    key: Option<Key>,
}

impl<T> Drop for Watch<'_, T> {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            let left = self.shared.lock().end.remove(key);
            drop(left);
        }
    }
}

impl<T> WeakSender<T> {
    /// A sender of the same channel, if there still is one.
    #[must_use]
    pub fn upgrade(&self) -> Option<Sender<T>> {
        let mut state = self.shared.lock();
        if state.senders == 0 {
            return None;
        }
        state.senders += 1;
        Some(Sender {
            shared: Arc::clone(&self.shared),
        })
    }

    /// How many senders there are.
    #[must_use]
    pub fn strong_count(&self) -> usize {
        self.shared.lock().senders
    }

    /// How many weak senders there are, this one among them.
    #[must_use]
    pub fn weak_count(&self) -> usize {
        self.shared.lock().weak
    }
}

impl<T> Clone for WeakSender<T> {
    fn clone(&self) -> Self {
        self.shared.lock().weak += 1;
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<T> Drop for WeakSender<T> {
    fn drop(&mut self) {
        self.shared.lock().weak -= 1;
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for WeakSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakSender").finish_non_exhaustive()
    }
}
