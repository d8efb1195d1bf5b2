//! The channel with a bound: sending waits for room.

use core::fmt;
use core::future::poll_fn;
use core::task::{Poll, ready};
use core::time::Duration;

use super::ends::{Tx, WeakTx, ends};
use super::error::{SendError, SendTimeoutError, TrySendError};
use super::permit::{OwnedPermit, Permit, PermitIterator};
use super::receiver::Receiver;
use super::shared::{Closed, Shared};
use crate::park::block_on;
use crate::sync::queue::Key;
use crate::task::budget::poll_proceed;
use crate::time::timeout;

/// The greatest capacity, as of tokio's channels.
const GREATEST: usize = usize::MAX >> 3;

/// A channel that holds at most `capacity` values: any number of senders, one receiver.
///
/// A sender waits for room in the order of coming. Values of one sender arrive in the order they
/// were sent. One allocation, and more as values wait: the memory grows with what is in the
/// channel, not with `capacity`.
///
/// # Panics
///
/// If `capacity` is zero, or more than an eighth of `usize::MAX`.
///
/// # Examples
///
/// ```
/// use poll_async::sync::mpsc;
///
/// let (sender, mut receiver) = mpsc::channel(1);
/// let thread = std::thread::spawn(move || {
///     for number in 0..10 {
///         sender.blocking_send(number).unwrap();
///     }
/// });
/// let mut sum = 0;
/// while let Some(number) = receiver.blocking_recv() {
///     sum += number;
/// }
/// assert_eq!(sum, 45);
/// thread.join().unwrap();
/// ```
#[must_use]
pub fn channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    assert!(
        (1..=GREATEST).contains(&capacity),
        "a channel needs room for at least one value, and not for more than {GREATEST}"
    );
    let (sender, receiver) = ends(capacity);
    (Sender(sender), Receiver(receiver))
}

/// The sending end of a channel with a bound: cloned freely, used from any thread.
///
/// When the last clone is dropped, the receiver gets what is left, and then `None`.
///
/// # Fairness
///
/// Those who wait for room get it in the order in which they began to wait, and nobody passes them:
/// while somebody waits, [`try_send`](Self::try_send) finds the channel full.
pub struct Sender<T>(pub(super) Tx<T>);

/// A sender that does not keep its channel open, from [`Sender::downgrade`].
pub struct WeakSender<T>(WeakTx<T>);

impl<T> Sender<T> {
    /// Sends a value, and waits while there is no room for it.
    ///
    /// With room, a push under a mutex, which is held by others for no longer than that.
    ///
    /// Cancel-safe: if this is dropped before it is done, the value was not sent, and is dropped
    /// too; the place among those who wait is lost. To keep the value, [`reserve`](Self::reserve)
    /// first.
    ///
    /// # Errors
    ///
    /// The receiver is gone or has closed the channel; the value is in the error.
    #[inline]
    pub async fn send(&self, value: T) -> Result<(), SendError<T>> {
        let unit = poll_fn(poll_proceed).await;
        match self.shared().try_send(value) {
            Ok(()) => {
                unit.made_progress();
                Ok(())
            }
            Err(TrySendError::Closed(value)) => Err(SendError(value)),
            Err(TrySendError::Full(value)) => {
                drop(unit);
                self.send_later(value).await
            }
        }
    }

    async fn send_later(&self, value: T) -> Result<(), SendError<T>> {
        match self.wait_for_room(1).await {
            Ok(()) => self.shared().send_reserved(value).map_err(SendError),
            Err(Closed) => Err(SendError(value)),
        }
    }

    /// Sends a value, and waits for room at most for `duration`; if that is zero, not at all.
    ///
    /// Cancel-safe as [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// With the value:
    ///
    /// * [`SendTimeoutError::Timeout`]: there was no room in time.
    /// * [`SendTimeoutError::Closed`]: the receiver is gone or has closed the channel.
    ///
    /// # Panics
    ///
    /// Outside of a runtime, if it has to wait: unlike the rest of the channel, it needs a timer.
    pub async fn send_timeout(
        &self,
        value: T,
        duration: Duration,
    ) -> Result<(), SendTimeoutError<T>> {
        match timeout(duration, self.reserve()).await {
            Ok(Ok(permit)) => {
                permit.send(value);
                Ok(())
            }
            Ok(Err(SendError(()))) => Err(SendTimeoutError::Closed(value)),
            Err(_elapsed) => Err(SendTimeoutError::Timeout(value)),
        }
    }

    /// Sends a value if there is room now and nobody waits for it.
    ///
    /// # Errors
    ///
    /// With the value:
    ///
    /// * [`TrySendError::Full`]: there is no room now, or others wait for it.
    /// * [`TrySendError::Closed`]: the receiver is gone or has closed the channel.
    #[inline]
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        self.shared().try_send(value)
    }

    /// Sends a value and blocks the thread while there is no room: for code that is not async. In a
    /// task it would keep others, and perhaps the receiver, from running.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn blocking_send(&self, value: T) -> Result<(), SendError<T>> {
        match self.try_send(value) {
            Ok(()) => Ok(()),
            Err(TrySendError::Closed(value)) => Err(SendError(value)),
            Err(TrySendError::Full(value)) => block_on(self.send_later(value)),
        }
    }

    /// Waits for room for one value and keeps it for the permit that this returns.
    ///
    /// Cancel-safe: if this is dropped before it is done, no room is taken; the place among those
    /// who wait is lost.
    ///
    /// # Errors
    ///
    /// The receiver is gone or has closed the channel.
    pub async fn reserve(&self) -> Result<Permit<'_, T>, SendError<()>> {
        self.room(1).await?;
        Ok(Permit::new(self))
    }

    /// Waits for room for `count` values and keeps it for the permits that this returns.
    ///
    /// The room is taken at once for all, in turn: those who came later wait also if there is room
    /// for them.
    ///
    /// Cancel-safe: if this is dropped before it is done, no room is taken; the place among those
    /// who wait is lost.
    ///
    /// # Errors
    ///
    /// The receiver is gone or has closed the channel, or `count` is more than its capacity.
    pub async fn reserve_many(&self, count: usize) -> Result<PermitIterator<'_, T>, SendError<()>> {
        if count > self.max_capacity() {
            return Err(SendError(()));
        }
        self.room(count).await?;
        Ok(PermitIterator::new(self, count))
    }

    /// [`reserve`](Self::reserve), with a permit that holds this sender and no borrow of it.
    ///
    /// Cancel-safe: if this is dropped before it is done, no room is taken; the sender is dropped.
    ///
    /// # Errors
    ///
    /// The receiver is gone or has closed the channel.
    pub async fn reserve_owned(self) -> Result<OwnedPermit<T>, SendError<()>> {
        self.room(1).await?;
        Ok(OwnedPermit::new(self))
    }

    /// Keeps room for one value if there is some now and nobody waits for it.
    ///
    /// # Errors
    ///
    /// As [`try_send`](Self::try_send).
    pub fn try_reserve(&self) -> Result<Permit<'_, T>, TrySendError<()>> {
        self.shared().try_reserve(1)?;
        Ok(Permit::new(self))
    }

    /// Keeps room for `count` values if there is that much now and nobody waits for it.
    ///
    /// # Errors
    ///
    /// As [`try_send`](Self::try_send); with more than the capacity, [`TrySendError::Closed`], for
    /// there will never be room.
    pub fn try_reserve_many(
        &self,
        count: usize,
    ) -> Result<PermitIterator<'_, T>, TrySendError<()>> {
        if count > self.max_capacity() {
            return Err(TrySendError::Closed(()));
        }
        self.shared().try_reserve(count)?;
        Ok(PermitIterator::new(self, count))
    }

    /// [`try_reserve`](Self::try_reserve), with a permit that holds this sender.
    ///
    /// # Errors
    ///
    /// As [`try_send`](Self::try_send), with the sender.
    pub fn try_reserve_owned(self) -> Result<OwnedPermit<T>, TrySendError<Self>> {
        match self.shared().try_reserve(1) {
            Ok(()) => Ok(OwnedPermit::new(self)),
            Err(TrySendError::Full(())) => Err(TrySendError::Full(self)),
            Err(TrySendError::Closed(())) => Err(TrySendError::Closed(self)),
        }
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
        self.shared().is_closed()
    }

    /// How many values there is room for now. What was sent and not received takes room, and so
    /// does what was reserved.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.shared().room(&self.shared().lock())
    }

    /// How many values the channel holds at most.
    #[must_use]
    pub fn max_capacity(&self) -> usize {
        self.shared().capacity
    }

    /// Whether both send to the same channel.
    #[must_use]
    pub fn same_channel(&self, other: &Self) -> bool {
        self.0.is_same(&other.0)
    }

    /// A sender that does not keep the channel open.
    #[must_use]
    pub fn downgrade(&self) -> WeakSender<T> {
        WeakSender(self.0.downgrade())
    }

    /// How many senders there are.
    #[must_use]
    pub fn strong_count(&self) -> usize {
        self.shared().lock().senders
    }

    /// How many weak senders there are.
    #[must_use]
    pub fn weak_count(&self) -> usize {
        self.shared().lock().weak
    }

    pub(super) fn shared(&self) -> &Shared<T> {
        &self.0.0
    }

    /// Waits for room, within the budget.
    async fn room(&self, count: usize) -> Result<(), SendError<()>> {
        let unit = poll_fn(poll_proceed).await;
        match self.shared().try_reserve(count) {
            Ok(()) => {
                unit.made_progress();
                Ok(())
            }
            Err(TrySendError::Closed(())) => Err(SendError(())),
            Err(TrySendError::Full(())) => {
                drop(unit);
                let room = self.wait_for_room(count).await;
                room.map_err(|Closed| SendError(()))
            }
        }
    }

    async fn wait_for_room(&self, count: usize) -> Result<(), Closed> {
        let mut place = Place {
            shared: self.shared(),
            key: None,
        };
        poll_fn(|context| {
            let unit = ready!(poll_proceed(context));
            let room = ready!(place.shared.poll_reserve(count, &mut place.key, context));
            unit.made_progress();
            Poll::Ready(room)
        })
        .await
    }
}

/// A place among those who wait for room; leaves when it is dropped.
struct Place<'a, T> {
    shared: &'a Shared<T>,
    key: Option<Key>,
}

impl<T> Drop for Place<'_, T> {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.shared.leave(key);
        }
    }
}

impl<T> WeakSender<T> {
    /// A sender of the same channel, if there still is one.
    #[must_use]
    pub fn upgrade(&self) -> Option<Sender<T>> {
        self.0.upgrade().map(Sender)
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

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Clone for WeakSender<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
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

#[cfg(all(test, not(loom)))]
mod tests {
    use core::future::Future;
    use core::pin::pin;
    use core::task::{Context, Poll, Waker};

    use super::channel;
    use crate::task::budget;

    #[test]
    fn a_sender_that_used_the_budget_up_waits_and_goes_on_after() {
        let (sender, mut receiver) = channel(4);
        let mut context = Context::from_waker(Waker::noop());
        let mut late = pin!(sender.send(2));
        let mut reserve = pin!(sender.reserve());
        budget::with(Some(1), || {
            assert_eq!(pin!(sender.send(1)).poll(&mut context), Poll::Ready(Ok(())));
            assert!(late.as_mut().poll(&mut context).is_pending());
            assert!(reserve.as_mut().poll(&mut context).is_pending());
        });
        assert_eq!((sender.capacity(), receiver.try_recv()), (3, Ok(1)));
        assert!(late.poll(&mut context).is_ready() && reserve.poll(&mut context).is_ready());
        assert_eq!(receiver.try_recv(), Ok(2));
    }
}
