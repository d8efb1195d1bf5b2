//! Length-prefixed frames out of a non-blocking stream, none longer than a limit.

use core::error::Error;
use core::fmt;
use core::num::NonZeroUsize;
use std::io::{self, ErrorKind, Read};

use crate::buffer::{Buffer, LARGEST_ITEM, Wants};
use crate::prefix::Prefix;
use crate::received::Received;

/// Why there is no next frame and, as it stands, will not be.
///
/// Nothing was taken: the bytes stay, and asking again gives the same error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FrameError {
    /// The prefix tells more than the limit. Close, or raise the
    /// [limit](FrameReader::set_limit) and go on.
    TooLong {
        /// What the prefix tells, in bytes.
        length: u64,
        /// The longest payload that is taken.
        limit: usize,
    },
    /// The stream ended in the middle of a frame.
    CutOff {
        /// How many bytes of the frame came, its prefix counted.
        received: usize,
        /// How many are missing: of the frame, or of its prefix if that is not all there.
        missing: usize,
    },
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { length, limit } => {
                write!(f, "frame of {length} bytes, where {limit} are allowed")
            }
            Self::CutOff { received, missing } => write!(
                f,
                "stream ended after {received} bytes of a frame, {missing} or more are missing"
            ),
        }
    }
}

impl Error for FrameError {}

/// `InvalidData` for [`TooLong`](FrameError::TooLong), `UnexpectedEof` for
/// [`CutOff`](FrameError::CutOff), with the error inside.
impl From<FrameError> for io::Error {
    fn from(error: FrameError) -> Self {
        let kind = match error {
            FrameError::TooLong { .. } => ErrorKind::InvalidData,
            FrameError::CutOff { .. } => ErrorKind::UnexpectedEof,
        };
        Self::new(kind, error)
    }
}

/// Splits what a stream brings into frames.
///
/// [`read_from`](Self::read_from) fills the buffer; [`next_frame`](Self::next_frame) takes frames
/// out of it without copying. Errors of the stream lose nothing, and the result does not depend on
/// how the bytes were cut on their way.
///
/// Nothing is allocated before the first read. The buffer starts with the
/// [read size](Self::with_read_size) and doubles while a single frame needs that, never beyond that
/// frame: a peer makes it allocate at most twice what it has *sent*, or the read size, whatever a
/// prefix claims. When all frames are taken, it shrinks to twice what is left, or the read size.
/// Each byte received is moved a bounded number of times.
///
/// # Examples
///
/// ```
/// use poll_codec::{FrameError, FrameReader, Prefix, ReadStop};
///
/// let mut stream: &[u8] = b"\x00\x02hi\x00\x00\x00\x05cut";
/// let mut frames = FrameReader::new(Prefix::U16Be, 1024);
/// let received = frames.read_from(&mut stream)?;
/// assert_eq!(received.stop, ReadStop::End);
/// assert_eq!(frames.next_frame(), Some(Ok(&b"hi"[..])));
/// assert_eq!(frames.next_frame(), Some(Ok(&b""[..])));
/// let cut = FrameError::CutOff { received: 5, missing: 2 };
/// assert_eq!(frames.next_frame(), Some(Err(cut)));
/// assert_eq!(frames.buffered(), b"\x00\x05cut");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct FrameReader {
    buffer: Buffer,
    header: Header,
}

impl FrameReader {
    /// A reader of frames whose payload is at most `limit` bytes, the prefix not counted.
    ///
    /// A limit of 0 allows empty frames only; one that no allocation can reach counts as the
    /// largest that it can.
    #[must_use]
    pub const fn new(prefix: Prefix, limit: usize) -> Self {
        let mut header = Header { prefix, limit: 0 };
        header.set_limit(limit);
        Self {
            buffer: Buffer::new(),
            header,
        }
    }

    /// Sets what the buffer has at first and what it goes back to: 8 KiB if nobody says otherwise.
    ///
    /// A read asks for at least half of it, unless frames are waiting to be taken. With the usual
    /// size of a frame here, such frames come in one piece and without growing.
    #[must_use]
    pub const fn with_read_size(mut self, bytes: NonZeroUsize) -> Self {
        self.buffer.set_read_size(bytes);
        self
    }

    /// Sets how much [`read_from`](Self::read_from) reads in one turn: 64 KiB if nobody says
    /// otherwise.
    #[must_use]
    pub const fn with_budget(mut self, bytes: NonZeroUsize) -> Self {
        self.buffer.set_budget(bytes);
        self
    }

    /// Changes the limit for all that is not taken yet: less before a login than after it.
    pub const fn set_limit(&mut self, limit: usize) {
        self.header.set_limit(limit);
    }

    /// Reads until the stream would block or ends, the buffer is full, or the budget of the turn is
    /// spent, and says which.
    ///
    /// A turn begins with the first call and after every result but [`ReadStop::Full`], so a loop
    /// that takes frames and reads again while the buffer is full is bounded too. For
    /// edge-triggered loops: no edge is lost if [`WouldBlock`](crate::ReadStop::WouldBlock) alone
    /// makes the caller wait.
    ///
    /// Costs a system call for each read; allocates as the [type](Self) says.
    ///
    /// [`ReadStop::Full`]: crate::ReadStop::Full
    ///
    /// # Errors
    ///
    /// Those of the stream, but for `WouldBlock`, which is a result, and `Interrupted`, after which
    /// it reads again; `OutOfMemory` if the buffer cannot grow; `InvalidData` if the stream says
    /// that it read more than it was asked for. What was read before stays, and reading can be
    /// tried again.
    pub fn read_from<S: Read + ?Sized>(&mut self, stream: &mut S) -> io::Result<Received> {
        let header = self.header;
        self.buffer.read_from(stream, |bytes| header.wants(bytes))
    }

    /// Reads once: for level-triggered loops, which are told again if there is more.
    ///
    /// One system call, and one more for each interruption. The budget has no part in it.
    ///
    /// # Errors
    ///
    /// As [`read_from`](Self::read_from).
    pub fn read_once_from<S: Read + ?Sized>(&mut self, stream: &mut S) -> io::Result<Received> {
        let header = self.header;
        self.buffer.read_once(stream, |bytes| header.wants(bytes))
    }

    /// Takes the next frame's payload, or says why there will be none; `None` if no frame is
    /// complete.
    ///
    /// No system call, no copy. With `None`, the buffer may shrink.
    ///
    /// # Errors
    ///
    /// Each variant of [`FrameError`]; nothing is taken, and the error is the same again until the
    /// limit is raised or the stream brings more.
    pub fn next_frame(&mut self) -> Option<Result<&[u8], FrameError>> {
        match self.header.front(self.buffer.filled()) {
            Front::Frame { whole } => {
                let frame = self.buffer.take(whole);
                Some(Ok(&frame[self.header.prefix.width()..]))
            }
            Front::TooLong { length } => Some(Err(FrameError::TooLong {
                length,
                limit: self.header.limit,
            })),
            Front::Incomplete { total } => {
                let received = self.buffer.len();
                if received > 0 && self.buffer.has_ended() {
                    let missing = total - received;
                    return Some(Err(FrameError::CutOff { received, missing }));
                }
                self.buffer.settle();
                None
            }
        }
    }

    /// The longest payload that is taken, in bytes.
    #[must_use]
    pub const fn limit(&self) -> usize {
        self.header.limit
    }

    /// What is received and not yet taken, prefixes included.
    #[must_use]
    pub fn buffered(&self) -> &[u8] {
        self.buffer.filled()
    }

    /// Whether nothing is buffered: the stream stands between frames.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.buffer.len() == 0
    }

    /// How many bytes are allocated.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.buffer.capacity()
    }

    /// Gives back all memory that holds nothing, for a connection that goes idle; the next read
    /// allocates again.
    pub fn shrink_to_fit(&mut self) {
        self.buffer.shrink_to_fit();
    }

    /// What is received and not yet taken, for whoever reads the stream from here on.
    #[must_use]
    pub fn into_buffered(self) -> Vec<u8> {
        self.buffer.into_filled()
    }
}

/// What stands at the front of the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Front {
    /// Not all of a frame, which has so many bytes in all, or not all of its prefix.
    Incomplete { total: usize },
    /// A frame of so many bytes, its prefix counted.
    Frame { whole: usize },
    /// A prefix that tells more than the limit.
    TooLong { length: u64 },
}

/// How a frame begins.
#[derive(Clone, Copy, Debug)]
struct Header {
    prefix: Prefix,
    limit: usize,
}

impl Header {
    const fn set_limit(&mut self, limit: usize) {
        self.limit = if limit < LARGEST_ITEM {
            limit
        } else {
            LARGEST_ITEM
        };
    }

    /// What the buffer has to bring so that there is a [front](Self::front).
    fn wants(self, bytes: &[u8]) -> Wants {
        match self.front(bytes) {
            Front::Incomplete { total } => Wants::AtMost(total),
            Front::Frame { .. } | Front::TooLong { .. } => Wants::Nothing,
        }
    }

    fn front(self, bytes: &[u8]) -> Front {
        let width = self.prefix.width();
        let Some(length) = self.prefix.read(bytes) else {
            return Front::Incomplete { total: width };
        };
        match usize::try_from(length) {
            Ok(payload) if payload <= self.limit => {
                let whole = width + payload;
                if bytes.len() < whole {
                    return Front::Incomplete { total: whole };
                }
                Front::Frame { whole }
            }
            _ => Front::TooLong { length },
        }
    }
}
