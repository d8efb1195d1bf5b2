//! A `BinaryHeap` whose cancelled timers stay until they come up or half of it is such.

use core::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;

use super::{Timers, Value};

/// The heap, and the wakers in slots with a generation.
pub(crate) struct Heap<V> {
    heap: BinaryHeap<Reverse<(u64, usize, u64)>>,
    slots: Vec<(u64, Option<V>)>,
    vacant: Vec<usize>,
}

impl<V> Heap<V> {
    fn take(&mut self, slot: usize, generation: u64) -> Option<V> {
        let found = self
            .slots
            .get_mut(slot)
            .filter(|slot| slot.0 == generation)?;
        found.0 += 1;
        self.vacant.push(slot);
        found.1.take()
    }
}

impl<V: Value> Timers<V> for Heap<V> {
    type Key = (usize, u64);

    fn new() -> io::Result<Self> {
        Ok(Self {
            heap: BinaryHeap::new(),
            slots: Vec::new(),
            vacant: Vec::new(),
        })
    }

    fn insert(&mut self, deadline_ns: u64, value: V) -> Self::Key {
        let slot = self.vacant.pop().unwrap_or_else(|| {
            self.slots.push((0, None));
            self.slots.len() - 1
        });
        self.slots[slot].1 = Some(value);
        let generation = self.slots[slot].0;
        self.heap.push(Reverse((deadline_ns, slot, generation)));
        (slot, generation)
    }

    fn cancel(&mut self, (slot, generation): Self::Key) {
        self.take(slot, generation);
        let live = self.slots.len() - self.vacant.len();
        if self.heap.len() > 64 && self.heap.len() > 2 * live {
            let slots = &self.slots;
            self.heap
                .retain(|Reverse((_, slot, generation))| slots[*slot].0 == *generation);
        }
    }

    fn expire(&mut self, now_ns: u64) {
        while let Some(Reverse((deadline_ns, slot, generation))) = self.heap.peek().copied() {
            if deadline_ns > now_ns {
                break;
            }
            self.heap.pop();
            if let Some(value) = self.take(slot, generation) {
                value.fire();
            }
        }
    }
}
