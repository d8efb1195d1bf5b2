//! The receiving end of a broadcast channel.

use core::fmt;
use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::sync::Arc;

use futures_core::Stream;

use super::error::{RecvError, TryRecvError};
use super::ring::Found;
use super::{Shared, State};
use crate::park::block_on;
use crate::sync::look::{Look, poll_look};
use crate::sync::queue::Key;
use crate::sync::wakes::Wakes;
use crate::task::budget::poll_proceed;

/// The receiving end: receives every value that was sent since it was made.
///
/// The last receiver of a value gets the value itself, the others a clone.
pub struct Receiver<T> {
    shared: Arc<Shared<T>>,
    /// The position of the next value.
    position: u64,
    /// The place among those who wait.
    key: Option<Key>,
}

impl<T> Receiver<T> {
    /// One that receives what is sent from now on.
    pub(super) fn new(shared: &Arc<Shared<T>>) -> Self {
        let mut state = shared.lock();
        state.receivers += 1;
        let position = state.ring.end();
        drop(state);
        Self {
            shared: Arc::clone(shared),
            position,
            key: None,
        }
    }

    /// A receiver of what is sent from now on.
    #[must_use]
    pub fn resubscribe(&self) -> Self {
        Self::new(&self.shared)
    }

    /// How many values were sent that this has not received, with those it missed.
    #[must_use]
    pub fn len(&self) -> usize {
        let behind = self.shared.lock().ring.distance(self.position);
        usize::try_from(behind).unwrap_or(usize::MAX)
    }

    /// Whether there is nothing to receive, and nothing was missed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether both receive from the same channel.
    #[must_use]
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Whether all senders are gone.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.shared.lock().senders == 0
    }

    /// How many senders there are.
    #[must_use]
    pub fn sender_strong_count(&self) -> usize {
        self.shared.lock().senders
    }

    /// How many weak senders there are.
    #[must_use]
    pub fn sender_weak_count(&self) -> usize {
        self.shared.lock().weak
    }
}

impl<T: Clone> Receiver<T> {
    /// Receives the next value.
    ///
    /// Cancel-safe: a value is taken only when this returns it.
    ///
    /// # Errors
    ///
    /// * [`RecvError::Lagged`]: so many values were missed; the next call receives the oldest one
    ///   that is left.
    /// * [`RecvError::Closed`]: all senders are gone, and all values were received.
    pub async fn recv(&mut self) -> Result<T, RecvError> {
        poll_fn(|context| self.poll_recv(context)).await
    }

    /// Receives the next value if there is one.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv); and [`TryRecvError::Empty`]: there is nothing now.
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        let received = look(&mut self.shared.lock(), &mut self.position);
        received.map(Received::into_value)
    }

    /// Receives the next value and blocks the thread until there is one: for code that is not
    /// async. In a task it would keep others, and perhaps the sender, from running.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    pub fn blocking_recv(&mut self) -> Result<T, RecvError> {
        block_on(self.recv())
    }

    /// Receives the next value, or has the task woken when there is one.
    ///
    /// Of several tasks that call this, the last one is woken.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    pub fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Result<T, RecvError>> {
        let unit = ready!(poll_proceed(context));
        let Self {
            shared,
            position,
            key,
        } = self;
        let received = ready!(poll_look(&shared.0, context, |state, waker| {
            match look(state, position) {
                Ok(value) => Look::Done(Ok(value)),
                Err(TryRecvError::Lagged(missed)) => Look::Done(Err(RecvError::Lagged(missed))),
                Err(TryRecvError::Closed) => Look::Done(Err(RecvError::Closed)),
                Err(TryRecvError::Empty) => state.arrivals.listen(key, waker, context),
            }
        }));
        unit.made_progress();
        Poll::Ready(received.map(Received::into_value))
    }
}

/// Receives what is at `position`, without the clone, for which the mutex has to be free.
fn look<T>(state: &mut State<T>, position: &mut u64) -> Result<Received<T>, TryRecvError> {
    match state.ring.receive(position) {
        Found::Value(value) => Ok(Received::Shared(value)),
        Found::Last(value) => Ok(Received::Last(value)),
        Found::Replaced(missed) => Err(TryRecvError::Lagged(missed)),
        Found::Nothing if state.senders == 0 => Err(TryRecvError::Closed),
        Found::Nothing => Err(TryRecvError::Empty),
    }
}

/// A value that was received, still in its `Arc`.
enum Received<T> {
    Shared(Arc<T>),
    /// No other receiver will have it, but one may be at its clone.
    Last(Arc<T>),
}

impl<T: Clone> Received<T> {
    fn into_value(self) -> T {
        match self {
            Self::Shared(value) => T::clone(&value),
            Self::Last(value) => Arc::try_unwrap(value).unwrap_or_else(|shared| T::clone(&shared)),
        }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut wakes = Wakes::new();
        let mut state = self.shared.lock();
        let unwanted = state.ring.leave(self.position);
        let waker = self.key.and_then(|key| state.arrivals.remove(key));
        state.receivers -= 1;
        if state.receivers == 0 {
            state.end.tell(&mut wakes);
        }
        drop(state);
        // Before the values, whose destructors may panic.
        drop((wakes, waker));
        drop(unwanted);
    }
}

// A value is never pinned.
impl<T> Unpin for Receiver<T> {}

/// The values until the end; like [`recv`](Self::recv), with `None` for [`RecvError::Closed`].
impl<T: Clone> Stream for Receiver<T> {
    type Item = Result<T, RecvError>;

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<T, RecvError>>> {
        Poll::Ready(match ready!(self.get_mut().poll_recv(context)) {
            Err(RecvError::Closed) => None,
            received => Some(received),
        })
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
