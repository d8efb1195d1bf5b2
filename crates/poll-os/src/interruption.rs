//! What a wait does when a signal handler ran.

use std::io;

/// What a wait does when a signal handler ran and there is nothing to report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interruption {
    /// It goes on with the time that remains.
    Retried,
    /// It returns the error, for callers who promise that.
    Surfaced,
}

impl Interruption {
    /// Whether to go on.
    pub(crate) fn verdict(self) -> io::Result<()> {
        match self {
            Self::Retried => Ok(()),
            Self::Surfaced => Err(io::Error::from(sys_poll::Errno::INTR)),
        }
    }
}
