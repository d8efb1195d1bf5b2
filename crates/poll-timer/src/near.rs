//! The timers next to fire, in the exact order of their deadlines: a sorted run, and a heap.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use core::cmp::{Ordering, Reverse};

use crate::chunks::ROOM;
use crate::grow::grow_heap;
use crate::slots::{Entry, Slots};

/// So many entries are sorted at once; a few more if the last chunk holds them.
pub(crate) const RUN: usize = 512;

// Bits of a run's key that say where the entry stands.
const PLACE_BITS: u32 = (RUN + ROOM).ilog2() + 1;

/// Everything before the wheel.
///
/// The entry that `first` names is live or there is none, so that `first` is exact.
#[derive(Debug)]
pub(crate) struct Near {
    // One bucket's entries as they came, and in the order of their deadlines: the distance from
    // the bucket's start, then the place among `run`. Plain numbers sort fastest.
    run: Vec<Entry>,
    order: Vec<u64>,
    fired: usize,
    start: u64,
    // What was set when the wheel was past its deadline, so after the run was taken.
    heap: BinaryHeap<Reverse<Waiting>>,
    // At most how many of the heap's entries are dead.
    dead: usize,
    sequence: u64,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    entry: Entry,
    sequence: u64,
}

impl Waiting {
    const fn key(&self) -> (u64, u64) {
        (self.entry.deadline, self.sequence)
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Waiting {}

impl Near {
    pub(crate) const fn new() -> Self {
        Self {
            run: Vec::new(),
            order: Vec::new(),
            fired: 0,
            start: 0,
            heap: BinaryHeap::new(),
            dead: 0,
            sequence: 0,
        }
    }

    fn next_of_run(&self) -> Option<&Entry> {
        entry_of(&self.run, *self.order.get(self.fired)?)
    }

    // What stood in the wheel was set before what had to go to the heap: of equals, it is first.
    fn takes_run(&self) -> bool {
        match (self.next_of_run(), self.heap.peek()) {
            (Some(run), Some(Reverse(heap))) => run.deadline <= heap.entry.deadline,
            (Some(_), None) => true,
            (None, _) => false,
        }
    }

    /// The next entry to fire.
    pub(crate) fn first(&self) -> Option<&Entry> {
        if self.takes_run() {
            self.next_of_run()
        } else {
            self.heap.peek().map(|Reverse(waiting)| &waiting.entry)
        }
    }

    /// Adds an entry that the wheel is past.
    pub(crate) fn push(&mut self, entry: Entry) {
        self.sequence += 1;
        let sequence = self.sequence;
        grow_heap(&mut self.heap);
        self.heap.push(Reverse(Waiting { entry, sequence }));
    }

    /// Forgets the last run, which has fired; the next one is of a bucket that starts then.
    pub(crate) fn start_run(&mut self, start: u64) {
        self.start = start;
        self.forget_run();
    }

    fn forget_run(&mut self) {
        self.run.clear();
        self.order.clear();
        self.fired = 0;
    }

    /// Adds an entry of the bucket to the run.
    pub(crate) fn add(&mut self, entry: Entry) {
        let place = self.run.len() as u64;
        self.order
            .push((entry.deadline - self.start) << PLACE_BITS | place);
        self.run.push(entry);
    }

    /// Sorts the run that was taken.
    pub(crate) fn finish_run(&mut self) {
        self.order.sort_unstable();
    }

    /// Takes off the first entry, and the dead ones behind it.
    pub(crate) fn pop<T>(&mut self, slots: &Slots<T>) {
        self.skip();
        self.settle(slots);
    }

    fn skip(&mut self) {
        if self.takes_run() {
            self.fired += 1;
        } else {
            self.heap.pop();
        }
    }

    /// Takes off the first entries while they are dead.
    pub(crate) fn settle<T>(&mut self, slots: &Slots<T>) {
        while self.first().is_some_and(|entry| !slots.is_live(entry)) {
            self.skip();
            self.dead = self.dead.saturating_sub(1);
        }
    }

    /// Takes note that the entry of the timer at `index` has died.
    pub(crate) fn bury<T>(&mut self, index: u32, slots: &Slots<T>) {
        if self.first().is_some_and(|entry| entry.index() == index) {
            self.settle(slots);
            return;
        }
        // It may have been one of the run, which is short and soon over.
        self.dead += 1;
        if self.dead > RUN + self.heap.len() / 2 {
            self.heap
                .retain(|Reverse(waiting)| slots.is_live(&waiting.entry));
            self.dead = 0;
        }
    }

    pub(crate) fn clear(&mut self) {
        self.forget_run();
        self.heap.clear();
        self.dead = 0;
    }

    pub(crate) fn shrink_to_fit<T>(&mut self, slots: &Slots<T>) {
        // The slots of dead entries may be given back, so none can be looked at after this.
        self.order.drain(..self.fired);
        self.fired = 0;
        let run = &self.run;
        self.order
            .retain(|key| entry_of(run, *key).is_some_and(|entry| slots.is_live(entry)));
        if self.order.is_empty() {
            self.forget_run();
            self.run.shrink_to_fit();
        }
        self.order.shrink_to_fit();
        self.heap
            .retain(|Reverse(waiting)| slots.is_live(&waiting.entry));
        self.heap.shrink_to_fit();
        self.dead = 0;
    }

    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.run.capacity() * size_of::<Entry>()
            + self.order.capacity() * size_of::<u64>()
            + self.heap.capacity() * size_of::<Waiting>()
    }
}

// What a key of the run names.
fn entry_of(run: &[Entry], key: u64) -> Option<&Entry> {
    // The bits of a place fit any `usize`.
    run.get((key & ((1 << PLACE_BITS) - 1)) as usize)
}
