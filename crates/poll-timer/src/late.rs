//! The timers whose deadline had passed when they were set: they fire in the next turn.

use alloc::vec::Vec;

use crate::grow::grow;
use crate::slots::{Entry, Slots};

/// Kept apart, so that a turn that sets timers for the past comes to an end.
#[derive(Debug)]
pub(crate) struct Late {
    entries: Vec<Entry>,
    dead: usize,
    /// No live entry has an earlier deadline; the last instant if there is none.
    pub(crate) earliest: u64,
}

impl Late {
    pub(crate) const fn new() -> Self {
        Self {
            entries: Vec::new(),
            dead: 0,
            earliest: u64::MAX,
        }
    }

    pub(crate) fn push(&mut self, entry: Entry) {
        self.earliest = self.earliest.min(entry.deadline);
        grow(&mut self.entries);
        self.entries.push(entry);
    }

    /// Takes note that an entry has died.
    pub(crate) fn bury<T>(&mut self, slots: &Slots<T>) {
        self.dead += 1;
        if self.dead > self.entries.len() / 2 {
            self.drop_dead(slots);
        }
    }

    fn drop_dead<T>(&mut self, slots: &Slots<T>) {
        self.entries.retain(|entry| slots.is_live(entry));
        self.dead = 0;
        let deadlines = self.entries.iter().map(|entry| entry.deadline);
        self.earliest = deadlines.min().unwrap_or(u64::MAX);
    }

    /// All of them, in the order in which they were set; `put_back` returns the memory.
    pub(crate) fn take(&mut self) -> Vec<Entry> {
        self.dead = 0;
        self.earliest = u64::MAX;
        core::mem::take(&mut self.entries)
    }

    pub(crate) fn put_back(&mut self, mut entries: Vec<Entry>) {
        entries.clear();
        self.entries = entries;
    }

    pub(crate) fn clear(&mut self) {
        let entries = self.take();
        self.put_back(entries);
    }

    pub(crate) fn shrink_to_fit<T>(&mut self, slots: &Slots<T>) {
        self.drop_dead(slots);
        self.entries.shrink_to_fit();
    }

    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>()
    }
}
