//! Streams as the codecs are to see them, so that they behave as amy's.

use std::io::{ErrorKind, IoSlice, Read, Result, Write};

/// A stream whose end looks like "nothing for now", and is remembered: amy's readers keep what has
/// no end yet and go on if more comes, where those of poll-codec say that it was cut off.
#[derive(Debug)]
pub(crate) struct Endless<'a, S> {
    stream: &'a mut S,
    has_ended: bool,
}

impl<'a, S> Endless<'a, S> {
    pub(crate) const fn new(stream: &'a mut S) -> Self {
        Self {
            stream,
            has_ended: false,
        }
    }

    /// Whether the last read came to the end.
    pub(crate) const fn has_ended(&self) -> bool {
        self.has_ended
    }
}

impl<S: Read> Read for Endless<'_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let count = self.stream.read(buffer)?;
        self.has_ended = count == 0;
        if self.has_ended {
            return Err(ErrorKind::WouldBlock.into());
        }
        Ok(count)
    }
}

/// A stream that would block where it takes nothing: amy's writer waits then, where that of
/// poll-codec fails.
#[derive(Debug)]
pub(crate) struct Patient<'a, S>(pub(crate) &'a mut S);

impl<S: Write> Write for Patient<'_, S> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.0.write(bytes).and_then(some)
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> Result<usize> {
        self.0.write_vectored(pieces).and_then(some)
    }

    fn flush(&mut self) -> Result<()> {
        self.0.flush()
    }
}

fn some(count: usize) -> Result<usize> {
    if count == 0 {
        return Err(ErrorKind::WouldBlock.into());
    }
    Ok(count)
}
