//! The epoll engine: Linux and Android.

use core::time::Duration;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use poll_api::{Capabilities, Event, Interest, Ready, Token, Trigger};
use sys_epoll::{Errno, EventFd, Flags};
use sys_poll::WakePipe;

use crate::backend::{Backend, Cut, Nestable, RawEvent};
use crate::change::Operation;
use crate::wakers::{self, Wakers};

/// A poller on epoll(7); see [`poller::Poll`](crate::Poll) for what it does.
pub type Poll = crate::poller::Poll<Epoll>;
/// The registering half of a [`Poll`].
pub type Registry = crate::registry::Registry<Epoll>;
/// The buffer that a wait of a [`Poll`] fills.
pub type Events = crate::events::Events<Epoll>;
/// The events of one wait of a [`Poll`].
pub type Iter<'a> = crate::events::Iter<'a, Epoll>;
/// The handle that ends a wait of a [`Poll`].
pub type Waker = crate::waker::Waker<Epoll>;

/// The mechanism: an epoll instance.
///
/// Manual: epoll(7)
#[derive(Debug)]
pub struct Epoll {
    epoll: sys_epoll::Epoll,
}

impl Backend for Epoll {
    type Raw = sys_epoll::Event;
    type Bell = Bell;

    const CAPABILITIES: Capabilities = {
        let mut capabilities = Capabilities::NONE;
        capabilities.edge = true;
        capabilities.priority = true;
        capabilities.hangups = true;
        capabilities.nestable = true;
        capabilities.registers_while_waiting = true;
        capabilities.nanosecond_waits = true;
        capabilities.tracks_registrations = true;
        capabilities
    };

    #[cfg(feature = "count")]
    fn system_calls() -> u64 {
        sys_epoll::system_calls()
    }

    fn new() -> io::Result<Self> {
        Ok(Self {
            epoll: sys_epoll::Epoll::new()?,
        })
    }

    fn bell(&self, _slot: u32, token: Token) -> io::Result<Arc<Bell>> {
        let bell = Bell::new()?;
        self.epoll
            .add(bell.as_fd(), Flags::IN | Flags::ET, data(token))?;
        Ok(Arc::new(bell))
    }

    #[inline]
    fn change(
        &self,
        _wakers: &Wakers<Bell>,
        source: BorrowedFd<'_>,
        operation: Operation,
    ) -> io::Result<()> {
        match operation {
            Operation::Register(token, interest, trigger) => {
                self.epoll
                    .add(source, flags(interest, trigger)?, data(token))?;
            }
            Operation::Modify(token, interest, trigger) => {
                self.epoll
                    .modify(source, flags(interest, trigger)?, data(token))?;
            }
            Operation::Deregister => self.epoll.delete(source)?,
        }
        Ok(())
    }

    #[inline]
    fn wait(&self, events: &mut Events, timeout: Option<Duration>) -> Result<Cut, Errno> {
        let count = self.epoll.wait(events.places(), timeout)?;
        events.fill(count);
        Ok(Cut::No)
    }
}

impl Nestable for Epoll {
    fn descriptor(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }
}

impl Registry {
    /// Starts to watch `source` so that of all pollers that watch it this way one or a few are
    /// woken for an event: for a listener that several pollers share. One system call.
    ///
    /// Always edge-triggered, readable only, and it cannot be modified.
    ///
    /// # Errors
    ///
    /// As for [`register`](Self::register).
    ///
    /// # Platform notes
    ///
    /// epoll only (`EPOLLEXCLUSIVE`).
    ///
    /// Manual: epoll_ctl(2)
    pub fn register_exclusive<S: AsFd + ?Sized>(&self, source: &S, token: Token) -> io::Result<()> {
        let epoll = &self.shared().backend.epoll;
        Ok(epoll.add_exclusive(source.as_fd(), Flags::IN | Flags::ET, data(token))?)
    }
}

impl RawEvent for sys_epoll::Event {
    const BLANK: Self = Self::new(Flags::EMPTY, 0);

    fn wake(token: Token) -> Self {
        Self::new(Flags::IN, data(token))
    }

    fn is_same_wake(&self, wake: &Self) -> bool {
        self == wake
    }

    #[inline]
    fn event(&self) -> Event {
        Event::new(token(self.data()), ready(self.flags()))
    }
}

/// What wakes a parked poller: never read, since each write to it is an edge.
#[derive(Debug)]
pub enum Bell {
    /// The usual one.
    EventFd(EventFd),
    /// Where eventfd is refused. A pipe may report an edge only when it was empty (Linux 5.5 to
    /// 5.13), so a ring empties it first.
    Pipe(WakePipe),
}

impl Bell {
    fn new() -> io::Result<Self> {
        match EventFd::new() {
            // ENOSYS, EPERM: a sandbox does not know it or forbids it.
            Err(Errno::NOSYS | Errno::PERM) => Ok(Self::Pipe(WakePipe::new()?)),
            result => Ok(Self::EventFd(result?)),
        }
    }

    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::EventFd(event_fd) => event_fd.as_fd(),
            Self::Pipe(pipe) => pipe.reader(),
        }
    }

    fn ring_once(&self) -> Result<(), Errno> {
        match self {
            Self::EventFd(event_fd) => event_fd.write(1),
            Self::Pipe(pipe) => pipe.wake(),
        }
    }

    /// Takes back what was rung before, if anything was: that there was nothing is no error.
    fn hush(&self) {
        match self {
            Self::EventFd(event_fd) => drop(event_fd.read()),
            Self::Pipe(pipe) => drop(pipe.drain()),
        }
    }
}

impl wakers::Bell for Bell {
    fn ring(&self) -> io::Result<()> {
        if let Self::Pipe(_) = self {
            self.hush();
        }
        loop {
            match self.ring_once() {
                Ok(()) => return Ok(()),
                Err(Errno::INTR) => {}
                // Full: as many rings as the counter or the pipe holds were never taken back.
                Err(Errno::AGAIN) => self.hush(),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

// usize has at most 64 bits on every system with epoll, so both directions are exact.
#[inline]
fn data(token: Token) -> u64 {
    u64::try_from(token.0).unwrap_or(u64::MAX)
}

#[inline]
fn token(data: u64) -> Token {
    Token(usize::try_from(data).unwrap_or(usize::MAX))
}

/// What to ask of epoll for an interest and a trigger.
fn flags(interest: Interest, trigger: Trigger) -> io::Result<Flags> {
    if interest.is_aio() || interest.is_lio() {
        return Err(Errno::OPNOTSUPP.into());
    }
    let when = |asked: bool, flags: Flags| if asked { flags } else { Flags::EMPTY };
    let trigger = match trigger {
        Trigger::Level => Flags::EMPTY,
        Trigger::Oneshot => Flags::ONESHOT,
        _ => Flags::ET,
    };
    Ok(trigger
        | when(interest.is_readable(), Flags::IN | Flags::RDHUP)
        | when(interest.is_writable(), Flags::OUT)
        | when(interest.is_priority(), Flags::PRI))
}

/// What epoll's flags mean; the table stands at each predicate of [`Ready`].
#[inline]
fn ready(flags: Flags) -> Ready {
    let when = |any: Flags, ready: Ready| Ready::when(flags.intersects(any), ready);
    when(Flags::IN, Ready::READABLE)
        | when(Flags::OUT, Ready::WRITABLE)
        | when(Flags::RDHUP | Flags::HUP, Ready::READ_CLOSED)
        | when(Flags::HUP | Flags::ERR, Ready::WRITE_CLOSED)
        | when(Flags::HUP, Ready::HANGUP)
        | when(Flags::ERR, Ready::ERROR)
        | when(Flags::PRI, Ready::PRIORITY)
}
