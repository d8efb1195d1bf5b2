//! A source and its registration, owned together; signals and children as such sources.

use core::fmt;
use core::ops::Deref;
use std::io::{Error, IoSlice, IoSliceMut, Read, Result, Write};
use std::process::{Child, ExitStatus};

use poll_api::{Clock, Engine, Interest, Register, RegisterError, Registered, Token, Trigger};
use poll_os::{ChildExit, Monotonic, Poll, Signal, Signals};

use crate::id::Id;
use crate::registrar::Registrar;
use crate::table::Kind;

/// A source and its registration, owned together: dropping it deregisters the source and then
/// closes it, so that nothing of it is delivered afterwards.
///
/// It reads and writes through to the source, and dereferences to [`Registered`], which asks for
/// the next edge by itself on engines without native edges. Neither the source nor its registration
/// can be exchanged under its id.
///
/// ```
/// use poll_loop::{Interest, Poller, Trigger};
/// use std::io::{Read, Write};
/// use std::os::unix::net::UnixStream;
///
/// let poller: Poller = Poller::new()?;
/// let (here, mut there) = UnixStream::pair()?;
/// let here = poller.registrar().own(here, Interest::READABLE, Trigger::Edge)?;
/// there.write_all(b"hello")?;
/// let mut buffer = [0; 64];
/// assert_eq!((&here).read(&mut buffer)?, 5);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Owned<S, E: Engine<Error = Error> = Poll, C: Clock = Monotonic>
where
    E::Registry: Register<S, Error = Error>,
{
    registered: Registered<S, Place<E, C>>,
    id: Id,
}

/// The place of one source in a poller: what registers it, under the id claimed for it.
pub struct Place<E: Engine<Error = Error>, C: Clock> {
    registrar: Registrar<E, C>,
    id: Id,
}

impl<E: Engine<Error = Error>, C: Clock> Drop for Place<E, C> {
    fn drop(&mut self) {
        // Only what could not be deregistered is there still.
        self.registrar.forget(self.id);
    }
}

impl<E, C, S> Register<S> for Place<E, C>
where
    E: Engine<Error = Error>,
    C: Clock,
    S: ?Sized,
    E::Registry: Register<S, Error = Error>,
{
    type Error = Error;

    fn register(
        &self,
        source: &S,
        _token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> Result<()> {
        let watched = self.registrar.watch(self.id, source, interest, trigger);
        if watched.is_err() {
            self.registrar.shared.table.withdraw(self.id);
        }
        watched
    }

    fn modify(
        &self,
        source: &S,
        _token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> Result<()> {
        self.registrar
            .reregister(self.id, source, interest, trigger)
    }

    fn deregister(&self, source: &S) -> Result<()> {
        self.registrar.deregister(self.id, source)
    }

    fn rearm(&self, source: &S, _token: Token, interest: Interest, trigger: Trigger) -> Result<()> {
        self.registrar.rearm(self.id, source, interest, trigger)
    }
}

impl<E: Engine<Error = Error>, C: Clock> Registrar<E, C> {
    /// As [`register`](Self::register), and takes ownership of the source.
    ///
    /// # Errors
    ///
    /// As for [`register`](Self::register); the source is handed back.
    pub fn own<S>(
        &self,
        source: S,
        interest: Interest,
        trigger: Trigger,
    ) -> core::result::Result<Owned<S, E, C>, RegisterError<S, Error>>
    where
        E::Registry: Register<S, Error = Error>,
    {
        let id = match self.claim(Kind::Source) {
            Ok(id) => id,
            Err(error) => return Err(RegisterError { source, error }),
        };
        let place = Place {
            registrar: self.clone(),
            id,
        };
        let registered = Registered::new(place, source, id.token(), interest, trigger)?;
        Ok(Owned { registered, id })
    }

    /// A source for these signals, registered. On each notification, take them:
    /// [`Owned::take_signal`].
    ///
    /// While it exists the signals do not do what they do by default; nothing of it is left for
    /// started programs to inherit. See [`Signals`].
    ///
    /// # Errors
    ///
    /// As [`Signals::new`] and [`register`](Self::register).
    pub fn signals(&self, signals: impl IntoIterator<Item = Signal>) -> Result<Owned<Signals, E, C>>
    where
        E::Registry: Register<Signals, Error = Error>,
    {
        let signals = Signals::new(signals)?;
        let owned = self.own(signals, Interest::READABLE, Trigger::Edge);
        owned.map_err(|failed| failed.error)
    }

    /// A source for the end of a child process, registered. On each notification, ask
    /// [`Owned::try_status`] how it ended.
    ///
    /// # Errors
    ///
    /// As [`ChildExit::new`] and [`register`](Self::register).
    pub fn child(&self, child: &Child) -> Result<Owned<ChildExit, E, C>>
    where
        E::Registry: Register<ChildExit, Error = Error>,
    {
        let exit = ChildExit::new(child)?;
        let owned = self.own(exit, Interest::READABLE, Trigger::Edge);
        owned.map_err(|failed| failed.error)
    }
}

impl<S, E: Engine<Error = Error>, C: Clock> Owned<S, E, C>
where
    E::Registry: Register<S, Error = Error>,
{
    /// The id of its notifications.
    #[must_use]
    pub const fn id(&self) -> Id {
        self.id
    }

    /// As [`Registered::modify`].
    ///
    /// # Errors
    ///
    /// As [`Registrar::reregister`]; the old values hold.
    pub fn modify(&mut self, interest: Interest, trigger: Trigger) -> Result<()> {
        self.registered.modify(interest, trigger)
    }

    /// Deregisters the source and hands it back.
    ///
    /// # Errors
    ///
    /// As [`Registrar::deregister`]; the source is handed back all the same.
    pub fn deregister(self) -> core::result::Result<S, RegisterError<S, Error>> {
        self.registered.deregister()
    }
}

impl<E: Engine<Error = Error>, C: Clock> Owned<Signals, E, C>
where
    E::Registry: Register<Signals, Error = Error>,
{
    /// The next pending signal, smallest number first; never blocks. There is no other
    /// notification before it has returned none.
    ///
    /// # Errors
    ///
    /// As [`Registrar::rearm`].
    pub fn take_signal(&self) -> Result<Option<Signal>> {
        let signal = self.registered.get_ref().take();
        if signal.is_some() {
            return Ok(signal);
        }
        self.registered.rearm()?;
        // One may have come before the engine was asked for the next edge, which tells of it too.
        Ok(None)
    }
}

impl<E: Engine<Error = Error>, C: Clock> Owned<ChildExit, E, C>
where
    E::Registry: Register<ChildExit, Error = Error>,
{
    /// How the child ended; none while it runs, and then there is another notification. Never
    /// blocks, never reaps: [`Child::wait`] works as ever.
    ///
    /// # Errors
    ///
    /// As [`ChildExit::try_status`] and [`Registrar::rearm`].
    pub fn try_status(&self) -> Result<Option<ExitStatus>> {
        let status = self.registered.get_ref().try_status()?;
        if status.is_none() {
            self.registered.rearm()?;
        }
        Ok(status)
    }
}

impl<S, E: Engine<Error = Error>, C: Clock> Deref for Owned<S, E, C>
where
    E::Registry: Register<S, Error = Error>,
{
    type Target = Registered<S, Place<E, C>>;

    fn deref(&self) -> &Self::Target {
        &self.registered
    }
}

impl<S, E: Engine<Error = Error>, C: Clock> Read for &Owned<S, E, C>
where
    E::Registry: Register<S, Error = Error>,
    for<'a> &'a S: Read,
{
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        (&self.registered).read(buffer)
    }

    fn read_vectored(&mut self, buffers: &mut [IoSliceMut<'_>]) -> Result<usize> {
        (&self.registered).read_vectored(buffers)
    }
}

impl<S, E: Engine<Error = Error>, C: Clock> Read for Owned<S, E, C>
where
    E::Registry: Register<S, Error = Error>,
    for<'a> &'a S: Read,
{
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        (&self.registered).read(buffer)
    }

    fn read_vectored(&mut self, buffers: &mut [IoSliceMut<'_>]) -> Result<usize> {
        (&self.registered).read_vectored(buffers)
    }
}

impl<S, E: Engine<Error = Error>, C: Clock> Write for &Owned<S, E, C>
where
    E::Registry: Register<S, Error = Error>,
    for<'a> &'a S: Write,
{
    fn write(&mut self, buffer: &[u8]) -> Result<usize> {
        (&self.registered).write(buffer)
    }

    fn write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> Result<usize> {
        (&self.registered).write_vectored(buffers)
    }

    fn flush(&mut self) -> Result<()> {
        (&self.registered).flush()
    }
}

impl<S, E: Engine<Error = Error>, C: Clock> Write for Owned<S, E, C>
where
    E::Registry: Register<S, Error = Error>,
    for<'a> &'a S: Write,
{
    fn write(&mut self, buffer: &[u8]) -> Result<usize> {
        (&self.registered).write(buffer)
    }

    fn write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> Result<usize> {
        (&self.registered).write_vectored(buffers)
    }

    fn flush(&mut self) -> Result<()> {
        (&self.registered).flush()
    }
}

impl<S: fmt::Debug, E: Engine<Error = Error>, C: Clock> fmt::Debug for Owned<S, E, C>
where
    E::Registry: Register<S, Error = Error>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Owned")
            .field("id", &self.id)
            .field("source", self.registered.get_ref())
            .finish_non_exhaustive()
    }
}

impl<E: Engine<Error = Error>, C: Clock> fmt::Debug for Place<E, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Place").field(&self.id).finish()
    }
}
