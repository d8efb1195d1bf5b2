//! What stands for a source at the engine.

use std::io::Result;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use crate::sys::Number;

/// A source's number; beside it a duplicate, if the engine knows another source by that number.
#[derive(Debug)]
pub(crate) struct Descriptor {
    number: Number,
    duplicate: Option<OwnedFd>,
}

impl Descriptor {
    /// The descriptor of `source`; `is_taken` says of its number whether another source has it.
    ///
    /// Fails if it is no descriptor, or is taken and cannot be duplicated.
    pub(crate) fn of(
        source: &(impl AsRawFd + ?Sized),
        is_taken: impl FnOnce(Number) -> bool,
    ) -> Result<Self> {
        let number = Number::of(source)?;
        let duplicate = match is_taken(number) {
            true => Some(number.as_fd().try_clone_to_owned()?),
            false => None,
        };
        Ok(Self { number, duplicate })
    }

    /// The number, unless it belongs to another source.
    pub(crate) fn own_number(&self) -> Option<Number> {
        self.duplicate.is_none().then_some(self.number)
    }
}

impl AsFd for Descriptor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.duplicate {
            Some(duplicate) => duplicate.as_fd(),
            None => self.number.as_fd(),
        }
    }
}
