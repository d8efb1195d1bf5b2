//! The wheel: levels of buckets, each a queue of entries, and the position they are relative to.

use alloc::boxed::Box;
use core::num::NonZeroU64;

use crate::chunks::{Chunks, Queue, ROOM, Taken};
use crate::near::{Near, RUN};
use crate::place::{BUCKETS, LEVELS, bucket_of, first_of, last_of, level_from, level_of, width};
use crate::slots::{Entry, Slots};

// A bucket of this level or below is sorted at once if it is short: it spans 262 microseconds.
// Above, what is set later for the same span would all have to go to the heap.
const SORTED: usize = 3;

// The row above the levels: timers whose deadline had passed when they were set. The expiry under
// way files those in one bucket, and those in the other were set since it began.
const LATE: usize = LEVELS;
const FILING: usize = 0;
const WAITING: usize = 1;

// So many dead entries are no waste, however few timers there are.
const SLACK: usize = 64;

/// Timers that are further away than those of `Near`, and those that are not filed yet.
///
/// * Every entry is at `near_end` or later; what is earlier is near.
/// * An entry stands on the level and in the bucket that `place` says for `base`, so each level is
///   earlier than the next one, and equal deadlines share a bucket, in the order they came.
/// * While a bucket is moved down, which is that of `base`, `least` is its width, and what belongs
///   there goes to its end, behind what is still to be moved. Otherwise `least` is 1.
#[derive(Debug)]
pub(crate) struct Levels {
    occupied: [u64; LEVELS + 1],
    // The buckets of a level, once it has been used.
    buckets: [Option<Box<[Queue; BUCKETS]>>; LEVELS + 1],
    chunks: Chunks,
    base: u64,
    near_end: u64,
    least: NonZeroU64,
    // The queue under the sweep.
    swept: (usize, usize),
}

impl Levels {
    pub(crate) const fn new() -> Self {
        Self {
            occupied: [0; LEVELS + 1],
            buckets: [const { None }; LEVELS + 1],
            chunks: Chunks::new(),
            base: 0,
            near_end: 0,
            least: width(0),
            swept: (0, 0),
        }
    }

    /// Whether the wheel is past `deadline`, which belongs to `Near`.
    pub(crate) const fn is_past(&self, deadline: u64) -> bool {
        deadline < self.near_end
    }

    /// Whether `Near` may have a timer of this deadline.
    ///
    /// Of those that the wheel is just before, it may have a part.
    pub(crate) const fn may_be_near(&self, deadline: u64) -> bool {
        deadline <= self.near_end
    }

    /// Adds an entry that the wheel is not past, if there is room for it at hand.
    #[inline(always)]
    pub(crate) fn push_within(&mut self, entry: Entry) -> bool {
        let level = level_from(self.least, self.base, entry.deadline);
        let Some(buckets) = &mut self.buckets[level] else {
            return false;
        };
        let queue = &mut buckets[bucket_of(level, entry.deadline)];
        self.chunks.push_within(queue, entry)
    }

    /// Adds an entry that the wheel is not past.
    pub(crate) fn push<T>(&mut self, entry: Entry, slots: &Slots<T>) {
        self.tend(slots);
        self.place(entry);
    }

    /// Adds the entry of a timer whose deadline has passed.
    pub(crate) fn push_late<T>(&mut self, entry: Entry, slots: &Slots<T>) {
        self.tend(slots);
        self.push_on(LATE, WAITING, entry);
    }

    // Adds an entry that stood elsewhere. The wheel is not past its deadline.
    fn place(&mut self, entry: Entry) {
        // Of a timer that was put off for ever, none is left.
        if entry.deadline != u64::MAX {
            let level = level_from(self.least, self.base, entry.deadline);
            self.push_on(level, bucket_of(level, entry.deadline), entry);
        }
    }

    #[inline(always)]
    fn push_on(&mut self, level: usize, bucket: usize, entry: Entry) {
        let buckets = match &mut self.buckets[level] {
            Some(buckets) => buckets,
            none => make(none),
        };
        self.chunks.push(&mut buckets[bucket], entry);
        self.occupied[level] |= 1 << bucket;
    }

    fn vacate(&mut self, level: usize, bucket: usize) {
        self.occupied[level] &= !(1 << bucket);
        if self.emptying() == Some((level, bucket)) {
            self.least = width(0);
        }
    }

    // The level and bucket that is being moved down.
    fn emptying(&self) -> Option<(usize, usize)> {
        let level = level_of(0, self.least.get());
        (level > 0).then(|| (level, bucket_of(level, self.base)))
    }

    // The level and bucket with the earliest entries.
    fn first(&self) -> Option<(usize, usize)> {
        let levels = &self.occupied[..LEVELS];
        let level = levels.iter().position(|&occupied| occupied != 0)?;
        Some((level, self.occupied[level].trailing_zeros() as usize))
    }

    // No entry is earlier.
    fn earliest_of(&self, level: usize, bucket: usize) -> u64 {
        let buckets = self.buckets[level].as_ref();
        buckets.map_or(u64::MAX, |buckets| buckets[bucket].earliest)
    }

    /// An instant before which none of the timers is due.
    ///
    /// It is exact, unless an earlier timer of its bucket was cancelled or reset.
    pub(crate) fn earliest(&self) -> Option<u64> {
        let (level, bucket) = self.first()?;
        let first = self.earliest_of(level, bucket);
        // What is being moved down stands on two levels.
        let other = self
            .emptying()
            .map_or(u64::MAX, |(level, bucket)| self.earliest_of(level, bucket));
        Some(first.min(other))
    }

    /// The same of the timers that are not filed, the last instant if there is none.
    pub(crate) fn earliest_late(&self) -> u64 {
        if self.occupied[LATE] == 0 {
            return u64::MAX;
        }
        self.earliest_of(LATE, FILING)
            .min(self.earliest_of(LATE, WAITING))
    }

    /// What has come late since the last expiry is for the one that begins.
    pub(crate) fn begin(&mut self) {
        if let Some(buckets) = &mut self.buckets[LATE]
            && let Ok([filing, waiting]) = buckets.get_disjoint_mut([FILING, WAITING])
            && !waiting.is_empty()
        {
            self.chunks.append(filing, waiting);
            self.vacate(LATE, WAITING);
            self.occupied[LATE] = 1 << FILING;
            // A sweep of the others goes on, or it would never come to those at their end.
            if self.swept == (LATE, WAITING) {
                self.chunks.restart();
            }
        }
    }

    /// An instant before which no timer is due that this expiry has to file yet.
    pub(crate) fn earliest_to_file(&self) -> Option<u64> {
        let is_filing = self.occupied[LATE] & (1 << FILING) != 0;
        is_filing.then(|| self.earliest_of(LATE, FILING))
    }

    /// Files some of the timers that came late; says how many.
    pub(crate) fn file<T>(&mut self, near: &mut Near, slots: &Slots<T>) -> usize {
        let taken = self.take(LATE, FILING);
        for entry in taken.entries() {
            if let Some(deadline) = slots.deadline_of(entry) {
                self.hand_on(entry.at(deadline), near);
            }
        }
        taken.entries().len()
    }

    fn hand_on(&mut self, entry: Entry, near: &mut Near) {
        if self.is_past(entry.deadline) {
            near.push(entry);
        } else {
            self.place(entry);
        }
    }

    fn take(&mut self, level: usize, bucket: usize) -> Taken {
        let Some(queue) = queue_of(&mut self.buckets, level, bucket) else {
            return Taken::NONE;
        };
        let taken = self.chunks.take(queue);
        if queue.is_empty() {
            self.vacate(level, bucket);
        }
        taken
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
            if self.emptying().is_none() && first_of(level, earliest) > now {
                self.advance(now);
            }
            return None;
        }
        // What has been moved down may be due before the rest of its bucket, or after it.
        if let Some((level, bucket)) = self.emptying() {
            return Some(self.move_down(level, bucket, slots));
        }
        if level == 0 || level <= SORTED && self.room_of(level, bucket) <= RUN {
            Some(self.sort(level, bucket, near, slots))
        } else {
            // As far as possible, so that entries move down by more than one level.
            self.base = earliest;
            self.near_end = earliest;
            self.least = width(level);
            Some(self.move_down(level, bucket, slots))
        }
    }

    fn room_of(&self, level: usize, bucket: usize) -> usize {
        let buckets = self.buckets[level].as_ref();
        buckets.map_or(0, |buckets| buckets[bucket].room())
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
        let earliest = self.earliest_of(level, bucket);
        let start = first_of(level, earliest);
        let last = last_of(level, earliest);
        // What is put off within the bucket comes after the others there that are equal.
        self.base = last;
        self.near_end = last;
        near.start_run(start);
        let mut moved = 0;
        loop {
            let taken = self.take(level, bucket);
            moved += taken.entries().len();
            // Asking for all of them at once lets the memory answer in parallel.
            for entry in taken.entries() {
                match slots.deadline_of(entry) {
                    Some(deadline) if deadline == entry.deadline => near.add(*entry),
                    Some(deadline) => self.put_off(entry.at(deadline), last, near),
                    None => {}
                }
            }
            if self.occupied[level] & (1 << bucket) == 0 {
                self.near_end = last.saturating_add(1);
                break;
            }
            if moved >= RUN {
                break;
            }
        }
        near.finish_run();
        moved
    }

    #[cold]
    fn put_off(&mut self, entry: Entry, last: u64, near: &mut Near) {
        // The last instant never comes, even in the bucket that ends with it.
        if entry.deadline <= last && entry.deadline != u64::MAX {
            near.push(entry);
        } else {
            self.place(entry);
        }
    }

    // Moves the first entries of a bucket to lower levels.
    fn move_down<T>(&mut self, level: usize, bucket: usize, slots: &Slots<T>) -> usize {
        // A look at a timer is worth it if it is often dead.
        let looks = self.chunks.len() - self.chunks.len() / 8 > slots.len();
        let taken = self.take(level, bucket);
        let mut put_off = false;
        for entry in taken.entries() {
            if !looks {
                self.move_to(*entry);
                continue;
            }
            match slots.deadline_of(entry) {
                Some(deadline) if deadline == entry.deadline => self.move_to(*entry),
                Some(_) => put_off = true,
                None => {}
            }
        }
        if put_off {
            self.place_put_off(&taken, slots);
        }
        taken.entries().len()
    }

    // Places those that were put off, behind the others of their chunk: one of these may be equal.
    #[cold]
    fn place_put_off<T>(&mut self, taken: &Taken, slots: &Slots<T>) {
        for entry in taken.entries() {
            match slots.deadline_of(entry) {
                Some(deadline) if deadline != entry.deadline => self.place(entry.at(deadline)),
                _ => {}
            }
        }
    }

    fn move_to(&mut self, entry: Entry) {
        let level = level_of(self.base, entry.deadline);
        self.push_on(level, bucket_of(level, entry.deadline), entry);
    }

    // The entries that die in the wheel stay there. They are looked for once they are as many as
    // half of the timers: two entries for each that comes in, at the front first.
    fn tend<T>(&mut self, slots: &Slots<T>) {
        let timers = slots.len();
        if self.chunks.len() > timers + timers / 2 + SLACK {
            let mut looked = self.trim(2 * ROOM, slots);
            while looked < 2 * ROOM {
                self.sweep(slots);
                looked += ROOM;
            }
        }
    }

    /// Drops the dead before the first live entry, looking at so many or a few more.
    ///
    /// Says at how many.
    pub(crate) fn trim<T>(&mut self, limit: usize, slots: &Slots<T>) -> usize {
        let mut looked = 0;
        while looked < limit
            && let Some((level, bucket)) = self.first()
            && let Some(queue) = queue_of(&mut self.buckets, level, bucket)
        {
            let is_live = |entry: &Entry| slots.is_live(entry);
            looked += self.chunks.trim(queue, limit - looked, is_live);
            if !queue.is_empty() {
                break;
            }
            self.vacate(level, bucket);
        }
        looked
    }

    // Drops the dead of one chunk, and goes on with the next one another time.
    fn sweep<T>(&mut self, slots: &Slots<T>) {
        let Some((level, bucket)) = self.next_to_sweep() else {
            return;
        };
        if self.swept != (level, bucket) {
            self.swept = (level, bucket);
            self.chunks.restart();
        }
        let Some(queue) = queue_of(&mut self.buckets, level, bucket) else {
            return;
        };
        let is_over = self.chunks.sweep(queue, |entry| slots.is_live(entry));
        if queue.is_empty() {
            self.vacate(level, bucket);
        }
        if is_over {
            self.swept = (level, bucket + 1);
        }
    }

    fn next_to_sweep(&self) -> Option<(usize, usize)> {
        let (level, bucket) = self.swept;
        let from = |level: usize, bucket: usize| {
            let rest = match bucket {
                0..BUCKETS => self.occupied[level] >> bucket << bucket,
                // The last one was the last of its level.
                _ => 0,
            };
            (rest != 0).then_some((level, rest.trailing_zeros() as usize))
        };
        from(level, bucket)
            .or_else(|| (level + 1..=LATE).find_map(|level| from(level, 0)))
            .or_else(|| (0..=level).find_map(|level| from(level, 0)))
    }

    pub(crate) fn clear(&mut self) {
        for (occupied, row) in self.occupied.iter_mut().zip(&mut self.buckets) {
            while *occupied != 0
                && let Some(buckets) = row
            {
                let bucket = occupied.trailing_zeros() as usize;
                self.chunks.clear(&mut buckets[bucket]);
                *occupied &= !(1 << bucket);
            }
        }
        self.least = width(0);
    }

    /// Drops the dead, and gives back the memory that nothing needs.
    pub(crate) fn shrink_to_fit<T>(&mut self, slots: &Slots<T>) {
        let mut chunks = Chunks::new();
        for level in 0..=LATE {
            for bucket in 0..BUCKETS {
                let Some(old) = queue_of(&mut self.buckets, level, bucket) else {
                    break;
                };
                let mut queue = Queue::EMPTY;
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
                self.buckets[level] = None;
            }
        }
        self.chunks = chunks;
    }

    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        let rows = self.buckets.iter().flatten().count();
        self.chunks.bytes() + rows * size_of::<[Queue; BUCKETS]>()
    }
}

type Row = Option<Box<[Queue; BUCKETS]>>;

fn queue_of(buckets: &mut [Row], level: usize, bucket: usize) -> Option<&mut Queue> {
    Some(&mut buckets[level].as_mut()?[bucket])
}

#[cold]
fn make(row: &mut Row) -> &mut Box<[Queue; BUCKETS]> {
    row.insert(Box::new([Queue::EMPTY; BUCKETS]))
}
