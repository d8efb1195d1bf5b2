//! Lines, with their line feed, by one read at a time.

use core::num::NonZeroUsize;
use core::str::Utf8Error;
use std::io::{Error, ErrorKind, Read, Result};

use poll_codec::{LineEnding, ReadStop};

use crate::stream::Endless;

/// Reads text and splits it into lines; [`poll_codec::LineReader`] with amy's methods.
#[derive(Debug)]
pub struct LineReader {
    inner: poll_codec::LineReader,
    size: usize,
    /// A line was longer than that: the stream is no sequence of lines any more.
    is_broken: bool,
}

impl LineReader {
    /// A reader of lines of at most `buffer_size` bytes, the line feed included.
    ///
    /// As much is allocated by the first read, and nothing before it.
    #[must_use]
    pub const fn new(buffer_size: usize) -> Self {
        let limit = buffer_size.saturating_sub(1);
        let inner = poll_codec::LineReader::new(LineEnding::Lf, limit);
        let size = NonZeroUsize::MIN.saturating_add(limit);
        Self {
            inner: inner.with_read_size(size),
            size: size.get(),
            is_broken: false,
        }
    }

    /// Reads once, and says how many bytes came; 0 is the end of the stream and nothing else.
    ///
    /// # Errors
    ///
    /// * Those of the stream but `Interrupted`; `WouldBlock` if it has nothing for now.
    /// * `InvalidData`: a line is longer than the reader's size. It stays so.
    /// * `StorageFull`: there is no room, because of lines that were not taken.
    pub fn read<T: Read>(&mut self, reader: &mut T) -> Result<usize> {
        if self.is_broken {
            return Err(self.too_long());
        }
        let mut stream = Endless::new(reader);
        let received = self.inner.read_once_from(&mut stream)?;
        match received.stop {
            ReadStop::WouldBlock if stream.has_ended() => Ok(0),
            ReadStop::WouldBlock => Err(ErrorKind::WouldBlock.into()),
            ReadStop::Full if self.inner.buffered().contains(&b'\n') => {
                let text = "the line reader is full: take its lines before reading more";
                Err(Error::new(ErrorKind::StorageFull, text))
            }
            ReadStop::Full => Err(self.too_long()),
            ReadStop::End | ReadStop::More => Ok(received.bytes),
        }
    }

    fn too_long(&self) -> Error {
        let text = format!("line longer than {} bytes", self.size);
        Error::new(ErrorKind::InvalidData, text)
    }

    /// Takes the complete lines, each with its line feed; one that is not UTF-8 is taken as an
    /// error.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = core::result::Result<String, Utf8Error>> {
        core::iter::from_fn(|| {
            let line = self.inner.next_line_bytes()?;
            let Ok(line) = line else {
                // Too long, for the reader never sees an end; the next read says so.
                self.is_broken = true;
                return None;
            };
            let mut whole = Vec::with_capacity(line.len() + 1);
            whole.extend_from_slice(line);
            whole.push(b'\n');
            Some(String::from_utf8(whole).map_err(|error| error.utf8_error()))
        })
    }

    /// Whether all that was read has been taken.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }
}
