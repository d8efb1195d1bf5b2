//! All resources of a runtime, by their ids.

use core::any::Any;

use poll_api::{Ready, Trigger};

use crate::entry::{Entry, Held, State};
use crate::id::AnyId;
use crate::kind::Kind;
use crate::outbox::{Marks, Outbox, Sign, Spare, Written};
use crate::resource::Resource;

/// A resource in its slot.
pub(crate) struct Occupied<S: 'static> {
    pub(crate) entry: Box<dyn Entry>,
    pub(crate) kind: &'static dyn Kind<S>,
    pub(crate) trigger: Trigger,
    pub(crate) outbox: Outbox,
    pub(crate) marks: Marks,
    pub(crate) state: State,
}

impl<S: 'static> Occupied<S> {
    /// One write of what was sent.
    #[inline]
    pub(crate) fn write(&mut self, spare: &mut Spare) -> Written {
        let entry = &mut self.entry;
        match self.outbox.write(spare, |buffers| entry.write(buffers)) {
            // Nobody would say when it goes on.
            Written::Blocked(_) if self.state.is_always_ready => Written::Some,
            Written::Blocked(Sign::Short) if !entry.is_full_if_short() => Written::Some,
            written => written,
        }
    }

    /// Lets steps be taken without a report, in each direction that the resource waits for.
    pub(crate) fn pretend_ready(&mut self) {
        let Some(interest) = self.entry.interest() else {
            return;
        };
        self.state.ready |= Ready::when(interest.is_readable(), Ready::READABLE)
            | Ready::when(interest.is_writable(), Ready::WRITABLE)
            | Ready::when(interest.is_priority(), Ready::PRIORITY);
    }
}

/// The same, with the type.
pub(crate) struct Typed<'table, R> {
    pub(crate) held: &'table mut Held<R>,
    pub(crate) outbox: &'table mut Outbox,
    pub(crate) marks: &'table Marks,
    pub(crate) state: &'table mut State,
}

struct Slot<S: 'static> {
    generation: u32,
    occupied: Option<Occupied<S>>,
}

/// The slots. A token of the engine is the number of a slot; an id is that and its generation.
///
/// A slot that becomes vacant is not used again before all that the engine has harvested was looked
/// at, so that no report meets another resource than its own. One whose generations are used up is
/// not used again at all.
pub(crate) struct Table<S: 'static> {
    // The first one stands for slot 1.
    slots: Vec<Slot<S>>,
    vacant: Vec<u32>,
    limbo: Vec<u32>,
    len: usize,
}

impl<S: 'static> Table<S> {
    pub(crate) const fn new() -> Self {
        Self {
            slots: Vec::new(),
            vacant: Vec::new(),
            limbo: Vec::new(),
            len: 0,
        }
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// The id of a vacant slot, for a resource that is about to be put there; nothing if there are
    /// 2^32 - 2 of them.
    pub(crate) fn claim(&mut self) -> Option<AnyId> {
        if let Some(slot) = self.vacant.pop() {
            let place = self.slots.get((slot as usize).checked_sub(1)?)?;
            return AnyId::new(slot, place.generation);
        }
        let slot = u32::try_from(self.slots.len() + 1).ok()?;
        let id = AnyId::new(slot, 0).filter(|_| slot < u32::MAX)?;
        self.slots.push(Slot {
            generation: 0,
            occupied: None,
        });
        Some(id)
    }

    /// Puts a resource where it was claimed for it.
    pub(crate) fn occupy(&mut self, id: AnyId, occupied: Occupied<S>) {
        self.slots[id.slot() as usize - 1].occupied = Some(occupied);
        self.len += 1;
    }

    /// The resource of the slot that a report names, and its id.
    pub(crate) fn id_of(&self, slot: usize) -> Option<AnyId> {
        let place = self.slots.get(slot.checked_sub(1)?)?;
        place.occupied.as_ref()?;
        AnyId::new(u32::try_from(slot).ok()?, place.generation)
    }

    #[inline]
    pub(crate) fn get(&self, id: AnyId) -> Option<&Occupied<S>> {
        let place = self.slots.get((id.slot() as usize).checked_sub(1)?)?;
        if place.generation != id.generation() {
            return None;
        }
        place.occupied.as_ref()
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, id: AnyId) -> Option<&mut Occupied<S>> {
        let place = self.slots.get_mut((id.slot() as usize).checked_sub(1)?)?;
        if place.generation != id.generation() {
            return None;
        }
        place.occupied.as_mut()
    }

    /// The resource with its type, to be looked at; nothing also if it has another one.
    pub(crate) fn held<R: Resource>(&self, id: AnyId) -> Option<&Held<R>> {
        let entry: &dyn Any = &*self.get(id)?.entry;
        entry.downcast_ref()
    }

    /// The resource with its type; nothing also if it has another one.
    #[inline]
    pub(crate) fn typed<R: Resource>(&mut self, id: AnyId) -> Option<Typed<'_, R>> {
        let occupied = self.get_mut(id)?;
        let entry: &mut dyn Any = &mut *occupied.entry;
        Some(Typed {
            held: entry.downcast_mut()?,
            outbox: &mut occupied.outbox,
            marks: &occupied.marks,
            state: &mut occupied.state,
        })
    }

    /// Takes a resource out; its id is out of date.
    pub(crate) fn remove(&mut self, id: AnyId) -> Option<Occupied<S>> {
        let place = self.slots.get_mut((id.slot() as usize).checked_sub(1)?)?;
        if place.generation != id.generation() {
            return None;
        }
        let occupied = place.occupied.take()?;
        self.len -= 1;
        if let Some(next) = place.generation.checked_add(1) {
            place.generation = next;
            self.limbo.push(id.slot());
        }
        Some(occupied)
    }

    /// All that the engine has harvested was looked at.
    pub(crate) fn end_batch(&mut self) {
        self.vacant.append(&mut self.limbo);
    }

    /// The ids of all resources.
    pub(crate) fn ids(&self) -> impl Iterator<Item = AnyId> {
        (1..=self.slots.len()).filter_map(|slot| self.id_of(slot))
    }
}
