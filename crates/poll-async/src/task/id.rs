//! Names of tasks.

use core::fmt;
use core::num::NonZeroU64;

/// How many bits of an id name the table that the task is in.
const SHARD_BITS: u32 = 16;

/// The name of a task: no other task of its runtime ever has it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(NonZeroU64);

impl Id {
    /// The id of the task that was the `count`th, from 1, of its table.
    pub(crate) fn new(count: u64, shard: usize) -> Self {
        let shard = u64::try_from(shard).unwrap_or(0);
        let value = (count << SHARD_BITS) | shard;
        Self(NonZeroU64::new(value).unwrap_or(NonZeroU64::MIN))
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
