//! Streams that do as they are told, and count what is asked of them.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Read, Write};

/// What a [`Source`] does when it is read from.
#[derive(Clone, Debug)]
pub(crate) enum Give {
    /// Gives these bytes, over as many reads as it takes.
    Bytes(Vec<u8>),
    /// Fails so, once.
    Error(ErrorKind),
    /// Ends, once.
    End,
    /// Says that it read more than it was asked for.
    TooMuch,
}

/// A stream to read from; it would block once its script is done.
#[derive(Debug, Default)]
pub(crate) struct Source {
    script: VecDeque<Give>,
    pub(crate) reads: usize,
    /// The largest number of bytes that it was asked for.
    pub(crate) asked_max: usize,
}

impl Source {
    pub(crate) fn new(script: impl IntoIterator<Item = Give>) -> Self {
        Self {
            script: script.into_iter().collect(),
            ..Self::default()
        }
    }

    /// All of the bytes at once, and then the end.
    pub(crate) fn whole(bytes: &[u8]) -> Self {
        Self::new([Give::Bytes(bytes.to_vec()), Give::End])
    }

    /// The bytes in pieces, with nothing for now after each, and then the end.
    pub(crate) fn pieces(bytes: &[u8], size: usize) -> Self {
        let pieces = bytes.chunks(size).map(|piece| Give::Bytes(piece.to_vec()));
        let block = || Give::Error(ErrorKind::WouldBlock);
        Self::new(pieces.flat_map(|piece| [piece, block()]).chain([Give::End]))
    }

    pub(crate) fn is_done(&self) -> bool {
        self.script.is_empty()
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reads += 1;
        self.asked_max = self.asked_max.max(buffer.len());
        assert!(!buffer.is_empty(), "a read of nothing looks like the end");
        match self.script.pop_front() {
            None => Err(ErrorKind::WouldBlock.into()),
            Some(Give::Error(kind)) => Err(kind.into()),
            Some(Give::End) => Ok(0),
            Some(Give::TooMuch) => Ok(buffer.len() + 1),
            Some(Give::Bytes(mut bytes)) => {
                let count = bytes.len().min(buffer.len());
                buffer[..count].copy_from_slice(&bytes[..count]);
                bytes.drain(..count);
                if !bytes.is_empty() {
                    self.script.push_front(Give::Bytes(bytes));
                }
                Ok(count)
            }
        }
    }
}

/// What a [`Sink`] does when it is written to.
#[derive(Clone, Debug)]
pub(crate) enum Accept {
    /// Takes up to so many bytes.
    Bytes(usize),
    /// Fails so, once.
    Error(ErrorKind),
    /// Takes nothing and says that this is no error.
    Nothing,
    /// Says that it took more than it was given.
    TooMuch,
}

/// A stream to write to; it takes everything once its script is done.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    script: VecDeque<Accept>,
    pub(crate) written: Vec<u8>,
    pub(crate) writes: usize,
    /// The largest number of pieces in one write.
    pub(crate) pieces_max: usize,
}

impl Sink {
    pub(crate) fn new(script: impl IntoIterator<Item = Accept>) -> Self {
        Self {
            script: script.into_iter().collect(),
            ..Self::default()
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        self.writes += 1;
        self.pieces_max = self.pieces_max.max(pieces.len());
        let given: usize = pieces.iter().map(|piece| piece.len()).sum();
        let all_have_bytes = pieces.iter().all(|piece| !piece.is_empty());
        assert!(given > 0 && all_have_bytes, "an empty piece is a waste");
        let most = match self.script.pop_front() {
            None => given,
            Some(Accept::Bytes(most)) => most.min(given),
            Some(Accept::Error(kind)) => return Err(kind.into()),
            Some(Accept::Nothing) => return Ok(0),
            Some(Accept::TooMuch) => return Ok(given + 1),
        };
        let bytes = pieces.iter().flat_map(|piece| piece.iter()).take(most);
        self.written.extend(bytes);
        Ok(most)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Fails a test that makes no progress, where it would go on for ever.
#[derive(Debug, Default)]
pub(crate) struct Steps(usize);

impl Steps {
    pub(crate) fn one(&mut self) {
        self.0 += 1;
        assert!(self.0 < 100_000, "no progress");
    }
}

/// So many bytes, none of them a line ending, no two neighbours alike.
pub(crate) fn letters(count: usize) -> Vec<u8> {
    (b'a'..=b'z').cycle().take(count).collect()
}
