//! The numbers of a runtime.

use core::num::NonZeroU32;

use crate::outbox::Marks;

/// What a [`Builder`](crate::Builder) sets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// Steps, or writes, of one resource in one turn.
    pub(crate) steps: NonZeroU32,
    /// Bytes of the buffer that all resources read into.
    pub(crate) buffer: usize,
    /// Whether the clock is read before and after each wait that may sleep.
    pub(crate) measures_idle: bool,
    /// Those of each resource, until it gets its own.
    pub(crate) marks: Marks,
}

impl Settings {
    pub(crate) const STEPS: NonZeroU32 = NonZeroU32::MIN.saturating_add(15);
    pub(crate) const BUFFER: usize = 64 << 10;
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            steps: Self::STEPS,
            buffer: Self::BUFFER,
            measures_idle: false,
            marks: Marks::default(),
        }
    }
}
