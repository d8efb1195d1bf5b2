//! Channels whose receiver is registered with a poller.

use core::fmt;
use core::ops::{Deref, DerefMut};
use std::io::{Error, ErrorKind, Result};

use poll_api::{Clock, Engine};
use poll_channel::{Ping, Sender, SyncSender};
use poll_os::{Monotonic, Poll};

use crate::id::Id;
use crate::registrar::Registrar;
use crate::table::Kind;

/// The receiving end of a channel, registered with a poller: it is notified when values come or the
/// last sender goes, by the rules of [`poll_channel::Receiver`], to which it dereferences. It costs
/// no descriptor.
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
        Ok((sender, self.receive(receiver)?))
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
        Ok((sender, self.receive(receiver)?))
    }

    /// Registers the receiver of a channel that was made elsewhere; it tells no other loop any
    /// more.
    ///
    /// # Errors
    ///
    /// As for [`channel`](Self::channel).
    pub fn receive<T>(&self, mut receiver: poll_channel::Receiver<T>) -> Result<Receiver<T, E, C>> {
        // Of such a receiver nobody would be told.
        if self.shared.remote.is_closed() {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let id = self.claim(Kind::Channel)?;
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
}

impl<T, E: Engine<Error = Error>, C: Clock> Drop for Receiver<T, E, C> {
    fn drop(&mut self) {
        self.inner.detach();
        self.ping.retire();
        self.registrar.shared.table.end(self.id);
        self.registrar.discard(self.id);
    }
}

impl<T, E: Engine<Error = Error>, C: Clock> Deref for Receiver<T, E, C> {
    type Target = poll_channel::Receiver<T>;

    fn deref(&self) -> &Self::Target {
        &self.inner
    }
}

impl<T, E: Engine<Error = Error>, C: Clock> DerefMut for Receiver<T, E, C> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.inner
    }
}

impl<T, E: Engine<Error = Error>, C: Clock> fmt::Debug for Receiver<T, E, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
