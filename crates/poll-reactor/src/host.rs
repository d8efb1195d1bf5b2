//! What a runtime asks of its driver, whatever the engine and the clock, so that services need
//! know neither.

use core::time::Duration;
use std::io;
use std::os::fd::BorrowedFd;

use poll_api::{Clock, Engine, Instant, Interest, Register, Token, Trigger};
use poll_driver::{Driver, TimerKey};

use crate::id::AnyId;
use crate::resource::Now;

/// What a timer of the driver is for.
#[derive(Debug)]
pub(crate) enum Alarm<T> {
    /// A timer of the service.
    Service(T),
    /// A resource asked for its next step then.
    Step(AnyId),
    /// The grace of a resource that is being closed is over.
    Close(AnyId),
    /// The grace of a shutdown is over.
    Stop,
}

/// What controllers post.
#[derive(Debug)]
pub(crate) enum Message<C> {
    Command(C),
    /// Stop, and be done after this time.
    Shutdown(Duration),
}

/// A driver without its types.
pub(crate) trait Host<T>: Now {
    /// So much later than this very moment, for which the clock is read: what a turn knows of the
    /// time is as old as the turn, and a timer counts from the call.
    fn after(&self, time: Duration) -> Instant;
    fn insert(&mut self, deadline: Instant, alarm: Alarm<T>) -> TimerKey;
    fn cancel(&mut self, key: TimerKey) -> Option<Alarm<T>>;
    fn reset(&mut self, key: TimerKey, deadline: Instant) -> bool;
    fn register(&self, source: BorrowedFd<'_>, watch: Watch) -> io::Result<()>;
    fn modify(&self, source: BorrowedFd<'_>, watch: Watch) -> io::Result<()>;
    fn deregister(&self, source: BorrowedFd<'_>) -> io::Result<()>;
    fn rearm(&self, source: BorrowedFd<'_>, watch: Watch) -> io::Result<()>;
}

/// The values of a registration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch {
    pub(crate) token: Token,
    pub(crate) interest: Interest,
    pub(crate) trigger: Trigger,
}

impl<E: Engine, C: Clock, T, M> Now for Driver<E, C, T, M> {
    fn now(&mut self) -> Instant {
        Self::now(self)
    }
}

impl<E, C, T, M> Host<T> for Driver<E, C, Alarm<T>, M>
where
    E: Engine<Error = io::Error>,
    E::Registry: for<'fd> Register<BorrowedFd<'fd>, Error = io::Error>,
    C: Clock,
{
    fn after(&self, time: Duration) -> Instant {
        self.clock().now().saturating_add(time)
    }

    fn insert(&mut self, deadline: Instant, alarm: Alarm<T>) -> TimerKey {
        Self::insert(self, deadline, alarm)
    }

    fn cancel(&mut self, key: TimerKey) -> Option<Alarm<T>> {
        Self::cancel(self, key)
    }

    fn reset(&mut self, key: TimerKey, deadline: Instant) -> bool {
        Self::reset(self, key, deadline)
    }

    fn register(&self, source: BorrowedFd<'_>, watch: Watch) -> io::Result<()> {
        self.registry()
            .register(&source, watch.token, watch.interest, watch.trigger)
    }

    fn modify(&self, source: BorrowedFd<'_>, watch: Watch) -> io::Result<()> {
        self.registry()
            .modify(&source, watch.token, watch.interest, watch.trigger)
    }

    fn deregister(&self, source: BorrowedFd<'_>) -> io::Result<()> {
        self.registry().deregister(&source)
    }

    fn rearm(&self, source: BorrowedFd<'_>, watch: Watch) -> io::Result<()> {
        self.registry()
            .rearm(&source, watch.token, watch.interest, watch.trigger)
    }
}
