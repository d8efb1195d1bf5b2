//! Queues of entries in chunks from one pool: pushed at the end, taken or swept a chunk at a time.

use alloc::vec::Vec;

use crate::grow::grow;
use crate::slots::Entry;

/// Entries of a chunk: few enough for little waste, enough for the cache to run ahead.
pub(crate) const ROOM: usize = 16;

// No chunk.
const NONE: u32 = u32::MAX;

#[derive(Debug)]
struct Chunk {
    entries: [Entry; ROOM],
    // Those before it have been taken off: not 0 in the first chunk of a queue only.
    start: u16,
    end: u16,
    next: u32,
}

/// The pool; chunks that no queue uses wait on a list.
#[derive(Debug)]
pub(crate) struct Chunks {
    chunks: Vec<Chunk>,
    free: u32,
    // The entries of all queues.
    len: usize,
    // Of the queue under the sweep, the chunk before the next one to be swept.
    swept: u32,
}

/// Some entries that were taken off a queue.
pub(crate) struct Taken {
    entries: [Entry; ROOM],
    start: u16,
    end: u16,
}

impl Taken {
    pub(crate) const NONE: Self = Self {
        entries: [Entry::NONE; ROOM],
        start: 0,
        end: 0,
    };

    pub(crate) fn entries(&self) -> &[Entry] {
        part(&self.entries, self.start, self.end)
    }
}

fn part(entries: &[Entry; ROOM], start: u16, end: u16) -> &[Entry] {
    entries
        .get(usize::from(start)..usize::from(end))
        .unwrap_or_default()
}

/// Entries in the order in which they came; each of its chunks holds at least one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Queue {
    /// No entry has an earlier deadline; the last instant if the queue is empty.
    pub(crate) earliest: u64,
    first: u32,
    last: u32,
    chunks: u32,
}

impl Queue {
    pub(crate) const EMPTY: Self = Self {
        earliest: u64::MAX,
        first: NONE,
        last: NONE,
        chunks: 0,
    };

    pub(crate) const fn is_empty(&self) -> bool {
        self.chunks == 0
    }

    /// How many entries it may hold at most, in the chunks that it has.
    pub(crate) const fn room(&self) -> usize {
        self.chunks as usize * ROOM
    }
}

impl Chunks {
    pub(crate) const fn new() -> Self {
        Self {
            chunks: Vec::new(),
            free: NONE,
            len: 0,
            swept: NONE,
        }
    }

    /// How many entries all the queues hold.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Appends `entry` to `queue`.
    pub(crate) fn push(&mut self, queue: &mut Queue, entry: Entry) {
        if !self.push_within(queue, entry) {
            self.push_chunk(queue, entry);
        }
    }

    /// The same, if there is room in the last chunk.
    #[inline(always)]
    pub(crate) fn push_within(&mut self, queue: &mut Queue, entry: Entry) -> bool {
        let Some(chunk) = self.chunks.get_mut(queue.last as usize) else {
            return false;
        };
        let Some(room) = chunk.entries.get_mut(usize::from(chunk.end)) else {
            return false;
        };
        *room = entry;
        chunk.end += 1;
        self.len += 1;
        // Mostly it is not, and then nothing is written.
        if entry.deadline < queue.earliest {
            queue.earliest = entry.deadline;
        }
        true
    }

    #[cold]
    #[inline(never)]
    fn push_chunk(&mut self, queue: &mut Queue, entry: Entry) {
        let added = if let Some(unused) = self.chunks.get_mut(self.free as usize) {
            let added = self.free;
            self.free = unused.next;
            unused.entries[0] = entry;
            unused.start = 0;
            unused.end = 1;
            unused.next = NONE;
            added
        } else {
            let mut entries = [Entry::NONE; ROOM];
            entries[0] = entry;
            // Far fewer chunks than timers, of which there are less than 2^32.
            let added = u32::try_from(self.chunks.len()).unwrap_or(NONE);
            grow(&mut self.chunks);
            self.chunks.push(Chunk {
                entries,
                start: 0,
                end: 1,
                next: NONE,
            });
            added
        };
        match self.chunks.get_mut(queue.last as usize) {
            Some(last) => last.next = added,
            None => queue.first = added,
        }
        queue.last = added;
        queue.chunks += 1;
        queue.earliest = queue.earliest.min(entry.deadline);
        self.len += 1;
    }

    /// Takes the entries of the first chunk; none if `queue` is empty.
    pub(crate) fn take(&mut self, queue: &mut Queue) -> Taken {
        let Some(chunk) = self.chunks.get(queue.first as usize) else {
            return Taken::NONE;
        };
        let taken = Taken {
            entries: chunk.entries,
            start: chunk.start,
            end: chunk.end,
        };
        self.len -= taken.entries().len();
        self.drop_first_chunk(queue);
        taken
    }

    fn drop_first_chunk(&mut self, queue: &mut Queue) {
        let first = queue.first;
        let Some(chunk) = self.chunks.get_mut(first as usize) else {
            return;
        };
        queue.first = chunk.next;
        queue.chunks -= 1;
        if queue.first == NONE {
            *queue = Queue::EMPTY;
        }
        chunk.next = self.free;
        self.free = first;
        if self.swept == first {
            self.swept = NONE;
        }
    }

    /// Puts all of `back`, of which nothing was taken off yet, behind what is in `queue`.
    pub(crate) fn append(&mut self, queue: &mut Queue, back: &mut Queue) {
        queue.earliest = queue.earliest.min(back.earliest);
        // Or else a queue of many that were short would consist of chunks that are mostly empty.
        let ends = [queue.last as usize, back.first as usize];
        if let Ok([last, first]) = self.chunks.get_disjoint_mut(ends) {
            last.fill_from(first);
            if first.entries().is_empty() {
                self.drop_first_chunk(back);
            }
        }
        match self.chunks.get_mut(queue.last as usize) {
            Some(last) => last.next = back.first,
            None => queue.first = back.first,
        }
        if !back.is_empty() {
            queue.last = back.last;
        }
        queue.chunks += back.chunks;
        *back = Queue::EMPTY;
    }

    /// Empties `queue`, all of whose entries are dead; all other queues will be emptied, too.
    pub(crate) fn clear(&mut self, queue: &mut Queue) {
        if let Some(last) = self.chunks.get_mut(queue.last as usize) {
            last.next = self.free;
            self.free = queue.first;
        }
        *queue = Queue::EMPTY;
        self.len = 0;
        self.swept = NONE;
    }

    /// Drops the dead from the front of `queue`, looking at so many entries or a few more.
    ///
    /// Says at how many. Timeouts are mostly cancelled in the order in which they were set.
    pub(crate) fn trim(
        &mut self,
        queue: &mut Queue,
        limit: usize,
        is_live: impl Fn(&Entry) -> bool,
    ) -> usize {
        let mut looked = 0;
        while looked < limit
            && let Some(chunk) = self.chunks.get_mut(queue.first as usize)
        {
            let before = chunk.start;
            while chunk.entries().first().is_some_and(|entry| !is_live(entry)) {
                chunk.start += 1;
            }
            let dead = usize::from(chunk.start - before);
            self.len -= dead;
            looked += dead;
            if chunk.start < chunk.end {
                looked += 1;
                break;
            }
            self.drop_first_chunk(queue);
        }
        looked
    }

    /// Begins a sweep of another queue, or of the same one once more.
    pub(crate) const fn restart(&mut self) {
        self.swept = NONE;
    }

    /// Drops the dead of the next chunk of the queue under the sweep, and closes the gap up to that
    /// chunk. Says whether it was the last one.
    pub(crate) fn sweep(&mut self, queue: &mut Queue, is_live: impl Fn(&Entry) -> bool) -> bool {
        let before = self.swept;
        let next = match self.chunks.get(before as usize) {
            Some(chunk) => chunk.next,
            None => queue.first,
        };
        let Some(chunk) = self.chunks.get_mut(next as usize) else {
            self.swept = NONE;
            return true;
        };
        self.len -= usize::from(chunk.retain(is_live));
        if queue.first == queue.last {
            queue.earliest = chunk.earliest();
        }
        let after = chunk.next;
        if let Ok([front, back]) = self
            .chunks
            .get_disjoint_mut([before as usize, next as usize])
        {
            front.fill_from(back);
        }
        if self.chunks[next as usize].entries().is_empty() {
            self.unlink(queue, next, after);
        } else {
            self.swept = next;
        }
        if after == NONE {
            self.swept = NONE;
        }
        after == NONE
    }

    // Takes out the empty chunk after the one that was swept last.
    fn unlink(&mut self, queue: &mut Queue, chunk: u32, after: u32) {
        self.chunks[chunk as usize].next = self.free;
        self.free = chunk;
        queue.chunks -= 1;
        match self.chunks.get_mut(self.swept as usize) {
            Some(before) => {
                before.next = after;
                if after == NONE {
                    queue.last = self.swept;
                }
            }
            None if after == NONE => *queue = Queue::EMPTY,
            None => queue.first = after,
        }
    }

    /// The entries of `queue`.
    pub(crate) fn iter(&self, queue: &Queue) -> impl Iterator<Item = &Entry> {
        let chunk = |index: u32| self.chunks.get(index as usize);
        core::iter::successors(chunk(queue.first), move |last| chunk(last.next))
            .flat_map(Chunk::entries)
    }

    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.chunks.capacity() * size_of::<Chunk>()
    }
}

impl Chunk {
    fn entries(&self) -> &[Entry] {
        part(&self.entries, self.start, self.end)
    }

    // Keeps the live entries, and says how many it dropped.
    fn retain(&mut self, is_live: impl Fn(&Entry) -> bool) -> u16 {
        let before = self.end - self.start;
        // Which are live is beyond guessing. Asking for all of them before anything depends on an
        // answer lets the memory answer in parallel.
        let mut live = 0_u32;
        for (bit, entry) in self.entries.iter().enumerate() {
            live |= u32::from(is_live(entry)) << bit;
        }
        live &= (1 << self.end) - (1 << self.start);
        self.start = 0;
        self.end = 0;
        while live != 0 {
            let entry = self.entries[live.trailing_zeros() as usize % ROOM];
            self.entries[usize::from(self.end) % ROOM] = entry;
            self.end += 1;
            live &= live - 1;
        }
        before - self.end
    }

    fn earliest(&self) -> u64 {
        let deadlines = self.entries().iter().map(|entry| entry.deadline);
        deadlines.min().unwrap_or(u64::MAX)
    }

    // Moves as many entries of the chunk behind into this one as there is room for.
    fn fill_from(&mut self, back: &mut Self) {
        let mut moved = 0;
        while moved < back.end
            && let Some(room) = self.entries.get_mut(usize::from(self.end))
        {
            *room = back.entries[usize::from(moved)];
            self.end += 1;
            moved += 1;
        }
        if moved > 0 {
            let rest = usize::from(moved)..usize::from(back.end);
            back.entries.copy_within(rest, 0);
            back.end -= moved;
        }
    }
}

#[cfg(test)]
mod tests;
