//! The registering half, for any thread.

use core::fmt;
use core::time::Duration;
use std::io::{Error, ErrorKind, Result};
use std::sync::Arc;

use poll_api::{Clock, Engine, Instant, Interest, Ready, Register, Trigger};
use poll_driver::{Ping, PostError, ReadyRegistry, Remote};
use poll_os::{Monotonic, Poll};

use crate::command::{Always, Command};
use crate::id::Id;
use crate::table::{Kind, Table};

/// What the poller and its registrars share.
pub(crate) struct Shared<E: Engine, C> {
    pub(crate) table: Arc<Table>,
    pub(crate) registry: E::Registry,
    pub(crate) remote: Remote<Command, E::Waker>,
    pub(crate) ready: ReadyRegistry<E::Waker>,
    // Its token is that of no registration.
    pub(crate) wake: Ping<E::Waker>,
    pub(crate) clock: C,
}

/// The registering half of a [`Poller`](crate::Poller): cheap to clone, for any thread at any time
/// (where the engine's registering half is, which that of every engine of poll-os is).
///
/// Registering a source is one system call, of the engine, and never wakes the poller where the
/// engine sees a registration without
/// ([`registers_while_waiting`](poll_api::Capabilities::registers_while_waiting)).
///
/// After the poller is gone, sources can still be deregistered; timers and channels cannot be made.
pub struct Registrar<E: Engine = Poll, C = Monotonic> {
    pub(crate) shared: Arc<Shared<E, C>>,
}

impl<E: Engine<Error = Error>, C: Clock> Registrar<E, C> {
    /// Starts to watch `source`, which is borrowed for the call only.
    ///
    /// The source has to stay open, and be deregistered before it is closed:
    /// [`own`](Self::own) does both. A source that its engine cannot wait for because it is always
    /// ready, as a regular file is for epoll, is reported as such: once for
    /// [`Trigger::Edge`] and [`Trigger::Oneshot`], in each wait for [`Trigger::Level`]. The engine
    /// says so by `EPERM`, or, if it has no errnos, by an error of the kind `PermissionDenied`.
    ///
    /// A notification may reach the poller's thread before this returns.
    ///
    /// # Errors
    ///
    /// As the engine's [`register`](Register::register), and `StorageFull` when there are 2^32 - 2
    /// registrations.
    pub fn register<S: ?Sized>(
        &self,
        source: &S,
        interest: Interest,
        trigger: Trigger,
    ) -> Result<Id>
    where
        E::Registry: Register<S, Error = Error>,
    {
        let id = self.claim(Kind::Source)?;
        match self.watch(id, source, interest, trigger) {
            Ok(()) => Ok(id),
            Err(error) => {
                self.shared.table.withdraw(id);
                Err(error)
            }
        }
    }

    /// Starts to watch `source` under an id that was claimed for it.
    pub(crate) fn watch<S: ?Sized>(
        &self,
        id: Id,
        source: &S,
        interest: Interest,
        trigger: Trigger,
    ) -> Result<()>
    where
        E::Registry: Register<S, Error = Error>,
    {
        let registered = self
            .shared
            .registry
            .register(source, id.token(), interest, trigger);
        match registered {
            Err(error) if never_blocks(&error) => {
                self.shared.table.make_always(id);
                self.always(id, interest, trigger)
            }
            other => other,
        }
    }

    /// Replaces interest and trigger, and reports the present readiness again, under the same id.
    ///
    /// # Errors
    ///
    /// * `NotFound`: there is no such registration any more.
    /// * As the engine's [`modify`](Register::modify); the old values hold.
    pub fn reregister<S: ?Sized>(
        &self,
        id: Id,
        source: &S,
        interest: Interest,
        trigger: Trigger,
    ) -> Result<()>
    where
        E::Registry: Register<S, Error = Error>,
    {
        match self.shared.table.kind(id) {
            Some(Kind::Source) => {
                self.shared
                    .registry
                    .modify(source, id.token(), interest, trigger)
            }
            Some(Kind::Always) => self.always(id, interest, trigger),
            Some(Kind::Timer | Kind::Passed | Kind::Channel) | None => {
                Err(ErrorKind::NotFound.into())
            }
        }
    }

    /// Stops watching `source`. After this has returned, nothing is delivered under `id`: by no
    /// later wait, and not by [`Notifications::iter`](crate::Notifications::iter) either.
    ///
    /// # Errors
    ///
    /// * `NotFound`: there is no such registration any more.
    /// * As the engine's [`deregister`](Register::deregister): the id stays, since what it stands
    ///   for may still report. [`forget`](Self::forget) gives it up.
    pub fn deregister<S: ?Sized>(&self, id: Id, source: &S) -> Result<()>
    where
        E::Registry: Register<S, Error = Error>,
    {
        match self.shared.table.kind(id) {
            Some(Kind::Source) => self.shared.registry.deregister(source)?,
            Some(Kind::Always) => {}
            Some(Kind::Timer | Kind::Passed | Kind::Channel) | None => {
                return Err(ErrorKind::NotFound.into());
            }
        }
        if !self.shared.table.end(id) {
            return Err(ErrorKind::NotFound.into());
        }
        self.discard(id);
        Ok(())
    }

    /// Gives up the registration of a source that was closed without being deregistered: nothing is
    /// delivered under `id` after this. False if there is no such registration.
    ///
    /// The engine may still know the source, if it had duplicates; its reports are dropped. Where a
    /// pointer has 32 bits, eight bytes of memory stay in use for that.
    #[expect(clippy::must_use_candidate, reason = "it is called for what it does")]
    pub fn forget(&self, id: Id) -> bool {
        let table = &self.shared.table;
        let is_source = matches!(table.kind(id), Some(Kind::Source | Kind::Always));
        let ended = is_source && table.end(id);
        if ended && table.strand(id) {
            self.sweep();
        }
        ended
    }

    /// Asks for the next edge after an operation on `source` returned `WouldBlock`, on engines
    /// without native edges; does nothing elsewhere. [`own`](Self::own) does it by itself.
    ///
    /// # Errors
    ///
    /// * `NotFound`: there is no such registration any more.
    /// * As the engine's [`rearm`](Register::rearm).
    pub fn rearm<S: ?Sized>(
        &self,
        id: Id,
        source: &S,
        interest: Interest,
        trigger: Trigger,
    ) -> Result<()>
    where
        E::Registry: Register<S, Error = Error>,
    {
        match self.shared.table.kind(id) {
            Some(Kind::Source) => self
                .shared
                .registry
                .rearm(source, id.token(), interest, trigger),
            Some(Kind::Always | Kind::Timer | Kind::Passed | Kind::Channel) => Ok(()),
            None => Err(ErrorKind::NotFound.into()),
        }
    }

    /// A timeout: reported once, not before `after` has passed from now. Zero is reported by the
    /// next wait.
    ///
    /// Wakes the poller only if it would sleep for longer. The poller's own thread has
    /// [`Poller::set_timeout`](crate::Poller::set_timeout), which takes no lock.
    ///
    /// # Errors
    ///
    /// * `BrokenPipe`: the poller is gone.
    /// * `StorageFull`: there are 2^32 - 2 registrations.
    pub fn set_timeout(&self, after: Duration) -> Result<Id> {
        self.set_timeout_at(self.shared.clock.now().saturating_add(after))
    }

    /// A timeout that is reported once, not before `deadline` on the poller's clock;
    /// [`Instant::MAX`] never comes.
    ///
    /// # Errors
    ///
    /// As for [`set_timeout`](Self::set_timeout).
    pub fn set_timeout_at(&self, deadline: Instant) -> Result<Id> {
        self.start(deadline, 0)
    }

    /// An interval: reported each time `period` has passed, for the first time after one, in the
    /// rhythm of its start. Ticks that nobody waited for come as one report that says how many.
    ///
    /// # Errors
    ///
    /// * `InvalidInput`: the period is zero, of which there would be infinitely many ticks.
    /// * As for [`set_timeout`](Self::set_timeout).
    pub fn set_interval(&self, period: Duration) -> Result<Id> {
        let nanos = nanos(period)?;
        self.start(self.shared.clock.now().saturating_add(period), nanos)
    }

    fn start(&self, deadline: Instant, period: u64) -> Result<Id> {
        let id = self.claim(Kind::Timer)?;
        match self
            .shared
            .remote
            .post(Command::Start(id, deadline, period), deadline)
        {
            Ok(()) => Ok(id),
            Err(error) => {
                let table = &self.shared.table;
                let ended = table.end(id);
                // Of a message that was queued, the poller gives the slot back when it meets it.
                if ended && matches!(error, PostError::Closed(_)) {
                    table.release([id.slot()]);
                }
                Err(refused(error))
            }
        }
    }

    /// Ends a timeout or an interval. After this has returned nothing of it is delivered, as for
    /// [`deregister`](Self::deregister). False if it had ended before, or is no timer; a timeout
    /// that was reported ends with the next wait.
    ///
    /// Does not wake the poller, unless a thousand requests wait for it.
    #[expect(clippy::must_use_candidate, reason = "it is called for what it does")]
    pub fn cancel(&self, id: Id) -> bool {
        let table = &self.shared.table;
        let is_timer = matches!(table.kind(id), Some(Kind::Timer | Kind::Passed));
        let ended = is_timer && table.end(id);
        if ended {
            // Without a poller there is nothing to take the timer off from.
            drop(self.shared.remote.post(Command::Cancel(id), Instant::MAX));
        }
        ended
    }

    /// Lets a timeout, or the next tick of an interval, come `after` from now instead. False if
    /// there is no such timer: it was cancelled, or has been reported.
    ///
    /// A timeout that comes due at the same moment may be reported before this takes effect.
    ///
    /// # Errors
    ///
    /// `BrokenPipe`: the poller is gone.
    pub fn reset(&self, id: Id, after: Duration) -> Result<bool> {
        if self.shared.table.kind(id) != Some(Kind::Timer) {
            return Ok(false);
        }
        let deadline = self.shared.clock.now().saturating_add(after);
        let posted = self
            .shared
            .remote
            .post(Command::Reset(id, deadline), deadline);
        posted.map_err(refused).map(|()| true)
    }

    /// Ends the poller's present wait, or its next one, also if there is nothing to report. Wakes
    /// that no wait has met yet count as one, and what a thread wrote before each of them is
    /// visible after that wait.
    ///
    /// # Errors
    ///
    /// * `BrokenPipe`: the poller is gone.
    /// * The system refused to wake it; the wake stands, and the next one tries again.
    pub fn wake(&self) -> Result<()> {
        if self.shared.remote.is_closed() {
            return Err(ErrorKind::BrokenPipe.into());
        }
        self.shared.wake.mark()
    }

    /// Whether something is registered under `id`: a source, a timer, a channel. A timeout that was
    /// reported is until the next wait.
    #[must_use]
    pub fn is_live(&self, id: Id) -> bool {
        self.shared.table.kind(id).is_some()
    }

    /// How many sources and channels are registered.
    #[must_use]
    pub fn registrations(&self) -> usize {
        self.shared.table.live()
    }

    /// The poller's clock.
    #[must_use]
    pub fn clock(&self) -> &C {
        &self.shared.clock
    }

    pub(crate) fn claim(&self, kind: Kind) -> Result<Id> {
        let claimed = self.shared.table.claim(kind);
        claimed.ok_or_else(|| ErrorKind::StorageFull.into())
    }

    /// Gives back the slot of a registration that has ended.
    pub(crate) fn discard(&self, id: Id) {
        if self.shared.table.discard(id) {
            self.sweep();
        }
    }

    /// Asks the poller to look for slots that can be used again.
    fn sweep(&self) {
        // A poller that cannot be woken, or is gone, costs memory and nothing else.
        drop(self.shared.remote.post(Command::Sweep, Instant::START));
    }

    fn always(&self, id: Id, interest: Interest, trigger: Trigger) -> Result<()> {
        let ready = Ready::when(interest.is_readable(), Ready::READABLE)
            | Ready::when(interest.is_writable(), Ready::WRITABLE);
        let source = Always { id, ready, trigger };
        let command = Command::Always(source);
        let posted = self.shared.remote.post(command, Instant::START);
        posted.map_err(refused)
    }
}

/// Whether a registration failed because its source is always ready.
fn never_blocks(error: &Error) -> bool {
    // An engine in memory has no errnos to say it with.
    let has_none = error.raw_os_error().is_none();
    poll_os::never_blocks(error) || has_none && error.kind() == ErrorKind::PermissionDenied
}

/// The period of an interval in nanoseconds, which is not zero.
pub(crate) fn nanos(period: Duration) -> Result<u64> {
    match u64::try_from(period.as_nanos()) {
        Ok(0) => Err(ErrorKind::InvalidInput.into()),
        Ok(nanos) => Ok(nanos),
        // Longer than the clock runs.
        Err(_) => Ok(u64::MAX),
    }
}

fn refused(error: PostError<Command, Error>) -> Error {
    match error {
        PostError::Closed(_) => ErrorKind::BrokenPipe.into(),
        PostError::Unwoken(error) => error,
    }
}

impl<E: Engine, C> Clone for Registrar<E, C> {
    fn clone(&self) -> Self {
        let shared = Arc::clone(&self.shared);
        Self { shared }
    }
}

impl<E: Engine, C> fmt::Debug for Registrar<E, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registrar")
            .field("registrations", &self.shared.table.live())
            .finish_non_exhaustive()
    }
}
