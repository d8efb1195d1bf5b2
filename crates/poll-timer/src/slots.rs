//! The timers themselves, each in a slot that keeps its index; keys and entries name one by index.

use alloc::vec::Vec;
use core::num::NonZeroU32;

use crate::grow::grow;

/// Names one timer of one wheel, for ever: a key of a timer that fired or was cancelled is stale.
///
/// A slot is used again with another generation, and one whose generations are used up is not used
/// again, so a stale key never comes to mean another timer. A key of another wheel may mean any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerKey {
    index: u32,
    // Not zero, so that an optional key is no larger than a key.
    generation: NonZeroU32,
}

impl TimerKey {
    pub(crate) const fn index(self) -> u32 {
        self.index
    }
}

/// The wheel's note of a timer. It is dead once the slot bears another stamp.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) deadline: u64,
    // Index and stamp. Two numbers pass in registers, three through memory, where reading 16 bytes
    // that were just written in parts costs more than all the rest of an insertion.
    name: u64,
}

impl Entry {
    /// What fills unused room.
    pub(crate) const NONE: Self = Self {
        deadline: 0,
        name: 0,
    };

    pub(crate) const fn new(deadline: u64, index: u32, stamp: u32) -> Self {
        let name = (stamp as u64) << 32 | index as u64;
        Self { deadline, name }
    }

    /// The slot of the timer.
    pub(crate) const fn index(self) -> u32 {
        (self.name & 0xffff_ffff) as u32
    }

    /// The same timer's at another deadline.
    pub(crate) const fn at(self, deadline: u64) -> Self {
        Self { deadline, ..self }
    }

    const fn stamp(self) -> u32 {
        (self.name >> 32) as u32
    }
}

#[derive(Debug)]
struct Slot<T> {
    // Of a vacant slot: the index of the next vacant one.
    deadline: u64,
    // Another one each time that earlier entries die. Odd while the slot is vacant.
    stamp: u32,
    generation: NonZeroU32,
    value: Option<T>,
}

// No key has this generation: a slot that reaches it stays vacant and off the list for good.
const RETIRED: NonZeroU32 = NonZeroU32::MAX;
// The end of the list of vacant slots, and more than any index.
const END: u32 = u32::MAX;

/// All timers of a wheel.
#[derive(Debug)]
pub(crate) struct Slots<T> {
    slots: Vec<Slot<T>>,
    vacant: u32,
    occupied: usize,
    // The generation that new slots begin with: above those of the slots that were given back.
    first_generation: NonZeroU32,
}

impl<T> Slots<T> {
    pub(crate) const fn new() -> Self {
        Self {
            slots: Vec::new(),
            vacant: END,
            occupied: 0,
            first_generation: NonZeroU32::MIN,
        }
    }

    pub(crate) fn reserve(&mut self, capacity: usize) {
        self.slots.reserve_exact(capacity);
    }

    pub(crate) fn len(&self) -> usize {
        self.occupied
    }

    /// Puts `value` in a vacant slot, and says its entry; gives it back if there is no such slot.
    #[inline(always)]
    pub(crate) fn insert(&mut self, deadline: u64, value: T) -> Result<(TimerKey, Entry), T> {
        let index = self.vacant;
        let Some(slot) = self.slots.get_mut(index as usize) else {
            return Err(value);
        };
        // An index, so no bit is lost.
        self.vacant = (slot.deadline & 0xffff_ffff) as u32;
        self.occupied += 1;
        slot.value = Some(value);
        slot.stamp = slot.stamp.wrapping_add(1);
        slot.deadline = deadline;
        let generation = slot.generation;
        let entry = Entry::new(deadline, index, slot.stamp);
        Ok((TimerKey { index, generation }, entry))
    }

    /// The same in a slot behind all others.
    ///
    /// # Panics
    /// If all 2^32 - 1 indices are in use.
    pub(crate) fn insert_behind(&mut self, deadline: u64, value: T) -> (TimerKey, Entry) {
        let index = u32::try_from(self.slots.len()).unwrap_or(END);
        assert!(index != END, "more than 2^32 - 1 timers");
        grow(&mut self.slots);
        let generation = self.first_generation;
        let slot = Slot {
            deadline,
            stamp: 0,
            generation,
            value: Some(value),
        };
        self.slots.push(slot);
        self.occupied += 1;
        (
            TimerKey { index, generation },
            Entry::new(deadline, index, 0),
        )
    }

    /// Sets the deadline of an occupied slot. Its earlier entries are dead; this is its new one.
    pub(crate) fn set(&mut self, index: u32, deadline: u64) -> Entry {
        let slot = &mut self.slots[index as usize];
        slot.stamp = slot.stamp.wrapping_add(2);
        slot.deadline = deadline;
        Entry::new(deadline, index, slot.stamp)
    }

    /// The deadline of the timer that `entry` stands for, which is later than the entry if the
    /// timer was put off; nothing if the entry is dead.
    ///
    /// A stamp comes again after 2^31 others. Then a dead entry passes for a live one of the timer
    /// that has the slot now, which fires once and at its own deadline all the same.
    pub(crate) fn deadline_of(&self, entry: &Entry) -> Option<u64> {
        let slot = self.slots.get(entry.index() as usize)?;
        (slot.stamp == entry.stamp() && slot.deadline >= entry.deadline).then_some(slot.deadline)
    }

    /// Whether `entry` is the present one of its timer.
    pub(crate) fn is_live(&self, entry: &Entry) -> bool {
        self.deadline_of(entry).is_some()
    }

    /// The deadline of the timer that `key` names.
    pub(crate) fn deadline(&self, key: TimerKey) -> Option<u64> {
        Some(self.occupied(key)?.deadline)
    }

    /// The same, to put the timer off: its entry stands where it is.
    #[inline(always)]
    pub(crate) fn deadline_mut(&mut self, key: TimerKey) -> Option<&mut u64> {
        let slot = self.slots.get_mut(key.index as usize)?;
        (slot.generation == key.generation && slot.value.is_some()).then_some(&mut slot.deadline)
    }

    fn occupied(&self, key: TimerKey) -> Option<&Slot<T>> {
        let slot = self.slots.get(key.index as usize)?;
        (slot.generation == key.generation && slot.value.is_some()).then_some(slot)
    }

    pub(crate) fn get(&self, key: TimerKey) -> Option<&T> {
        self.occupied(key)?.value.as_ref()
    }

    pub(crate) fn get_mut(&mut self, key: TimerKey) -> Option<&mut T> {
        let slot = self.slots.get_mut(key.index as usize)?;
        if slot.generation != key.generation {
            return None;
        }
        slot.value.as_mut()
    }

    /// Empties the slot that `key` names: the key is stale and its entry dead.
    #[inline(always)]
    pub(crate) fn cancel(&mut self, key: TimerKey) -> Option<(u64, T)> {
        let slot = self.slots.get_mut(key.index as usize)?;
        if slot.generation != key.generation {
            return None;
        }
        let value = slot.value.take()?;
        let deadline = slot.deadline;
        if slot.vacate(self.vacant) {
            self.vacant = key.index;
        }
        self.occupied -= 1;
        Some((deadline, value))
    }

    /// Empties a slot: its key is stale and its entry dead.
    pub(crate) fn remove(&mut self, index: u32) -> Option<(TimerKey, T)> {
        let slot = self.slots.get_mut(index as usize)?;
        let value = slot.value.take()?;
        let generation = slot.generation;
        if slot.vacate(self.vacant) {
            self.vacant = index;
        }
        self.occupied -= 1;
        Some((TimerKey { index, generation }, value))
    }

    /// Empties every slot; all keys are stale.
    pub(crate) fn clear(&mut self) {
        for index in 0..u32::try_from(self.slots.len()).unwrap_or(END) {
            drop(self.remove(index));
        }
    }

    /// Gives back the memory behind the last timer.
    pub(crate) fn shrink_to_fit(&mut self) {
        let unused = |slot: &mut Slot<T>| slot.value.is_none() && slot.generation != RETIRED;
        while let Some(slot) = self.slots.pop_if(unused) {
            // Keys of the slot given back stay stale if it comes again.
            self.first_generation = self.first_generation.max(slot.generation);
        }
        self.slots.shrink_to_fit();
        self.vacant = END;
        for (index, slot) in (0_u32..).zip(&mut self.slots) {
            if slot.value.is_none() && slot.generation != RETIRED {
                slot.deadline = u64::from(self.vacant);
                self.vacant = index;
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<Slot<T>>()
    }
}

impl<T> Slot<T> {
    // Ends a generation; says whether there is another one, for which it is on the list then.
    fn vacate(&mut self, next: u32) -> bool {
        self.stamp = self.stamp.wrapping_add(1);
        self.generation = self.generation.saturating_add(1);
        if self.generation == RETIRED {
            return false;
        }
        self.deadline = u64::from(next);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, RETIRED, Slots, TimerKey};
    use core::num::NonZeroU32;

    fn insert<T>(slots: &mut Slots<T>, deadline: u64, value: T) -> (TimerKey, Entry) {
        let inserted = slots.insert(deadline, value);
        inserted.unwrap_or_else(|value| slots.insert_behind(deadline, value))
    }

    #[test]
    fn a_slot_retires_with_its_last_generation() {
        let mut slots = Slots::new();
        slots.first_generation = NonZeroU32::new(u32::MAX - 2).unwrap();
        let (first, _) = insert(&mut slots, 1, 'a');
        assert!(slots.remove(first.index).is_some());
        let (second, _) = insert(&mut slots, 1, 'b');
        assert_eq!(second.index, first.index);
        assert!(slots.remove(second.index).is_some());
        slots.first_generation = NonZeroU32::MIN;
        let (third, _) = insert(&mut slots, 1, 'c');
        assert_ne!(
            third.index, first.index,
            "the slot is used for the third time"
        );
        // Nor does it come back with what is given back and taken again.
        assert!(slots.remove(third.index).is_some());
        slots.shrink_to_fit();
        let (fourth, _) = insert(&mut slots, 1, 'd');
        assert_ne!(fourth.index, first.index);
        for stale in [first, second, third] {
            assert!(slots.deadline(stale).is_none() && slots.get(stale).is_none());
            assert!(slots.get_mut(stale).is_none());
        }
        assert_eq!(slots.get(fourth), Some(&'d'));
        assert_eq!(slots.slots[first.index as usize].generation, RETIRED);
    }

    #[test]
    fn a_slot_given_back_comes_again_with_a_later_generation() {
        let mut slots = Slots::new();
        for _ in 0..5 {
            let (key, _) = insert(&mut slots, 1, ());
            assert!(slots.remove(key.index).is_some());
        }
        let (old, _) = insert(&mut slots, 1, ());
        assert!(slots.remove(old.index).is_some());
        slots.shrink_to_fit();
        assert_eq!(slots.slots.len(), 0);
        assert!(insert(&mut slots, 1, ()).0 > old);
        assert!(slots.deadline(old).is_none());
    }

    #[test]
    fn an_entry_is_dead_once_its_timer_is_set_again_or_gone_even_as_stamps_wrap() {
        let mut slots = Slots::new();
        let (key, first) = insert(&mut slots, 7, ());
        assert!(slots.is_live(&first));
        slots.slots[0].stamp = u32::MAX - 1;
        let second = slots.set(key.index, 7);
        let third = slots.set(key.index, 7);
        assert!(slots.is_live(&third));
        assert!(!slots.is_live(&first) && !slots.is_live(&second));
        assert!(slots.remove(key.index).is_some());
        assert!(!slots.is_live(&third));
        let (again, fourth) = insert(&mut slots, 7, ());
        assert_eq!(again.index, key.index);
        assert!(slots.is_live(&fourth) && !slots.is_live(&third));
        // A vacant slot's link is no deadline.
        slots.slots[0].stamp = u32::MAX - 1;
        let last = slots.set(key.index, 0);
        assert!(slots.remove(key.index).is_some());
        assert!(!slots.is_live(&last));
    }

    #[test]
    fn an_entry_stays_that_of_a_timer_that_was_put_off() {
        let mut slots = Slots::new();
        let (key, entry) = insert(&mut slots, 7, ());
        *slots.deadline_mut(key).unwrap() = 9;
        assert_eq!(slots.deadline_of(&entry), Some(9));
        *slots.deadline_mut(key).unwrap() = 6;
        assert_eq!(slots.deadline_of(&entry), None);
        assert!(slots.remove(key.index).is_some());
        assert!(slots.deadline_mut(key).is_none());
    }
}
