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
}

/// Some entries that were taken off a queue.
pub(crate) struct Taken {
    entries: [Entry; ROOM],
    start: u16,
    end: u16,
}

impl Taken {
    pub(crate) fn entries(&self) -> &[Entry] {
        part(&self.entries, self.start, self.end)
    }
}

fn part(entries: &[Entry; ROOM], start: u16, end: u16) -> &[Entry] {
    entries
        .get(usize::from(start)..usize::from(end))
        .unwrap_or_default()
}

/// Entries in the order in which they came.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    /// No live entry has an earlier deadline; the last instant if the queue is empty.
    pub(crate) earliest: u64,
    first: u32,
    last: u32,
    len: u32,
    // At least how many of them are dead, as far as it is known.
    dead: u32,
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
        self.len as usize
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
            && let Some(room) = chunk.entries.get_mut(usize::from(chunk.end))
        {
            *room = entry;
            chunk.end += 1;
            return;
        }
        self.push_chunk(queue, entry);
    }

    #[inline(never)]
    fn push_chunk(&mut self, queue: &mut Queue, entry: Entry) {
        let mut chunk = Chunk {
            entries: [Entry::NONE; ROOM],
            start: 0,
            end: 1,
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
                start: 0,
                end: 0,
            };
        };
        let taken = Taken {
            entries: chunk.entries,
            start: chunk.start,
            end: chunk.end,
        };
        let len = u32::from(chunk.end - chunk.start);
        if len == queue.len {
            // An empty last chunk may stand behind it.
            self.clear(queue);
            return taken;
        }
        queue.first = chunk.next;
        queue.len -= len;
        // The chunk that was swept last may be the one that was taken.
        queue.swept = NONE;
        chunk.next = self.free;
        self.free = first;
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

    /// Takes note that the entry of the timer at `index` has died, which stood in `queue`.
    ///
    /// The first and the last entry are taken off at once: timeouts are mostly cancelled in the
    /// order in which they were set, or right after.
    ///
    /// Others stay. Once half of a queue is dead, it is swept from end to end, a chunk at every
    /// other death: 2 entries are looked at for each that dies, and never more than a chunk at
    /// once. What dies behind the sweep meanwhile is less than a seventh.
    pub(crate) fn bury(&mut self, queue: &mut Queue, index: u32, is_live: impl Fn(&Entry) -> bool) {
        if self.drop_first(queue, index, &is_live) || self.drop_last(queue, index) {
            return;
        }
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

    fn drop_first(
        &mut self,
        queue: &mut Queue,
        index: u32,
        is_live: impl Fn(&Entry) -> bool,
    ) -> bool {
        let Some(chunk) = self.chunks.get_mut(queue.first as usize) else {
            return false;
        };
        // The first chunk of a queue has entries.
        let first = chunk.entries.get(usize::from(chunk.start));
        if first.is_none_or(|entry| entry.index() != index) {
            return false;
        }
        let before = chunk.start;
        chunk.start += 1;
        // Those that died behind it before it did.
        while chunk.entries().first().is_some_and(|entry| !is_live(entry)) {
            chunk.start += 1;
            queue.dead = queue.dead.saturating_sub(1);
        }
        queue.len -= u32::from(chunk.start - before);
        if chunk.start == chunk.end {
            self.drop_first_chunk(queue);
        }
        true
    }

    fn drop_first_chunk(&mut self, queue: &mut Queue) {
        if queue.len == 0 {
            self.clear(queue);
            return;
        }
        let first = queue.first;
        let chunk = &mut self.chunks[first as usize];
        queue.first = chunk.next;
        chunk.next = self.free;
        self.free = first;
        if queue.swept == first {
            queue.swept = NONE;
        }
    }

    fn drop_last(&mut self, queue: &mut Queue, index: u32) -> bool {
        let Some(chunk) = self.chunks.get_mut(queue.last as usize) else {
            return false;
        };
        let last = chunk.entries.get(usize::from(chunk.end.wrapping_sub(1)));
        if last.is_none_or(|entry| entry.index() != index) {
            return false;
        }
        // An empty last chunk stays for the next entry.
        chunk.end -= 1;
        queue.len -= 1;
        if queue.len == 0 {
            self.clear(queue);
        }
        true
    }

    // Drops the dead of the next chunk and closes the gaps, up to that chunk.
    #[inline(never)]
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
        queue.len -= u32::from(chunk.retain(is_live));
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
        queue.swept = if self.chunks[next as usize].entries().is_empty() {
            self.unlink(queue, next, after);
            before
        } else {
            next
        };
        if after == NONE {
            queue.swept = NONE;
        }
        if queue.len == 0 {
            // An empty last chunk may be left.
            self.clear(queue);
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
        let mut kept = 0;
        for index in self.start..self.end {
            let entry = self.entries[usize::from(index)];
            if is_live(&entry) {
                if kept != index {
                    self.entries[usize::from(kept)] = entry;
                }
                kept += 1;
            }
        }
        self.start = 0;
        self.end = kept;
        before - kept
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
mod tests {
    use alloc::collections::VecDeque;
    use alloc::vec::Vec;

    use super::{Chunks, NONE, Queue};
    use crate::slots::Entry;

    const fn entry(index: u32) -> Entry {
        Entry::new(1_000 - index as u64 % 1_000, index, 0)
    }

    // Chunks that no queue uses.
    fn unused(chunks: &Chunks) -> usize {
        let mut count = 0;
        let mut next = chunks.free;
        while next != NONE {
            next = chunks.chunks[next as usize].next;
            count += 1;
            assert!(count <= chunks.chunks.len(), "a chunk is twice on the list");
        }
        count
    }

    #[test]
    fn queues_keep_their_order_whatever_dies_and_is_swept() {
        let mut seed = 9_u64;
        let mut random = |end: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(seed >> 33).unwrap() % end
        };
        let mut chunks = Chunks::new();
        let mut queues = [Queue::EMPTY, Queue::EMPTY];
        let mut models = [VecDeque::<u32>::new(), VecDeque::new()];
        let mut next = 0;
        for step in 0..60_000 {
            let which = random(2);
            let (queue, model) = (&mut queues[which], &mut models[which]);
            match random(if step / 2_000 % 2 == 0 { 9 } else { 16 }) {
                0..6 => {
                    chunks.push(queue, entry(next));
                    model.push_back(next);
                    next += 1;
                }
                6 => {
                    let taken = chunks.take(queue);
                    for entry in taken.entries() {
                        if model.front() == Some(&entry.index()) {
                            model.pop_front();
                        }
                    }
                }
                other if !model.is_empty() => {
                    let victim = match other {
                        7 => 0,
                        8 => model.len() - 1,
                        _ => random(model.len()),
                    };
                    let index = model.remove(victim).unwrap();
                    let live: Vec<u32> = model.iter().copied().collect();
                    chunks.bury(queue, index, |entry| {
                        live.binary_search(&entry.index()).is_ok()
                    });
                }
                _ => {}
            }
            let found: Vec<u32> = chunks.iter(queue).map(|entry| entry.index()).collect();
            assert_eq!(found.len(), queue.len());
            let live = found
                .iter()
                .filter(|index| model.binary_search(index).is_ok());
            assert!(live.eq(model.iter()), "step {step}");
            // What an earlier lap of the wheel left would be the next deadline of the next one.
            assert!(!queue.is_empty() || queue.earliest == u64::MAX);
            assert!(
                model
                    .iter()
                    .all(|&index| queue.earliest <= entry(index).deadline)
            );
            if step % 97 == 0 {
                let used = queues.iter().map(|queue| {
                    let mut count = 0;
                    let mut next = queue.first;
                    while next != NONE {
                        next = chunks.chunks[next as usize].next;
                        count += 1;
                    }
                    count
                });
                assert_eq!(used.sum::<usize>() + unused(&chunks), chunks.chunks.len());
            }
        }
    }

    #[test]
    fn a_sweep_that_leaves_nothing_forgets_the_earliest_deadline() {
        let mut chunks = Chunks::new();
        let mut queue = Queue::EMPTY;
        for index in 0..33 {
            chunks.push(&mut queue, entry(index));
        }
        // The second chunk dies but for its last entry, and the third one is left empty.
        for index in (16..31).chain([32]) {
            chunks.bury(&mut queue, index, |_| true);
        }
        assert_eq!(chunks.take(&mut queue).entries().len(), 16);
        chunks.bury(&mut queue, 31, |_| false);
        assert_eq!((queue.len(), queue.earliest), (0, u64::MAX));
        assert_eq!(unused(&chunks), 3);
    }

    #[test]
    fn a_sweep_of_all_renews_the_earliest_deadline() {
        let mut chunks = Chunks::new();
        let mut queue = Queue::EMPTY;
        for (index, deadline) in [(0, 9), (1, 2), (2, 3), (3, 8)] {
            chunks.push(&mut queue, Entry::new(deadline, index, 0));
        }
        chunks.bury(&mut queue, 1, |entry| entry.index() != 1);
        chunks.bury(&mut queue, 2, |entry| entry.index() % 3 == 0);
        assert_eq!((queue.earliest, queue.len()), (8, 2));
    }
}
