//! A queue from whose middle entries can be taken: those who wait, and may stop waiting.

/// What stands for no index.
const NONE: usize = usize::MAX;

/// Memory for more entries than these goes back when the queue is empty.
const KEPT: usize = 16;

/// The name of an entry, from [`Queue::push`] to [`Queue::remove`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key(usize);

#[derive(Debug)]
struct Slot<T> {
    /// None: the slot is free, and `next` is the next free one.
    value: Option<T>,
    previous: usize,
    next: usize,
    is_queued: bool,
}

/// First in, first out; each operation takes constant time.
///
/// An entry that [left](Self::pop) the queue keeps its slot until it is removed, so that who waits
/// finds there what came of it.
#[derive(Debug)]
pub(super) struct Queue<T> {
    slots: Vec<Slot<T>>,
    free: usize,
    first: usize,
    last: usize,
    entries: usize,
}

impl<T> Queue<T> {
    pub(super) const fn new() -> Self {
        Self {
            slots: Vec::new(),
            free: NONE,
            first: NONE,
            last: NONE,
            entries: 0,
        }
    }

    /// Queues `value` behind all others.
    pub(super) fn push(&mut self, value: T) -> Key {
        let slot = Slot {
            value: Some(value),
            previous: self.last,
            next: NONE,
            is_queued: true,
        };
        let index = self.free;
        let index = match self.slots.get_mut(index) {
            Some(place) => {
                self.free = place.next;
                *place = slot;
                index
            }
            None => {
                self.slots.push(slot);
                self.slots.len() - 1
            }
        };
        match self.slots.get_mut(self.last) {
            Some(before) => before.next = index,
            None => self.first = index,
        }
        self.last = index;
        self.entries += 1;
        Key(index)
    }

    /// The first in the queue, with its key.
    pub(super) fn front(&mut self) -> Option<&mut T> {
        self.slots.get_mut(self.first)?.value.as_mut()
    }

    /// Takes the first out of the queue, not out of its slot.
    pub(super) fn pop(&mut self) -> Option<&mut T> {
        let index = self.first;
        self.unlink(index);
        self.slots.get_mut(index)?.value.as_mut()
    }

    /// [`pop`](Self::pop) from the other end.
    pub(super) fn pop_last(&mut self) -> Option<&mut T> {
        let index = self.last;
        self.unlink(index);
        self.slots.get_mut(index)?.value.as_mut()
    }

    pub(super) fn get(&mut self, key: Key) -> Option<&mut T> {
        self.slots.get_mut(key.0)?.value.as_mut()
    }

    /// Takes an entry out of its slot, wherever it is in the queue.
    pub(super) fn remove(&mut self, key: Key) -> Option<T> {
        self.unlink(key.0);
        let slot = self.slots.get_mut(key.0)?;
        let value = slot.value.take()?;
        slot.next = self.free;
        self.free = key.0;
        self.entries -= 1;
        if self.entries == 0 && self.slots.len() > KEPT {
            *self = Self::new();
        }
        Some(value)
    }

    fn unlink(&mut self, index: usize) {
        let Some(slot) = self.slots.get_mut(index) else {
            return;
        };
        if !slot.is_queued {
            return;
        }
        slot.is_queued = false;
        let (previous, next) = (slot.previous, slot.next);
        match self.slots.get_mut(previous) {
            Some(before) => before.next = next,
            None => self.first = next,
        }
        match self.slots.get_mut(next) {
            Some(behind) => behind.previous = previous,
            None => self.last = previous,
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use proptest::prelude::{Strategy, any, prop_oneof};
    use proptest::{collection, prop_assert_eq, proptest};

    use super::{KEPT, Key, Queue};

    #[derive(Clone, Debug)]
    enum Step {
        Push,
        Pop,
        PopLast,
        /// Of those that have a slot, in the order of their coming.
        Remove(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            2 => proptest::strategy::Just(Step::Push),
            1 => proptest::strategy::Just(Step::Pop),
            1 => proptest::strategy::Just(Step::PopLast),
            1 => any::<usize>().prop_map(Step::Remove),
        ]
    }

    proptest! {
        #[test]
        fn it_is_a_list_from_which_anything_can_be_taken(
            steps in collection::vec(step(), 0..200)
        ) {
            let mut queue = Queue::new();
            let mut slots: Vec<(Key, usize)> = Vec::new();
            let mut queued: Vec<usize> = Vec::new();
            for (number, step) in steps.into_iter().enumerate() {
                match step {
                    Step::Push => {
                        slots.push((queue.push(number), number));
                        queued.push(number);
                    }
                    Step::Pop => {
                        let expected = (!queued.is_empty()).then(|| queued.remove(0));
                        prop_assert_eq!(queue.pop().copied(), expected);
                    }
                    Step::PopLast => prop_assert_eq!(queue.pop_last().copied(), queued.pop()),
                    Step::Remove(which) if !slots.is_empty() => {
                        let (key, value) = slots.remove(which % slots.len());
                        queued.retain(|queued| *queued != value);
                        prop_assert_eq!(queue.remove(key), Some(value));
                        prop_assert_eq!(queue.remove(key), None);
                    }
                    Step::Remove(_) => {}
                }
                prop_assert_eq!(queue.front().copied(), queued.first().copied());
                for (key, value) in &slots {
                    prop_assert_eq!(queue.get(*key), Some(&mut value.clone()));
                }
            }
        }
    }

    #[test]
    fn the_memory_of_a_burst_goes_back() {
        let mut queue = Queue::new();
        let keys: Vec<_> = (0..100 * KEPT).map(|value| queue.push(value)).collect();
        for key in keys {
            let _value = queue.remove(key);
        }
        assert_eq!(queue.slots.capacity(), 0);
    }
}
