//! What the runtime knows of a registered source: its readiness, and who waits for it.

use core::mem;
use core::sync::atomic::Ordering::{AcqRel, Acquire};
use core::task::{Context, Poll, Waker};
use std::io;
use std::sync::Arc;

use poll_api::{Ready, Token};

use crate::threads::{AtomicU32, Mutex, lock};

/// One of the two ways of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Read,
    Write,
}

impl Direction {
    /// What readiness lets an operation of this direction be tried.
    const fn mask(self) -> u32 {
        match self {
            Self::Read => READABLE | READ_CLOSED | ERROR | ENDED,
            Self::Write => WRITABLE | WRITE_CLOSED | ERROR | ENDED,
        }
    }

    /// What an operation that would have blocked takes back. The end of a direction stays.
    const fn passing(self) -> u32 {
        match self {
            Self::Read => READABLE,
            Self::Write => WRITABLE,
        }
    }
}

const READABLE: u32 = 1;
const WRITABLE: u32 = 1 << 1;
const READ_CLOSED: u32 = 1 << 2;
const WRITE_CLOSED: u32 = 1 << 3;
const ERROR: u32 = 1 << 4;
const PRIORITY: u32 = 1 << 5;
/// The runtime is gone: nothing will be told any more.
const ENDED: u32 = 1 << 6;
/// Above the readiness, the number of the event that it is from, so that an operation takes back
/// only what it has seen.
const EVENT: u32 = 1 << 8;

/// The readiness that an operation was tried with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen(u32);

impl Seen {
    pub(crate) const fn is_ended(self) -> bool {
        self.0 & ENDED != 0
    }

    /// Whether urgent data has come, at which a read ends before the data does.
    pub(crate) const fn is_urgent(self) -> bool {
        self.0 & PRIORITY != 0
    }

    pub(crate) fn ready(self) -> Ready {
        let bits = [
            (READABLE, Ready::READABLE),
            (WRITABLE, Ready::WRITABLE),
            (READ_CLOSED, Ready::READ_CLOSED),
            (WRITE_CLOSED, Ready::WRITE_CLOSED),
            (ERROR, Ready::ERROR),
            (PRIORITY, Ready::PRIORITY),
        ];
        let set = bits.iter().filter(|(bit, _)| self.0 & bit != 0);
        set.fold(Ready::EMPTY, |ready, (_, meaning)| ready | *meaning)
    }
}

#[derive(Debug)]
pub(crate) struct Source {
    readiness: AtomicU32,
    waiters: Mutex<Waiters>,
}

/// Who waits: in a place that the poll functions share for each direction, where the last one
/// stays, or in one of a future's own.
///
/// Nobody waits for what has come: a waiter is added under the lock if there is no readiness, and
/// the event that brings some takes it out. So whoever sees readiness needs not leave.
#[derive(Debug, Default)]
struct Waiters {
    first: Option<Waiter>,
    /// For most sources there is never a second one, so that those pay no more than a word.
    others: Option<Box<Others>>,
    named: u32,
}

#[derive(Debug, Default)]
struct Others(Vec<Waiter>);

#[derive(Debug)]
struct Waiter {
    name: u32,
    direction: Direction,
    waker: Waker,
}

/// The name of a future among the waiters, while it waits.
#[derive(Debug, Default)]
pub(crate) struct Place(pub(super) Option<u32>);

/// The names of the poll functions, below those of futures.
const READER: u32 = 0;
const WRITER: u32 = 1;

impl Waiters {
    fn find(&mut self, name: u32) -> Option<&mut Waiter> {
        let is_it = |waiter: &&mut Waiter| waiter.name == name;
        let first = self.first.as_mut().filter(is_it);
        let others = self.others.as_mut();
        first.or_else(|| others.and_then(|others| others.0.iter_mut().find(is_it)))
    }

    /// Has `waker` wait: the waker that did before under this name.
    fn wait(&mut self, name: u32, direction: Direction, waker: Waker) -> Option<Waker> {
        if let Some(waiter) = self.find(name) {
            return Some(mem::replace(&mut waiter.waker, waker));
        }
        let waiter = Waiter {
            name,
            direction,
            waker,
        };
        match &self.first {
            None => self.first = Some(waiter),
            Some(_) => self.others.get_or_insert_default().0.push(waiter),
        }
        None
    }

    /// A name that no waiter has: one would have to stay while four thousand million others come.
    const fn name(&mut self) -> u32 {
        let next = self.named.wrapping_add(1);
        self.named = if next <= WRITER { WRITER + 1 } else { next };
        self.named
    }

    /// Takes out those that `bits` concern.
    fn called(&mut self, bits: u32, wakers: &mut Vec<Waker>) {
        let is_called = |waiter: &mut Waiter| bits & waiter.direction.mask() != 0;
        if let Some(first) = self.first.take_if(|waiter| is_called(waiter)) {
            wakers.push(first.waker);
        }
        if let Some(others) = &mut self.others {
            let others = others.0.extract_if(.., is_called);
            wakers.extend(others.map(|waiter| waiter.waker));
        }
    }

    fn leave(&mut self, name: u32) -> Option<Waiter> {
        let is_it = |waiter: &mut Waiter| waiter.name == name;
        let left = self.first.take_if(|waiter| is_it(waiter));
        let others = self.others.as_mut();
        left.or_else(|| others.and_then(|others| others.0.extract_if(.., is_it).next()))
    }
}

impl Source {
    /// A source that may be ready: the first operation finds out, and waits for no event.
    pub(crate) fn new() -> Self {
        Self {
            readiness: AtomicU32::new(READABLE | WRITABLE),
            waiters: Mutex::default(),
        }
    }

    /// Writes down what the engine says; those that it concerns go to `wakers`.
    pub(crate) fn set(&self, ready: Ready, wakers: &mut Vec<Waker>) {
        let mut bits = 0;
        if ready.is_readable() {
            bits |= READABLE;
        }
        if ready.is_writable() {
            bits |= WRITABLE;
        }
        if ready.is_read_closed() || ready.is_hangup() {
            bits |= READABLE | READ_CLOSED;
        }
        if ready.is_write_closed() || ready.is_hangup() {
            bits |= WRITABLE | WRITE_CLOSED;
        }
        if ready.is_error() {
            bits |= READABLE | WRITABLE | ERROR;
        }
        if ready.is_priority() {
            bits |= PRIORITY;
        }
        self.add(bits, wakers);
    }

    /// The runtime ends: whoever waits is told.
    pub(crate) fn end(&self, wakers: &mut Vec<Waker>) {
        self.add(ENDED, wakers);
    }

    fn add(&self, bits: u32, wakers: &mut Vec<Waker>) {
        let mut old = self.readiness.load(Acquire);
        loop {
            let new = (old | bits).wrapping_add(EVENT);
            let set = self
                .readiness
                .compare_exchange_weak(old, new, AcqRel, Acquire);
            match set {
                Ok(_) => break,
                Err(now) => old = now,
            }
        }
        lock(&self.waiters).called(bits, wakers);
    }

    /// The readiness, if there is any for `direction`.
    #[inline]
    pub(crate) fn seen(&self, direction: Direction) -> Option<Seen> {
        let readiness = self.readiness.load(Acquire);
        (readiness & direction.mask() != 0).then_some(Seen(readiness))
    }

    /// An operation would have blocked, or moved less than was asked for: the readiness that it was
    /// tried with is over, unless it was renewed since. The end of a direction is never over.
    #[inline]
    pub(crate) fn clear(&self, seen: Seen, direction: Direction) {
        let mut current = seen.0;
        // The other direction may have been cleared meanwhile, which is no news of this one.
        while let Err(now) = self.readiness.compare_exchange_weak(
            current,
            current & !direction.passing(),
            AcqRel,
            Acquire,
        ) {
            if now / EVENT != seen.0 / EVENT {
                return;
            }
            current = now;
        }
    }

    /// Waits for `direction`, in the one place that the poll functions have for it.
    pub(crate) fn poll(&self, context: &Context<'_>, direction: Direction) -> Poll<Seen> {
        if let Some(seen) = self.seen(direction) {
            return Poll::Ready(seen);
        }
        let name = match direction {
            Direction::Read => READER,
            Direction::Write => WRITER,
        };
        let waker = context.waker();
        let mut waiters = lock(&self.waiters);
        let set = waiters.find(name);
        if set.is_some_and(|waiter| waiter.waker.will_wake(waker)) {
            // An event that has come since takes the waker out, which is called.
            return Poll::Pending;
        }
        // Neither cloned nor dropped under the lock.
        drop(waiters);
        self.wait(&mut Place(Some(name)), direction, waker.clone())
    }

    /// The same for a future with a place of its own.
    #[inline]
    pub(crate) fn poll_in(
        &self,
        place: &mut Place,
        context: &Context<'_>,
        direction: Direction,
    ) -> Poll<Seen> {
        let seen = self.seen(direction).map_or_else(
            || self.wait(place, direction, context.waker().clone()),
            Poll::Ready,
        );
        if seen.is_ready() {
            // The event has taken it out, or is about to.
            place.0 = None;
        }
        seen
    }

    // Not in the way of those that need not wait.
    #[inline(never)]
    fn wait(&self, place: &mut Place, direction: Direction, waker: Waker) -> Poll<Seen> {
        let mut waiters = lock(&self.waiters);
        // Under the lock: an event before this is seen here, one after it finds the waker.
        if let Some(seen) = self.seen(direction) {
            drop(waiters);
            return Poll::Ready(seen);
        }
        let name = *place.0.get_or_insert_with(|| waiters.name());
        let before = waiters.wait(name, direction, waker);
        drop(waiters);
        drop(before);
        Poll::Pending
    }

    /// A future does not wait any more.
    #[inline]
    pub(crate) fn leave(&self, place: &mut Place) {
        if let Some(name) = place.0.take() {
            self.forget(name);
        }
    }

    #[inline(never)]
    fn forget(&self, name: u32) {
        let left = lock(&self.waiters).leave(name);
        drop(left);
    }

    /// The readiness of both directions, without waiting.
    pub(crate) fn ready(&self) -> Ready {
        Seen(self.readiness.load(Acquire)).ready()
    }
}

/// The error of an operation whose runtime has ended.
pub(crate) fn ended() -> io::Error {
    io::Error::other("the runtime of this source has ended")
}

/// The error of an operation that would have to wait for what nobody watches.
pub(crate) fn unwatched() -> io::Error {
    let text = "this direction of the source is not watched: see AsyncFd::with_interest";
    io::Error::new(io::ErrorKind::Unsupported, text)
}

/// The sources of a runtime, by token.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
pub(crate) struct Table {
    slots: Vec<Slot>,
    free: Vec<usize>,
    // Slots whose source is gone, and which events of the present turn may still name.
    released: Vec<usize>,
    len: usize,
    is_closed: bool,
}

#[derive(Debug, Default)]
struct Slot {
    generation: usize,
    source: Option<Arc<Source>>,
}

/// How many bits of a token count how often its slot was used.
const GENERATIONS: u32 = usize::BITS / 4;
/// The token of the driver's own wake-ups: no slot has it.
pub(crate) const OWN: Token = Token(usize::MAX);

impl Sources {
    /// A place for `source`, or none if the runtime has ended.
    pub(crate) fn insert(&self, source: &Arc<Source>) -> Option<Token> {
        let mut table = lock(&self.table);
        if table.is_closed {
            return None;
        }
        let slot = match table.free.pop() {
            Some(slot) => slot,
            None => {
                table.slots.push(Slot::default());
                table.slots.len() - 1
            }
        };
        let entry = table.slots.get_mut(slot)?;
        entry.source = Some(Arc::clone(source));
        let token = Token((slot << GENERATIONS) | entry.generation);
        table.len += 1;
        Some(token)
    }

    /// Forgets a source that was deregistered. Its slot is used again after the present turn, and
    /// as often as its token can tell.
    pub(crate) fn remove(&self, token: Token) {
        let mut table = lock(&self.table);
        let Some(slot) = table.slot_of(token) else {
            return;
        };
        let gone = table.slots.get_mut(slot).and_then(|entry| {
            entry.generation += 1;
            entry.source.take()
        });
        table.len -= usize::from(gone.is_some());
        table.released.push(slot);
        drop(table);
        drop(gone);
    }

    /// For a turn: the table, to look its events up.
    pub(crate) fn lock(&self) -> crate::threads::MutexGuard<'_, Table> {
        lock(&self.table)
    }

    /// Tells all that wait that there is nothing more to come, and takes no others.
    pub(crate) fn close(&self, wakers: &mut Vec<Waker>) {
        let mut table = lock(&self.table);
        table.is_closed = true;
        for source in table.slots.iter().filter_map(|slot| slot.source.as_ref()) {
            source.end(wakers);
        }
    }
}

impl Table {
    fn slot_of(&self, token: Token) -> Option<usize> {
        let (slot, generation) = (token.0 >> GENERATIONS, token.0 & ((1 << GENERATIONS) - 1));
        let entry = self.slots.get(slot)?;
        (entry.generation == generation).then_some(slot)
    }

    /// Hands an event to its source, if that is still there.
    pub(crate) fn event(&self, token: Token, ready: Ready, wakers: &mut Vec<Waker>) {
        let source = self.slot_of(token).and_then(|slot| self.slots.get(slot));
        if let Some(source) = source.and_then(|entry| entry.source.as_ref()) {
            source.set(ready, wakers);
        }
    }

    /// The turn is over: no event names a released slot any more. One whose generations are used
    /// up stays empty for ever.
    pub(crate) fn end_turn(&mut self) {
        while let Some(slot) = self.released.pop() {
            let used_up = (1 << GENERATIONS) - 1;
            if self
                .slots
                .get(slot)
                .is_some_and(|entry| entry.generation < used_up)
            {
                self.free.push(slot);
            }
        }
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }
}

#[cfg(test)]
#[cfg(loom)]
mod model;
