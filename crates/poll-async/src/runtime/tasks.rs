//! All tasks that are alive, so that they can be aborted, counted, and dropped at the end.
//!
//! One table for each worker, so that workers do not meet in it. A task has a slot there from its
//! spawn to its end, with a word that says which task it is. Only when it has to wait for the first
//! time it leaves a waker, under a lock. Until then it is queued or polled, and whoever drops all
//! tasks finds it there; so one that ends when it is polled first takes no lock.
//!
//! ```text
//!   task, has to wait for the first time     whoever aborts it
//!   lock                                     lock
//!   marked? then it is dropped               mark its word, unless another task's name is there
//!   leave a waker                            is there a waker? then wake it
//! ```

use core::cell::RefCell;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use core::task::Waker;
use std::sync::OnceLock;

use crate::task::{Id, Place};
use crate::threads::{AtomicBool, AtomicU64, Mutex, lock};

/// In the word of a task that is to be dropped; no id has this bit.
const ABORTED: u64 = 1 << 63;
/// In the word of a slot without a task; no id is zero.
const VACANT: u64 = 0;

/// How many slots a worker takes under one lock, and keeps at most twice as many.
const BATCH: usize = 32;

#[derive(Debug, Default)]
pub(crate) struct Tasks {
    words: Words,
    table: Mutex<Table>,
    /// Set under the lock.
    is_closed: AtomicBool,
    /// How many tasks were spawned here. The two are counted by the worker, or under the lock where
    /// there is none.
    spawned: AtomicU64,
    /// How many tasks have ended here, whatever table they are in.
    ended: AtomicU64,
}

#[derive(Debug, Default)]
struct Table {
    /// Of tasks that wait, by slot: each keeps its task alive, and schedules it for its end.
    wakers: Vec<Option<Waker>>,
    free: Vec<u32>,
    /// How many slots there are.
    slots: u32,
}

/// Free slots that a worker has at hand.
#[derive(Debug, Default)]
pub(crate) struct Slots(RefCell<Vec<u32>>);

/// How many tasks are alive, also one that is spawned by one that ends meanwhile: each end that is
/// counted comes after its spawn, and the spawns are counted later.
pub(crate) fn alive<'a>(all: impl Iterator<Item = &'a Tasks> + Clone) -> u64 {
    let ended: u64 = all.clone().map(|tasks| tasks.ended.load(Acquire)).sum();
    let spawned: u64 = all.map(Tasks::spawned).sum();
    spawned.saturating_sub(ended)
}

impl Tasks {
    /// The place of a new task, as the worker: without a slot if the runtime has ended.
    pub(crate) fn begin(&self, shard: usize, at_hand: &Slots) -> Place {
        let mut free = at_hand.0.borrow_mut();
        if self.is_closed.load(Relaxed) {
            return self.begun(shard, None);
        }
        let slot = free.pop().or_else(|| self.refill(&mut free));
        self.begun(shard, slot)
    }

    #[cold]
    fn refill(&self, free: &mut Vec<u32>) -> Option<u32> {
        let mut table = lock(&self.table);
        free.extend((0..BATCH).map_while(|_| table.free_slot(&self.words)));
        free.pop()
    }

    /// The same where there is no worker.
    pub(crate) fn begin_outside(&self, shard: usize) -> Place {
        let mut table = lock(&self.table);
        let slot = match self.is_closed.load(Relaxed) {
            true => None,
            false => table.free_slot(&self.words),
        };
        self.begun(shard, slot)
    }

    fn begun(&self, shard: usize, slot: Option<u32>) -> Place {
        let id = Id::new(count(&self.spawned), shard);
        let place = Place::new(id, slot);
        if let Some(word) = self.words.at(place) {
            word.store(id.get(), Release);
        }
        place
    }

    /// The task has to wait for the first time; false if it is to be dropped instead.
    #[must_use]
    pub(crate) fn wait(&self, place: Place, waker: &Waker) -> bool {
        let Some(word) = self.words.at(place) else {
            return false;
        };
        let waker = waker.clone();
        let mut table = lock(&self.table);
        if self.is_closed.load(Relaxed) || word.load(Relaxed) == place.id().get() | ABORTED {
            drop(table);
            return false;
        }
        table.leave(place, waker);
        true
    }

    /// Takes out a task that has left no waker. Its slot goes to the worker whose table it is, if
    /// that is who asks.
    pub(crate) fn end_unseen(&self, place: Place, at_hand: Option<&Slots>) {
        let (Some(slot), Some(word)) = (place.slot(), self.words.at(place)) else {
            return;
        };
        word.store(VACANT, Release);
        match at_hand {
            Some(at_hand) => {
                let mut free = at_hand.0.borrow_mut();
                if free.len() == 2 * BATCH {
                    self.give_back(&mut free, BATCH);
                }
                free.push(slot);
            }
            None => self.give_back(&mut vec![slot], 0),
        }
    }

    /// Gives all but so many slots back to the table.
    #[cold]
    fn give_back(&self, free: &mut Vec<u32>, kept: usize) {
        lock(&self.table).free.extend(free.drain(kept..));
    }

    /// Takes out a task that has left a waker.
    pub(crate) fn end(&self, place: Place) {
        let (Some(slot), Some(word)) = (place.slot(), self.words.at(place)) else {
            return;
        };
        let mut table = lock(&self.table);
        let waker = table.take(place);
        word.store(VACANT, Release);
        table.free.push(slot);
        drop(table);
        // Not under the lock, though the task itself is a reference too.
        drop(waker);
    }

    /// A task has ended, says the worker.
    pub(crate) fn count_end(&self) {
        count(&self.ended);
    }

    /// The same where there is no worker.
    pub(crate) fn count_end_outside(&self) {
        let _table = lock(&self.table);
        count(&self.ended);
    }

    /// Marks a task as aborted: what has it looked at, unless it is queued or polled for the first
    /// time. None also if it has ended, or was aborted before.
    pub(crate) fn abort(&self, place: Place) -> Option<Waker> {
        let word = self.words.at(place)?;
        let table = lock(&self.table);
        let id = place.id().get();
        // The task may end, and its slot have another one, without the lock.
        let marked = word.compare_exchange(id, id | ABORTED, AcqRel, Relaxed);
        marked.ok().and_then(|_| table.waker(place))
    }

    /// Whether the task is to be dropped, says who polls it.
    pub(crate) fn is_aborted(&self, place: Place) -> bool {
        let marked = place.id().get() | ABORTED;
        let word = self.words.at(place);
        self.is_closed.load(Acquire) || word.is_none_or(|word| word.load(Acquire) == marked)
    }

    /// Refuses tasks from here on, and hands out what schedules those that wait. They stay in the
    /// table until they are dropped.
    pub(crate) fn close(&self) -> Vec<Waker> {
        let table = lock(&self.table);
        self.is_closed.store(true, Release);
        table.wakers.iter().flatten().cloned().collect()
    }

    /// Whether the task has not ended yet.
    pub(crate) fn contains(&self, place: Place) -> bool {
        let word = self.words.at(place);
        word.is_some_and(|word| word.load(Acquire) & !ABORTED == place.id().get())
    }

    /// How many there have been.
    pub(crate) fn spawned(&self) -> u64 {
        self.spawned.load(Acquire)
    }

    /// Gives back the memory of tasks that have ended, where that can be done.
    pub(crate) fn shrink_to_fit(&self) {
        let mut table = lock(&self.table);
        let used = table.wakers.iter().rposition(Option::is_some);
        table.wakers.truncate(used.map_or(0, |last| last + 1));
        table.wakers.shrink_to_fit();
        table.free.shrink_to_fit();
    }
}

impl Table {
    /// A slot that no task has; none if there are as many tasks as numbers.
    fn free_slot(&mut self, words: &Words) -> Option<u32> {
        if let Some(slot) = self.free.pop() {
            return Some(slot);
        }
        let slot = self.slots;
        self.slots = slot.checked_add(1).filter(|slots| *slots < MOST)?;
        words.grow(slot);
        Some(slot)
    }

    fn leave(&mut self, place: Place, waker: Waker) {
        let slot = place.index();
        if slot >= self.wakers.len() {
            self.wakers.resize(slot + 1, None);
        }
        if let Some(empty) = self.wakers.get_mut(slot) {
            *empty = Some(waker);
        }
    }

    fn take(&mut self, place: Place) -> Option<Waker> {
        self.wakers.get_mut(place.index())?.take()
    }

    fn waker(&self, place: Place) -> Option<Waker> {
        self.wakers.get(place.index())?.clone()
    }
}

/// Adds one to what one thread at a time writes: how many it are then.
fn count(counter: &AtomicU64) -> u64 {
    let counted = counter.load(Relaxed) + 1;
    counter.store(counted, Release);
    counted
}

/// How many words the first chunk has, as a power of two; each other one has as many as all before
/// it, and one more.
const FIRST: u32 = 6;
const CHUNKS: usize = 26;
/// How many slots there are at most.
const MOST: u32 = u32::MAX - (1 << FIRST);

/// A word for each slot. There are more and more, and each stays where it is, so that it is read
/// without a lock.
#[derive(Debug)]
struct Words {
    chunks: [OnceLock<Box<[AtomicU64]>>; CHUNKS],
}

impl Default for Words {
    fn default() -> Self {
        let chunks = [const { OnceLock::new() }; CHUNKS];
        Self { chunks }
    }
}

impl Words {
    /// Which chunk a slot is in, and where.
    const fn split(slot: u32) -> (usize, usize) {
        let shifted = slot.saturating_add(1 << FIRST);
        let log = shifted.ilog2();
        ((log - FIRST) as usize, (shifted - (1 << log)) as usize)
    }

    fn at(&self, place: Place) -> Option<&AtomicU64> {
        let (chunk, index) = Self::split(place.slot()?);
        self.chunks.get(chunk)?.get()?.get(index)
    }

    /// Has a word for `slot`, and for all before it.
    fn grow(&self, slot: u32) {
        let (chunk, _) = Self::split(slot);
        let Some(chunk_of) = self.chunks.get(chunk) else {
            return;
        };
        let len = 1_usize << (FIRST as usize + chunk);
        chunk_of.get_or_init(|| (0..len).map(|_| AtomicU64::new(VACANT)).collect());
    }
}

#[cfg(test)]
#[cfg(loom)]
mod model;
