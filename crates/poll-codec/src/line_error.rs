//! What can be wrong with a line; each error has the bytes.

use core::error::Error;
use core::fmt;
use core::str::Utf8Error;
use std::io::{self, ErrorKind};

/// A line that is not one as it stands. It was taken like any other: the next call goes on behind
/// it.
///
/// None of the texts contains bytes of the peer, so they can go into a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineError<'a> {
    /// The line is longer than the limit. It is told once, and the rest of the line is dropped as
    /// it arrives: go on for the lines behind it, or close.
    TooLong {
        /// The first bytes of the line, as many as the limit allows.
        start: &'a [u8],
    },
    /// The line is not UTF-8. Only [`next_line`](crate::LineReader::next_line) tells this.
    InvalidUtf8 {
        /// The whole line, without its ending.
        line: &'a [u8],
        /// Where it is wrong.
        error: Utf8Error,
    },
    /// The stream ended before the line did. A command may have been cut: whoever takes the last
    /// line of a file without an ending for a line finds it here.
    Unterminated {
        /// What there is of the line, which may end with half a line ending, and may not be UTF-8.
        line: &'a [u8],
    },
}

impl fmt::Display for LineError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { start } => write!(f, "line longer than {} bytes", start.len()),
            Self::InvalidUtf8 { line, error } => {
                write!(f, "line of {} bytes is not UTF-8: {error}", line.len())
            }
            Self::Unterminated { line } => {
                write!(f, "stream ended after {} bytes of a line", line.len())
            }
        }
    }
}

impl Error for LineError<'_> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::InvalidUtf8 { error, .. } => Some(error),
            Self::TooLong { .. } | Self::Unterminated { .. } => None,
        }
    }
}

/// `UnexpectedEof` for [`Unterminated`](LineError::Unterminated), `InvalidData` for the others; the
/// text stays, the bytes do not.
impl From<LineError<'_>> for io::Error {
    fn from(error: LineError<'_>) -> Self {
        let kind = match error {
            LineError::Unterminated { .. } => ErrorKind::UnexpectedEof,
            LineError::TooLong { .. } | LineError::InvalidUtf8 { .. } => ErrorKind::InvalidData,
        };
        Self::new(kind, error.to_string())
    }
}
