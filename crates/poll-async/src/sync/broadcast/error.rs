//! What can go wrong at the ends of a broadcast channel.

use core::error::Error;
use core::fmt;

/// There is no receiver. The value is in the error.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct SendError<T>(pub T);

/// Why no value was received.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RecvError {
    /// All senders are gone, and all values were received.
    Closed,
    /// The receiver was too slow: so many values were replaced before it received them. The next
    /// one is the oldest that is left.
    Lagged(u64),
}

/// Why no value was received now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TryRecvError {
    /// There is nothing now, but there may be later.
    Empty,
    /// As [`RecvError::Closed`].
    Closed,
    /// As [`RecvError::Lagged`].
    Lagged(u64),
}

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the channel is closed"),
            Self::Lagged(count) => write!(f, "{count} values were missed"),
        }
    }
}

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the channel is empty"),
            Self::Closed => f.write_str("the channel is closed"),
            Self::Lagged(count) => write!(f, "{count} values were missed"),
        }
    }
}

// The value need not be printable, as in the standard library.
impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SendError(..)")
    }
}

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the channel has no receiver")
    }
}

impl<T> Error for SendError<T> {}

impl Error for RecvError {}

impl Error for TryRecvError {}
