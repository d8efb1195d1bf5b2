//! What a system's mechanism has to supply so that a poller can be built on it.

use core::fmt;
use core::time::Duration;
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::Arc;

use poll_api::{Capabilities, Event, Interest, Ready, Token};
use sys_poll::Errno;

use crate::change::{Change, Operation};
use crate::events::Events;
use crate::wakers::{Bell, Wakers};

/// A system's mechanism: one per engine module, and nothing of it is public but its name.
///
/// [`Poll`](crate::Poll) and its companions are written once over this trait, so that retrying,
/// deadlines, wake-ups and batches are the same on every engine.
pub trait Backend: fmt::Debug + Send + Sync + Sized + 'static {
    /// One report in the system's own form.
    type Raw: RawEvent;
    /// What ends a wait of this mechanism.
    type Bell: Bell;

    /// What the engine declares.
    const CAPABILITIES: Capabilities;

    /// How many system calls the crate below has made in this process, unless that is sys-poll,
    /// which serves every engine.
    #[cfg(feature = "count")]
    #[must_use]
    fn system_calls() -> u64 {
        0
    }

    /// The mechanism, with nothing registered.
    ///
    /// # Errors
    ///
    /// No descriptor or no memory is left.
    fn new() -> io::Result<Self>;

    /// A bell for the waker in `slot`, whose reports carry `token`.
    ///
    /// # Errors
    ///
    /// No descriptor or no memory is left.
    fn bell(&self, slot: u32, token: Token) -> io::Result<Arc<Self::Bell>>;

    /// One registration, modification or deregistration.
    ///
    /// # Errors
    ///
    /// Those of [`Registry`](crate::Registry)'s methods.
    fn change(
        &self,
        wakers: &Wakers<Self::Bell>,
        source: BorrowedFd<'_>,
        operation: Operation,
    ) -> io::Result<()>;

    /// Asks for the next edge of the directions in `interest`, where edges do not come by
    /// themselves; the other directions are left as they are.
    ///
    /// # Errors
    ///
    /// The source is not registered.
    fn rearm(
        &self,
        wakers: &Wakers<Self::Bell>,
        source: BorrowedFd<'_>,
        interest: Interest,
    ) -> io::Result<()> {
        let _ = (wakers, source, interest);
        Ok(())
    }

    /// A batch, in order, each entry with a result of its own.
    fn apply(&self, wakers: &Wakers<Self::Bell>, batch: &mut [Change<'_>]) {
        for entry in batch {
            let result = self.change(wakers, entry.source(), entry.operation());
            entry.settle(result);
        }
    }

    /// One look at the system that blocks at most for `timeout`.
    ///
    /// Says whether it was cut short by something that is not reported, so that an empty result
    /// does not mean that the time has passed.
    ///
    /// # Errors
    ///
    /// `EINTR` when a signal handler ran; others when the mechanism itself is broken.
    fn wait(&self, events: &mut Events<Self>, timeout: Option<Duration>) -> Result<Cut, Errno>;
}

/// A mechanism with a descriptor of its own, readable while there is something to report.
pub trait Nestable: Backend {
    /// That descriptor.
    fn descriptor(&self) -> BorrowedFd<'_>;
}

/// Whether a wait was cut short by something that is not reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// It was: an empty result says nothing about the time.
    Short,
    /// It was not: an empty result means that the timeout has passed.
    No,
}

/// A report in the system's own form.
pub trait RawEvent: fmt::Debug + Clone + Copy + Send + Sync {
    /// What an unused place of a buffer holds.
    const BLANK: Self;

    /// The report that the bell of a waker with this token makes.
    fn wake(token: Token) -> Self;

    /// Whether this is the report `wake`, as far as the caller can tell.
    fn is_same_wake(&self, wake: &Self) -> bool;

    /// What the report means.
    fn event(&self) -> Event;
}

impl RawEvent for Event {
    const BLANK: Self = Self::new(Token(0), Ready::EMPTY);

    fn wake(token: Token) -> Self {
        Self::new(token, Ready::READABLE)
    }

    fn is_same_wake(&self, wake: &Self) -> bool {
        self == wake
    }

    fn event(&self) -> Event {
        *self
    }
}
