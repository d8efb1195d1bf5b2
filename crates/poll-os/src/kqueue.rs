//! The kqueue engine: Apple's systems and the BSDs.

use core::time::Duration;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Weak};

use poll_api::{Capabilities, Event, Token};
use sys_kqueue::{Errno, Filter, Flags, UserEvent, UserNotes};
use sys_poll::WakePipe;

use crate::backend::{Backend, Cut, Nestable, RawEvent};
use crate::change::{Change, Operation};
use crate::wakers::{self, Wakers};

mod changes;

use changes::Changes;

/// A poller on kqueue(2); see [`engine::Poll`](crate::engine::Poll) for what it does.
///
/// Particular to it:
///
/// * a source with two interests is two registrations for the kernel, so one wait can report it
///   twice, once for each direction, and [`Oneshot`](poll_api::Trigger::Oneshot) silences each
///   direction by itself;
/// * each direction tells its own end, which for writing is also a local `shutdown`, and there is
///   no hang-up. The end of the peer's half can come with data still unread: read until zero;
/// * a second `register` and a `modify` without registration both set the registration;
/// * a `modify` that the kernel refuses, because it has no memory or cannot watch the source for
///   the new interest, ends the registration;
/// * a registration ends when its descriptor is closed, although duplicates of it may live;
/// * an interest in nothing but hang-ups is told data too, if the source is no connected socket,
///   and connections, if it is a listener;
/// * events carry the pending error and how much waits.
///
/// # Platform notes
///
/// * Regular files are accepted. FreeBSD reports them as writable all the time, the others once.
/// * Pipes: FreeBSD, DragonFly and older systems of Apple's refuse to watch a writing end whose
///   reader is gone (`EPIPE`; NetBSD: `EBADF`). Some kernels tell the writer of it by the end of
///   reading only, so register writing ends for both directions. Apple's systems do not report that
///   the last writer of a FIFO (mkfifo(2)) has closed it.
/// * Apple's systems: `/dev/tty` cannot be watched (`EINVAL`), the terminal's own device can. An
///   interest in nothing but hang-ups is told a full receive buffer too.
/// * A child process made by fork(2) does not inherit the poller: make one in the child.
pub type Poll = crate::poller::Poll<Kqueue>;
/// The registering half of a [`Poll`].
pub type Registry = crate::registry::Registry<Kqueue>;
/// The buffer that a wait of a [`Poll`] fills.
pub type Events = crate::events::Events<Kqueue>;
/// The events of one wait of a [`Poll`].
pub type Iter<'a> = crate::events::Iter<'a, Kqueue>;
/// The handle that ends a wait of a [`Poll`].
pub type Waker = crate::waker::Waker<Kqueue>;

/// How many entries of a batch go into one system call.
const BATCH: usize = 32;

/// The mechanism: a kqueue.
///
/// Manual: kqueue(2)
#[derive(Debug)]
pub struct Kqueue {
    kqueue: Arc<sys_kqueue::Kqueue>,
}

impl Backend for Kqueue {
    type Raw = sys_kqueue::Event;
    type Bell = Bell;

    const CAPABILITIES: Capabilities = {
        let mut capabilities = Capabilities::NONE;
        capabilities.edge = true;
        capabilities.priority = Filter::EXCEPT.is_some();
        capabilities.nestable = true;
        capabilities.registers_while_waiting = true;
        capabilities.nanosecond_waits = true;
        capabilities
    };

    #[cfg(feature = "count")]
    fn system_calls() -> u64 {
        sys_kqueue::system_calls()
    }

    fn new() -> io::Result<Self> {
        Ok(Self {
            kqueue: Arc::new(sys_kqueue::Kqueue::new()?),
        })
    }

    fn bell(&self, slot: u32, token: Token) -> io::Result<Arc<Bell>> {
        let ident = usize::try_from(slot).unwrap_or(usize::MAX);
        let user = UserEvent::new(ident, token.0);
        match user.register(&self.kqueue) {
            Ok(()) => Ok(Arc::new(Bell::User(Arc::downgrade(&self.kqueue), user))),
            // EINVAL: the system has no user events.
            Err(Errno::INVAL) => {
                let pipe = WakePipe::new()?;
                let flags = Flags::ADD | Flags::CLEAR;
                let change = sys_kqueue::Change::read(pipe.reader(), flags, token.0);
                self.kqueue.apply_one(&change)?;
                Ok(Arc::new(Bell::Pipe(pipe)))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn change(
        &self,
        _wakers: &Wakers<Bell>,
        source: BorrowedFd<'_>,
        operation: Operation,
    ) -> io::Result<()> {
        let mut changes = Changes::<{ changes::LONGEST }>::new(source);
        let range = changes.add(source, operation)?;
        changes.apply(&self.kqueue)?;
        Ok(self.settle(&changes, range, source, operation)?)
    }

    fn apply(&self, _wakers: &Wakers<Bell>, batch: &mut [Change<'_>]) {
        for part in batch.chunks_mut(BATCH) {
            let Some(first) = part.first() else { continue };
            let mut changes = Changes::<{ changes::LONGEST * BATCH }>::new(first.source());
            let mut ranges = [const { Err(Errno::INVAL) }; BATCH];
            for (range, entry) in ranges.iter_mut().zip(&*part) {
                *range = changes.add(entry.source(), entry.operation());
            }
            let applied = changes.apply(&self.kqueue);
            for (range, entry) in ranges.into_iter().zip(part) {
                let settled = applied.and(range).and_then(|range| {
                    self.settle(&changes, range, entry.source(), entry.operation())
                });
                entry.settle(settled.map_err(io::Error::from));
            }
        }
    }

    fn wait(&self, events: &mut Events, timeout: Option<Duration>) -> Result<Cut, Errno> {
        let count = self.kqueue.wait(events.places(), timeout)?;
        events.fill(count);
        Ok(Cut::No)
    }
}

impl Kqueue {
    /// The result of one operation; a registration that failed in part is taken back.
    fn settle<const N: usize>(
        &self,
        changes: &Changes<'_, N>,
        range: changes::Range,
        source: BorrowedFd<'_>,
        operation: Operation,
    ) -> Result<(), Errno> {
        let result = changes.verdict(range, operation);
        let has_failed = result.is_err() && operation != Operation::Deregister;
        if has_failed && !changes.is_replaced(range) {
            let mut undo = Changes::<{ changes::LONGEST }>::new(source);
            // What was not made cannot be taken back, and that is as good.
            let undone = undo.add(source, Operation::Deregister);
            undone.and_then(|_range| undo.apply(&self.kqueue)).ok();
        }
        result
    }
}

impl Nestable for Kqueue {
    fn descriptor(&self) -> BorrowedFd<'_> {
        self.kqueue.as_fd()
    }
}

impl RawEvent for sys_kqueue::Event {
    const BLANK: Self = Self::BLANK;

    fn wake(token: Token) -> Self {
        *sys_kqueue::Change::user(0, UserNotes::EMPTY, Flags::EMPTY, token.0).as_event()
    }

    fn is_same_wake(&self, wake: &Self) -> bool {
        // A bell that is a pipe reports as a source; one of the caller's with the same token says
        // the same to the caller.
        [Filter::USER, Filter::READ].contains(&self.filter()) && self.udata() == wake.udata()
    }

    fn event(&self) -> Event {
        let (ready, code) = changes::ready(self);
        let event = Event::new(Token(self.udata()), ready).with_os_error(code);
        match usize::try_from(self.data()) {
            Ok(count) if self.filter() == Filter::READ || self.filter() == Filter::WRITE => {
                event.with_available(count)
            }
            _ => event,
        }
    }
}

/// What wakes a parked poller.
#[derive(Debug)]
pub enum Bell {
    /// A user event, which goes with its kqueue.
    User(Weak<sys_kqueue::Kqueue>, UserEvent),
    /// Where there are no user events.
    Pipe(WakePipe),
}

impl wakers::Bell for Bell {
    fn ring(&self) -> io::Result<()> {
        match self {
            Self::User(kqueue, user) => match kqueue.upgrade() {
                Some(kqueue) => Ok(user.trigger(&kqueue)?),
                // The poller is gone, so nobody is asleep.
                None => Ok(()),
            },
            Self::Pipe(pipe) => loop {
                // Emptied first, so that the ring is an edge; that it was empty is no error.
                pipe.drain().ok();
                match pipe.wake() {
                    Ok(()) => return Ok(()),
                    Err(Errno::INTR | Errno::AGAIN) => {}
                    Err(error) => return Err(error.into()),
                }
            },
        }
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        if let Self::User(kqueue, user) = self
            && let Some(kqueue) = kqueue.upgrade()
        {
            // It was registered when the bell was made; if it is gone, that is what we want.
            user.delete(&kqueue).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Bell, WakePipe};
    use crate::wakers::Bell as _;

    #[test]
    fn a_pipe_is_rung_more_often_than_it_has_room_for_bytes() {
        let bell = Bell::Pipe(WakePipe::new().unwrap());
        for _ in 0..70_000 {
            bell.ring().unwrap();
        }
    }
}
