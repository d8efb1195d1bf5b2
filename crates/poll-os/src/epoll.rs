//! The epoll engine: Linux and Android.

use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use poll_api::{
    Capabilities, Engine, Event, EventBuffer, Interest, Ready, Register, Token, Trigger, Wake,
};
use sys_epoll::{Epoll, Errno, EventFd, Flags};
use sys_poll::WakePipe;

use crate::change::{Change, Operation};
use crate::interruption::Interruption;
use crate::time::Deadline;
use crate::trace::trace;
use crate::wake::Rest;
use crate::wakers::{self, Handle, Wakers};

/// A poller on epoll(7).
///
/// The poller is itself a source (`AsFd`). From the first time its descriptor was asked for, a
/// wake rings in the kernel also while the poller is outside its own wait, so that whoever sleeps
/// on the descriptor is woken; before that, such a wake makes no system call.
///
/// # Examples
///
/// ```
/// use poll_os::epoll::{Events, Poll, Waker};
/// use poll_os::Token;
///
/// let mut poll = Poll::new()?;
/// let waker = Waker::new(poll.registry(), Token(7))?;
/// std::thread::spawn(move || waker.wake());
///
/// let mut events = Events::with_capacity(64);
/// poll.wait(&mut events, None)?;
/// assert!(events.iter().all(|event| event.token() == Token(7)));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Manual: epoll(7)
pub struct Poll {
    registry: Registry,
    slack: Duration,
    // Set by `as_fd`, which borrows the poller, so never during a wait.
    handed_out: AtomicBool,
}

impl Poll {
    /// A new poller. One system call.
    ///
    /// # Errors
    ///
    /// * `EMFILE`, `ENFILE`: the process or the system has no descriptor left.
    /// * `ENOMEM`: the kernel has no memory left.
    ///
    /// Manual: epoll_create1(2)
    pub fn new() -> io::Result<Self> {
        let shared = Shared {
            epoll: Epoll::new()?,
            wakers: Arc::new(Wakers::new()),
        };
        Ok(Self {
            registry: Registry {
                shared: Arc::new(shared),
            },
            slack: Duration::ZERO,
            handed_out: AtomicBool::new(false),
        })
    }

    /// The registering half.
    #[must_use]
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Lets every finite wait end as late as the next multiple of `slack` on the clock, so that
    /// deadlines near each other cost one wake-up. Zero, which is the start, lets none.
    ///
    /// The kernel adds the thread's own timer slack, 50 µs by default: see prctl(2),
    /// `PR_SET_TIMERSLACK`.
    pub const fn set_slack(&mut self, slack: Duration) {
        self.slack = slack;
    }

    /// Waits for events, at most for `timeout`, and puts them into `events`.
    ///
    /// The buffer is cleared first. Zero looks and does not block; no timeout waits for ever. A
    /// wait is never shorter than asked: a signal handler that runs meanwhile does not end it.
    ///
    /// One system call, no allocation; time proportional to the events returned.
    ///
    /// # Errors
    ///
    /// * `EBADF`, `EINVAL`: the poller's descriptor was closed or replaced behind its back.
    ///
    /// Manual: epoll_wait(2)
    #[inline]
    pub fn wait(&mut self, events: &mut Events, timeout: Option<Duration>) -> io::Result<()> {
        self.wait_until(events, timeout, Interruption::Retried)
    }

    /// As [`wait`](Self::wait), but ended by a signal handler, for callers with a promise of their
    /// own about that.
    ///
    /// # Errors
    ///
    /// As for [`wait`](Self::wait), and `EINTR` (`Interrupted`) when a signal handler ran and
    /// there is nothing to report.
    pub fn wait_interruptible(
        &mut self,
        events: &mut Events,
        timeout: Option<Duration>,
    ) -> io::Result<()> {
        self.wait_until(events, timeout, Interruption::Surfaced)
    }

    fn wait_until(
        &mut self,
        events: &mut Events,
        timeout: Option<Duration>,
        interruption: Interruption,
    ) -> io::Result<()> {
        events.clear();
        let shared = &*self.registry.shared;
        let rest = if *self.handed_out.get_mut() {
            Rest::Parked
        } else {
            Rest::Awake
        };
        let (deadline, mut timeout) = Deadline::new(timeout, self.slack);
        loop {
            let woken = shared.wakers.park();
            let timeout_now = if woken { Some(Duration::ZERO) } else { timeout };
            let result = shared.epoll.wait(&mut events.list, timeout_now);
            if let Ok(count) = result {
                events.filled = count;
            }
            shared
                .wakers
                .unpark(rest, |token| events.report_wake(token));
            match result {
                Ok(0) if events.woken.is_empty() && (woken || !deadline.ends_with(timeout)) => {}
                Err(Errno::INTR) if events.woken.is_empty() => interruption.verdict()?,
                Ok(_) | Err(Errno::INTR) => {
                    trace!(events = events.filled, woken = events.woken.len(), "wait");
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            }
            timeout = deadline.remaining();
        }
    }
}

impl AsFd for Poll {
    /// The poller's descriptor, readable while a wait would have something to report.
    fn as_fd(&self) -> BorrowedFd<'_> {
        let shared = &*self.registry.shared;
        if !self.handed_out.swap(true, Ordering::Relaxed) {
            shared.wakers.hand_out();
        }
        shared.epoll.as_fd()
    }
}

impl fmt::Debug for Poll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poll")
            .field("epoll", &self.registry.shared.epoll)
            .finish_non_exhaustive()
    }
}

/// The registering half of a [`Poll`]: cheap to clone, usable from any thread at any time.
///
/// Each method is one system call and borrows its source for that call only. A source that is
/// closed while registered stays registered as long as a duplicate of it is open, and reports
/// under its old token: deregister before closing, or let [`Registered`](poll_api::Registered)
/// do it.
#[derive(Clone)]
pub struct Registry {
    shared: Arc<Shared>,
}

struct Shared {
    epoll: Epoll,
    wakers: Arc<Wakers<Bell>>,
}

impl Registry {
    /// Starts to watch `source`.
    ///
    /// # Errors
    ///
    /// * `EEXIST` (`AlreadyExists`): the source is registered already.
    /// * `EPERM` (`PermissionDenied`): it cannot be polled, as regular files and directories.
    /// * `EOPNOTSUPP` (`Unsupported`): the interest has `AIO` or `LIO`, which epoll has not.
    /// * `EINVAL`, `ELOOP`: it is this poller, or pollers would watch each other.
    /// * `ENOMEM`, `ENOSPC`: no memory, or the user's limit of registrations is reached.
    ///
    /// Manual: epoll_ctl(2)
    #[inline]
    pub fn register<S: AsFd + ?Sized>(
        &self,
        source: &S,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> io::Result<()> {
        self.change(
            source.as_fd(),
            Operation::Register(token, interest, trigger),
        )
    }

    /// Replaces token, interest and trigger, and reports the present readiness again.
    ///
    /// # Errors
    ///
    /// * `ENOENT` (`NotFound`): the source is not registered.
    /// * `EINVAL`: it was registered by [`register_exclusive`](Self::register_exclusive).
    /// * `EOPNOTSUPP` (`Unsupported`), `ENOMEM`: as for [`register`](Self::register).
    ///
    /// Manual: epoll_ctl(2)
    #[inline]
    pub fn modify<S: AsFd + ?Sized>(
        &self,
        source: &S,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> io::Result<()> {
        self.change(source.as_fd(), Operation::Modify(token, interest, trigger))
    }

    /// Stops watching `source`.
    ///
    /// # Errors
    ///
    /// * `ENOENT` (`NotFound`): the source is not registered.
    ///
    /// Manual: epoll_ctl(2)
    #[inline]
    pub fn deregister<S: AsFd + ?Sized>(&self, source: &S) -> io::Result<()> {
        self.change(source.as_fd(), Operation::Deregister)
    }

    /// Starts to watch `source` so that of all pollers that watch it this way one or a few are
    /// woken for an event: for a listener that several pollers share.
    ///
    /// Always edge-triggered, readable only, and it cannot be modified.
    ///
    /// # Errors
    ///
    /// As for [`register`](Self::register).
    ///
    /// Manual: epoll_ctl(2), `EPOLLEXCLUSIVE`
    pub fn register_exclusive<S: AsFd + ?Sized>(&self, source: &S, token: Token) -> io::Result<()> {
        let flags = Flags::IN | Flags::ET;
        Ok(self
            .shared
            .epoll
            .add_exclusive(source.as_fd(), flags, data(token))?)
    }

    /// Applies a batch, one system call for each entry, and returns how many failed.
    pub fn apply(&self, batch: &mut [Change<'_>]) -> usize {
        let mut failed = 0;
        for entry in batch {
            let result = self.change(entry.source(), entry.operation());
            failed += usize::from(result.is_err());
            entry.settle(result);
        }
        failed
    }

    fn change(&self, source: BorrowedFd<'_>, operation: Operation) -> io::Result<()> {
        trace!(?source, ?operation, "change");
        let epoll = &self.shared.epoll;
        match operation {
            Operation::Register(token, interest, trigger) => {
                epoll.add(source, flags(interest, trigger)?, data(token))?;
            }
            Operation::Modify(token, interest, trigger) => {
                epoll.modify(source, flags(interest, trigger)?, data(token))?;
            }
            Operation::Deregister => epoll.delete(source)?,
        }
        Ok(())
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("epoll", &self.shared.epoll)
            .finish_non_exhaustive()
    }
}

/// The buffer that a wait fills.
#[derive(Debug)]
pub struct Events {
    list: Box<[sys_epoll::Event]>,
    filled: usize,
    // Reserved for as many wakers as a poller has room for.
    woken: Vec<Token>,
}

impl Events {
    /// A buffer for `capacity` events of sources, zero counting as one, and as many of wakers as
    /// there can be. The only allocation of a poller's life.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            list: vec![sys_epoll::Event::default(); capacity.max(1)].into_boxed_slice(),
            filled: 0,
            woken: Vec::with_capacity(wakers::capacity()),
        }
    }

    /// How many events of sources fit.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.list.len()
    }

    /// How many events there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.filled + self.woken.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets the events.
    #[inline]
    pub fn clear(&mut self) {
        self.filled = 0;
        self.woken.clear();
    }

    /// The events, in no particular order.
    #[must_use]
    #[inline]
    pub fn iter(&self) -> Iter<'_> {
        let listed = self.list.get(..self.filled).unwrap_or_default();
        Iter {
            listed: listed.iter(),
            woken: self.woken.iter(),
        }
    }

    /// The events as the kernel reported them, without those of wakers that made no system call.
    #[must_use]
    pub fn as_sys(&self) -> &[sys_epoll::Event] {
        self.list.get(..self.filled).unwrap_or_default()
    }

    /// Adds the event of a waker, unless its bell is among the kernel's events already.
    fn report_wake(&mut self, token: Token) {
        let bell = sys_epoll::Event::new(Flags::IN, data(token));
        if !self.as_sys().contains(&bell) {
            self.woken.push(token);
        }
    }
}

impl<'a> IntoIterator for &'a Events {
    type Item = Event;
    type IntoIter = Iter<'a>;

    #[inline]
    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// The events of one wait.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    listed: core::slice::Iter<'a, sys_epoll::Event>,
    woken: core::slice::Iter<'a, Token>,
}

impl Iterator for Iter<'_> {
    type Item = Event;

    #[inline]
    fn next(&mut self) -> Option<Event> {
        match self.listed.next() {
            Some(event) => Some(Event::new(token(event.data()), ready(event.flags()))),
            None => self
                .woken
                .next()
                .map(|token| Event::new(*token, Ready::READABLE)),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let count = self.listed.len() + self.woken.len();
        (count, Some(count))
    }
}

impl ExactSizeIterator for Iter<'_> {}

/// The handle that ends a wait of its poller from anywhere; clones share one token.
///
/// On a poller that is awake a wake is one atomic operation and no system call; it is reported by
/// the next wait, which then does not block. On a parked poller the first wake is one system call
/// and the others are none. It outlives its poller, and then does nothing.
#[derive(Clone, Debug)]
pub struct Waker {
    handle: Arc<Handle<Bell>>,
}

impl Waker {
    /// A new waker, whose events are readable and carry `token`. Two system calls.
    ///
    /// # Errors
    ///
    /// * `ENOSPC` (`StorageFull`): the poller has 62 wakers already (30 on 32-bit systems).
    /// * `EMFILE`, `ENFILE`, `ENOMEM`: no descriptor or no memory is left.
    ///
    /// # Platform notes
    ///
    /// Where eventfd(2) is forbidden, a pipe takes its place.
    pub fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        let shared = &registry.shared;
        let make = |_slot| {
            let bell = Bell::new()?;
            shared
                .epoll
                .add(bell.as_fd(), Flags::IN | Flags::ET, data(token))?;
            Ok(Arc::new(bell))
        };
        let claimed = Handle::claim(&shared.wakers, token, make);
        let handle = claimed.unwrap_or_else(|| Err(Errno::NOSPC.into()))?;
        Ok(Self {
            handle: Arc::new(handle),
        })
    }

    /// Ends the poller's present wait, or its next one.
    ///
    /// # Errors
    ///
    /// The kernel refused to be rung, for which it has no reason; the wake is still reported by
    /// the next wait that returns.
    #[inline]
    pub fn wake(&self) -> io::Result<()> {
        trace!("wake");
        self.handle.wake()
    }
}

/// What wakes a parked poller: never read, since each write to it is an edge.
#[derive(Debug)]
enum Bell {
    EventFd(EventFd),
    // Where eventfd is refused. A pipe may report an edge only when it was empty (Linux 5.5 to
    // 5.13), so a ring empties it first.
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

impl Engine for Poll {
    type Error = io::Error;
    type Events = Events;
    type Registry = Registry;
    type Waker = Waker;

    const CAPABILITIES: Capabilities = {
        let mut capabilities = Capabilities::NONE;
        capabilities.edge = true;
        capabilities.priority = true;
        capabilities.nestable = true;
        capabilities.registers_while_waiting = true;
        capabilities.nanosecond_waits = true;
        capabilities.tracks_registrations = true;
        capabilities
    };

    fn registry(&self) -> &Registry {
        self.registry()
    }

    fn waker(registry: &Registry, token: Token) -> io::Result<Waker> {
        Waker::new(registry, token)
    }

    fn wait(&mut self, events: &mut Events, timeout: Option<Duration>) -> io::Result<()> {
        self.wait(events, timeout)
    }
}

impl EventBuffer for Events {
    type Iter<'a> = Iter<'a>;

    fn with_capacity(capacity: usize) -> Self {
        Self::with_capacity(capacity)
    }

    fn capacity(&self) -> usize {
        self.capacity()
    }

    fn len(&self) -> usize {
        self.len()
    }

    fn clear(&mut self) {
        self.clear();
    }

    fn iter(&self) -> Iter<'_> {
        self.iter()
    }
}

impl<S: AsFd + ?Sized> Register<S> for Registry {
    type Error = io::Error;

    fn register(
        &self,
        source: &S,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> io::Result<()> {
        self.register(source, token, interest, trigger)
    }

    fn modify(
        &self,
        source: &S,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> io::Result<()> {
        self.modify(source, token, interest, trigger)
    }

    fn deregister(&self, source: &S) -> io::Result<()> {
        self.deregister(source)
    }
}

impl Wake for Waker {
    type Error = io::Error;

    fn wake(&self) -> io::Result<()> {
        self.wake()
    }
}
