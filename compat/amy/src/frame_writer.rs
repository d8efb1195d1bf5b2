//! Frames behind a length of four bytes, big endian, into a stream that may block.

use std::io::{Error, ErrorKind, Result, Write};

use poll_codec::{Prefix, WriteStop};

use crate::stream::Patient;

/// Queues frames and writes them; [`poll_codec::FrameWriter`] with amy's methods.
///
/// It belongs to one stream, of which it remembers whether it is writable.
#[derive(Debug)]
pub struct FrameWriter {
    inner: poll_codec::FrameWriter<Vec<u8>>,
    is_writable: bool,
}

impl FrameWriter {
    /// A writer with an empty queue, for a stream that is writable.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            inner: poll_codec::FrameWriter::new(Prefix::U32Be),
            is_writable: true,
        }
    }

    /// Queues `data` as a frame, if there is some, and writes as much as the stream takes, unless
    /// that is known to be nothing. Whether it may take more: after false, the caller waits until
    /// the stream is writable and says [`writable`](Self::writable).
    ///
    /// # Errors
    ///
    /// * `InvalidInput`: `data` is longer than four bytes can tell; nothing of it is queued.
    /// * Those of the stream but `WouldBlock` and `Interrupted`; the rest stays queued.
    pub fn write<T: Write>(&mut self, writer: &mut T, data: Option<Vec<u8>>) -> Result<bool> {
        if let Some(payload) = data {
            let queued = self.inner.push(payload);
            queued.map_err(|error| Error::new(ErrorKind::InvalidInput, error.to_string()))?;
        }
        if self.is_writable && !self.inner.is_empty() {
            let sent = self.inner.write_to(&mut Patient(writer))?;
            self.is_writable = sent.stop == WriteStop::Empty;
        }
        Ok(self.is_writable)
    }

    /// Says that the stream is writable again.
    pub const fn writable(&mut self) {
        self.is_writable = true;
    }

    /// Whether the stream is believed to be writable.
    #[must_use]
    pub const fn is_writable(&self) -> bool {
        self.is_writable
    }

    /// Whether all is written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }
}

impl Default for FrameWriter {
    fn default() -> Self {
        Self::new()
    }
}
