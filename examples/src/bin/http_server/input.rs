//! What a connection has read and not used yet.

use std::io::{self, Read};

/// A buffer of fixed size, which is also the limit of a request's head.
///
/// The memory is there only while bytes are in it: an idle connection owns none, and thousands of
/// them share the few buffers of those that are active.
#[derive(Debug, Default)]
pub(crate) struct Input {
    buffer: Option<Box<Buffer>>,
    start: usize,
    end: usize,
}

/// How long a head may be.
pub(crate) const SIZE: usize = 8 * 1024;

type Buffer = [u8; SIZE];

/// Buffers that nobody uses.
#[derive(Debug, Default)]
pub(crate) struct Spares(Vec<Box<Buffer>>);

impl Input {
    pub(crate) fn bytes(&self) -> &[u8] {
        match &self.buffer {
            Some(buffer) => &buffer[self.start..self.end],
            None => &[],
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.start == self.end
    }

    pub(crate) const fn is_full(&self) -> bool {
        self.end - self.start == SIZE
    }

    /// Takes `len` bytes from the front.
    pub(crate) fn consume(&mut self, len: usize) {
        self.start += len.min(self.end - self.start);
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    /// Reads once, into all the room there is.
    pub(crate) fn read_from(
        &mut self,
        stream: &mut impl Read,
        spares: &mut Spares,
    ) -> io::Result<Received> {
        let buffer = self.buffer.get_or_insert_with(|| spares.take());
        buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        let room = &mut buffer[self.end..];
        let bytes = stream.read(room)?;
        let is_drained = bytes < room.len();
        self.end += bytes;
        Ok(Received { bytes, is_drained })
    }

    /// Hands the buffer back if nothing is in it.
    pub(crate) fn release(&mut self, spares: &mut Spares) {
        if self.is_empty()
            && let Some(buffer) = self.buffer.take()
        {
            spares.0.push(buffer);
        }
    }
}

impl Spares {
    /// A buffer; what is in it is of no importance.
    fn take(&mut self) -> Box<Buffer> {
        self.0.pop().unwrap_or_else(|| Box::new([0; SIZE]))
    }
}

/// What a read did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Received {
    /// Zero at the end of the stream.
    pub(crate) bytes: usize,
    /// Whether less came than there was room for; the next event says when there is more.
    pub(crate) is_drained: bool,
}

#[cfg(test)]
mod tests {
    use super::{Input, SIZE, Spares};

    #[test]
    fn unused_bytes_stay_and_the_whole_size_can_be_filled() {
        let (mut input, mut spares) = (Input::default(), Spares::default());
        let mut stream = &[7; SIZE + 1][..];
        let received = input.read_from(&mut stream, &mut spares).unwrap();
        assert_eq!((received.bytes, received.is_drained), (SIZE, false));
        assert!(input.is_full());
        input.consume(SIZE - 1);
        let received = input.read_from(&mut stream, &mut spares).unwrap();
        assert_eq!((received.bytes, received.is_drained), (1, true));
        assert_eq!(input.bytes(), [7, 7]);
    }

    #[test]
    fn a_buffer_is_handed_back_when_it_is_empty_and_used_by_the_next() {
        let (mut input, mut spares) = (Input::default(), Spares::default());
        input.read_from(&mut &b"ab"[..], &mut spares).unwrap();
        input.consume(1);
        input.release(&mut spares);
        assert_eq!((input.bytes(), spares.0.len()), (&b"b"[..], 0));
        input.consume(1);
        input.release(&mut spares);
        assert_eq!(spares.0.len(), 1);
        input.read_from(&mut &b"c"[..], &mut spares).unwrap();
        assert_eq!((input.bytes(), spares.0.len()), (&b"c"[..], 0));
    }
}
