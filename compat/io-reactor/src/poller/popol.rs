//! The system's engine, under the name of the one that io-reactor has.
#![expect(
    clippy::disallowed_types,
    reason = "io-reactor's interface has raw descriptors"
)]

use core::fmt;
use core::time::Duration;
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use poll_api::{Interest, Token, Trigger};
use poll_os::{Events, Poll as Engine};

use crate::descriptor::Descriptor;
use crate::poller::{IoFail, IoType, Poll, Waker, WakerRecv, WakerSend};
use crate::readiness::{POLLNVAL, interest_of, judge};
use crate::sys::Number;
use crate::{ResourceId, ResourceIdGenerator};

/// So much is reported by one call of the system; the rest comes with the next one.
const EVENTS: usize = 1024;

/// The system's engine: epoll, kqueue, or poll(2).
///
/// A reactor that is given one takes the engine itself, and none of what was registered here. This
/// is for programs that wait by themselves.
#[derive(Default)]
pub struct Poller {
    waiting: Option<Waiting>,
    sources: HashMap<ResourceId, Source>,
    numbers: HashSet<Number>,
    /// Those that are reported by each wait without being asked about.
    unwatched: BTreeSet<ResourceId>,
    found: VecDeque<(ResourceId, Result<IoType, IoFail>)>,
    generator: ResourceIdGenerator,
    /// What could not be told when it happened.
    failure: Option<io::Error>,
}

struct Waiting {
    engine: Engine,
    events: Events,
}

struct Source {
    descriptor: Option<Descriptor>,
    wanted: IoType,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The engine watches it for this, or for nothing at all.
    Watched(Option<Interest>),
    /// It never blocks: a regular file.
    AlwaysReady,
    /// The engine refused it.
    Refused,
}

impl Poller {
    /// One that watches nothing. The engine is made when it is needed first.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One that watches nothing and has room for so many sources.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            sources: HashMap::with_capacity(capacity),
            ..Self::default()
        }
    }

    pub(crate) fn into_generator(self) -> ResourceIdGenerator {
        self.generator
    }

    fn waiting(&mut self) -> io::Result<&mut Waiting> {
        Ok(match &mut self.waiting {
            Some(waiting) => waiting,
            vacant => vacant.insert(Waiting {
                engine: Engine::new()?,
                events: Events::with_capacity(EVENTS),
            }),
        })
    }

    fn add(&mut self, id: ResourceId, source: &impl AsRawFd, wanted: IoType) -> io::Result<()> {
        let descriptor = Descriptor::of(source, |number| self.numbers.contains(&number))?;
        let watched = self.watch(&descriptor, id, None, interest_of(wanted));
        let state = match watched {
            Ok(()) => State::Watched(interest_of(wanted)),
            // epoll's word for what cannot be waited for because it never blocks.
            Err(error) if error.kind() == ErrorKind::PermissionDenied => State::AlwaysReady,
            Err(error) => return Err(error),
        };
        self.numbers.extend(descriptor.own_number());
        self.put(id, Some(descriptor), wanted, state);
        Ok(())
    }

    fn put(
        &mut self,
        id: ResourceId,
        descriptor: Option<Descriptor>,
        wanted: IoType,
        state: State,
    ) {
        if !matches!(state, State::Watched(_)) {
            self.unwatched.insert(id);
        }
        let source = Source {
            descriptor,
            wanted,
            state,
        };
        self.sources.insert(id, source);
    }

    fn watch(
        &mut self,
        source: &Descriptor,
        id: ResourceId,
        before: Option<Interest>,
        after: Option<Interest>,
    ) -> io::Result<()> {
        let too_large = |_| io::Error::from(ErrorKind::StorageFull);
        let token = Token(usize::try_from(id.as_u64()).map_err(too_large)?);
        let registry = self.waiting()?.engine.registry();
        match (before, after) {
            (before, after) if before == after => Ok(()),
            (None, Some(after)) => registry.register(source, token, after, Trigger::Level),
            (Some(_), Some(after)) => registry.modify(source, token, after, Trigger::Level),
            (_, None) => registry.deregister(source),
        }
    }

    /// What one report says, of a source that is still there.
    fn translate(&self, token: Token, ready: poll_api::Ready) -> Option<Result<IoType, IoFail>> {
        let source = self.sources.get(&ResourceId::from_u64(token.0 as u64))?;
        let descriptor = source.descriptor.as_ref()?;
        match judge(ready, source.wanted, descriptor.as_fd()) {
            Ok(nothing) if nothing.is_none() => None,
            judged => Some(judged),
        }
    }

    fn find(&mut self) -> usize {
        let before = self.found.len();
        for id in &self.unwatched {
            match self.sources.get(id) {
                Some(source) if source.state == State::Refused => {
                    self.found.push_back((*id, Err(IoFail::Os(POLLNVAL))));
                }
                Some(source) if !source.wanted.is_none() => {
                    self.found.push_back((*id, Ok(source.wanted)));
                }
                _ => {}
            }
        }
        let Some(waiting) = self.waiting.take() else {
            return 0;
        };
        for event in &waiting.events {
            if let Some(judged) = self.translate(event.token(), event.ready()) {
                let id = ResourceId::from_u64(event.token().0 as u64);
                self.found.push_back((id, judged));
            }
        }
        self.waiting = Some(waiting);
        self.found.len() - before
    }

    fn is_anything_due(&self) -> bool {
        let is_due = |source: &Source| source.state == State::Refused || !source.wanted.is_none();
        let mut sources = self.unwatched.iter().filter_map(|id| self.sources.get(id));
        sources.any(is_due)
    }
}

impl Poll for Poller {
    type Waker = PopolWaker;

    /// A second one takes the place of the first. What goes wrong is told by the next wait.
    fn register_waker(&mut self, fd: &impl AsRawFd) {
        self.unregister(ResourceId::WAKER);
        if let Err(error) = self.add(ResourceId::WAKER, fd, IoType::read_only()) {
            self.failure = Some(error);
        }
    }

    fn register(&mut self, fd: &impl AsRawFd, interest: IoType) -> ResourceId {
        let id = self.generator.next();
        if self.add(id, fd, interest).is_err() {
            self.put(id, None, interest, State::Refused);
        }
        id
    }

    fn unregister(&mut self, id: ResourceId) {
        let Some(source) = self.sources.remove(&id) else {
            return;
        };
        self.unwatched.remove(&id);
        self.found.retain(|(found, _)| *found != id);
        let Some(descriptor) = source.descriptor else {
            return;
        };
        if let State::Watched(before) = source.state {
            // If the program has closed it, the system has forgotten it already.
            drop(self.watch(&descriptor, id, before, None));
        }
        if let Some(number) = descriptor.own_number() {
            self.numbers.remove(&number);
        }
    }

    fn set_interest(&mut self, id: ResourceId, interest: IoType) -> bool {
        let Some(mut source) = self.sources.remove(&id) else {
            return false;
        };
        source.wanted = interest;
        if let (Some(descriptor), State::Watched(before)) = (&source.descriptor, source.state) {
            let after = interest_of(interest);
            source.state = match self.watch(descriptor, id, before, after) {
                Ok(()) => State::Watched(after),
                Err(_) => State::Refused,
            };
        }
        let Source {
            descriptor,
            wanted,
            state,
        } = source;
        self.put(id, descriptor, wanted, state);
        true
    }

    /// Neither a signal nor a hang-up of something unread ends it: what is unread is told first.
    fn poll(&mut self, timeout: Option<Duration>) -> io::Result<usize> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let timeout = match self.is_anything_due() {
            true => Some(Duration::ZERO),
            false => timeout,
        };
        let Waiting { engine, events } = self.waiting()?;
        engine.wait(events, timeout)?;
        Ok(self.find())
    }
}

impl Iterator for Poller {
    type Item = (ResourceId, Result<IoType, IoFail>);

    fn next(&mut self) -> Option<Self::Item> {
        self.found.pop_front()
    }
}

impl fmt::Debug for Poller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poller")
            .field("sources", &self.sources.len())
            .finish_non_exhaustive()
    }
}

/// A waker for pollers of any kind: two sockets, and a byte between them.
///
/// A reactor with a [`Poller`] has no need of one: it wakes the engine itself.
#[derive(Clone, Debug)]
pub struct PopolWaker(Arc<Sockets>);

#[derive(Debug)]
struct Sockets {
    here: UnixStream,
    there: UnixStream,
}

impl Waker for PopolWaker {
    type Send = Self;
    type Recv = Self;

    fn pair() -> Result<(Self, Self), io::Error> {
        let (here, there) = UnixStream::pair()?;
        here.set_nonblocking(true)?;
        there.set_nonblocking(true)?;
        let waker = Self(Arc::new(Sockets { here, there }));
        Ok((waker.clone(), waker))
    }
}

impl AsRawFd for PopolWaker {
    fn as_raw_fd(&self) -> RawFd {
        self.0.here.as_raw_fd()
    }
}

impl Read for PopolWaker {
    /// Forgets the wakes, as `reset` does; there is nothing to read.
    fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
        self.reset();
        Ok(0)
    }
}

impl WakerRecv for PopolWaker {
    fn reset(&self) {
        let mut bytes = [0; 64];
        // Until nothing is left, which is an error: both ends are open as long as this one is.
        while let Ok(1..) | Err(ErrorKind::Interrupted) = (&self.0.here)
            .read(&mut bytes)
            .map_err(|error| error.kind())
        {}
    }
}

impl WakerSend for PopolWaker {
    fn wake(&self) -> io::Result<()> {
        loop {
            match (&self.0.there).write(&[0]) {
                Ok(_) => return Ok(()),
                // So many wakes were not seen yet that one more makes no difference.
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}
