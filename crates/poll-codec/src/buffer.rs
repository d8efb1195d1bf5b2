//! The receive buffer under both readers: filled from a stream at its end, taken from at its front.
//!
//! It knows nothing of lines and frames: whoever reads says what the front of the buffer wants.

use core::fmt;
use core::num::NonZeroUsize;
use std::io::{self, ErrorKind, Read};

use crate::received::{ReadStop, Received};

/// More than this cannot be allocated, with room for what stands around an item.
pub(crate) const LARGEST_ITEM: usize = usize::MAX / 2 - 8;

/// What the front of the buffer wants before anything can be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wants {
    /// Nothing: the first item can be taken.
    Nothing,
    /// More bytes, of which it is known that they will not be more than so many in all.
    AtMost(usize),
}

/// One allocation, made by the first read.
///
/// A byte is moved only if it belongs to an incomplete first item, and then never again before that
/// item is taken, or if at least as many bytes were taken before: two moves for each byte received,
/// besides those of growing, which doubles.
pub(crate) struct Buffer {
    /// All of it is initialised; what is received and not yet taken stands in `start..end`.
    memory: Vec<u8>,
    start: usize,
    end: usize,
    /// The stream said so, and has given nothing since.
    has_ended: bool,
    /// What is allocated at first, and what a drained buffer shrinks to.
    read_size: NonZeroUsize,
    /// Bytes in one turn.
    budget: NonZeroUsize,
    /// What is left of them.
    left: usize,
    /// Bytes that were moved, which tests compare with what was received.
    #[cfg(test)]
    pub(crate) moved: usize,
}

impl Buffer {
    pub(crate) const DEFAULT_READ_SIZE: NonZeroUsize = NonZeroUsize::MIN.saturating_add(8191);
    pub(crate) const DEFAULT_BUDGET: NonZeroUsize = NonZeroUsize::MIN.saturating_add(65535);

    pub(crate) const fn new() -> Self {
        Self {
            memory: Vec::new(),
            start: 0,
            end: 0,
            has_ended: false,
            read_size: Self::DEFAULT_READ_SIZE,
            budget: Self::DEFAULT_BUDGET,
            left: Self::DEFAULT_BUDGET.get(),
            #[cfg(test)]
            moved: 0,
        }
    }

    pub(crate) const fn set_read_size(&mut self, bytes: NonZeroUsize) {
        self.read_size = bytes;
    }

    pub(crate) const fn set_budget(&mut self, bytes: NonZeroUsize) {
        self.budget = bytes;
        self.left = bytes.get();
    }

    /// What is received and not yet taken.
    pub(crate) fn filled(&self) -> &[u8] {
        &self.memory[self.start..self.end]
    }

    pub(crate) const fn len(&self) -> usize {
        self.end - self.start
    }

    pub(crate) const fn has_ended(&self) -> bool {
        self.has_ended
    }

    pub(crate) const fn capacity(&self) -> usize {
        self.memory.len()
    }

    /// Takes so many bytes from the front; they stay readable until the next call.
    pub(crate) fn take(&mut self, bytes: usize) -> &[u8] {
        let taken = self.start..self.start + bytes;
        self.start += bytes;
        &self.memory[taken]
    }

    /// Reads until the stream has no more, the turn's budget is spent, or the buffer is full and
    /// its front wants nothing.
    pub(crate) fn read_from<S: Read + ?Sized>(
        &mut self,
        stream: &mut S,
        mut wants: impl FnMut(&[u8]) -> Wants,
    ) -> io::Result<Received> {
        let mut bytes = 0;
        loop {
            if self.left == 0 {
                self.left = self.budget.get();
                return Ok(Received {
                    bytes,
                    stop: ReadStop::More,
                });
            }
            let result = self.step(stream, self.left, &mut wants);
            match result {
                Ok((count, None)) => {
                    bytes += count;
                    self.left = self.left.saturating_sub(count);
                }
                Ok((_, Some(stop))) => {
                    // Taking items and reading again is the same turn still.
                    if stop != ReadStop::Full {
                        self.left = self.budget.get();
                    }
                    return Ok(Received { bytes, stop });
                }
                Err(error) => {
                    self.left = self.budget.get();
                    return Err(error);
                }
            }
        }
    }

    /// Makes one read, if there is room.
    pub(crate) fn read_once<S: Read + ?Sized>(
        &mut self,
        stream: &mut S,
        mut wants: impl FnMut(&[u8]) -> Wants,
    ) -> io::Result<Received> {
        let (bytes, stop) = self.step(stream, usize::MAX, &mut wants)?;
        let stop = stop.unwrap_or(ReadStop::More);
        Ok(Received { bytes, stop })
    }

    /// One read of at most `most` bytes: how many came, or why none did.
    fn step<S: Read + ?Sized>(
        &mut self,
        stream: &mut S,
        most: usize,
        wants: &mut impl FnMut(&[u8]) -> Wants,
    ) -> io::Result<(usize, Option<ReadStop>)> {
        let room = self.make_room(wants)?.min(most);
        if room == 0 {
            return Ok((0, Some(ReadStop::Full)));
        }
        let end = self.end;
        let free = &mut self.memory[end..end + room];
        let count = loop {
            match stream.read(free) {
                // A signal: nothing was read, and nothing says that nothing is there.
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return Ok((0, Some(ReadStop::WouldBlock)));
                }
                result => break result?,
            }
        };
        if count > room {
            let error = "the stream says that it read more than there is room for";
            return Err(io::Error::new(ErrorKind::InvalidData, error));
        }
        self.has_ended = count == 0;
        if self.has_ended {
            return Ok((0, Some(ReadStop::End)));
        }
        self.end += count;
        Ok((count, None))
    }

    /// Sees to it that a read is worth its system call, and says how much it may bring.
    fn make_room(&mut self, wants: &mut impl FnMut(&[u8]) -> Wants) -> io::Result<usize> {
        let enough = self.read_size.get().div_ceil(2);
        if self.start == self.end {
            self.compact();
        }
        if self.memory.len() - self.end >= enough {
            return Ok(self.memory.len() - self.end);
        }
        match wants(self.filled()) {
            Wants::Nothing => {
                // Each byte that was taken pays for moving one.
                if self.start >= self.len() {
                    self.compact();
                }
            }
            Wants::AtMost(total) => {
                // What is moved is not moved again before it is taken, all of it at once.
                self.compact();
                let room = self.memory.len() - self.end;
                if room < enough && self.memory.len() < total {
                    let doubled = self.len().saturating_mul(2);
                    self.grow(total.min(doubled).max(self.read_size.get()))?;
                }
            }
        }
        Ok(self.memory.len() - self.end)
    }

    fn grow(&mut self, size: usize) -> io::Result<()> {
        let more = size.saturating_sub(self.memory.len());
        self.memory.try_reserve_exact(more)?;
        #[cfg(test)]
        {
            self.moved += self.len();
        }
        self.memory.resize(size, 0);
        Ok(())
    }

    /// Moves what is there to the front.
    fn compact(&mut self) {
        if self.start > 0 {
            #[cfg(test)]
            {
                self.moved += self.len();
            }
            self.memory.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
    }

    /// Gives back what a large item needed, once there is nothing more to take: twice what is there
    /// stays, or the read size.
    ///
    /// What was allocated was paid for by as many bytes received, so giving it back each time costs
    /// no more than a constant for each of them.
    pub(crate) fn settle(&mut self) {
        let doubled = self.len().saturating_mul(2);
        let size = self.read_size.get().max(doubled);
        if self.memory.len() > size {
            self.shrink(size);
        }
    }

    /// Gives back all that is not needed for what is there.
    pub(crate) fn shrink_to_fit(&mut self) {
        self.shrink(self.len());
    }

    fn shrink(&mut self, size: usize) {
        self.compact();
        self.memory.truncate(size);
        self.memory.shrink_to(size);
    }

    /// What is there, in the buffer's own allocation.
    pub(crate) fn into_filled(mut self) -> Vec<u8> {
        self.compact();
        self.memory.truncate(self.end);
        self.memory
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the bytes, which may be a secret of the peer.
        f.debug_struct("Buffer")
            .field("filled", &self.len())
            .field("capacity", &self.capacity())
            .field("has_ended", &self.has_ended)
            .finish_non_exhaustive()
    }
}
