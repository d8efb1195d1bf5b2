//! Names of resources, and of their two kinds.

use core::fmt;

/// The name of a resource: never used for another one of the same reactor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceId(u64);

impl ResourceId {
    /// The name of the waker.
    pub const WAKER: Self = Self(0);

    pub(crate) const fn as_u64(self) -> u64 {
        self.0
    }

    pub(crate) const fn from_u64(number: u64) -> Self {
        Self(number)
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Makes names, from 1 on, for whoever implements [`Poll`](crate::poller::Poll).
///
/// A copy makes the same names again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceIdGenerator(u64);

impl Default for ResourceIdGenerator {
    fn default() -> Self {
        Self(1)
    }
}

impl ResourceIdGenerator {
    /// The next name.
    pub const fn next(&mut self) -> ResourceId {
        let id = ResourceId(self.0);
        self.0 += 1;
        id
    }
}

impl fmt::Display for ResourceIdGenerator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which of a handler's two kinds a resource is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ResourceType {
    /// What other resources come from.
    Listener,
    /// What is read and written.
    Transport,
}
