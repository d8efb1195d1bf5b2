//! The channel without bound: sending never waits.

use core::fmt;

use super::ends::{Tx, WeakTx, ends};
use super::error::SendError;
use super::receiver::UnboundedReceiver;
use super::shared::UNBOUNDED;

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
