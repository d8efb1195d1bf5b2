//! Frames behind a length of four bytes, big endian.

use std::collections::VecDeque;
use std::io::{Error, ErrorKind, Read, Result};

use poll_codec::{FrameError, Prefix, ReadStop};

use crate::stream::Endless;

/// Reads frames, none of them longer than a limit; [`poll_codec::FrameReader`] with amy's methods.
#[derive(Debug)]
pub struct FrameReader {
    inner: poll_codec::FrameReader,
    complete: VecDeque<Vec<u8>>,
}

impl FrameReader {
    /// A reader of frames whose payload is at most `max_frame_size` bytes.
    #[must_use]
    pub fn new(max_frame_size: u32) -> Self {
        let limit = usize::try_from(max_frame_size).unwrap_or(usize::MAX);
        Self {
            inner: poll_codec::FrameReader::new(Prefix::U32Be, limit),
            complete: VecDeque::new(),
        }
    }

    /// Reads until the stream has nothing for now or ends, and says how many bytes came.
    ///
    /// An end behind bytes is told by the next call, as in amy; a caller with edges therefore calls
    /// again until it gets 0 or an error.
    ///
    /// # Errors
    ///
    /// * Those of the stream but `WouldBlock` and `Interrupted`.
    /// * `UnexpectedEof`: the stream has ended.
    /// * `InvalidData`, with a [`FrameError`] inside: the next frame is longer than the limit. It
    ///   stays so; the frames before it can be taken.
    pub fn read<T: Read>(&mut self, reader: &mut T) -> Result<usize> {
        let mut stream = Endless::new(reader);
        let mut bytes = 0;
        loop {
            let received = self.inner.read_from(&mut stream);
            self.take_complete()?;
            let received = received?;
            bytes += received.bytes;
            match received.stop {
                ReadStop::WouldBlock if stream.has_ended() && bytes == 0 => {
                    return Err(Error::new(ErrorKind::UnexpectedEof, "the stream has ended"));
                }
                ReadStop::WouldBlock | ReadStop::End => return Ok(bytes),
                // Nobody comes back for what is left: the caller waits for an edge.
                ReadStop::Full | ReadStop::More => {}
            }
        }
    }

    fn take_complete(&mut self) -> core::result::Result<(), FrameError> {
        while let Some(frame) = self.inner.next_frame() {
            self.complete.push_back(frame?.to_vec());
        }
        Ok(())
    }

    /// Takes the complete frames, oldest first, without their lengths.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = Vec<u8>> {
        core::iter::from_fn(|| self.complete.pop_front())
    }
}
