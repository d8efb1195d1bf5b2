//! The channel without bound: sending never waits.

use core::fmt;
use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Context, Poll};

use futures_core::Stream;

use super::ends::{Rx, Tx, WeakTx, ends};
use super::error::{SendError, TryRecvError};
use super::shared::UNBOUNDED;
use crate::park::block_on;

/// A channel without bound: any number of senders, one receiver.
///
/// A receiver that is too slow costs memory. Values of one sender arrive in the order they were
/// sent. One allocation, and more as values wait.
///
/// # Examples
///
/// ```
/// use poll_async::sync::mpsc;
///
/// let (sender, mut receiver) = mpsc::unbounded_channel();
/// sender.send("hello").unwrap();
/// drop(sender);
/// assert_eq!(receiver.blocking_recv(), Some("hello"));
/// assert_eq!(receiver.blocking_recv(), None);
/// ```
#[must_use]
pub fn unbounded_channel<T>() -> (UnboundedSender<T>, UnboundedReceiver<T>) {
    let (sender, receiver) = ends(UNBOUNDED);
    (UnboundedSender(sender), UnboundedReceiver(receiver))
}

/// The sending end of a channel without bound: cloned freely, used from any thread.
///
/// When the last clone is dropped, the receiver gets what is left, and then `None`.
pub struct UnboundedSender<T>(Tx<T>);

/// A sender that does not keep its channel open, from [`UnboundedSender::downgrade`].
pub struct WeakUnboundedSender<T>(WeakTx<T>);

/// The receiving end of a channel without bound.
///
/// When it is dropped, so are the values that are left, and sending is an error.
///
/// Memory: see [`Receiver`](super::Receiver#memory).
pub struct UnboundedReceiver<T>(Rx<T>);

impl<T> UnboundedSender<T> {
    /// Sends a value. Never waits, so it may be called from any code.
    ///
    /// A push under a mutex, which is held by others for no longer than a push or an exchange.
    ///
    /// # Errors
    ///
    /// The receiver is gone or has closed the channel; the value is in the error.
    #[inline]
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        let sent = self.0.0.try_send(value);
        sent.map_err(|error| SendError(error.into_inner()))
    }

    /// Waits until the receiver is gone or has closed the channel.
    ///
    /// Cancel-safe: there is nothing to lose.
    pub async fn closed(&self) {
        self.0.closed().await;
    }

    /// Whether the receiver is gone or has closed the channel.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.0.is_closed()
    }

    /// Whether both send to the same channel.
    #[must_use]
    pub fn same_channel(&self, other: &Self) -> bool {
        self.0.is_same(&other.0)
    }

    /// A sender that does not keep the channel open.
    #[must_use]
    pub fn downgrade(&self) -> WeakUnboundedSender<T> {
        WeakUnboundedSender(self.0.downgrade())
    }

    /// How many senders there are.
    #[must_use]
    pub fn strong_count(&self) -> usize {
        self.0.0.lock().senders
    }

    /// How many weak senders there are.
    #[must_use]
    pub fn weak_count(&self) -> usize {
        self.0.0.lock().weak
    }
}

impl<T> WeakUnboundedSender<T> {
    /// A sender of the same channel, if there still is one.
    #[must_use]
    pub fn upgrade(&self) -> Option<UnboundedSender<T>> {
        self.0.upgrade().map(UnboundedSender)
    }

    /// How many senders there are.
    #[must_use]
    pub fn strong_count(&self) -> usize {
        self.0.shared().lock().senders
    }

    /// How many weak senders there are, this one among them.
    #[must_use]
    pub fn weak_count(&self) -> usize {
        self.0.shared().lock().weak
    }
}

impl<T> UnboundedReceiver<T> {
    /// Receives a value; `None` when no sender and nothing sent is left.
    ///
    /// Cancel-safe: a value is taken only when this returns it.
    #[inline]
    pub async fn recv(&mut self) -> Option<T> {
        poll_fn(|context| self.poll_recv(context)).await
    }

    /// Receives at least one and at most `limit` values, behind those that `buffer` has, and says
    /// how many: all that can be had without waiting. Zero at the end, and if `limit` is zero.
    ///
    /// One step for many values, where [`recv`](Self::recv) takes one for each.
    ///
    /// Cancel-safe: values are taken only when this returns.
    pub async fn recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
        poll_fn(|context| self.poll_recv_many(context, buffer, limit)).await
    }

    /// Receives a value if there is one.
    ///
    /// # Errors
    ///
    /// * [`TryRecvError::Empty`]: there is nothing now.
    /// * [`TryRecvError::Disconnected`]: nothing will come any more.
    #[inline]
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.0.try_recv()
    }

    /// Receives a value and blocks the thread until there is one: for code that is not async. In a
    /// task it would keep others, and perhaps the sender, from running.
    pub fn blocking_recv(&mut self) -> Option<T> {
        block_on(self.recv())
    }

    /// [`recv_many`](Self::recv_many), which blocks the thread: for code that is not async.
    pub fn blocking_recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
        block_on(self.recv_many(buffer, limit))
    }

    /// Receives a value, or has the task woken when there is one.
    ///
    /// Of several tasks that call this, the last one is woken.
    #[inline]
    pub fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Option<T>> {
        self.0.poll_recv(context)
    }

    /// [`recv_many`](Self::recv_many), or has the task woken when there is something.
    pub fn poll_recv_many(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut Vec<T>,
        limit: usize,
    ) -> Poll<usize> {
        self.0.poll_recv_many(context, buffer, limit)
    }

    /// Ends sending: what was sent before is still received.
    pub fn close(&mut self) {
        self.0.shared.close();
    }

    /// Whether nothing can be sent any more: after [`close`](Self::close), or without senders.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    /// Whether nothing waits to be received.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many values wait to be received.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// How many senders there are.
    #[must_use]
    pub fn sender_strong_count(&self) -> usize {
        self.0.shared.lock().senders
    }

    /// How many weak senders there are.
    #[must_use]
    pub fn sender_weak_count(&self) -> usize {
        self.0.shared.lock().weak
    }
}

impl<T> Clone for UnboundedSender<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Clone for WeakUnboundedSender<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

// A value is never pinned.
impl<T> Unpin for UnboundedReceiver<T> {}

/// The values until the end; like [`recv`](Self::recv).
impl<T> Stream for UnboundedReceiver<T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        self.get_mut().poll_recv(context)
    }
}

impl<T> fmt::Debug for UnboundedSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnboundedSender").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for WeakUnboundedSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakUnboundedSender")
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for UnboundedReceiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnboundedReceiver").finish_non_exhaustive()
    }
}
