//! A value that is watched: receivers see the latest one, and are told when it changes.

use core::fmt;
use core::future::poll_fn;
use core::mem;
use core::task::{Poll, ready};
use std::sync::Arc;

use super::listeners::Listeners;
use super::look::{Look, poll_look};
use super::queue::Key;
use super::wakes::Wakes;
use crate::task::budget::poll_proceed;
use crate::threads::{AtomicUsize, Mutex, Ordering, RwLock, lock, write};

mod receiver;

#[cfg(test)]
#[cfg(loom)]
mod model;

pub use receiver::{Receiver, RecvError, Ref};

/// In a version: no sender is left.
const ENDED: usize = 1;
/// How much a change adds to a version.
const CHANGE: usize = 2;

/// A value that is watched: any number of senders, and of receivers that see the latest value.
///
/// A receiver that is slow misses values, and never the last one. One allocation.
///
/// # Examples
///
/// ```
/// use poll_async::sync::watch;
///
/// # fn block_on<F: Future>(future: F) -> F::Output {
/// #     let waker = std::task::Waker::noop();
/// #     let polled = std::pin::pin!(future).poll(&mut std::task::Context::from_waker(waker));
/// #     let std::task::Poll::Ready(output) = polled else { panic!() };
/// #     output
/// # }
/// # block_on(async {
/// let (sender, mut receiver) = watch::channel("starting");
/// assert_eq!(*receiver.borrow(), "starting");
/// sender.send("running").unwrap();
/// receiver.changed().await.unwrap();
/// assert_eq!(*receiver.borrow_and_update(), "running");
/// # });
/// ```
pub fn channel<T>(first: T) -> (Sender<T>, Receiver<T>) {
    let sender = Sender::new(first);
    let receiver = sender.subscribe();
    (sender, receiver)
}

/// The sending end. When the last clone is dropped, receivers that have seen the last value get
/// [`RecvError`].
pub struct Sender<T> {
    shared: Arc<Shared<T>>,
}

/// There is no receiver. The value is in the error.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct SendError<T>(pub T);

/// What both ends share.
struct Shared<T> {
    value: RwLock<T>,
    /// Raised while `value` is locked for writing; told of under `listeners` afterwards.
    version: AtomicUsize,
    senders: AtomicUsize,
    receivers: AtomicUsize,
    listeners: Mutex<Both>,
}

/// Those who wait.
struct Both {
    /// For a change.
    changes: Listeners,
    /// Until nobody watches.
    end: Listeners,
}

impl<T> Shared<T> {
    fn version(&self) -> usize {
        // Acquire: who finds a change sees what the sender did before.
        self.version.load(Ordering::Acquire)
    }

    fn tell_of_change(&self) {
        let mut wakes = Wakes::new();
        lock(&self.listeners).changes.tell(&mut wakes);
    }

    fn has_receivers(&self) -> bool {
        // Acquire: who finds the last one gone sees what it did before.
        self.receivers.load(Ordering::Acquire) > 0
    }
}

impl<T> Sender<T> {
    /// A sender without receivers; [`subscribe`](Self::subscribe) makes them.
    #[must_use]
    pub fn new(first: T) -> Self {
        let shared = Shared {
            value: RwLock::new(first),
            version: AtomicUsize::new(0),
            senders: AtomicUsize::new(1),
            receivers: AtomicUsize::new(0),
            listeners: Mutex::new(Both {
                changes: Listeners::new(),
                end: Listeners::new(),
            }),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Changes the value and tells the receivers. The old value is dropped.
    ///
    /// Blocks the thread while the value is borrowed, as all that change it do: never call it with
    /// a [`Ref`] of the same channel in the same thread.
    ///
    /// # Errors
    ///
    /// There is no receiver, and the value is in the error; the old one stays. With
    /// [`send_replace`](Self::send_replace) it changes anyway.
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        if self.is_closed() {
            return Err(SendError(value));
        }
        drop(self.send_replace(value));
        Ok(())
    }

    /// Changes the value, also without receivers, tells them, and returns the old value.
    pub fn send_replace(&self, mut value: T) -> T {
        self.send_modify(|old| mem::swap(old, &mut value));
        value
    }

    /// Changes the value in place and tells the receivers.
    ///
    /// Nobody can borrow the value while `change` runs, which should therefore be short, and has
    /// not to touch the channel. If it panics, nobody is told, and the value is as it left it.
    pub fn send_modify(&self, change: impl FnOnce(&mut T)) {
        self.send_if_modified(|value| {
            change(value);
            true
        });
    }

    /// Changes the value in place; tells the receivers, and returns true, if `change` says so.
    ///
    /// As [`send_modify`](Self::send_modify) otherwise.
    pub fn send_if_modified(&self, change: impl FnOnce(&mut T) -> bool) -> bool {
        let mut value = write(&self.shared.value);
        if !change(&mut value) {
            return false;
        }
        // Release: pairs with the load of who finds the change. Under the lock, so that a version
        // that is read with the value is the value's.
        self.shared.version.fetch_add(CHANGE, Ordering::Release);
        drop(value);
        self.shared.tell_of_change();
        true
    }

    /// The value. As [`Receiver::borrow`].
    pub fn borrow(&self) -> Ref<'_, T> {
        Ref::of(&self.shared)
    }

    /// A receiver that has seen the value as it is now.
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
            ready!(poll_look(&shared.listeners, context, |both, waker| {
                if shared.has_receivers() {
                    both.end.listen(key, waker, context)
                } else {
                    Look::Done(())
                }
            }));
            unit.made_progress();
            Poll::Ready(())
        })
        .await;
    }

    /// Whether there is no receiver.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        !self.shared.has_receivers()
    }

    /// How many receivers there are.
    #[must_use]
    pub fn receiver_count(&self) -> usize {
        self.shared.receivers.load(Ordering::Relaxed)
    }

    /// How many senders there are.
    #[must_use]
    pub fn sender_count(&self) -> usize {
        self.shared.senders.load(Ordering::Relaxed)
    }

    /// Whether both send to the same receivers.
    #[must_use]
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.shared.senders.fetch_add(1, Ordering::Relaxed);
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<T: Default> Default for Sender<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        // Both: what any sender did before it went is seen by who finds the end.
        if self.shared.senders.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.shared.version.fetch_or(ENDED, Ordering::Release);
            self.shared.tell_of_change();
        }
    }
}

/// Waits until nobody watches; leaves when it is dropped.
struct Watch<'a, T> {
    shared: &'a Shared<T>,
    key: Option<Key>,
}

impl<T> Drop for Watch<'_, T> {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            let left = lock(&self.shared.listeners).end.remove(key);
            drop(left);
        }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

// The value need not be printable, as in the standard library.
impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SendError(..)")
    }
}

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody watches the value")
    }
}

impl<T> core::error::Error for SendError<T> {}
