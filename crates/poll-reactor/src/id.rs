//! Names of resources and timers, which are never used twice.

use core::any::type_name;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::marker::PhantomData;
use core::num::NonZeroU64;

use poll_driver::TimerKey;

/// The name of one resource of a runtime, of whatever kind: assigned when it is registered, and
/// never used for another one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AnyId {
    // The low half is the slot, the high half its generation.
    bits: NonZeroU64,
}

impl AnyId {
    /// Slot zero is no resource's, so that no id is zero.
    pub(crate) const fn new(slot: u32, generation: u32) -> Option<Self> {
        if slot == 0 {
            return None;
        }
        // Lossless: a `From` cannot be called in a constant function.
        match NonZeroU64::new((generation as u64) << 32 | slot as u64) {
            Some(bits) => Some(Self { bits }),
            None => None,
        }
    }

    pub(crate) const fn slot(self) -> u32 {
        (self.bits.get() & 0xffff_ffff) as u32
    }

    pub(crate) const fn generation(self) -> u32 {
        (self.bits.get() >> 32) as u32
    }

    /// The id as a number, for maps and messages.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.bits.get()
    }

    /// The id with this number; none if it can be no id. Whether there is such a resource is
    /// another question.
    #[must_use]
    pub const fn from_u64(bits: u64) -> Option<Self> {
        Self::new((bits & 0xffff_ffff) as u32, (bits >> 32) as u32)
    }
}

impl fmt::Debug for AnyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AnyId({self})")
    }
}

impl fmt::Display for AnyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.slot(), self.generation())
    }
}

/// The name of one resource of type `R`.
///
/// The type lets a service have as many kinds of resources as it likes, each with its own events,
/// and the compiler tell them apart.
pub struct Id<R: ?Sized> {
    any: AnyId,
    kind: PhantomData<fn() -> R>,
}

impl<R: ?Sized> Id<R> {
    pub(crate) const fn new(any: AnyId) -> Self {
        Self {
            any,
            kind: PhantomData,
        }
    }

    /// The id without the type: to compare resources of different kinds, or to keep them in one
    /// map.
    #[must_use]
    pub const fn any(self) -> AnyId {
        self.any
    }

    /// The id as a number, for maps and messages.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.any.as_u64()
    }
}

impl<R: ?Sized> From<Id<R>> for AnyId {
    fn from(id: Id<R>) -> Self {
        id.any
    }
}

// Derived, these would ask the same of `R`.
impl<R: ?Sized> Clone for Id<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R: ?Sized> Copy for Id<R> {}

impl<R: ?Sized> PartialEq for Id<R> {
    fn eq(&self, other: &Self) -> bool {
        self.any == other.any
    }
}

impl<R: ?Sized> Eq for Id<R> {}

impl<R: ?Sized> PartialOrd for Id<R> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<R: ?Sized> Ord for Id<R> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.any.cmp(&other.any)
    }
}

impl<R: ?Sized> Hash for Id<R> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.any.hash(state);
    }
}

impl<R: ?Sized> fmt::Debug for Id<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id<{}>({})", type_name::<R>(), self.any)
    }
}

impl<R: ?Sized> fmt::Display for Id<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.any.fmt(f)
    }
}

/// The name of one timer of a runtime, which no other ever gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerId(pub(crate) TimerKey);

#[cfg(test)]
mod tests {
    use super::{AnyId, Id};
    use static_assertions::{assert_eq_size, assert_impl_all};

    // An id goes anywhere, whatever the resource does, and an optional one is no larger.
    assert_impl_all!(Id<*const ()>: Copy, Send, Sync, Ord);
    assert_eq_size!(Option<Id<()>>, u64);

    #[test]
    fn an_id_is_its_number_and_no_number_with_slot_zero_is_one() {
        for (slot, generation) in [(1, 0), (7, 3), (u32::MAX, u32::MAX)] {
            let id = AnyId::new(slot, generation).unwrap();
            assert_eq!((id.slot(), id.generation()), (slot, generation));
            assert_eq!(AnyId::from_u64(id.as_u64()), Some(id));
        }
        assert_eq!(AnyId::new(0, 5), None);
        assert_eq!(AnyId::from_u64(5 << 32), None);
        assert_eq!(AnyId::from_u64(0), None);
    }

    #[test]
    fn an_id_shows_its_slot_and_generation() {
        let id: Id<u8> = Id::new(AnyId::new(7, 3).unwrap());
        assert_eq!(id.to_string(), "7.3");
        assert_eq!(format!("{id:?}"), "Id<u8>(7.3)");
    }
}
