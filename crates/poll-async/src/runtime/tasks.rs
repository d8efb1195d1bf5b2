//! All tasks that are alive, so that they can be aborted, counted, and dropped at the end.
//!
//! One table for each worker, so that spawning locks nothing that other workers lock all the time.

use core::task::Waker;
use std::collections::BTreeSet;

use slab::Slab;

use crate::task::{Id, Runnable};
use crate::threads::{Mutex, lock};

#[derive(Debug, Default)]
pub(crate) struct Tasks {
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    entries: Slab<Entry>,
    // Slots of tasks that were aborted and have not been dropped yet: seldom any.
    aborted: BTreeSet<usize>,
    spawned: u64,
    is_closed: bool,
}

#[derive(Debug)]
struct Entry {
    // Keeps the task alive, and schedules it for its end.
    waker: Waker,
    id: Id,
}

impl Tasks {
    /// Adds the task that `make` builds, which is told its slot and its id; true beside it if the
    /// runtime has ended, and it is not added.
    pub(crate) fn insert<R>(
        &self,
        shard: usize,
        make: impl FnOnce(usize, Id) -> (Runnable, R),
    ) -> ((Runnable, R), bool) {
        let mut table = lock(&self.table);
        table.spawned += 1;
        let id = Id::new(table.spawned, shard);
        let slot = table.entries.vacant_key();
        // Allocates and moves the future; no code of it runs.
        let made = make(slot, id);
        if !table.is_closed {
            let waker = made.0.waker();
            table.entries.insert(Entry { waker, id });
        }
        (made, table.is_closed)
    }

    /// Takes out a task that has ended; true if it had been aborted.
    pub(crate) fn remove(&self, slot: usize) -> bool {
        let mut table = lock(&self.table);
        // One that was refused is not in it.
        let entry = table.entries.try_remove(slot);
        let was_aborted = table.aborted.remove(&slot);
        drop(table);
        // Its last reference may be the task itself, which must not be dropped under the lock.
        drop(entry);
        was_aborted
    }

    /// Marks a task as aborted: the waker that has it looked at. None if it has ended, or was
    /// aborted before.
    pub(crate) fn abort(&self, slot: usize, id: Id) -> Option<Waker> {
        let mut table = lock(&self.table);
        let entry = table.entries.get(slot).filter(|entry| entry.id == id)?;
        let waker = entry.waker.clone();
        table.aborted.insert(slot).then_some(waker)
    }

    /// Whether the task was aborted, or all of them are dropped.
    pub(crate) fn is_aborted(&self, slot: usize) -> bool {
        let table = lock(&self.table);
        table.is_closed || table.aborted.contains(&slot)
    }

    /// Refuses tasks from here on, and hands out what schedules those that are left. They stay in
    /// the table until they are dropped: a worker may be about to poll one that is scheduled
    /// already, which is found here again then.
    pub(crate) fn close(&self) -> Vec<Waker> {
        let mut table = lock(&self.table);
        table.is_closed = true;
        let entries = table.entries.iter();
        entries.map(|(_, entry)| entry.waker.clone()).collect()
    }

    /// Whether the task has not ended yet.
    pub(crate) fn contains(&self, slot: usize, id: Id) -> bool {
        let table = lock(&self.table);
        table.entries.get(slot).is_some_and(|entry| entry.id == id)
    }

    /// How many tasks are alive.
    pub(crate) fn len(&self) -> usize {
        lock(&self.table).entries.len()
    }

    /// How many there have been.
    pub(crate) fn spawned(&self) -> u64 {
        lock(&self.table).spawned
    }

    /// Gives back the memory of tasks that have ended, where that can be done.
    pub(crate) fn shrink_to_fit(&self) {
        lock(&self.table).entries.shrink_to_fit();
    }
}
