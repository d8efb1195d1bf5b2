//! Length-prefixed frames into a non-blocking stream: a queue of owned payloads, written together.

use core::error::Error;
use core::fmt;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Write};

use crate::prefix::Prefix;

/// Pieces in one vectored write: what every system takes, and 1 KiB of the stack.
const PIECES_MAX: usize = 64;
/// Bytes in one vectored write: systems refuse more than an `int` or a signed size can count.
const BYTES_MAX: usize = 1 << 30;
/// Places for frames that an emptied queue keeps.
const PLACES_KEPT: usize = 32;

/// A payload that is longer than its prefix can tell, or than the limit; it is given back.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct FrameTooLong<B> {
    /// What was to be sent. Nothing of it was queued.
    pub payload: B,
    /// Its length in bytes.
    pub length: usize,
    /// The longest payload that is taken, in bytes.
    pub limit: u64,
}

impl<B> fmt::Display for FrameTooLong<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { length, limit, .. } = self;
        write!(f, "payload of {length} bytes, where {limit} are allowed")
    }
}

impl<B> fmt::Debug for FrameTooLong<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the payload: long, possibly secret, and of any type.
        f.debug_struct("FrameTooLong")
            .field("length", &self.length)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

impl<B> Error for FrameTooLong<B> {}

/// What one call that writes to a stream did, unless the stream failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "it says whether to wait for the stream to be writable"]
pub struct Sent {
    /// Bytes that the stream took in this call, prefixes counted.
    pub bytes: u64,
    /// Why the call stopped.
    pub stop: WriteStop,
}

/// Why a call that writes to a stream stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WriteStop {
    /// All is written: nothing to wait for.
    Empty,
    /// The stream takes nothing more for now: wait until it is writable, then write again.
    WouldBlock,
}

/// Queues frames and writes them, many with one system call.
///
/// Payloads are kept as they are given, and never copied: anything that owns bytes will do, such as
/// `Vec<u8>`, `Box<[u8]>`, `Arc<[u8]>` for one message to many, or `&'static [u8]`. What it gives
/// as bytes must stay the same while it is queued; if it does not, frames are sent wrong.
///
/// The queue has no limit of its own: [`queued_bytes`](Self::queued_bytes) is there to compare with
/// the marks above which a program stops producing, and below which it goes on.
///
/// # Examples
///
/// ```
/// use poll_codec::{FrameWriter, Prefix, WriteStop};
///
/// let mut stream = Vec::new();
/// let mut frames = FrameWriter::new(Prefix::U16Be);
/// frames.push(&b"hi"[..])?;
/// frames.push(b"")?;
/// assert_eq!(frames.queued_bytes(), 6);
/// let sent = frames.write_to(&mut stream)?;
/// assert_eq!(sent.stop, WriteStop::Empty);
/// assert_eq!(stream, b"\x00\x02hi\x00\x00");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct FrameWriter<B> {
    prefix: Prefix,
    limit: u64,
    queue: VecDeque<Frame<B>>,
    /// So much of the first frame is written; always less than all of it.
    written: usize,
    /// What is not written yet, of all frames: more than memory holds if payloads are shared.
    queued_bytes: u64,
}

/// One frame in the queue.
struct Frame<B> {
    prefix: [u8; 8],
    payload: B,
    /// Of prefix and payload, as it was when it was queued.
    length: usize,
}

impl<B: AsRef<[u8]>> FrameWriter<B> {
    /// A writer with an empty queue, for payloads as long as the prefix can tell.
    #[must_use]
    pub const fn new(prefix: Prefix) -> Self {
        Self {
            prefix,
            limit: prefix.longest(),
            queue: VecDeque::new(),
            written: 0,
            queued_bytes: 0,
        }
    }

    /// Refuses payloads beyond `limit` bytes: what the reader at the other end would refuse.
    #[must_use]
    pub fn with_limit(mut self, limit: usize) -> Self {
        self.limit = self.prefix.longest().min(as_u64(limit));
        self
    }

    /// Queues a frame. Nothing is written before [`write_to`](Self::write_to).
    ///
    /// Allocates when the queue has to grow, and never for the payload.
    ///
    /// # Errors
    ///
    /// [`FrameTooLong`], with the payload, if it is longer than the prefix can tell or the limit.
    pub fn push(&mut self, payload: B) -> Result<(), FrameTooLong<B>> {
        let length = payload.as_ref().len();
        let told = as_u64(length);
        let prefix = self.prefix.write(told).filter(|_| told <= self.limit);
        let whole = length.checked_add(self.prefix.width());
        let (Some(prefix), Some(whole)) = (prefix, whole) else {
            return Err(FrameTooLong {
                payload,
                length,
                limit: self.limit,
            });
        };
        self.queued_bytes = self.queued_bytes.saturating_add(as_u64(whole));
        self.queue.push_back(Frame {
            prefix,
            payload,
            length: whole,
        });
        Ok(())
    }

    /// Writes until the queue is empty or the stream would block, and says which.
    ///
    /// Costs a system call for up to 64 pieces, a prefix and a payload being one each, and one more
    /// to find out that the stream would block. A stream without vectored writes takes one piece
    /// at a time. No allocation. The stream is not flushed: one with a buffer of its own, such as
    /// TLS, is for the caller to flush.
    ///
    /// # Errors
    ///
    /// Those of the stream, but for `WouldBlock`, which is a result, and `Interrupted`, after which
    /// it writes again; `WriteZero` if the stream takes nothing without saying why; `InvalidData`
    /// if it says that it took more than it was given. What was written before is not written
    /// again, the rest stays, and writing can be tried again.
    pub fn write_to<S: Write + ?Sized>(&mut self, stream: &mut S) -> io::Result<Sent> {
        let mut bytes = 0;
        while !self.queue.is_empty() {
            let mut pieces = [IoSlice::new(&[]); PIECES_MAX];
            let (pieces, given) = self.gather(&mut pieces);
            match stream.write_vectored(pieces) {
                Ok(0) => {
                    let error = "the stream took nothing of a frame";
                    return Err(io::Error::new(ErrorKind::WriteZero, error));
                }
                Ok(count) if count > given => {
                    let error = "the stream says that it wrote more than it was given";
                    return Err(io::Error::new(ErrorKind::InvalidData, error));
                }
                Ok(count) => {
                    bytes += as_u64(count);
                    self.advance(count);
                }
                // A signal: nothing was written, and nothing says that there is no room.
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return Ok(Sent {
                        bytes,
                        stop: WriteStop::WouldBlock,
                    });
                }
                Err(error) => return Err(error),
            }
        }
        if self.queue.capacity() > PLACES_KEPT {
            self.queue.shrink_to(PLACES_KEPT);
        }
        Ok(Sent {
            bytes,
            stop: WriteStop::Empty,
        })
    }

    /// The first pieces that are not written yet, none of them empty, and their bytes.
    fn gather<'a, 'p>(
        &'a self,
        pieces: &'p mut [IoSlice<'a>; PIECES_MAX],
    ) -> (&'p [IoSlice<'a>], usize) {
        let width = self.prefix.width();
        let parts = |frame: &'a Frame<B>| [&frame.prefix[..width], frame.payload.as_ref()];
        let (mut written, mut count, mut given) = (self.written, 0, 0);
        for part in self.queue.iter().flat_map(parts) {
            let rest = part.get(written..).unwrap_or_default();
            written = written.saturating_sub(part.len());
            if rest.is_empty() {
                continue;
            }
            let rest = &rest[..rest.len().min(BYTES_MAX - given)];
            pieces[count] = IoSlice::new(rest);
            count += 1;
            given += rest.len();
            if count == PIECES_MAX || given == BYTES_MAX {
                break;
            }
        }
        (&pieces[..count], given)
    }

    /// Notes that the stream took so many bytes, and drops the frames that it has all of.
    fn advance(&mut self, bytes: usize) {
        self.queued_bytes = self.queued_bytes.saturating_sub(as_u64(bytes));
        self.written += bytes;
        while let Some(first) = self.queue.front() {
            if self.written < first.length {
                break;
            }
            self.written -= first.length;
            self.queue.pop_front();
        }
    }
}

impl<B> FrameWriter<B> {
    /// Bytes that are queued and not written yet, prefixes counted.
    #[must_use]
    pub const fn queued_bytes(&self) -> u64 {
        self.queued_bytes
    }

    /// Frames that are queued and not wholly written.
    #[must_use]
    pub fn queued_frames(&self) -> usize {
        self.queue.len()
    }

    /// Whether all is written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// The payloads that were not wholly written, oldest first: to send them on another connection,
    /// or to tell whose they were. Some of the first one may have been written.
    #[must_use]
    pub fn into_unsent(self) -> impl ExactSizeIterator<Item = B> + DoubleEndedIterator {
        self.queue.into_iter().map(|frame| frame.payload)
    }
}

impl<B> fmt::Debug for FrameWriter<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the payloads, which may be secret.
        f.debug_struct("FrameWriter")
            .field("prefix", &self.prefix)
            .field("limit", &self.limit)
            .field("queued_frames", &self.queued_frames())
            .field("queued_bytes", &self.queued_bytes)
            .finish_non_exhaustive()
    }
}

/// No system has lengths of more than 64 bits.
fn as_u64(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{FrameWriter, PLACES_KEPT, Prefix, WriteStop};

    #[test]
    fn an_emptied_queue_gives_back_the_places_of_a_burst() {
        let mut writer = FrameWriter::new(Prefix::U8);
        for _ in 0..1000 {
            writer.push(b"a").unwrap();
        }
        let sent = writer.write_to(&mut std::io::sink()).unwrap();
        assert_eq!(sent.stop, WriteStop::Empty);
        assert_eq!(writer.queue.capacity(), PLACES_KEPT);
        for _ in 0..PLACES_KEPT {
            writer.push(b"a").unwrap();
        }
        assert_eq!(writer.queue.capacity(), PLACES_KEPT, "no allocation");
    }
}
