//! The registering half.

use core::fmt;
use std::io::{Error, ErrorKind, Result};
use std::os::fd::AsRawFd;
use std::sync::Arc;

use poll_loop::{Notifications, Trigger};
use sys_socket::Errno;

use crate::channel::{Receiver, Sender, SyncSender};
use crate::event::{Event, Notification};
use crate::poller::millis;
use crate::pulse::Pulse;
use crate::registrations::{Registration, Registrations, Source};
use crate::sys;

/// Registers with a [`Poller`](crate::Poller), from any thread and without waking it;
/// [`poll_loop::Registrar`] with amy's methods.
///
/// Sources are watched by edges: each change is told once, and a caller uses the source until it
/// would block. They stay the caller's. A source that is closed is watched no more, if nothing else
/// has it open; one that is in the hands of others too has to be deregistered.
#[derive(Clone)]
pub struct Registrar {
    inner: poll_loop::Registrar,
    registrations: Arc<Registrations>,
}

impl Registrar {
    pub(crate) const fn new(
        inner: poll_loop::Registrar,
        registrations: Arc<Registrations>,
    ) -> Self {
        Self {
            inner,
            registrations,
        }
    }

    pub(crate) fn translate(&self, found: &Notifications) -> Vec<Notification> {
        if found.is_empty() {
            return Vec::new();
        }
        self.registrations.lock().translate(found)
    }

    /// Starts to watch a source, and returns its id: they count up from 1, one for each call, and
    /// are never used twice. What the source is ready for already is told by the next wait.
    ///
    /// # Errors
    ///
    /// `AlreadyExists`: the source is registered, where the kernel tells (epoll). Otherwise as
    /// [`poll_loop::Registrar::register`].
    pub fn register<T: AsRawFd>(&self, sock: &T, event: Event) -> Result<usize> {
        let number = sys::number(sock);
        let mut registrations = self.registrations.lock();
        let id = registrations.next_id()?;
        let number = number?;
        let interest = event.interest();
        let inner = sys::lend(number, |source| {
            self.inner.register(source, interest, Trigger::Edge)
        })?;
        let closed = registrations.insert_source(number, inner, Source::new(id, event));
        if let Some(closed) = closed {
            self.inner.forget(closed);
        }
        Ok(id)
    }

    /// Replaces what a source is watched for, and its id, by any that the caller likes; tells again
    /// what it is ready for.
    ///
    /// # Errors
    ///
    /// `ENOENT`: the source is not registered. Otherwise as
    /// [`poll_loop::Registrar::reregister`].
    pub fn reregister<T: AsRawFd>(&self, id: usize, sock: &T, event: Event) -> Result<()> {
        let number = sys::number(sock)?;
        let mut registrations = self.registrations.lock();
        let inner = registrations.source(number).ok_or(Errno::NOENT)?;
        let interest = event.interest();
        sys::lend(number, |source| {
            self.inner
                .reregister(inner, source, interest, Trigger::Edge)
        })?;
        registrations.replace_source(inner, Source::new(id, event));
        Ok(())
    }

    /// Stops watching a source. After this nothing is told of it, by waits that have not returned.
    ///
    /// # Errors
    ///
    /// `ENOENT`: the source is not registered. Otherwise as
    /// [`poll_loop::Registrar::deregister`]; nothing is told of it then either.
    pub fn deregister<T: AsRawFd>(&self, sock: &T) -> Result<()> {
        let number = sys::number(sock)?;
        let mut registrations = self.registrations.lock();
        let inner = registrations.source(number).ok_or(Errno::NOENT)?;
        let ended = sys::lend(number, |source| self.inner.deregister(inner, source));
        if ended.is_err() {
            // The number is another file's by now, or nobody's.
            self.inner.forget(inner);
        }
        registrations.remove_source(number);
        ended
    }

    /// A timeout: told once, as ready for reading, when so many milliseconds have passed from now,
    /// and never earlier. Zero is told by the next wait.
    ///
    /// # Errors
    ///
    /// As [`poll_loop::Registrar::set_timeout`]: `BrokenPipe` if the poller is gone.
    pub fn set_timeout(&self, timeout: usize) -> Result<usize> {
        let mut registrations = self.registrations.lock();
        let id = registrations.next_id()?;
        let inner = self.inner.set_timeout(millis(timeout))?;
        registrations.insert(inner, Registration::Timeout { id });
        Ok(id)
    }

    /// An interval: told each time that so many milliseconds have passed. Ticks that nobody waited
    /// for are told as one.
    ///
    /// # Errors
    ///
    /// * `InvalidInput`: zero, of which there would be infinitely many.
    /// * As [`poll_loop::Registrar::set_interval`]: `BrokenPipe` if the poller is gone.
    pub fn set_interval(&self, interval: usize) -> Result<usize> {
        let mut registrations = self.registrations.lock();
        let id = registrations.next_id()?;
        let inner = self.inner.set_interval(millis(interval))?;
        registrations.insert(inner, Registration::Interval { id });
        Ok(id)
    }

    /// Ends a timeout or an interval. After this nothing is told of it, by waits that have not
    /// returned. One that has ended before is no error, as in amy on Linux.
    ///
    /// # Errors
    ///
    /// `ENOENT`: no such id was ever given.
    pub fn cancel_timeout(&self, timer_id: usize) -> Result<()> {
        let mut registrations = self.registrations.lock();
        if !registrations.is_assigned(timer_id) {
            return Err(Errno::NOENT.into());
        }
        if let Some(inner) = registrations.remove_timer(timer_id) {
            self.inner.cancel(inner);
        }
        Ok(())
    }

    /// A channel without bound whose receiver is an event source: it is told of, as ready for
    /// reading, each time that it goes from empty to not empty, and when the last sender has gone.
    ///
    /// # Errors
    ///
    /// As [`poll_loop::Registrar::channel`].
    pub fn channel<T>(&mut self) -> Result<(Sender<T>, Receiver<T>)> {
        let mut registrations = self.registrations.lock();
        let id = registrations.next_id()?;
        let (sender, receiver) = self.inner.channel()?;
        let pulse = Arc::new(Pulse::new());
        registrations.insert(receiver.id(), channel(id, &pulse));
        let sender = Sender::new(sender, Arc::clone(&pulse), id);
        Ok((sender, self.receiver(receiver, pulse, id)))
    }

    /// As [`channel`](Self::channel), with room for `bound` messages.
    ///
    /// # Errors
    ///
    /// * `InvalidInput`: no room at all; a sender would wait for a receive that waits for it.
    /// * As [`poll_loop::Registrar::sync_channel`].
    pub fn sync_channel<T>(&mut self, bound: usize) -> Result<(SyncSender<T>, Receiver<T>)> {
        let mut registrations = self.registrations.lock();
        let id = registrations.next_id()?;
        if bound == 0 {
            let text = "a channel that is polled needs room for a message";
            return Err(Error::new(ErrorKind::InvalidInput, text));
        }
        let (sender, receiver) = self.inner.sync_channel(bound)?;
        let pulse = Arc::new(Pulse::new());
        registrations.insert(receiver.id(), channel(id, &pulse));
        let sender = SyncSender::new(sender, Arc::clone(&pulse), id);
        Ok((sender, self.receiver(receiver, pulse, id)))
    }

    fn receiver<T>(
        &self,
        receiver: poll_loop::Receiver<T>,
        pulse: Arc<Pulse>,
        id: usize,
    ) -> Receiver<T> {
        Receiver::new(receiver, pulse, id, Arc::clone(&self.registrations))
    }
}

fn channel(id: usize, pulse: &Arc<Pulse>) -> Registration {
    let pulse = Arc::clone(pulse);
    Registration::Channel { id, pulse }
}

impl fmt::Debug for Registrar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use crate::Poller;

    #[test]
    fn a_timer_that_is_cancelled_is_not_left_to_expire() {
        let poller = Poller::new().unwrap();
        let registrar = poller.get_registrar();
        let set = [registrar.set_timeout(1000), registrar.set_interval(1000)];
        for id in set.map(Result::unwrap) {
            let inner = registrar.registrations.lock().timer(id).unwrap();
            assert!(registrar.inner.is_live(inner));
            registrar.cancel_timeout(id).unwrap();
            assert!(!registrar.inner.is_live(inner));
        }
    }
    #[test]
    fn a_channel_is_written_down_until_its_receiver_goes() {
        let poller = Poller::new().unwrap();
        let mut registrar = poller.get_registrar();
        let channels = (registrar.channel::<u8>(), registrar.sync_channel::<u8>(1));
        let live = || registrar.registrations.lock().live();
        assert_eq!(live(), 2);
        drop(channels);
        assert_eq!(live(), 0);
    }
}
