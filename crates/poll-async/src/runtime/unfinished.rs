//! What a shutdown leaves undone.

use core::error::Error;
use core::fmt;
use std::io;

/// Tasks had not ended when the time of [`shutdown_graceful`] was over, and were dropped.
///
/// [`shutdown_graceful`]: super::Runtime::shutdown_graceful
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfinished {
    tasks: usize,
}

impl Unfinished {
    pub(super) const fn new(tasks: usize) -> Self {
        Self { tasks }
    }

    /// How many there were.
    #[must_use]
    pub const fn tasks(&self) -> usize {
        self.tasks
    }
}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.tasks {
            1 => f.write_str("1 task has not ended in time"),
            tasks => write!(f, "{tasks} tasks have not ended in time"),
        }
    }
}

impl Error for Unfinished {}

/// As `TimedOut`.
impl From<Unfinished> for io::Error {
    fn from(unfinished: Unfinished) -> Self {
        Self::new(io::ErrorKind::TimedOut, unfinished)
    }
}
