//! Names of tasks.

use core::fmt;
use core::num::NonZeroU64;

/// How many bits of an id name the table that the task is in; the highest one is never set.
const SHARD_BITS: u32 = 15;

/// The name of a task: no other task of its runtime ever has it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(NonZeroU64);

impl Id {
    /// The id of the task that was the `count`th, from 1, of its table.
    pub(crate) fn new(count: u64, shard: usize) -> Self {
        let shard = u64::try_from(shard).unwrap_or(0);
        let value = ((count << SHARD_BITS) | shard) & (u64::MAX >> 1);
        Self(NonZeroU64::new(value).unwrap_or(NonZeroU64::MIN))
    }

    /// The table that the task is in.
    pub(crate) fn shard(self) -> usize {
        let shard = self.get() & ((1 << SHARD_BITS) - 1);
        usize::try_from(shard).unwrap_or(0)
    }

    pub(crate) const fn get(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({})", self.0)
    }
}

/// Where a task is from its spawn to its end: in a slot of the table that its name tells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(super) id: Id,
    pub(super) slot: u32,
}

impl Place {
    /// Instead of a slot, for tasks that no runtime takes.
    pub(crate) const NONE: u32 = u32::MAX;

    pub(crate) fn new(id: Id, slot: Option<u32>) -> Self {
        let slot = slot.unwrap_or(Self::NONE);
        Self { id, slot }
    }

    pub(crate) const fn id(self) -> Id {
        self.id
    }

    pub(crate) fn slot(self) -> Option<u32> {
        (self.slot != Self::NONE).then_some(self.slot)
    }

    pub(crate) const fn index(self) -> usize {
        self.slot as usize
    }
}
