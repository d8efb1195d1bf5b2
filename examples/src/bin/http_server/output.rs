//! What a connection still has to write.

use std::collections::VecDeque;
use std::io::{self, IoSlice, Write};

/// Bytes to be written, in order: text that was composed, and filling that is not stored at all.
#[derive(Debug, Default)]
pub(crate) struct Output {
    text: Vec<u8>,
    /// How much of `text` was written.
    written: usize,
    pieces: VecDeque<Piece>,
}

#[derive(Clone, Copy, Debug)]
enum Piece {
    /// As many bytes of the text, after those of the pieces before.
    Text(usize),
    /// The filling from this offset to that one.
    Filling(usize, usize),
}

/// The content of `/bytes/N`, repeated as often as needed.
static FILLING: [u8; 64 * 1024] = filling();

/// Buffers in one write: up to a megabyte of filling, in one system call.
const BUFFERS: usize = 16;

/// Memory that an empty output keeps, so that a usual response allocates nothing.
const KEPT: usize = 1024;

impl Output {
    pub(crate) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// How many bytes of composed text wait, which is what memory is needed for.
    pub(crate) const fn text_len(&self) -> usize {
        self.text.len() - self.written
    }

    /// Appends text.
    pub(crate) fn push(&mut self, text: &[u8]) {
        if text.is_empty() {
            return;
        }
        self.text.extend_from_slice(text);
        self.extend_text_piece(text.len());
    }

    /// Appends a number in decimal digits.
    pub(crate) fn push_number(&mut self, number: usize) {
        // Writing to a vector cannot fail.
        let start = self.text.len();
        drop(write!(self.text, "{number}"));
        let len = self.text.len() - start;
        self.extend_text_piece(len);
    }

    /// Appends `len` bytes of filling; they cost no memory.
    pub(crate) fn push_filling(&mut self, len: usize) {
        if len > 0 {
            self.pieces.push_back(Piece::Filling(0, len));
        }
    }

    /// Writes as much as one call takes; false if that was not all it was asked to take, so that
    /// there is no room.
    pub(crate) fn write_to(&mut self, stream: &mut impl Write) -> io::Result<Written> {
        let mut slices = [IoSlice::new(&[]); BUFFERS];
        let used = self.slices(&mut slices);
        let slices = &slices[..used];
        let wanted: usize = slices.iter().map(|slice| slice.len()).sum();
        let bytes = stream.write_vectored(slices)?;
        self.advance(bytes);
        Ok(Written {
            bytes,
            has_room: bytes == wanted,
        })
    }

    /// Notes that `added` bytes were appended to the text.
    fn extend_text_piece(&mut self, added: usize) {
        match self.pieces.back_mut() {
            Some(Piece::Text(len)) => *len += added,
            _ => self.pieces.push_back(Piece::Text(added)),
        }
    }

    /// Fills `slices` with what comes next and returns how many were needed.
    fn slices<'a>(&'a self, slices: &mut [IoSlice<'a>; BUFFERS]) -> usize {
        let mut text = &self.text[self.written..];
        let mut used = 0;
        for piece in &self.pieces {
            match *piece {
                Piece::Text(len) => {
                    let Some(slice) = slices.get_mut(used) else {
                        return used;
                    };
                    let (head, tail) = text.split_at(len);
                    *slice = IoSlice::new(head);
                    text = tail;
                    used += 1;
                }
                Piece::Filling(mut from, to) => {
                    while from < to {
                        let Some(slice) = slices.get_mut(used) else {
                            return used;
                        };
                        let block = &FILLING[from % FILLING.len()..];
                        let block = &block[..block.len().min(to - from)];
                        *slice = IoSlice::new(block);
                        from += block.len();
                        used += 1;
                    }
                }
            }
        }
        used
    }

    /// Drops `bytes` bytes, which were written, from the front.
    fn advance(&mut self, mut bytes: usize) {
        while let Some(piece) = self.pieces.front_mut() {
            let len = match piece {
                Piece::Text(len) => *len,
                Piece::Filling(from, to) => *to - *from,
            };
            let step = len.min(bytes);
            bytes -= step;
            match piece {
                Piece::Text(len) => {
                    self.written += step;
                    *len -= step;
                }
                Piece::Filling(from, _) => *from += step,
            }
            if step < len {
                return;
            }
            self.pieces.pop_front();
        }
        self.written = 0;
        self.text.clear();
        self.text.shrink_to(KEPT);
    }
}

/// What a write did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) bytes: usize,
    /// Whether all that was offered was taken; if not, the next event says when to go on.
    pub(crate) has_room: bool,
}

const fn filling() -> [u8; 64 * 1024] {
    let line = b"poll-io sends sixty-four bytes in each line of this long file.\r\n";
    let mut block = [0; 64 * 1024];
    let mut at = 0;
    while at < block.len() {
        block[at] = line[at % line.len()];
        at += 1;
    }
    block
}

#[cfg(test)]
mod tests {
    use super::{FILLING, Output};
    use std::io::{IoSlice, Result, Write};

    /// Takes at most so many bytes in one call.
    struct Narrow(usize, Vec<u8>);

    impl Write for Narrow {
        fn write(&mut self, buffer: &[u8]) -> Result<usize> {
            let len = buffer.len().min(self.0);
            self.1.extend_from_slice(&buffer[..len]);
            Ok(len)
        }

        fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> Result<usize> {
            let start = self.1.len();
            for slice in slices {
                let room = self.0 - (self.1.len() - start);
                self.1.extend_from_slice(&slice[..slice.len().min(room)]);
            }
            Ok(self.1.len() - start)
        }

        fn flush(&mut self) -> Result<()> {
            Ok(())
        }
    }

    #[test]
    fn all_bytes_come_in_order_however_small_the_writes_are() {
        let block = FILLING.len();
        let longs = [(1, 9), (2, 9), (3, block + 9), (1000, 17 * block + 3)];
        for (width, long) in longs.into_iter().chain([(usize::MAX, 17 * block + 3)]) {
            let mut expected = b"one".to_vec();
            expected.extend(FILLING.iter().cycle().take(long));
            expected.extend(b"two");
            let mut output = Output::default();
            output.push(b"on");
            output.push(b"e");
            output.push_filling(long);
            output.push_filling(0);
            output.push(b"two");
            assert_eq!(output.text_len(), 6);
            let mut stream = Narrow(width, Vec::new());
            while !output.is_empty() {
                output.write_to(&mut stream).unwrap();
            }
            assert!(stream.1 == expected, "{width}");
            assert_eq!(output.text_len(), 0);
        }
    }

    #[test]
    fn a_short_write_says_that_there_is_no_room() {
        for (width, bytes, has_room) in [(4, 4, false), (5, 5, true), (6, 5, true)] {
            let mut output = Output::default();
            output.push(b"hello");
            let written = output.write_to(&mut Narrow(width, Vec::new())).unwrap();
            assert_eq!((written.bytes, written.has_room), (bytes, has_room));
            assert_eq!(output.is_empty(), has_room);
        }
    }
}
