//! Channels whose receiver is registered with a poller.

use core::fmt;
use core::time::Duration;
use std::io::{Error, ErrorKind, Result};

use poll_api::{Clock, Engine, RegisterError};
use poll_channel::{Drain, Ping, RecvError, RecvTimeoutError, Sender, SyncSender, TryRecvError};
use poll_os::{Monotonic, Poll};

use crate::id::Id;
use crate::registrar::Registrar;
use crate::table::Kind;

/// The receiving end of a channel, registered with a poller: it is notified when values come or the
/// last sender goes, by the rules of [`poll_channel::Receiver`], whose methods it has but those
/// that choose the loop. It costs no descriptor.
///
/// Dropping it deregisters it; the senders get their values back from then on.
pub struct Receiver<T, E: Engine<Error = Error> = Poll, C: Clock = Monotonic> {
    inner: poll_channel::Receiver<T>,
    ping: Ping<E::Waker>,
    id: Id,
    registrar: Registrar<E, C>,
}

impl<E, C> Registrar<E, C>
where
    E: Engine<Error = Error>,
    E::Waker: 'static,
    C: Clock,
{
    /// A channel without bound: any number of senders on any threads, and a receiver that this
    /// poller notifies of. A send to a poller that is awake makes no system call, and a burst to
    /// one that sleeps makes one.
    ///
    /// # Errors
    ///
    /// * `BrokenPipe`: the poller is gone.
    /// * `StorageFull`: there are 2^32 - 2 registrations.
    pub fn channel<T>(&self) -> Result<(Sender<T>, Receiver<T, E, C>)> {
        let (sender, receiver) = poll_channel::channel();
        let received = self.receive(receiver);
        Ok((sender, received.map_err(|failed| failed.error)?))
    }

    /// As [`channel`](Self::channel), with room for `capacity` values: senders block, or get the
    /// value back, while it is full.
    ///
    /// # Errors
    ///
    /// As for [`channel`](Self::channel).
    ///
    /// # Panics
    ///
    /// If `capacity` is zero.
    pub fn sync_channel<T>(&self, capacity: usize) -> Result<(SyncSender<T>, Receiver<T, E, C>)> {
        let (sender, receiver) = poll_channel::sync_channel(capacity);
        let received = self.receive(receiver);
        Ok((sender, received.map_err(|failed| failed.error)?))
    }

    /// Registers the receiver of a channel that was made elsewhere; it tells no other loop any
    /// more.
    ///
    /// # Errors
    ///
    /// As for [`channel`](Self::channel); the receiver is handed back as it was.
    pub fn receive<T>(
        &self,
        mut receiver: poll_channel::Receiver<T>,
    ) -> core::result::Result<Receiver<T, E, C>, RegisterError<poll_channel::Receiver<T>, Error>>
    {
        let refused = |source, error| Err(RegisterError { source, error });
        // Of such a receiver nobody would be told.
        if self.shared.remote.is_closed() {
            return refused(receiver, ErrorKind::BrokenPipe.into());
        }
        let id = match self.claim(Kind::Channel) {
            Ok(id) => id,
            Err(error) => return refused(receiver, error),
        };
        let ping = self.shared.ready.ping(id.token());
        receiver.attach(ping.clone());
        Ok(Receiver {
            inner: receiver,
            ping,
            id,
            registrar: self.clone(),
        })
    }
}

impl<T, E: Engine<Error = Error>, C: Clock> Receiver<T, E, C> {
    /// The id of its notifications.
    #[must_use]
    pub const fn id(&self) -> Id {
        self.id
    }

    /// As [`poll_channel::Receiver::try_recv`].
    ///
    /// # Errors
    ///
    /// * [`TryRecvError::Empty`]: there is nothing now; the poller will be told.
    /// * [`TryRecvError::Disconnected`]: nothing will come any more.
    #[inline]
    pub fn try_recv(&mut self) -> core::result::Result<T, TryRecvError> {
        self.inner.try_recv()
    }

    /// As [`poll_channel::Receiver::try_iter`].
    pub fn try_iter(&mut self) -> Drain<'_, T> {
        self.inner.try_iter()
    }

    /// As [`poll_channel::Receiver::drain`]: at most `budget` values, and another notification if
    /// there may be more.
    pub fn drain(&mut self, budget: usize) -> Drain<'_, T> {
        self.inner.drain(budget)
    }

    /// As [`poll_channel::Receiver::recv`]; blocks the calling thread.
    ///
    /// # Errors
    ///
    /// All senders are gone and nothing is left.
    pub fn recv(&mut self) -> core::result::Result<T, RecvError> {
        self.inner.recv()
    }

    /// As [`poll_channel::Receiver::recv_timeout`]; blocks the calling thread.
    ///
    /// # Errors
    ///
    /// * [`RecvTimeoutError::Timeout`]: there was nothing all the time.
    /// * [`RecvTimeoutError::Disconnected`]: nothing will come any more.
    pub fn recv_timeout(&mut self, timeout: Duration) -> core::result::Result<T, RecvTimeoutError> {
        self.inner.recv_timeout(timeout)
    }

    /// As [`poll_channel::Receiver::rearm`]: another notification, now or when there is something.
    pub fn rearm(&mut self) {
        self.inner.rearm();
    }

    /// As [`poll_channel::Receiver::rearm_if_last`].
    pub fn rearm_if_last(&mut self) {
        self.inner.rearm_if_last();
    }

    /// As [`poll_channel::Receiver::is_finished`].
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.inner.is_finished()
    }

    /// As [`poll_channel::Receiver::shrink_to_fit`].
    pub fn shrink_to_fit(&mut self) {
        self.inner.shrink_to_fit();
    }
}

impl<T, E: Engine<Error = Error>, C: Clock> Drop for Receiver<T, E, C> {
    fn drop(&mut self) {
        self.inner.detach();
        self.ping.retire();
        self.registrar.shared.table.end(self.id);
        self.registrar.discard(self.id);
    }
}

impl<T, E: Engine<Error = Error>, C: Clock> fmt::Debug for Receiver<T, E, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use poll_os::{Monotonic, Poll};

    use crate::notification::Notifications;
    use crate::poller::Poller;
    use crate::table::Table;

    #[test]
    fn a_sender_that_marks_late_does_not_mark_the_successor_of_its_receiver() {
        // As on a target of 32 bits, where a token is a slot and nothing more.
        let table = Table::small(9);
        let poller = Poller::with_table(Poll::new().unwrap(), Monotonic, table);
        let mut poller = poller.unwrap();
        let registrar = poller.registrar().clone();
        let mut notifications = Notifications::with_capacity(8);
        let mut look = || {
            poller
                .wait(&mut notifications, Some(Duration::ZERO))
                .unwrap();
            notifications.len()
        };
        let (_sender, receiver) = registrar.channel::<u8>().unwrap();
        let slot = receiver.id().slot();
        // What a sender has that is about to tell the poller, on another thread.
        let late = receiver.ping.clone();
        drop(receiver);
        assert_eq!(look(), 0);
        let (_sender, successor) = registrar.channel::<u8>().unwrap();
        assert_eq!(successor.id().slot(), slot);
        late.mark().unwrap();
        assert_eq!(look(), 0);
        successor.ping.mark().unwrap();
        assert_eq!(look(), 1, "it has the same token");
    }
}
