//! A program's own poller as an engine.

use core::fmt;
use core::time::Duration;
use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use poll_api::{
    Capabilities, Engine, Event, EventBuffer, Interest, Ready, Register, Token, Trigger, Wake,
};
use sys_socket::Errno;

use crate::ResourceId;
use crate::poller::{IoFail, Poll, Waker, WakerRecv, WakerSend};
use crate::readiness::wanted_by;

/// How long a wait without end is: pollers of io-reactor were never asked for more.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// A poller of the program's.
pub(crate) struct Foreign<P: Poll>(Registry<P>);

/// The registering half, which stays on the thread of the other one.
pub(crate) struct Registry<P: Poll>(Arc<Mutex<Inner<P>>>);

struct Inner<P: Poll> {
    poller: P,
    waker: Option<(<P::Waker as Waker>::Recv, Token)>,
    tokens: HashMap<ResourceId, Token>,
    numbers: HashMap<i32, ResourceId>,
    /// The poller may have more to tell than the last wait had room for.
    has_more: bool,
}

impl<P: Poll> Foreign<P> {
    pub(crate) fn new(poller: P) -> Self {
        let inner = Inner {
            poller,
            waker: None,
            tokens: HashMap::new(),
            numbers: HashMap::new(),
            has_more: false,
        };
        Self(Registry(Arc::new(Mutex::new(inner))))
    }
}

impl<P: Poll> Registry<P> {
    // All of it is on one thread: the lock is never waited for.
    fn lock(&self) -> MutexGuard<'_, Inner<P>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P: Poll> Clone for Registry<P> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<P: Poll> Engine for Foreign<P> {
    type Error = io::Error;
    type Events = Events;
    type Registry = Registry<P>;
    type Waker = Bell<<P::Waker as Waker>::Send>;

    const CAPABILITIES: Capabilities = {
        let mut capabilities = Capabilities::NONE;
        capabilities.hangups = true;
        capabilities.tracks_registrations = true;
        capabilities
    };

    fn registry(&self) -> &Registry<P> {
        &self.0
    }

    fn waker(registry: &Registry<P>, token: Token) -> io::Result<Self::Waker> {
        let mut inner = registry.lock();
        if inner.waker.is_some() {
            return Err(ErrorKind::Unsupported.into());
        }
        let (sender, receiver) = P::Waker::pair()?;
        inner.poller.register_waker(&receiver);
        inner.waker = Some((receiver, token));
        Ok(Bell(sender))
    }

    fn wait(&mut self, events: &mut Events, timeout: Option<Duration>) -> io::Result<()> {
        events.clear();
        let mut inner = self.0.lock();
        let timeout = match inner.has_more {
            true => Duration::ZERO,
            false => timeout.map_or(LONGEST, whole_millis).min(LONGEST),
        };
        match inner.poller.poll(Some(timeout)) {
            Ok(_) => {}
            Err(error) if is_no_failure(error.kind()) => {}
            Err(error) => return Err(error),
        }
        inner.harvest(events)
    }
}

impl<P: Poll> Inner<P> {
    fn harvest(&mut self, events: &mut Events) -> io::Result<()> {
        self.has_more = true;
        while events.reports < events.capacity {
            let Some((id, result)) = self.poller.next() else {
                self.has_more = false;
                break;
            };
            if id == ResourceId::WAKER {
                self.is_woken(result, events)?;
            } else if let Some(token) = self.tokens.get(&id) {
                events.list.push(Event::new(*token, ready(result)));
                events.reports += 1;
            }
        }
        Ok(())
    }

    fn is_woken<T>(&self, result: Result<T, IoFail>, events: &mut Events) -> io::Result<()> {
        if let Err(fail) = result {
            return Err(io::Error::other(format!("the waker of the poller: {fail}")));
        }
        if let Some((receiver, token)) = &self.waker {
            receiver.reset();
            events.list.push(Event::new(*token, Ready::READABLE));
        }
        Ok(())
    }
}

/// What ends a wait, and is no error.
const fn is_no_failure(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::TimedOut | ErrorKind::Interrupted)
}

/// Up to the next millisecond: pollers that have no finer clock would look again and again.
fn whole_millis(timeout: Duration) -> Duration {
    let millis = timeout.as_nanos().div_ceil(1_000_000);
    u64::try_from(millis).map_or(Duration::MAX, Duration::from_millis)
}

fn ready(result: Result<crate::poller::IoType, IoFail>) -> Ready {
    match result {
        Ok(io) => Ready::when(io.read, Ready::READABLE) | Ready::when(io.write, Ready::WRITABLE),
        Err(IoFail::Connectivity(_)) => Ready::HANGUP | Ready::READ_CLOSED | Ready::WRITE_CLOSED,
        Err(IoFail::Os(_)) => Ready::ERROR,
    }
}

impl<P: Poll> Register<BorrowedFd<'_>> for Registry<P> {
    type Error = io::Error;

    fn register(
        &self,
        source: &BorrowedFd<'_>,
        token: Token,
        interest: Interest,
        _trigger: Trigger,
    ) -> io::Result<()> {
        let mut inner = self.lock();
        if inner.numbers.contains_key(&source.as_raw_fd()) {
            return Err(Errno::EXIST.into());
        }
        let id = inner.poller.register(source, wanted_by(interest));
        inner.numbers.insert(source.as_raw_fd(), id);
        inner.tokens.insert(id, token);
        Ok(())
    }

    fn modify(
        &self,
        source: &BorrowedFd<'_>,
        token: Token,
        interest: Interest,
        _trigger: Trigger,
    ) -> io::Result<()> {
        let mut inner = self.lock();
        let id = *inner.numbers.get(&source.as_raw_fd()).ok_or(Errno::NOENT)?;
        inner.tokens.insert(id, token);
        match inner.poller.set_interest(id, wanted_by(interest)) {
            true => Ok(()),
            false => Err(Errno::NOENT.into()),
        }
    }

    fn deregister(&self, source: &BorrowedFd<'_>) -> io::Result<()> {
        let mut inner = self.lock();
        let id = inner
            .numbers
            .remove(&source.as_raw_fd())
            .ok_or(Errno::NOENT)?;
        inner.tokens.remove(&id);
        inner.poller.unregister(id);
        Ok(())
    }
}

/// What a wait of a program's poller has found.
pub(crate) struct Events {
    list: Vec<Event>,
    /// How many of them are of sources.
    reports: usize,
    capacity: usize,
}

impl EventBuffer for Events {
    type Iter<'a> = core::iter::Copied<core::slice::Iter<'a, Event>>;

    fn with_capacity(capacity: usize) -> Self {
        let capacity = capacity.max(1);
        Self {
            list: Vec::with_capacity(capacity + 1),
            reports: 0,
            capacity,
        }
    }

    fn capacity(&self) -> usize {
        self.capacity
    }

    fn len(&self) -> usize {
        self.list.len()
    }

    fn clear(&mut self) {
        self.list.clear();
        self.reports = 0;
    }

    fn iter(&self) -> Self::Iter<'_> {
        self.list.iter().copied()
    }
}

/// A program's waker.
#[derive(Clone)]
pub(crate) struct Bell<W>(W);

impl<W: WakerSend> Wake for Bell<W> {
    type Error = io::Error;

    fn wake(&self) -> io::Result<()> {
        self.0.wake()
    }
}

impl<P: Poll> fmt::Debug for Foreign<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Foreign").finish_non_exhaustive()
    }
}
