//! The wheel: levels of buckets, each a queue of entries, and the position they are relative to.

use alloc::vec::Vec;

use crate::chunks::{Chunks, Queue};
use crate::near::{Near, RUN};
use crate::place::{BUCKETS, LEVELS, bucket_of, first_of, last_of, level_of};
use crate::slots::{Entry, Slots};

// A bucket of this level or below is sorted at once if it is short: it spans 262 microseconds.
// Above, what is set later for the same span would all have to go to the heap.
const SORTED: usize = 3;

/// Timers that are further away than those of `Near`.
///
/// * Every entry is at `near_end` or later; what is earlier is near.
/// * An entry stands on the level and in the bucket that `place` says for `base`, so each level is
///   earlier than the next one, and equal deadlines share a bucket, in the order they came.
/// * While the bucket of `base` on level `emptying` is not empty, what belongs there goes to its
///   end, behind what is still to be moved down. Otherwise `emptying` is 0.
#[derive(Debug)]
pub(crate) struct Levels {
    occupied: [u64; LEVELS],
    // The buckets of a level, once it has been used.
    buckets: [Vec<Queue>; LEVELS],
    chunks: Chunks,
    base: u64,
    near_end: u64,
    emptying: usize,
}

impl Levels {
    pub(crate) const fn new() -> Self {
        Self {
            occupied: [0; LEVELS],
            buckets: [const { Vec::new() }; LEVELS],
            chunks: Chunks::new(),
            base: 0,
            near_end: 0,
            emptying: 0,
        }
    }

    /// Whether the wheel is past `deadline`, which belongs to `Near`.
    pub(crate) const fn is_past(&self, deadline: u64) -> bool {
        deadline < self.near_end
    }

    /// Whether the wheel is just before `deadline`, of which `Near` may have a part.
    pub(crate) const fn is_at(&self, deadline: u64) -> bool {
        deadline == self.near_end
    }

    /// Adds an entry that the wheel is not past.
    pub(crate) fn push(&mut self, entry: Entry) {
        let level = level_of(self.base, entry.deadline).max(self.emptying);
        self.push_on(level, entry);
    }

    fn push_on(&mut self, level: usize, entry: Entry) {
        let bucket = bucket_of(level, entry.deadline);
        if self.buckets[level].is_empty() {
            self.make_level(level);
        }
        self.chunks.push(&mut self.buckets[level][bucket], entry);
        self.occupied[level] |= 1 << bucket;
    }

    #[cold]
    fn make_level(&mut self, level: usize) {
        self.buckets[level].reserve_exact(BUCKETS);
        self.buckets[level].resize(BUCKETS, Queue::EMPTY);
    }

    /// Takes note that the entry of the timer at `index` has died, which had this deadline.
    pub(crate) fn bury<T>(&mut self, index: u32, deadline: u64, slots: &Slots<T>) {
        let level = level_of(self.base, deadline).max(self.emptying);
        let bucket = bucket_of(level, deadline);
        // There may be none: the entry was moved down while its bucket is being emptied.
        let Some(queue) = self.buckets[level].get_mut(bucket) else {
            return;
        };
        if queue.is_empty() {
            return;
        }
        self.chunks.bury(queue, index, |entry| slots.is_live(entry));
        if queue.is_empty() {
            self.vacate(level, bucket);
        }
    }

    fn vacate(&mut self, level: usize, bucket: usize) {
        self.occupied[level] &= !(1 << bucket);
        if level == self.emptying && bucket == bucket_of(level, self.base) {
            self.emptying = 0;
        }
    }

    // The level and bucket with the earliest entries.
    fn first(&self) -> Option<(usize, usize)> {
        let level = self.occupied.iter().position(|&occupied| occupied != 0)?;
        Some((level, self.occupied[level].trailing_zeros() as usize))
    }

    // No live entry is earlier, and one may be just then.
    fn earliest_of(&self, level: usize, bucket: usize) -> u64 {
        self.buckets[level][bucket].earliest
    }

    /// An instant before which none of the timers is due.
    ///
    /// It is exact, unless the earliest timer of its bucket was cancelled.
    pub(crate) fn earliest(&self) -> Option<u64> {
        let (level, bucket) = self.first()?;
        let first = self.earliest_of(level, bucket);
        // What is being moved down stands on two levels.
        let other = match self.emptying {
            0 => u64::MAX,
            emptying => self.earliest_of(emptying, bucket_of(emptying, self.base)),
        };
        Some(first.min(other))
    }

    /// One step towards having the timers that are due at `now` in `near`, which has to be empty.
    ///
    /// Says how many entries it moved, or nothing if none of the timers is due.
    pub(crate) fn step<T>(&mut self, now: u64, near: &mut Near, slots: &Slots<T>) -> Option<usize> {
        let Some((level, bucket)) = self.first() else {
            self.advance(now);
            return None;
        };
        let earliest = self.earliest()?;
        if earliest > now {
            if self.emptying == 0 && first_of(level, earliest) > now {
                self.advance(now);
            }
            return None;
        }
        // What has been moved down may be due before the rest of its bucket, or after it.
        if self.emptying != 0 {
            let bucket = bucket_of(self.emptying, self.base);
            return Some(self.move_down(self.emptying, bucket, slots));
        }
        let len = self.buckets[level][bucket].len();
        if level == 0 || level <= SORTED && len <= RUN {
            Some(self.sort(level, bucket, near, slots))
        } else {
            Some(self.move_down(level, bucket, slots))
        }
    }

    // With no bucket between `base` and `now`, each entry is on the same level for both.
    fn advance(&mut self, now: u64) {
        if now > self.base {
            self.base = now;
            self.near_end = now;
        }
    }

    // Hands entries of a bucket to `near`: all of them, but on level 0, where their deadlines are
    // equal, a run at a time.
    fn sort<T>(&mut self, level: usize, bucket: usize, near: &mut Near, slots: &Slots<T>) -> usize {
        let queue = &mut self.buckets[level][bucket];
        let start = first_of(level, queue.earliest);
        let last = last_of(level, queue.earliest);
        near.start_run();
        let mut moved = 0;
        while moved < RUN && !queue.is_empty() {
            let taken = self.chunks.take(queue);
            moved += taken.entries().len();
            near.fill(start, taken.entries(), slots);
        }
        let is_empty = queue.is_empty();
        near.finish_run();
        self.base = last;
        self.near_end = last;
        if is_empty {
            self.vacate(level, bucket);
            self.near_end = last.saturating_add(1);
        }
        moved
    }

    // Moves the first entries of a bucket to lower levels.
    fn move_down<T>(&mut self, level: usize, bucket: usize, slots: &Slots<T>) -> usize {
        let queue = &mut self.buckets[level][bucket];
        if self.emptying == 0 {
            // As far as possible, so that entries move down by more than one level.
            self.base = queue.earliest;
            self.near_end = queue.earliest;
            self.emptying = level;
        }
        let has_dead = queue.has_dead();
        let taken = self.chunks.take(queue);
        if queue.is_empty() {
            self.vacate(level, bucket);
        }
        for entry in taken.entries() {
            if !has_dead || slots.is_live(entry) {
                self.push_on(level_of(self.base, entry.deadline), *entry);
            }
        }
        taken.entries().len()
    }

    pub(crate) fn clear(&mut self) {
        while let Some((level, bucket)) = self.first() {
            self.chunks.clear(&mut self.buckets[level][bucket]);
            self.vacate(level, bucket);
        }
    }

    /// Drops the dead, and gives back the memory that nothing needs.
    pub(crate) fn shrink_to_fit<T>(&mut self, slots: &Slots<T>) {
        let mut chunks = Chunks::new();
        for level in 0..LEVELS {
            for bucket in 0..self.buckets[level].len() {
                let mut queue = Queue::EMPTY;
                let old = &mut self.buckets[level][bucket];
                for entry in self.chunks.iter(old) {
                    if slots.is_live(entry) {
                        chunks.push(&mut queue, *entry);
                    }
                }
                let was_empty = old.is_empty();
                *old = queue;
                if !was_empty && old.is_empty() {
                    self.vacate(level, bucket);
                }
            }
            if self.occupied[level] == 0 {
                self.buckets[level] = Vec::new();
            }
        }
        self.chunks = chunks;
    }

    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        let buckets: usize = self.buckets.iter().map(Vec::capacity).sum();
        self.chunks.bytes() + buckets * size_of::<Queue>()
    }
}
