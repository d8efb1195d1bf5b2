//! The write queue of one resource: what was sent and the system has not taken yet.

use core::fmt;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};

use crate::chunk::Chunk;

/// So many chunks go into one system call.
const GATHERED: usize = 32;
/// Small sends are joined in buffers of this size.
const JOINED: usize = 4096;
/// So many of these buffers are kept for the next sends.
const SPARE: usize = 64;

/// How many bytes may wait for a resource that takes them slowly, and when the service hears of it.
///
/// With `low` and `high` both zero each send is followed by
/// [`Pressure::Low`](crate::Pressure::Low) once all is written: for whoever sends piece by piece,
/// or closes its half when the last one is out.
///
/// # Examples
///
/// ```
/// use poll_reactor::Marks;
/// let marks = Marks::default();
/// assert!(marks.low < marks.high && marks.high < marks.limit);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    /// Once this few bytes are left, after a send took the queue above `high`, the service is told
    /// [`Pressure::Low`](crate::Pressure::Low): always, also if the system took all at once.
    pub low: usize,
    /// If more bytes than this wait, the service is told [`Pressure::High`](crate::Pressure::High):
    /// before the next event of the same resource, and at the end of the turn at the latest.
    pub high: usize,
    /// While as many bytes wait, or more, further ones are refused. A queue is at most this and one
    /// send long.
    pub limit: usize,
}

impl Default for Marks {
    /// 64 KiB, 256 KiB and 4 MiB.
    fn default() -> Self {
        Self {
            low: 64 << 10,
            high: 256 << 10,
            limit: 4 << 20,
        }
    }
}

/// Buffers for small sends, lent to the queues that need one and back when it was written.
#[derive(Debug, Default)]
pub(crate) struct Spare {
    buffers: Vec<Vec<u8>>,
}

impl Spare {
    fn take(&mut self) -> Vec<u8> {
        let buffer = self.buffers.pop();
        buffer.unwrap_or_else(|| Vec::with_capacity(JOINED))
    }

    fn put_back(&mut self, chunk: Chunk) {
        if self.buffers.len() < SPARE
            && let Some(mut buffer) = chunk.into_joined()
        {
            buffer.clear();
            self.buffers.push(buffer);
        }
    }
}

/// What was sent, in order.
///
/// Neither a chunk in it nor what is left of the first one is empty.
#[derive(Default)]
pub(crate) struct Outbox {
    chunks: VecDeque<Chunk>,
    /// How much of the first chunk is written.
    written: usize,
    queued: usize,
}

/// How far writing went.
#[derive(Debug)]
pub(crate) enum Written {
    /// Nothing is left.
    All,
    /// The system takes no more for now.
    Blocked(Sign),
    /// It took all that was offered, and more is left.
    Some,
    /// It will never take any more.
    Failed(io::Error),
}

/// How one knows that the system takes no more.
#[derive(Debug)]
pub(crate) enum Sign {
    /// It said that a write would block.
    Said,
    /// It took less than was offered, which with most resources says the same.
    Short,
}

impl Outbox {
    pub(crate) const fn queued(&self) -> usize {
        self.queued
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Appends a copy.
    pub(crate) fn push_copy(&mut self, mut bytes: &[u8], spare: &mut Spare) {
        self.queued += bytes.len();
        if let Some(last) = self.chunks.back_mut().and_then(Chunk::as_joined) {
            let room = last.capacity() - last.len();
            let (front, rest) = bytes.split_at(room.min(bytes.len()));
            last.extend_from_slice(front);
            bytes = rest;
        }
        if bytes.is_empty() {
            return;
        }
        if bytes.len() > JOINED {
            self.chunks.push_back(Chunk::from(bytes.to_vec()));
            return;
        }
        let mut buffer = spare.take();
        buffer.extend_from_slice(bytes);
        self.chunks.push_back(Chunk::joined(buffer));
    }

    /// Appends without a copy.
    pub(crate) fn push(&mut self, chunk: Chunk) {
        let len = chunk.len();
        if len > 0 {
            self.queued += len;
            self.chunks.push_back(chunk);
        }
    }

    /// One write of as much as fits into one call; `write` returns how much it took.
    pub(crate) fn write(
        &mut self,
        spare: &mut Spare,
        mut write: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> Written {
        let (offered, taken) = match self.only_rest() {
            Some(rest) => (rest.len(), write(&[IoSlice::new(rest)])),
            None => self.offer(write),
        };
        // Mostly so.
        if let Ok(taken) = taken
            && taken == offered
            && self.chunks.len() == 1
        {
            self.clear(spare);
            return Written::All;
        }
        match taken {
            Ok(0) => Written::Failed(ErrorKind::WriteZero.into()),
            Ok(taken) => {
                self.advance(taken.min(offered), spare);
                if self.is_empty() {
                    Written::All
                } else if taken < offered {
                    Written::Blocked(Sign::Short)
                } else {
                    Written::Some
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Written::Some,
            Err(error) if error.kind() == ErrorKind::WouldBlock => Written::Blocked(Sign::Said),
            Err(error) => Written::Failed(error),
        }
    }

    // What is left of the only chunk, if there is just one.
    #[inline]
    fn only_rest(&self) -> Option<&[u8]> {
        let first = self.chunks.front().filter(|_| self.chunks.len() == 1)?;
        first.as_slice().get(self.written..)
    }

    #[inline]
    fn clear(&mut self, spare: &mut Spare) {
        if let Some(last) = self.chunks.pop_front() {
            spare.put_back(last);
        }
        self.written = 0;
        self.queued = 0;
        self.give_back();
    }

    // What a burst needed, once it is over.
    #[inline]
    fn give_back(&mut self) {
        if self.chunks.capacity() > GATHERED {
            self.chunks = VecDeque::new();
        }
    }

    // How much was offered, and what came of it.
    fn offer(
        &self,
        mut write: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> (usize, io::Result<usize>) {
        let first = self.chunks.front().map_or(&[][..], Chunk::as_slice);
        let first = first.get(self.written..).unwrap_or_default();
        let mut slices = [IoSlice::new(&[]); GATHERED];
        let rest = self.chunks.iter().skip(1).map(Chunk::as_slice);
        let all = core::iter::once(first).chain(rest);
        let (mut offered, mut count) = (0, 0);
        for (slice, bytes) in slices.iter_mut().zip(all) {
            *slice = IoSlice::new(bytes);
            offered += bytes.len();
            count += 1;
        }
        (offered, write(&slices[..count]))
    }

    fn advance(&mut self, taken: usize, spare: &mut Spare) {
        // An owner may tell another length each time it is asked.
        self.queued = self.queued.saturating_sub(taken);
        let mut end = self.written + taken;
        while let Some(first) = self.chunks.front() {
            let len = first.len();
            if end < len {
                break;
            }
            end -= len;
            if let Some(first) = self.chunks.pop_front() {
                spare.put_back(first);
            }
        }
        self.written = end;
        if self.chunks.is_empty() {
            self.written = 0;
            self.queued = 0;
            self.give_back();
        }
    }
}

/// What was sent to a resource and not written before it was handed back.
#[derive(Default)]
pub struct Unsent(Outbox);

impl Unsent {
    pub(crate) const fn new(outbox: Outbox) -> Self {
        Self(outbox)
    }

    /// How many bytes there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.queued
    }

    /// Whether all was written.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.queued == 0
    }

    /// The bytes, in their order.
    pub fn slices(&self) -> impl Iterator<Item = &[u8]> {
        let mut written = self.0.written;
        self.0.chunks.iter().map(move |chunk| {
            let rest = chunk.as_slice().get(written..).unwrap_or_default();
            written = 0;
            rest
        })
    }
}

impl fmt::Debug for Unsent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unsent({} bytes)", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::{Chunk, GATHERED, Outbox, Spare, Written};

    #[test]
    fn the_memory_of_a_burst_is_given_back_however_its_last_chunk_goes() {
        for last in [1, 2, GATHERED] {
            let (mut outbox, mut spare) = (Outbox::default(), Spare::default());
            for _ in 0..10 * GATHERED + last {
                outbox.push(Chunk::from("x"));
            }
            while !outbox.is_empty() {
                let written = outbox.write(&mut spare, |buffers| Ok(buffers.len()));
                assert!(matches!(written, Written::All | Written::Some));
            }
            assert!(outbox.chunks.capacity() <= GATHERED, "{last}");
            assert_eq!(outbox.queued(), 0);
        }
    }
}
