//! The slots behind the ids: which registration lives in which, and when one may be used again.
//!
//! A slot is a word with its generation and what lives in it. Whether an id is live is one load;
//! claiming and releasing slots locks a mutex. A slot whose registration ended goes to limbo until
//! the poller has looked through everything that it had harvested by then, or is gone: reports of
//! the old registration may be among that, and with 32-bit tokens they carry the number of the slot
//! only.
//!
//! All orderings are the weakest, and no model could find fault with that: a word is all there is
//! to know about its slot, nothing is published with it, and changes of one word have one order.
//! Whoever was told in any way that a registration has ended finds it ended, by coherence alone.
//! The two counts are looked at to decide what is worth a lock, or where a source goes.

use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use poll_api::Token;

use crate::id::{Id, LAST_GENERATION};

/// What lives in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A source that the engine watches.
    Source,
    /// A source that no engine can watch and that is always ready.
    Always,
    Timer,
    /// A timeout that was handed out: it is live until the next wait, and cannot be reset.
    Passed,
    Channel,
}

impl Kind {
    const fn code(self) -> u64 {
        match self {
            Self::Source => 1,
            Self::Always => 2,
            Self::Timer => 3,
            Self::Channel => 4,
            Self::Passed => 5,
        }
    }

    const fn of(word: u64) -> Option<Self> {
        match word & KIND {
            1 => Some(Self::Source),
            2 => Some(Self::Always),
            3 => Some(Self::Timer),
            4 => Some(Self::Channel),
            5 => Some(Self::Passed),
            _ => None,
        }
    }
}

const KIND: u64 = 0xff;
/// In the place of a kind: a slot whose generations are used up.
const RETIRED: u64 = KIND;

/// The word of a slot: kind below, generation above.
const fn word(generation: u32, kind: u64) -> u64 {
    (generation as u64) << 8 | kind
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a generation has 24 bits, and 8 were shifted out below them"
)]
const fn generation(word: u64) -> u32 {
    (word >> 8) as u32
}

/// The slots of one poller.
#[derive(Debug)]
pub(crate) struct Table {
    // Chunk by chunk, each as large as all before it, so that slots never move.
    chunks: [OnceLock<Box<[AtomicU64]>>; CHUNKS],
    places: Mutex<Places>,
    // The length of limbo, to look at without the lock.
    limbo: AtomicUsize,
    live: AtomicUsize,
    member: u8,
    last_generation: u32,
    // Which bits of an id a token has room for.
    token_bits: usize,
}

#[derive(Debug)]
struct Places {
    // The lowest slot that was never used; zero is no registration's.
    fresh: u32,
    free: Vec<u32>,
    limbo: Vec<u32>,
    // The poller is gone, so that nobody has harvested anything.
    abandoned: bool,
}

const FIRST: u32 = 64;
const CHUNKS: usize = 27;

/// How many slots may be in limbo before it is worth to wake the poller for them.
const LIMBO: usize = 1024;

impl Table {
    pub(crate) const fn new(member: u8) -> Self {
        Self {
            chunks: [const { OnceLock::new() }; CHUNKS],
            places: Mutex::new(Places {
                fresh: 1,
                free: Vec::new(),
                limbo: Vec::new(),
                abandoned: false,
            }),
            limbo: AtomicUsize::new(0),
            live: AtomicUsize::new(0),
            member,
            last_generation: LAST_GENERATION,
            token_bits: usize::MAX,
        }
    }

    /// Claims a slot for a registration; none if all 2^32 - 2 are taken.
    pub(crate) fn claim(&self, kind: Kind) -> Option<Id> {
        let slot = self.lock().take()?;
        if kind != Kind::Timer {
            self.live.fetch_add(1, Ordering::Relaxed);
        }
        self.open(slot, kind)
    }

    /// Claims `count` slots for later, without anything in them; fewer if there are not as many.
    pub(crate) fn reserve(&self, count: usize, slots: &mut Vec<u32>) {
        let mut places = self.lock();
        slots.extend((0..count).map_while(|_| places.take()));
    }

    /// Puts a registration into a slot that the caller has claimed: one store.
    pub(crate) fn open(&self, slot: u32, kind: Kind) -> Option<Id> {
        let place = self.make(slot);
        let generation = generation(place.load(Ordering::Relaxed));
        let id = Id::new(self.member, generation, slot)?;
        place.store(word(generation, kind.code()), Ordering::Relaxed);
        Some(id)
    }

    /// Makes a source one that is always ready, unless it has ended: whoever was told of it knows
    /// its id before the thread that registers it does.
    pub(crate) fn make_always(&self, id: Id) {
        let always = word(id.generation(), Kind::Always.code());
        self.exchange(id, Kind::Source, always);
    }

    /// What lives under an id; none if it is of another poller, or out of date.
    #[inline]
    pub(crate) fn kind(&self, id: Id) -> Option<Kind> {
        if id.poller() != usize::from(self.member) {
            return None;
        }
        let word = self.place(id.slot())?.load(Ordering::Relaxed);
        (generation(word) == id.generation()).then_some(())?;
        Kind::of(word)
    }

    /// The registration that a report is for; none if it has ended.
    #[inline]
    pub(crate) fn resolve(&self, token: Token) -> Option<(Id, Kind)> {
        let slot = u32::try_from(token.0 & SLOT).ok()?;
        let word = self.place(slot)?.load(Ordering::Relaxed);
        let id = Id::new(self.member, generation(word), slot)?;
        let same = (id.token().0 ^ token.0) & self.token_bits == 0;
        same.then_some(())?;
        Kind::of(word).map(|kind| (id, kind))
    }

    /// Ends a registration: from now on nothing is delivered under its id. False if it had ended.
    ///
    /// The slot stays claimed until [`discard`](Self::discard) or [`release`](Self::release).
    pub(crate) fn end(&self, id: Id) -> bool {
        // A timer may pass meanwhile, which is no reason to let it be.
        while let Some(kind) = self.kind(id) {
            if self.exchange(id, kind, self.ended(id)) {
                return true;
            }
        }
        false
    }

    /// Says that a timeout is handed out; false if it has ended.
    pub(crate) fn pass(&self, id: Id) -> bool {
        let passed = word(id.generation(), Kind::Passed.code());
        self.exchange(id, Kind::Timer, passed)
    }

    fn exchange(&self, id: Id, kind: Kind, new: u64) -> bool {
        let live = word(id.generation(), kind.code());
        let exchange = |place: &AtomicU64| {
            place.compare_exchange(live, new, Ordering::Relaxed, Ordering::Relaxed)
        };
        self.place(id.slot())
            .is_some_and(|place| exchange(place).is_ok())
    }

    /// As [`end`](Self::end) for a timer and by the poller's own thread, which alone puts its slot
    /// to another use: no read-modify-write, as whoever ends it too stores the same.
    pub(crate) fn end_timer(&self, id: Id) -> bool {
        match (self.kind(id), self.place(id.slot())) {
            (Some(Kind::Timer | Kind::Passed), Some(place)) => {
                place.store(self.ended(id), Ordering::Relaxed);
                true
            }
            _ => false,
        }
    }

    /// The word after the registration `id`.
    const fn ended(&self, id: Id) -> u64 {
        if id.generation() == self.last_generation {
            word(id.generation(), RETIRED)
        } else {
            word(id.generation() + 1, 0)
        }
    }

    /// Gives back slots of ended registrations that the engine never knew, or knows no more.
    pub(crate) fn release(&self, slots: impl IntoIterator<Item = u32>) {
        let mut places = self.lock();
        let usable = slots.into_iter().filter(|slot| self.is_usable(*slot));
        places.free.extend(usable);
    }

    /// Gives back the slot of an ended registration that the poller may have reports of; true if
    /// so many wait for the poller that it should look.
    #[must_use]
    pub(crate) fn discard(&self, id: Id) -> bool {
        self.live.fetch_sub(1, Ordering::Relaxed);
        if !self.is_usable(id.slot()) {
            return false;
        }
        let mut places = self.lock();
        let Places {
            free,
            limbo,
            abandoned,
            ..
        } = &mut *places;
        if *abandoned {
            free.push(id.slot());
            return false;
        }
        limbo.push(id.slot());
        // So that the poller's thread has room for them.
        free.reserve(limbo.len());
        self.limbo.store(limbo.len(), Ordering::Relaxed);
        limbo.len() % LIMBO == 0
    }

    /// Gives back the slot of a registration that failed, so that the engine does not know it.
    ///
    /// The engine may have reported it before it failed, and whoever was told have ended it: then
    /// its slot was given back already.
    pub(crate) fn withdraw(&self, id: Id) {
        if self.end(id) {
            self.live.fetch_sub(1, Ordering::Relaxed);
            self.release([id.slot()]);
        }
    }

    /// Gives up an ended registration that the engine may know still; true as for
    /// [`discard`](Self::discard).
    ///
    /// Its slot is used again where reports carry the generation, which tells them from those of a
    /// successor; where they carry the number of the slot only, it never is.
    #[must_use]
    pub(crate) fn strand(&self, id: Id) -> bool {
        if u64::try_from(self.token_bits) == Ok(u64::MAX) {
            return self.discard(id);
        }
        self.live.fetch_sub(1, Ordering::Relaxed);
        false
    }

    /// Says that the poller has looked through all that it had harvested.
    pub(crate) fn end_batch(&self) {
        if self.limbo.load(Ordering::Relaxed) > 0 {
            let mut places = self.lock();
            let Places { free, limbo, .. } = &mut *places;
            free.append(limbo);
            self.limbo.store(0, Ordering::Relaxed);
        }
    }

    /// Says that the poller is gone, with all that it had harvested.
    pub(crate) fn abandon(&self) {
        self.lock().abandoned = true;
        self.end_batch();
    }

    /// How many sources and channels there are.
    pub(crate) fn live(&self) -> usize {
        self.live.load(Ordering::Relaxed)
    }

    pub(crate) fn is_usable(&self, slot: u32) -> bool {
        let place = self.place(slot);
        place.is_some_and(|place| place.load(Ordering::Relaxed) & KIND != RETIRED)
    }

    #[inline]
    fn place(&self, slot: u32) -> Option<&AtomicU64> {
        let (chunk, offset) = locate(slot);
        self.chunks.get(chunk)?.get()?.get(offset)
    }

    /// The same, with a chunk made for it if there is none.
    fn make(&self, slot: u32) -> &AtomicU64 {
        let (chunk, offset) = locate(slot);
        let length = FIRST << chunk.saturating_sub(1);
        let make = || (0..length).map(|_| AtomicU64::new(0)).collect();
        &self.chunks[chunk].get_or_init(make)[offset]
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const SLOT: usize = u32::MAX as usize;

impl Places {
    fn take(&mut self) -> Option<u32> {
        if let Some(slot) = self.free.pop() {
            return Some(slot);
        }
        let fresh = self.fresh;
        self.fresh = fresh.checked_add(1)?;
        Some(fresh)
    }
}

/// The chunk of a slot and its place in there: 64 slots, 64 more, and then twice as many each time.
const fn locate(slot: u32) -> (usize, usize) {
    if slot < FIRST {
        return (0, slot as usize);
    }
    let log = slot.ilog2();
    ((log - 5) as usize, (slot - (1 << log)) as usize)
}

#[cfg(test)]
#[path = "table/tests.rs"]
mod tests;
