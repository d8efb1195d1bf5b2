//! Lines out of a non-blocking stream: found where they were received, never longer than a limit.

use core::num::NonZeroUsize;
use core::str;
use std::io::{self, Read};

use memchr::memchr;

use crate::buffer::{Buffer, LARGEST_ITEM, Wants};
use crate::line_error::LineError;
use crate::received::Received;

/// What ends a line. The ending is not part of the line that is returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineEnding {
    /// A line feed. A carriage return is a byte like any other.
    Lf,
    /// A line feed, and one carriage return before it if there is one.
    LfOrCrLf,
    /// A carriage return and a line feed. One without the other is part of the line: what two
    /// parties split differently, a third can use to smuggle.
    CrLf,
}

/// Splits what a stream brings into lines.
///
/// [`read_from`](Self::read_from) fills the buffer; [`next_line`](Self::next_line) takes lines out
/// of it without copying. What one does not need stays for the other, whatever happens in between:
/// errors of the stream lose nothing.
///
/// The result does not depend on how the bytes were cut on their way.
///
/// Nothing is allocated before the first read. The buffer starts with the
/// [read size](Self::with_read_size) and doubles while a single line needs that, up to the limit
/// and its ending: a peer makes it allocate at most twice what it has sent, or the read size. When
/// all lines are taken, it shrinks to twice what is left, or the read size. Each byte received is
/// searched once, and moved a bounded number of times.
///
/// # Examples
///
/// ```
/// use poll_codec::{LineEnding, LineError, LineReader, ReadStop};
///
/// let mut stream: &[u8] = b"one\r\ntwo\r\nthr";
/// let mut lines = LineReader::new(LineEnding::LfOrCrLf, 80);
/// let received = lines.read_from(&mut stream)?;
/// assert_eq!(received.stop, ReadStop::End);
/// assert_eq!(lines.next_line(), Some(Ok("one")));
/// assert_eq!(lines.next_line(), Some(Ok("two")));
/// assert_eq!(lines.next_line(), Some(Err(LineError::Unterminated { line: b"thr" })));
/// assert_eq!(lines.next_line(), None);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct LineReader {
    buffer: Buffer,
    search: Search,
}

impl LineReader {
    /// A reader of lines of at most `limit` bytes, the ending not counted.
    ///
    /// A limit of 0 allows empty lines only; one that no allocation can reach counts as the largest
    /// that it can.
    #[must_use]
    pub const fn new(ending: LineEnding, limit: usize) -> Self {
        Self {
            buffer: Buffer::new(),
            search: Search::new(ending, limit),
        }
    }

    /// Sets what the buffer has at first and what it goes back to: 8 KiB if nobody says otherwise.
    ///
    /// A read asks for at least half of it, unless lines are waiting to be taken.
    #[must_use]
    pub const fn with_read_size(mut self, bytes: NonZeroUsize) -> Self {
        self.buffer.set_read_size(bytes);
        self
    }

    /// Sets how much [`read_from`](Self::read_from) reads in one turn: 64 KiB if nobody says
    /// otherwise.
    #[must_use]
    pub const fn with_budget(mut self, bytes: NonZeroUsize) -> Self {
        self.buffer.set_budget(bytes);
        self
    }

    /// Changes the limit for all that is not taken yet: less before a login than after it.
    pub const fn set_limit(&mut self, limit: usize) {
        self.search.set_limit(limit);
    }

    /// Changes what ends a line, for all that is not taken yet.
    pub const fn set_ending(&mut self, ending: LineEnding) {
        self.search.ending = ending;
        self.search.searched = 0;
    }

    /// Reads until the stream would block or ends, the buffer is full, or the budget of the turn is
    /// spent, and says which.
    ///
    /// A turn begins with the first call and after every result but [`ReadStop::Full`], so a loop
    /// that takes lines and reads again while the buffer is full is bounded too. For
    /// edge-triggered loops: no edge is lost if [`WouldBlock`](crate::ReadStop::WouldBlock) alone
    /// makes the caller wait.
    ///
    /// Costs a system call for each read; allocates as the [type](Self) says.
    ///
    /// [`ReadStop::Full`]: crate::ReadStop::Full
    ///
    /// # Errors
    ///
    /// Those of the stream, but for `WouldBlock`, which is a result, and `Interrupted`, after which
    /// it reads again; `OutOfMemory` if the buffer cannot grow; `InvalidData` if the stream says
    /// that it read more than it was asked for. What was read before stays, and reading can be
    /// tried again.
    pub fn read_from<S: Read + ?Sized>(&mut self, stream: &mut S) -> io::Result<Received> {
        let search = &mut self.search;
        self.buffer.read_from(stream, |bytes| search.wants(bytes))
    }

    /// Reads once: for level-triggered loops, which are told again if there is more.
    ///
    /// One system call, and one more for each interruption. The budget has no part in it.
    ///
    /// # Errors
    ///
    /// As [`read_from`](Self::read_from).
    pub fn read_once_from<S: Read + ?Sized>(&mut self, stream: &mut S) -> io::Result<Received> {
        let search = &mut self.search;
        self.buffer.read_once(stream, |bytes| search.wants(bytes))
    }

    /// Takes the next line, or says why it is none; `None` if there is no complete one.
    ///
    /// Each line is returned once, the wrong ones too, in their order; so is what the stream left
    /// unterminated at its end.
    ///
    /// No system call, no copy. With `None`, the buffer may shrink.
    ///
    /// # Errors
    ///
    /// Each variant of [`LineError`]; the next call goes on behind that line.
    pub fn next_line(&mut self) -> Option<Result<&str, LineError<'_>>> {
        Some(self.next_line_bytes()?.and_then(|line| {
            str::from_utf8(line).map_err(|error| LineError::InvalidUtf8 { line, error })
        }))
    }

    /// Takes the next line as bytes, whatever they are; otherwise as
    /// [`next_line`](Self::next_line).
    ///
    /// # Errors
    ///
    /// [`LineError::TooLong`] and [`LineError::Unterminated`]; the next call goes on behind that
    /// line.
    pub fn next_line_bytes(&mut self) -> Option<Result<&[u8], LineError<'_>>> {
        loop {
            let front = self.search.front(self.buffer.filled());
            match front {
                Front::Incomplete => {
                    let len = self.buffer.len();
                    if len > 0 && self.buffer.has_ended() && !self.search.is_skipping {
                        self.search.searched = 0;
                        let line = self.buffer.take(len);
                        return Some(Err(LineError::Unterminated { line }));
                    }
                    self.buffer.settle();
                    return None;
                }
                Front::Line { line, whole } => {
                    self.search.searched = 0;
                    return Some(Ok(&self.buffer.take(whole)[..line]));
                }
                Front::TooLong { dropped, is_whole } => {
                    self.search.searched = 0;
                    self.search.is_skipping = !is_whole;
                    let start = &self.buffer.take(dropped)[..self.search.limit];
                    return Some(Err(LineError::TooLong { start }));
                }
                Front::Rest { dropped, is_whole } => {
                    self.search.searched = 0;
                    self.search.is_skipping = !is_whole;
                    self.buffer.take(dropped);
                }
            }
        }
    }

    /// The longest line that is taken, in bytes without its ending.
    #[must_use]
    pub const fn limit(&self) -> usize {
        self.search.limit
    }

    /// What is received and not yet taken, complete lines and the start of one.
    #[must_use]
    pub fn buffered(&self) -> &[u8] {
        self.buffer.filled()
    }

    /// Whether nothing is buffered and no line is half dropped: the stream stands between lines.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.buffer.len() == 0 && !self.search.is_skipping
    }

    /// How many bytes are allocated.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.buffer.capacity()
    }

    /// Gives back all memory that holds nothing, for a connection that goes idle; the next read
    /// allocates again.
    pub fn shrink_to_fit(&mut self) {
        self.buffer.shrink_to_fit();
    }

    /// What is received and not yet taken, for whoever reads the stream from here on.
    #[must_use]
    pub fn into_buffered(self) -> Vec<u8> {
        self.buffer.into_filled()
    }
}

/// What stands at the front of the buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Front {
    /// No line yet, and none that is too long.
    Incomplete,
    /// A line of so many bytes, and of so many with its ending.
    Line { line: usize, whole: usize },
    /// A line beyond the limit: as much of it as can be dropped, and whether that is all.
    TooLong { dropped: usize, is_whole: bool },
    /// The same for the rest of a line that was told as too long.
    Rest { dropped: usize, is_whole: bool },
}

/// Looks for the end of the first line, and remembers how far it has looked.
#[derive(Debug)]
struct Search {
    ending: LineEnding,
    limit: usize,
    /// So many bytes at the front have no ending, or the last byte of one stands right behind them.
    searched: usize,
    /// The front is the rest of a line that was told as too long.
    is_skipping: bool,
    #[cfg(test)]
    compared: usize,
}

impl Search {
    const fn new(ending: LineEnding, limit: usize) -> Self {
        let mut search = Self {
            ending,
            limit: 0,
            searched: 0,
            is_skipping: false,
            #[cfg(test)]
            compared: 0,
        };
        search.set_limit(limit);
        search
    }

    const fn set_limit(&mut self, limit: usize) {
        self.limit = if limit < LARGEST_ITEM {
            limit
        } else {
            LARGEST_ITEM
        };
    }

    /// What the buffer has to bring so that there is a [front](Self::front).
    fn wants(&mut self, bytes: &[u8]) -> Wants {
        match self.front(bytes) {
            Front::Incomplete => Wants::AtMost(self.limit + 2),
            _ => Wants::Nothing,
        }
    }

    fn front(&mut self, bytes: &[u8]) -> Front {
        let end = self.find_end(bytes);
        if self.is_skipping {
            return match end {
                Some((_, whole)) => Front::Rest {
                    dropped: whole,
                    is_whole: true,
                },
                None => match self.without_half_ending(bytes) {
                    0 => Front::Incomplete,
                    dropped => Front::Rest {
                        dropped,
                        is_whole: false,
                    },
                },
            };
        }
        match end {
            Some((line, whole)) if line <= self.limit => Front::Line { line, whole },
            Some((_, whole)) => Front::TooLong {
                dropped: whole,
                is_whole: true,
            },
            None if self.without_half_ending(bytes) > self.limit => Front::TooLong {
                dropped: self.without_half_ending(bytes),
                is_whole: false,
            },
            None => Front::Incomplete,
        }
    }

    /// How many bytes belong to the line whatever comes next.
    fn without_half_ending(&self, bytes: &[u8]) -> usize {
        let is_half = self.ending != LineEnding::Lf && bytes.last() == Some(&b'\r');
        bytes.len() - usize::from(is_half)
    }

    /// The first line's length without its ending, and with it.
    fn find_end(&mut self, bytes: &[u8]) -> Option<(usize, usize)> {
        while let Some(rest) = bytes.get(self.searched..) {
            let found = memchr(b'\n', rest);
            #[cfg(test)]
            {
                self.compared += found.map_or(rest.len(), |at| at + 1);
            }
            let Some(at) = found else { break };
            self.searched += at;
            let line = &bytes[..self.searched];
            let without_return = line.strip_suffix(b"\r");
            let line = match (self.ending, without_return) {
                (LineEnding::Lf, _) | (LineEnding::LfOrCrLf, None) => line,
                (_, Some(line)) => line,
                (LineEnding::CrLf, None) => {
                    self.searched += 1;
                    continue;
                }
            };
            return Some((line.len(), self.searched + 1));
        }
        self.searched = bytes.len();
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{LineEnding, LineReader};
    use core::num::NonZeroUsize;
    use std::io::Read;

    /// Gives the bytes over and over, at most so many with one read.
    struct Feed<'a> {
        bytes: core::iter::Cycle<core::slice::Iter<'a, u8>>,
        most: usize,
    }

    impl Read for Feed<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let mut count = 0;
            for (to, from) in buffer.iter_mut().take(self.most).zip(&mut self.bytes) {
                *to = *from;
                count += 1;
            }
            Ok(count)
        }
    }

    /// Bytes moved and bytes searched for each thousand received, after fifty thousand; lines are
    /// taken up to so many after each read.
    fn cost(line: &[u8], ending: LineEnding, most: usize, takes: usize) -> (usize, usize) {
        let mut feed = Feed {
            bytes: line.iter().cycle(),
            most,
        };
        let mut reader = LineReader::new(ending, 30_000);
        let (mut received, mut steps) = (0, 0);
        while received < 50_000 {
            steps += 1;
            assert!(steps < 200_000, "no progress");
            received += reader.read_once_from(&mut feed).unwrap().bytes;
            for _ in 0..takes {
                if reader.next_line_bytes().is_none() {
                    break;
                }
            }
        }
        let moved = reader.buffer.moved * 1000 / received;
        (moved, reader.search.compared * 1000 / received)
    }

    #[test]
    fn each_byte_is_moved_and_searched_a_bounded_number_of_times() {
        let long = [vec![b'x'; 20_000], b"\r\n".to_vec()].concat();
        let feeds = [
            b"\n\n\n\n\r\n".repeat(1000),
            long.clone(),
            b"\n".repeat(9),
            long,
        ];
        for ending in [LineEnding::Lf, LineEnding::LfOrCrLf, LineEnding::CrLf] {
            for line in feeds
                .iter()
                .chain([&b"a line of a usual length\r\n".to_vec()])
            {
                for most in [1, 1000, usize::MAX] {
                    for takes in [1, usize::MAX] {
                        let (moved, searched) = cost(line, ending, most, takes);
                        let of = format!("{} {ending:?} by {most}, {takes}", line.len());
                        assert!(moved <= 4000, "moved {moved}: {of}");
                        assert!(searched <= 3000, "searched {searched}: {of}");
                    }
                }
            }
        }
    }

    #[test]
    fn drained_lines_are_hardly_moved_at_all() {
        let line = b"a line of a usual length\n";
        let (moved, searched) = cost(line, LineEnding::Lf, 1000, usize::MAX);
        assert!(moved <= 10, "{moved}");
        assert!(searched <= 1100, "{searched}");
    }

    #[test]
    fn a_buffer_of_any_size_goes_on_with_any_line() {
        for size in 1..20 {
            for length in 0..40 {
                let size = NonZeroUsize::new(size).unwrap();
                let mut reader = LineReader::new(LineEnding::CrLf, 40).with_read_size(size);
                let line = [vec![b'x'; length], b"\r\n".to_vec()].concat();
                for _ in 0..3 {
                    let mut bytes = &line[..];
                    while !bytes.is_empty() {
                        let received = reader.read_once_from(&mut bytes).unwrap();
                        assert!(received.bytes > 0, "{length} in {size}: {received:?}");
                        assert!(!bytes.is_empty() || reader.next_line().is_some());
                    }
                }
            }
        }
    }
}
