//! The state of a machine: streams, pollers and their registrations.

mod readiness;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::ErrorKind;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use poll_api::{Capabilities, Interest, Token, Trigger};

use super::clock::ScriptedClock;
use super::sabotage::Sabotage;
use super::script::Plot;

/// How many bytes wait in one direction of a stream at most.
const ROOM: usize = 4096;

/// The state and what tells waits that it has changed.
#[derive(Debug)]
pub(super) struct Kernel {
    state: Mutex<State>,
    pub(super) bell: Condvar,
    pub(super) clock: ScriptedClock,
}

impl Kernel {
    pub(super) fn new(clock: ScriptedClock, sabotage: Option<Sabotage>) -> Self {
        let state = State {
            things: BTreeMap::new(),
            last_id: 0,
            interruptions: 0,
            sabotage,
            repeats_wakes: false,
        };
        Self {
            state: Mutex::new(state),
            bell: Condvar::new(),
            clock,
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets waits look at their deadline whenever a manual clock was advanced.
    pub(super) fn follow_clock(self: &Arc<Self>) {
        if let ScriptedClock::Manual(clock) = &self.clock {
            let kernel = Arc::downgrade(self);
            clock.follow(Box::new(move || {
                kernel.upgrade().is_some_and(|kernel| {
                    // Under the lock, so that a wait is either before its look or asleep.
                    let _state = kernel.lock();
                    kernel.bell.notify_all();
                    true
                })
            }));
        }
    }
}

/// Everything there is. Ids are never used twice.
#[derive(Debug)]
pub(super) struct State {
    things: BTreeMap<u64, Thing>,
    last_id: u64,
    pub(super) interruptions: u64,
    pub(super) sabotage: Option<Sabotage>,
    // What ends a sleep is reported once more.
    pub(super) repeats_wakes: bool,
}

/// Something that can be open: what a descriptor is a handle to.
#[derive(Debug)]
struct Thing {
    handles: usize,
    changes: Changes,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    End(End),
    Poller(Poller),
    // The ends of connections that nobody has accepted yet; they have no handles.
    Listener(VecDeque<u64>),
    File,
}

/// One end of a stream, or of two connected datagram sockets.
#[derive(Debug, Default)]
pub(super) struct End {
    inbox: VecDeque<u8>,
    // The lengths of the datagrams in the inbox; none for a stream.
    datagrams: Option<VecDeque<usize>>,
    pub(super) urgent: bool,
    pub(super) peer: Option<u64>,
    pub(super) peer_done: bool,
    pub(super) own_done: bool,
    error: Option<ErrorKind>,
}

/// How often each direction has changed to ready; an edge is a difference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Changes {
    read: u64,
    write: u64,
}

/// Which direction has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Changed {
    Read,
    Write,
    Both,
}

#[derive(Debug)]
pub(super) struct Poller {
    capabilities: Capabilities,
    pub(super) registrations: Vec<Registration>,
    // Where the next wait begins, so that a small buffer serves all in turn.
    next: usize,
    pub(super) woken: BTreeSet<Token>,
    pub(super) plot: Plot,
    pub(super) waiting: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Registration {
    pub(super) thing: u64,
    pub(super) handle: u64,
    pub(super) token: Token,
    pub(super) interest: Interest,
    pub(super) trigger: Trigger,
    // What the last report knew; nothing before the first one.
    seen: Option<Changes>,
}

impl Registration {
    pub(super) fn new(source: (u64, u64), token: Token, how: (Interest, Trigger)) -> Self {
        let (thing, handle) = source;
        let (interest, trigger) = how;
        Self {
            thing,
            handle,
            token,
            interest,
            trigger,
            seen: None,
        }
    }
}

impl State {
    pub(super) fn is(&self, sabotage: Sabotage) -> bool {
        self.sabotage == Some(sabotage)
    }

    pub(super) fn new_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn add(&mut self, kind: Kind) -> u64 {
        let id = self.new_id();
        let thing = Thing {
            handles: 0,
            changes: Changes::default(),
            kind,
        };
        self.things.insert(id, thing);
        id
    }

    pub(super) fn add_pair(&mut self) -> (u64, u64) {
        let one = self.add(Kind::End(End::default()));
        let other = self.add(Kind::End(End {
            peer: Some(one),
            ..End::default()
        }));
        if let Ok(end) = self.end_mut(one) {
            end.peer = Some(other);
        }
        (one, other)
    }

    /// Turns a fresh pair of streams into datagram sockets.
    pub(super) fn make_datagrams(&mut self, pair: (u64, u64)) {
        for id in [pair.0, pair.1] {
            if let Ok(end) = self.end_mut(id) {
                end.datagrams = Some(VecDeque::new());
            }
        }
    }

    pub(super) fn add_listener(&mut self) -> u64 {
        self.add(Kind::Listener(VecDeque::new()))
    }

    fn queue_mut(&mut self, listener: u64) -> Result<&mut VecDeque<u64>, ErrorKind> {
        match self.things.get_mut(&listener).map(|thing| &mut thing.kind) {
            Some(Kind::Listener(queue)) => Ok(queue),
            _ => Err(ErrorKind::InvalidInput),
        }
    }

    /// Queues one end of a new stream; returns the other.
    pub(super) fn connect(&mut self, listener: u64) -> Result<u64, ErrorKind> {
        self.queue_mut(listener)?;
        let (ours, theirs) = self.add_pair();
        self.queue_mut(listener)?.push_back(theirs);
        self.bump(listener, Changed::Read);
        Ok(ours)
    }

    /// Takes the first queued end.
    pub(super) fn accept(&mut self, listener: u64) -> Result<u64, ErrorKind> {
        let first = self.queue_mut(listener)?.pop_front();
        first.ok_or(ErrorKind::WouldBlock)
    }

    pub(super) fn add_refused(&mut self) -> u64 {
        let error = Some(ErrorKind::ConnectionRefused);
        self.add(Kind::End(End {
            error,
            peer_done: true,
            own_done: true,
            ..End::default()
        }))
    }

    pub(super) fn add_file(&mut self) -> u64 {
        self.add(Kind::File)
    }

    pub(super) fn add_poller(&mut self, capabilities: Capabilities) -> u64 {
        let poller = Poller {
            capabilities,
            registrations: Vec::new(),
            next: 0,
            woken: BTreeSet::new(),
            plot: Plot::default(),
            waiting: false,
        };
        self.add(Kind::Poller(poller))
    }

    /// One more handle to `thing`; returns the handle's own id.
    pub(super) fn add_handle(&mut self, thing: u64) -> u64 {
        if let Some(thing) = self.things.get_mut(&thing) {
            thing.handles += 1;
        }
        self.new_id()
    }

    /// One handle less; with the last one the thing is closed.
    pub(super) fn drop_handle(&mut self, id: u64) {
        let Some(thing) = self.things.get_mut(&id) else {
            return;
        };
        thing.handles = thing.handles.saturating_sub(1);
        if thing.handles > 0 || self.is(Sabotage::ClosedSourcesGoOnReporting) {
            return;
        }
        let Some(thing) = self.things.remove(&id) else {
            return;
        };
        for poller in self.things.values_mut().filter_map(Thing::poller_mut) {
            poller
                .registrations
                .retain(|registration| registration.thing != id);
        }
        match thing.kind {
            Kind::End(end) => self.hang_up(end),
            Kind::Poller(poller) if poller.capabilities.pins_source => {
                for registration in poller.registrations {
                    self.drop_handle(registration.thing);
                }
            }
            Kind::Listener(queue) => {
                for end in queue {
                    self.drop_handle(end);
                }
            }
            Kind::Poller(_) | Kind::File => {}
        }
    }

    /// Tells the peer that `end` is gone.
    fn hang_up(&mut self, end: End) {
        let Some(id) = end.peer else {
            return;
        };
        if let Ok(peer) = self.end_mut(id) {
            peer.peer = None;
            peer.peer_done = true;
            if !end.inbox.is_empty() {
                peer.error = Some(ErrorKind::ConnectionReset);
            }
        }
        self.bump(id, Changed::Both);
    }

    /// Notes that `id` has changed to ready, for all who watch it directly or through a poller.
    pub(super) fn bump(&mut self, id: u64, changed: Changed) {
        let Some(thing) = self.things.get_mut(&id) else {
            return;
        };
        thing.changes.read += u64::from(changed != Changed::Write);
        thing.changes.write += u64::from(changed != Changed::Read);
        if self.is(Sabotage::InnerSourceDoesNotReachTheOuter) {
            return;
        }
        let watches = |thing: &Thing| match &thing.kind {
            Kind::Poller(poller) => poller.registrations.iter().any(|found| found.thing == id),
            _ => false,
        };
        let pollers = self.things.iter().filter(|(_, thing)| watches(thing));
        let pollers: Vec<u64> = pollers.map(|(id, _)| *id).collect();
        for poller in pollers {
            self.bump(poller, Changed::Read);
        }
    }

    pub(super) fn end_mut(&mut self, id: u64) -> Result<&mut End, ErrorKind> {
        match self.things.get_mut(&id).map(|thing| &mut thing.kind) {
            Some(Kind::End(end)) => Ok(end),
            _ => Err(ErrorKind::Unsupported),
        }
    }

    pub(super) fn poller(&self, id: u64) -> Option<&Poller> {
        match self.things.get(&id).map(|thing| &thing.kind) {
            Some(Kind::Poller(poller)) => Some(poller),
            _ => None,
        }
    }

    pub(super) fn poller_mut(&mut self, id: u64) -> Option<&mut Poller> {
        self.things.get_mut(&id).and_then(Thing::poller_mut)
    }

    pub(super) fn pollers(&self) -> Vec<u64> {
        let pollers = self.things.iter();
        let pollers = pollers.filter(|(_, thing)| matches!(thing.kind, Kind::Poller(_)));
        pollers.map(|(id, _)| *id).collect()
    }

    /// Whether `id` can be watched at all.
    pub(super) fn watchable(&self, id: u64) -> bool {
        self.things
            .get(&id)
            .is_some_and(|thing| !matches!(thing.kind, Kind::File))
    }

    /// Whether `poller` watches `id`, directly or through other pollers.
    pub(super) fn reaches(&self, poller: u64, id: u64) -> bool {
        poller == id
            || self.poller(poller).is_some_and(|poller| {
                poller
                    .registrations
                    .iter()
                    .any(|found| self.reaches(found.thing, id))
            })
    }

    pub(super) fn read(&mut self, id: u64, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        let end = self.end_mut(id)?;
        if let Some(error) = end.error.take() {
            return Err(error);
        }
        if !end.has_data() {
            return if end.peer_done || buffer.is_empty() {
                Ok(0)
            } else {
                Err(ErrorKind::WouldBlock)
            };
        }
        let datagram = end.datagrams.as_mut().and_then(VecDeque::pop_front);
        let made_room = end.inbox.len() >= ROOM || datagram.is_some();
        let count = datagram.unwrap_or(end.inbox.len()).min(buffer.len());
        // What does not fit into the buffer stays in a stream and is lost with a datagram.
        let taken = end.inbox.drain(..datagram.unwrap_or(count));
        for (place, byte) in buffer.iter_mut().zip(taken) {
            *place = byte;
        }
        let peer = end.peer;
        if let Some(peer) = peer
            && made_room
        {
            self.bump(peer, Changed::Write);
        }
        Ok(count)
    }

    pub(super) fn write(&mut self, id: u64, bytes: &[u8]) -> Result<usize, ErrorKind> {
        let end = self.end_mut(id)?;
        if let Some(error) = end.error.take() {
            return Err(error);
        }
        let (own_done, peer) = (end.own_done, end.peer);
        let Some(peer) = peer.filter(|_| !own_done) else {
            return Err(ErrorKind::BrokenPipe);
        };
        let receiver = self.end_mut(peer)?;
        let count = bytes.len().min(ROOM - receiver.inbox.len());
        let whole = count == bytes.len();
        match &mut receiver.datagrams {
            Some(datagrams) if whole => datagrams.push_back(count),
            Some(_) => return Err(ErrorKind::WouldBlock),
            None if count == 0 && !whole => return Err(ErrorKind::WouldBlock),
            None => {}
        }
        receiver.inbox.extend(&bytes[..count]);
        self.bump(peer, Changed::Read);
        Ok(count)
    }

    /// The token as it will be reported, which only a defect changes.
    pub(super) fn distorted(&self, token: Token) -> Token {
        match self.sabotage {
            Some(Sabotage::TokensLoseTheirUpperHalf) => {
                Token(token.0 & (usize::MAX >> (usize::BITS / 2)))
            }
            Some(Sabotage::TheLastTokenIsReserved) if token.0 == usize::MAX => Token(0),
            _ => token,
        }
    }
}

impl End {
    fn has_data(&self) -> bool {
        !self.inbox.is_empty()
            || self
                .datagrams
                .as_ref()
                .is_some_and(|queue| !queue.is_empty())
    }
}

impl Poller {
    pub(super) fn position(&self, handle: u64) -> Option<usize> {
        self.registrations
            .iter()
            .position(|found| found.handle == handle)
    }
}

impl Thing {
    fn poller_mut(&mut self) -> Option<&mut Poller> {
        match &mut self.kind {
            Kind::Poller(poller) => Some(poller),
            _ => None,
        }
    }
}
