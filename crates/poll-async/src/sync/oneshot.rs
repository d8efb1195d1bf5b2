//! A channel for one value.

use core::error::Error;
use core::fmt;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll, Waker, ready};
use std::sync::{Arc, PoisonError};

use crate::park::block_on;
use crate::sync::look::{Look, keep, poll_look, poll_wait};
use crate::task::budget::poll_proceed;
use crate::threads::{Mutex, MutexGuard, lock};

#[cfg(test)]
#[cfg(loom)]
mod model;

/// A channel for one value, from one sender to one receiver. One allocation.
///
/// # Examples
///
/// ```
/// use poll_async::sync::oneshot;
///
/// let (sender, receiver) = oneshot::channel();
/// let thread = std::thread::spawn(move || sender.send(6 * 7));
/// assert_eq!(receiver.blocking_recv(), Ok(42));
/// assert_eq!(thread.join().unwrap(), Ok(()));
/// ```
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let shared = Arc::new(Shared {
        state: Mutex::new(State {
            value: None,
            has_sender: true,
            is_open: true,
            receiver: None,
            sender: None,
        }),
    });
    let receiver = Receiver {
        shared: Some(Arc::clone(&shared)),
    };
    let sender = Sender {
        shared: Some(shared),
    };
    (sender, receiver)
}

/// The sending end. Dropped without sending, it leaves the receiver a [`RecvError`].
pub struct Sender<T> {
    // Until it has sent.
    shared: Option<Arc<Shared<T>>>,
}

/// The receiving end: a future of the value. Dropped before, it has the sender's value given back
/// to it, or drops the one that was sent.
///
/// As a future it is cancel-safe, also by reference (`&mut receiver`): the value is taken only when
/// it returns it. Polled after that, it returns the error.
#[must_use = "the value comes when the receiver is awaited"]
pub struct Receiver<T> {
    // Until there is nothing to wait for any more.
    shared: Option<Arc<Shared<T>>>,
}

/// The sender was dropped without sending, or there is nothing to receive any more.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RecvError;

/// Why nothing was received now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TryRecvError {
    /// Nothing was sent yet.
    Empty,
    /// The sender was dropped without sending, or there is nothing to receive any more.
    Closed,
}

struct Shared<T> {
    state: Mutex<State<T>>,
}

struct State<T> {
    value: Option<T>,
    /// It has not sent, and is not gone.
    has_sender: bool,
    /// The receiver still takes a value.
    is_open: bool,
    /// The task that waits for the value.
    receiver: Option<Waker>,
    /// The task that waits until nobody does.
    sender: Option<Waker>,
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        lock(&self.state)
    }

    /// Whether the other end is gone, or has nothing to do with the channel any more. Nobody shares
    /// it then, and nobody will.
    fn has_one_end(self: &Arc<Self>) -> bool {
        Arc::strong_count(self) == 1
    }

    /// What is left of a channel that has one end.
    fn into_value(self: Arc<Self>) -> Option<T> {
        let shared = Arc::into_inner(self)?;
        let state = shared.state.into_inner();
        state.unwrap_or_else(PoisonError::into_inner).value
    }

    /// Ends the channel from the receiver's side, and tells the sender. What `leave` returns is for
    /// the caller to drop.
    fn end<L>(&self, leave: impl FnOnce(&mut State<T>) -> L) -> L {
        let mut state = self.lock();
        state.is_open = false;
        let left = leave(&mut state);
        let waker = state.sender.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
        left
    }
}

impl<T> State<T> {
    /// The value, or why there is none.
    fn take(&mut self) -> Result<T, TryRecvError> {
        self.value.take().ok_or(if self.has_sender && self.is_open {
            TryRecvError::Empty
        } else {
            TryRecvError::Closed
        })
    }
}

impl<T> Sender<T> {
    /// Sends the value. Never waits, so it may be called from any code.
    ///
    /// # Errors
    ///
    /// The receiver is gone or has closed the channel; the error is the value.
    pub fn send(mut self, value: T) -> Result<(), T> {
        let Some(shared) = self.shared.take() else {
            return Err(value);
        };
        finish(shared, Some(value)).map_or(Ok(()), Err)
    }

    /// Waits until the receiver is gone or has closed the channel: nobody wants the value.
    ///
    /// Cancel-safe: there is nothing to lose.
    pub async fn closed(&mut self) {
        poll_fn(|context| self.poll_closed(context)).await;
    }

    /// Whether the receiver is gone or has closed the channel.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        let shared = self.shared.as_ref();
        shared.is_none_or(|shared| !shared.lock().is_open)
    }

    /// Ready when the receiver is gone or has closed the channel; has the task woken then.
    ///
    /// Of several tasks that call this, the last one is woken.
    pub fn poll_closed(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(shared) = &self.shared else {
            return Poll::Ready(());
        };
        let unit = ready!(poll_proceed(context));
        ready!(poll_look(&shared.state, context, |state, waker| {
            if state.is_open {
                keep(&mut state.sender, waker, context)
            } else {
                Look::Done(())
            }
        }));
        unit.made_progress();
        Poll::Ready(())
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.take() {
            let _none = finish(shared, None);
        }
    }
}

impl<T> Receiver<T> {
    /// Ends sending: the sender gets its value back. What was sent before is still received.
    pub fn close(&mut self) {
        if let Some(shared) = &self.shared {
            shared.end(|_state| ());
        }
    }

    /// Receives the value if it is there.
    ///
    /// # Errors
    ///
    /// * [`TryRecvError::Empty`]: nothing was sent yet.
    /// * [`TryRecvError::Closed`]: nothing will come any more.
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        let Some(shared) = &self.shared else {
            return Err(TryRecvError::Closed);
        };
        let mut state = shared.lock();
        let taken = state.take();
        let waker = match taken {
            Err(TryRecvError::Empty) => return taken,
            _ => state.receiver.take(),
        };
        drop(state);
        drop(waker);
        self.shared = None;
        taken
    }

    /// Receives the value and blocks the thread until it is there: for code that is not async. In a
    /// task it would keep others, and perhaps the sender, from running.
    ///
    /// # Errors
    ///
    /// The sender was dropped without sending, or there is nothing to receive any more.
    pub fn blocking_recv(self) -> Result<T, RecvError> {
        block_on(self)
    }

    /// Whether the value was received, or the end was reported.
    #[must_use]
    pub fn is_terminated(&self) -> bool {
        self.shared.is_none()
    }

    /// Whether no value is there now.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let shared = self.shared.as_ref();
        shared.is_none_or(|shared| shared.lock().value.is_none())
    }
}

impl<T> Future for Receiver<T> {
    type Output = Result<T, RecvError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T, RecvError>> {
        let Some(shared) = &self.shared else {
            return Poll::Ready(Err(RecvError));
        };
        let unit = ready!(poll_proceed(context));
        let taken = if shared.has_one_end() {
            self.shared
                .take()
                .and_then(Shared::into_value)
                .ok_or(RecvError)
        } else {
            // The sender is there, so there will be nothing yet.
            let taken = ready!(poll_wait(&shared.state, context, |state, waker| {
                match state.take() {
                    Err(TryRecvError::Empty) => keep(&mut state.receiver, waker, context),
                    taken => Look::Done(taken),
                }
            }));
            self.shared = None;
            taken.map_err(|_nothing| RecvError)
        };
        unit.made_progress();
        Poll::Ready(taken)
    }
}

// A value is never pinned.
impl<T> Unpin for Receiver<T> {}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.take().filter(|shared| !shared.has_one_end()) {
            drop(shared.end(|state| (state.value.take(), state.receiver.take())));
        }
    }
}

/// Ends the channel from the sender's side, with a value or without, and then tells the receiver,
/// which finds the channel to be its own. Gives the value back if nobody takes it.
fn finish<T>(shared: Arc<Shared<T>>, value: Option<T>) -> Option<T> {
    let mut state = shared.lock();
    if !state.is_open {
        return value;
    }
    state.value = value;
    state.has_sender = false;
    let (receiver, sender) = (state.receiver.take(), state.sender.take());
    drop(state);
    drop(shared);
    if let Some(waker) = receiver {
        waker.wake();
    }
    drop(sender);
    None
}

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the channel is closed")
    }
}

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "nothing was sent yet",
            Self::Closed => "the channel is closed",
        })
    }
}

impl Error for RecvError {}

impl Error for TryRecvError {}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
