//! Queues of entries in chunks from one pool: pushed at the end, taken or swept a chunk at a time.

use alloc::vec::Vec;

use crate::grow::grow;
use crate::slots::Entry;

/// Entries of a chunk: few enough for little waste, enough for the cache to run ahead.
pub(crate) const ROOM: usize = 16;

// No chunk; and for `Queue::swept`: a sweep is not under way.
const NONE: u32 = u32::MAX;
// For `Queue::swept`: a sweep begins with the first chunk.
const START: u32 = u32::MAX - 1;

#[derive(Debug)]
struct Chunk {
    entries: [Entry; ROOM],
    len: usize,
    next: u32,
}

/// The pool; chunks that no queue uses wait on a list.
#[derive(Debug)]
pub(crate) struct Chunks {
    chunks: Vec<Chunk>,
    free: u32,
}

/// Some entries that were taken off a queue.
pub(crate) struct Taken {
    entries: [Entry; ROOM],
    len: usize,
}

impl Taken {
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries[..self.len]
    }
}

/// Entries in the order in which they came.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    /// No live entry has an earlier deadline; the last instant if the queue is empty.
    pub(crate) earliest: u64,
    first: u32,
    last: u32,
    len: usize,
    // At least how many of them are dead, as far as it is known.
    dead: usize,
    // The chunk before the next one to be swept.
    swept: u32,
}

impl Queue {
    pub(crate) const EMPTY: Self = Self {
        earliest: u64::MAX,
        first: NONE,
        last: NONE,
        len: 0,
        dead: 0,
        swept: NONE,
    };

    pub(crate) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Whether it pays to look for dead entries.
    pub(crate) const fn has_dead(&self) -> bool {
        self.dead > 0
    }
}

impl Chunks {
    pub(crate) const fn new() -> Self {
        Self {
            chunks: Vec::new(),
            free: NONE,
        }
    }

    /// Appends `entry` to `queue`.
    pub(crate) fn push(&mut self, queue: &mut Queue, entry: Entry) {
        queue.earliest = queue.earliest.min(entry.deadline);
        queue.len += 1;
        if let Some(chunk) = self.chunks.get_mut(queue.last as usize)
            && let Some(room) = chunk.entries.get_mut(chunk.len)
        {
            *room = entry;
            chunk.len += 1;
            return;
        }
        self.push_chunk(queue, entry);
    }

    fn push_chunk(&mut self, queue: &mut Queue, entry: Entry) {
        let mut chunk = Chunk {
            entries: [Entry::NONE; ROOM],
            len: 1,
            next: NONE,
        };
        chunk.entries[0] = entry;
        let added = if let Some(unused) = self.chunks.get_mut(self.free as usize) {
            let added = self.free;
            self.free = unused.next;
            *unused = chunk;
            added
        } else {
            // Far fewer chunks than timers, of which there are less than 2^32.
            let added = u32::try_from(self.chunks.len()).unwrap_or(NONE);
            grow(&mut self.chunks);
            self.chunks.push(chunk);
            added
        };
        match self.chunks.get_mut(queue.last as usize) {
            Some(last) => last.next = added,
            None => queue.first = added,
        }
        queue.last = added;
    }

    /// Takes the entries of the first chunk; none if `queue` is empty.
    pub(crate) fn take(&mut self, queue: &mut Queue) -> Taken {
        let first = queue.first;
        let Some(chunk) = self.chunks.get_mut(first as usize) else {
            return Taken {
                entries: [Entry::NONE; ROOM],
                len: 0,
            };
        };
        let taken = Taken {
            entries: chunk.entries,
            len: chunk.len,
        };
        let (next, len) = (chunk.next, chunk.len);
        chunk.next = self.free;
        self.free = first;
        if next == NONE {
            *queue = Queue::EMPTY;
        } else {
            queue.first = next;
            queue.len -= len;
            // The chunk that was swept last may be the one that was taken.
            queue.swept = NONE;
        }
        taken
    }

    /// Empties `queue`.
    pub(crate) fn clear(&mut self, queue: &mut Queue) {
        if let Some(last) = self.chunks.get_mut(queue.last as usize) {
            last.next = self.free;
            self.free = queue.first;
        }
        *queue = Queue::EMPTY;
    }

    /// Takes note that an entry of `queue` has died.
    ///
    /// Once half of a queue is dead, it is swept from end to end, a chunk at every other death: 2
    /// entries are looked at for each that dies, and never more than a chunk at once. What dies
    /// behind the sweep meanwhile is less than a seventh.
    pub(crate) fn bury(&mut self, queue: &mut Queue, is_live: impl Fn(&Entry) -> bool) {
        queue.dead += 1;
        if queue.swept != NONE {
            if queue.dead.is_multiple_of(2) {
                self.sweep(queue, is_live);
            }
        } else if queue.dead >= queue.len.div_ceil(2) {
            queue.dead = 0;
            queue.swept = START;
            self.sweep(queue, is_live);
        }
    }

    // Drops the dead of the next chunk and closes the gaps, up to that chunk.
    fn sweep(&mut self, queue: &mut Queue, is_live: impl Fn(&Entry) -> bool) {
        let before = queue.swept;
        let next = match self.chunks.get(before as usize) {
            Some(chunk) => chunk.next,
            None => queue.first,
        };
        let Some(chunk) = self.chunks.get_mut(next as usize) else {
            queue.swept = NONE;
            return;
        };
        queue.len -= chunk.retain(is_live);
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
        queue.swept = if self.chunks[next as usize].len == 0 {
            self.unlink(queue, next, after);
            before
        } else {
            next
        };
        if after == NONE {
            queue.swept = NONE;
        }
    }

    // Takes out the empty chunk after the one that was swept last.
    fn unlink(&mut self, queue: &mut Queue, chunk: u32, after: u32) {
        self.chunks[chunk as usize].next = self.free;
        self.free = chunk;
        let before = self.chunks.get_mut(queue.swept as usize);
        if after == NONE {
            queue.last = if before.is_some() { queue.swept } else { NONE };
        }
        match before {
            Some(before) => before.next = after,
            None => queue.first = after,
        }
    }

    /// The entries of `queue`.
    pub(crate) fn iter(&self, queue: &Queue) -> impl Iterator<Item = &Entry> {
        let chunk = |index: u32| self.chunks.get(index as usize);
        core::iter::successors(chunk(queue.first), move |last| chunk(last.next))
            .flat_map(|chunk| &chunk.entries[..chunk.len])
    }

    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.chunks.capacity() * size_of::<Chunk>()
    }
}

impl Chunk {
    // Keeps the live entries, and says how many it dropped.
    fn retain(&mut self, is_live: impl Fn(&Entry) -> bool) -> usize {
        let mut kept = 0;
        for index in 0..self.len {
            let entry = self.entries[index];
            if is_live(&entry) {
                self.entries[kept] = entry;
                kept += 1;
            }
        }
        let dropped = self.len - kept;
        self.len = kept;
        dropped
    }

    fn earliest(&self) -> u64 {
        let deadlines = self.entries[..self.len].iter().map(|entry| entry.deadline);
        deadlines.min().unwrap_or(u64::MAX)
    }

    // Moves as many entries of the chunk behind into this one as there is room for.
    fn fill_from(&mut self, back: &mut Self) {
        let count = back.len.min(ROOM - self.len);
        self.entries[self.len..][..count].copy_from_slice(&back.entries[..count]);
        back.entries.copy_within(count..back.len, 0);
        self.len += count;
        back.len -= count;
    }
}
