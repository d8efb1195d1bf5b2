//! The values that not every receiver has received, by their positions. Behind a mutex: it clones
//! no value and drops none.

use core::mem;
use std::collections::VecDeque;
use std::sync::Arc;

/// With room for more values than this, the memory is given back when the ring is empty.
const KEPT: usize = 64;

/// A value and who wants it.
#[derive(Debug)]
pub(super) struct Slot<T> {
    value: Arc<T>,
    /// How many receivers have not received it.
    wanted: usize,
}

/// What is at a position.
#[derive(Debug)]
pub(super) enum Found<T> {
    Value(Arc<T>),
    /// As `Value`, and no other receiver will find it.
    Last(Arc<T>),
    /// Nothing yet.
    Nothing,
    /// So many values from there on are no longer there.
    Replaced(u64),
}

#[derive(Debug)]
pub(super) struct Ring<T> {
    slots: VecDeque<Slot<T>>,
    /// The position of the next value.
    end: u64,
    capacity: usize,
}

impl<T> Ring<T> {
    pub(super) const fn new(capacity: usize) -> Self {
        Self {
            slots: VecDeque::new(),
            end: 0,
            capacity,
        }
    }

    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// How many values are left.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// How many values from `position` on there are, or were.
    pub(super) fn distance(&self, position: u64) -> u64 {
        self.end - position
    }

    /// Adds a value that `wanted` receivers will receive. The one it replaces, if there is no room,
    /// is for the caller to drop.
    #[must_use = "a value is dropped after the lock is open"]
    pub(super) fn push(&mut self, value: T, wanted: usize) -> Option<Arc<T>> {
        let replaced = if self.slots.len() == self.capacity {
            self.slots.pop_front()
        } else {
            None
        };
        let value = Arc::new(value);
        self.slots.push_back(Slot { value, wanted });
        self.end += 1;
        replaced.map(|slot| slot.value)
    }

    /// Receives the value at `position` for one receiver, and moves `position` on.
    pub(super) fn receive(&mut self, position: &mut u64) -> Found<T> {
        let behind = self.distance(*position);
        if behind == 0 {
            if self.slots.is_empty() && self.slots.capacity() > KEPT {
                self.slots = VecDeque::new();
            }
            return Found::Nothing;
        }
        let index = self.index(*position);
        let left = self.slots.len() as u64;
        let Some(slot) = index.and_then(|index| self.slots.get_mut(index)) else {
            *position += behind - left;
            return Found::Replaced(behind - left);
        };
        *position += 1;
        slot.wanted -= 1;
        if slot.wanted > 0 {
            return Found::Value(Arc::clone(&slot.value));
        }
        // Whoever wants a value wants the later ones too, so one that nobody wants is the first.
        self.slots
            .pop_front()
            .map_or(Found::Nothing, |slot| Found::Last(slot.value))
    }

    /// Counts one receiver less for all values from `position` on. Those that nobody wants any more
    /// are for the caller to drop.
    #[must_use = "values are dropped after the lock is open"]
    pub(super) fn leave(&mut self, position: u64) -> VecDeque<Slot<T>> {
        let first = self.index(position).unwrap_or(0);
        for slot in self.slots.iter_mut().skip(first) {
            slot.wanted -= 1;
        }
        let wanted = self.slots.partition_point(|slot| slot.wanted == 0);
        let left = self.slots.split_off(wanted);
        mem::replace(&mut self.slots, left)
    }

    /// Where the value at a position is, or will be; none if it was replaced.
    fn index(&self, position: u64) -> Option<usize> {
        let behind = usize::try_from(self.distance(position)).ok()?;
        self.slots.len().checked_sub(behind)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::{Found, KEPT, Ring};

    #[test]
    fn an_empty_ring_keeps_little_memory_of_a_burst() {
        let mut ring = Ring::new(100 * KEPT);
        let mut position = ring.end();
        (0..100 * KEPT).for_each(|number| assert!(ring.push(number, 1).is_none()));
        while let Found::Last(_) = ring.receive(&mut position) {}
        assert!(ring.slots.capacity() <= KEPT);
    }
}
