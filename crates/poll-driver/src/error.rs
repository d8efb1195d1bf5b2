//! What can go wrong with a message.

use core::error::Error;
use core::fmt;

/// A message that was not delivered, or a loop that was not woken for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostError<M, E> {
    /// The driver is gone: the message comes back.
    Closed(M),
    /// The system refused to wake a sleeping loop. The message is in its box, and handed out when
    /// the loop comes back for another reason.
    Unwoken(E),
}

impl<M, E: fmt::Display> fmt::Display for PostError<M, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(_) => f.write_str("the loop is gone"),
            Self::Unwoken(error) => write!(f, "the loop was not woken: {error}"),
        }
    }
}

impl<M: fmt::Debug, E: Error + 'static> Error for PostError<M, E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Closed(_) => None,
            Self::Unwoken(error) => Some(error),
        }
    }
}
