//! RESP, the protocol of Redis: requests out of pieces of a stream, and replies. No I/O.
//!
//! A request is an array of bulk strings, or a line of words for whoever types by hand. Limits are
//! checked as soon as they can be, and a connection whose stream has broken one of them is of no
//! more use: nothing tells where the next request begins.

use core::fmt;
use core::ops::Range;

/// The most that a client may send.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Bytes of a request that is a line.
    pub(crate) line: usize,
    /// Bulk strings in a request.
    pub(crate) arguments: usize,
    /// Bytes of one bulk string.
    pub(crate) bulk: usize,
    /// Bytes of a whole request.
    pub(crate) request: usize,
}

/// The longest line that announces a length.
const HEADER: usize = 32;

/// Takes requests out of a stream. The result does not depend on how the stream was cut.
///
/// Memory grows with what has come, never with what was announced.
#[derive(Debug)]
pub(crate) struct Requests {
    limits: Limits,
    buffer: Vec<u8>,
    /// Where the present request begins.
    start: usize,
    /// Up to here it is parsed.
    at: usize,
    /// From `at` to here is no line feed.
    searched: usize,
    /// Bulk strings to come.
    missing: usize,
    /// The length of the one that is coming.
    length: Option<usize>,
    /// The arguments, from the start of the request, or of `unquoted`.
    arguments: Vec<Range<usize>>,
    /// The words of a line, without quotes.
    unquoted: Vec<u8>,
    is_line: bool,
    is_complete: bool,
}

/// A request: at least one argument, the first of which is the command.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    bytes: &'a [u8],
    arguments: &'a [Range<usize>],
}

impl<'a> Request<'a> {
    /// How many arguments there are, with the command.
    pub(crate) const fn len(self) -> usize {
        self.arguments.len()
    }

    /// The argument at this place; empty behind the last one.
    pub(crate) fn argument(self, at: usize) -> &'a [u8] {
        let range = self.arguments.get(at).cloned().unwrap_or_default();
        self.bytes.get(range).unwrap_or_default()
    }

    /// All arguments behind the command.
    pub(crate) fn arguments(self) -> impl Iterator<Item = &'a [u8]> {
        (1..self.len()).map(move |at| self.argument(at))
    }
}

/// What is wrong with a stream; the texts are those of Redis where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProtocolError {
    LongLine,
    Quotes,
    LongHeader,
    Count,
    Length,
    NotBulk(u8),
    NoEnd,
    LongRequest,
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Protocol error: ")?;
        match self {
            Self::LongLine => f.write_str("too big inline request"),
            Self::Quotes => f.write_str("unbalanced quotes in request"),
            Self::LongHeader => f.write_str("too big count string"),
            Self::Count => f.write_str("invalid multibulk length"),
            Self::Length => f.write_str("invalid bulk length"),
            Self::NotBulk(byte) => write!(f, "expected '$', got '{}'", byte.escape_ascii()),
            Self::NoEnd => f.write_str("bulk string without its end"),
            Self::LongRequest => f.write_str("too big request"),
        }
    }
}

impl Requests {
    pub(crate) const fn new(limits: Limits) -> Self {
        Self {
            limits,
            buffer: Vec::new(),
            start: 0,
            at: 0,
            searched: 0,
            missing: 0,
            length: None,
            arguments: Vec::new(),
            unquoted: Vec::new(),
            is_line: false,
            is_complete: false,
        }
    }

    /// Adds a piece of the stream.
    pub(crate) fn feed(&mut self, piece: &[u8]) {
        self.forget_complete();
        // What is left is less than a request, if all requests are taken between two pieces.
        self.buffer.drain(..self.start);
        self.at -= self.start;
        self.searched -= self.start;
        self.start = 0;
        if self.buffer.is_empty() && self.buffer.capacity() > 2 * self.limits.line {
            self.buffer = Vec::new();
        }
        self.buffer.extend_from_slice(piece);
    }

    /// Takes the next request, if all of it is there.
    ///
    /// # Errors
    ///
    /// The stream is of no use from here on, and this must not be called again.
    pub(crate) fn next(&mut self) -> Result<Option<Request<'_>>, ProtocolError> {
        self.forget_complete();
        if !self.parse()? {
            return Ok(None);
        }
        self.is_complete = true;
        Ok(Some(Request {
            bytes: match self.is_line {
                true => &self.unquoted,
                false => &self.buffer[self.start..self.at],
            },
            arguments: &self.arguments,
        }))
    }

    /// The request that was handed out is done with.
    fn forget_complete(&mut self) {
        if self.is_complete {
            self.is_complete = false;
            self.arguments.clear();
            self.unquoted.clear();
            self.start = self.at;
        }
    }

    /// Goes on with the present request; whether it is complete.
    fn parse(&mut self) -> Result<bool, ProtocolError> {
        loop {
            let Some(&first) = self.buffer.get(self.at) else {
                return Ok(false);
            };
            let is_over = match (self.length, self.missing, first) {
                (Some(length), _, _) => self.bulk(length)?,
                (None, 0, b'*') => self.count()?,
                (None, 0, _) => self.line()?,
                (None, _, b'$') => self.length()?,
                (None, _, other) => return Err(ProtocolError::NotBulk(other)),
            };
            match is_over {
                // The rest is still to come.
                None => return Ok(false),
                Some(()) if self.missing > 0 => {}
                Some(()) if !self.arguments.is_empty() => return Ok(true),
                // An empty line or array asks for nothing.
                Some(()) => self.start = self.at,
            }
        }
    }

    fn count(&mut self) -> Result<Option<()>, ProtocolError> {
        let Some(count) = self.header(ProtocolError::Count)? else {
            return Ok(None);
        };
        self.is_line = false;
        // Some clients send -1 for nothing.
        self.missing = usize::try_from(count).unwrap_or(0);
        if self.missing > self.limits.arguments {
            return Err(ProtocolError::Count);
        }
        Ok(Some(()))
    }

    fn length(&mut self) -> Result<Option<()>, ProtocolError> {
        let Some(length) = self.header(ProtocolError::Length)? else {
            return Ok(None);
        };
        let length = usize::try_from(length).map_err(|_negative| ProtocolError::Length)?;
        if length > self.limits.bulk {
            return Err(ProtocolError::Length);
        }
        if self.at - self.start + length > self.limits.request {
            return Err(ProtocolError::LongRequest);
        }
        self.length = Some(length);
        Ok(Some(()))
    }

    fn bulk(&mut self, length: usize) -> Result<Option<()>, ProtocolError> {
        let Some(bytes) = self.buffer.get(self.at..self.at + length + 2) else {
            return Ok(None);
        };
        if !bytes.ends_with(b"\r\n") {
            return Err(ProtocolError::NoEnd);
        }
        let from = self.at - self.start;
        self.arguments.push(from..from + length);
        self.at += length + 2;
        self.searched = self.at;
        self.length = None;
        self.missing -= 1;
        Ok(Some(()))
    }

    /// The number behind the first byte of a line.
    fn header(&mut self, wrong: ProtocolError) -> Result<Option<i64>, ProtocolError> {
        let Some(line) = self.take_line(HEADER, ProtocolError::LongHeader)? else {
            return Ok(None);
        };
        let digits = self.buffer[line].strip_suffix(b"\r").ok_or(wrong)?;
        let digits = str::from_utf8(&digits[1..]).map_err(|_no_text| wrong)?;
        // Rust's numbers may have a plus sign; those of RESP may not.
        match digits.starts_with('+') {
            true => Err(wrong),
            false => digits.parse().map(Some).map_err(|_no_number| wrong),
        }
    }

    /// A request that is a line of words.
    fn line(&mut self) -> Result<Option<()>, ProtocolError> {
        let Some(line) = self.take_line(self.limits.line, ProtocolError::LongLine)? else {
            return Ok(None);
        };
        self.is_line = true;
        let mut rest = self.buffer[line].trim_ascii();
        while !rest.is_empty() {
            let from = self.unquoted.len();
            rest = unquote(rest, &mut self.unquoted)?.trim_ascii_start();
            self.arguments.push(from..self.unquoted.len());
        }
        Ok(Some(()))
    }

    /// The next line without its line feed, if it is there.
    fn take_line(
        &mut self,
        limit: usize,
        too_long: ProtocolError,
    ) -> Result<Option<Range<usize>>, ProtocolError> {
        let end = self.buffer[self.searched..]
            .iter()
            .position(|&byte| byte == b'\n')
            .map(|found| self.searched + found);
        self.searched = end.unwrap_or(self.buffer.len());
        if self.searched - self.at > limit {
            return Err(too_long);
        }
        let Some(end) = end else {
            return Ok(None);
        };
        let line = self.at..end;
        self.at = end + 1;
        self.searched = self.at;
        Ok(Some(line))
    }
}

/// Appends the first word to `word`, without its quotes, and returns what is behind it.
fn unquote<'a>(line: &'a [u8], word: &mut Vec<u8>) -> Result<&'a [u8], ProtocolError> {
    let mut rest = line;
    let mut quote = None;
    loop {
        match (quote, rest) {
            (None, []) => return Ok(rest),
            (Some(_), []) => return Err(ProtocolError::Quotes),
            (None, [b'"' | b'\'', behind @ ..]) => {
                quote = Some(rest[0]);
                rest = behind;
            }
            (None, [byte, ..]) if byte.is_ascii_whitespace() => return Ok(rest),
            // The end of a quote is the end of the word.
            (Some(end), [byte, behind @ ..]) if *byte == end => {
                return match behind.first() {
                    Some(byte) if !byte.is_ascii_whitespace() => Err(ProtocolError::Quotes),
                    _ => Ok(behind),
                };
            }
            (Some(b'"'), [b'\\', b'x', high, low, behind @ ..])
                if let (Some(high), Some(low)) = (digit(*high), digit(*low)) =>
            {
                word.push(high << 4 | low);
                rest = behind;
            }
            (Some(b'"'), [b'\\', byte, behind @ ..]) => {
                word.push(match byte {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    other => *other,
                });
                rest = behind;
            }
            (Some(b'\''), [b'\\', b'\'', behind @ ..]) => {
                word.push(b'\'');
                rest = behind;
            }
            (_, [byte, behind @ ..]) => {
                word.push(*byte);
                rest = behind;
            }
        }
    }
}

fn digit(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}

#[cfg(test)]
mod tests {
    use super::{Limits, ProtocolError, Requests};

    const LIMITS: Limits = Limits {
        line: 20,
        arguments: 4,
        bulk: 10,
        request: 50,
    };

    /// Requests with their arguments, and perhaps an error behind them.
    type Outcome = (Vec<Vec<Vec<u8>>>, Option<ProtocolError>);

    /// What comes out of a stream that comes in these pieces.
    fn outcome<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
        let mut requests = Requests::new(LIMITS);
        let mut taken = Vec::new();
        for piece in pieces {
            requests.feed(piece);
            loop {
                match requests.next() {
                    Ok(Some(request)) => {
                        let all = (0..request.len()).map(|at| request.argument(at).to_vec());
                        taken.push(all.collect());
                    }
                    Ok(None) => break,
                    Err(error) => return (taken, Some(error)),
                }
            }
        }
        (taken, None)
    }

    /// A stream, its requests with words divided by `|`, and how it goes wrong.
    type Case = (
        &'static [u8],
        &'static [&'static [u8]],
        Option<ProtocolError>,
    );

    const STREAMS: &[Case] = &[
        (b"", &[], None),
        (b"*1\r\n$4\r\nPING\r\n", &[b"PING"], None),
        (b"*2\r\n$3\r\nGET\r\n$0\r\n\r\n", &[b"GET|"], None),
        (
            b"*2\r\n$4\r\nE\r\nO\r\n$2\r\n\0\n\r\nPING\n",
            &[b"E\r\nO|\0\n", b"PING"],
            None,
        ),
        // Nothing is asked for.
        (b"\r\n\n  \r\n*0\r\n*-1\r\nPING\r\n", &[b"PING"], None),
        (b"set a  1 \r\nget\ta\n", &[b"set|a|1", b"get|a"], None),
        (b"\"a b\" 'c\\'d'\n", &[b"a b|c'd"], None),
        (b"\"\\x41\\r\\n\\t\\q\\xg\" ''\n", &[b"A\r\n\tqxg|"], None),
        (b"a \"b\n", &[], Some(ProtocolError::Quotes)),
        (b"\"a\"b\n", &[], Some(ProtocolError::Quotes)),
        (b"01234567890123456789\n", &[b"01234567890123456789"], None),
        (
            b"012345678901234567890\n",
            &[],
            Some(ProtocolError::LongLine),
        ),
        (
            b"PING\n012345678901234567890",
            &[b"PING"],
            Some(ProtocolError::LongLine),
        ),
        (
            b"*4\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\nd\r\n",
            &[b"a|b|c|d"],
            None,
        ),
        (b"*5\r\n", &[], Some(ProtocolError::Count)),
        (b"*x\r\n", &[], Some(ProtocolError::Count)),
        (b"*\r\n", &[], Some(ProtocolError::Count)),
        (b"*+1\r\n", &[], Some(ProtocolError::Count)),
        (b"*1\n", &[], Some(ProtocolError::Count)),
        (b"*9999999999999999999\r\n", &[], Some(ProtocolError::Count)),
        (
            b"*000000000000000000000000000000000",
            &[],
            Some(ProtocolError::LongHeader),
        ),
        (b"*1\r\n:", &[], Some(ProtocolError::NotBulk(b':'))),
        (b"*1\r\n$-1\r\n", &[], Some(ProtocolError::Length)),
        (b"*1\r\n$11\r\n", &[], Some(ProtocolError::Length)),
        (b"*1\r\n$10\r\n0123456789\r\n", &[b"0123456789"], None),
        (b"*1\r\n$2\r\nabc\r\n", &[], Some(ProtocolError::NoEnd)),
        (
            b"*4\r\n$10\r\n0123456789\r\n$10\r\n0123456789\r\n$10\r\n",
            &[],
            Some(ProtocolError::LongRequest),
        ),
    ];

    #[test]
    fn the_result_does_not_depend_on_how_the_stream_was_cut() {
        for (stream, requests, error) in STREAMS {
            let words = requests.iter().map(|request| {
                let words = request.split(|&byte| byte == b'|');
                words.map(<[u8]>::to_vec).collect()
            });
            let requests: Vec<Vec<_>> = words.collect();
            let expected = (requests, *error);
            let name = stream.escape_ascii();
            assert_eq!(outcome([*stream]), expected, "{name}");
            assert_eq!(outcome(stream.chunks(1)), expected, "{name} byte by byte");
            for at in 0..stream.len() {
                let (front, back) = stream.split_at(at);
                assert_eq!(outcome([front, back]), expected, "{name} cut at {at}");
            }
        }
    }

    #[test]
    fn memory_grows_with_what_has_come_and_not_with_what_was_announced() {
        let mut requests = Requests::new(Limits {
            bulk: 1 << 29,
            request: 1 << 30,
            ..LIMITS
        });
        requests.feed(b"*4\r\n$536870912\r\nabc");
        assert!(requests.next().unwrap().is_none());
        assert!(requests.buffer.capacity() < 100);
    }
}
