//! The decoders that are compared, each in the loop that its users would write.

use core::str;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};

use bytes::BytesMut;
use poll_codec::{FrameReader, LineEnding, LineReader, Prefix, ReadStop};
use tokio_util::codec::{Decoder, LengthDelimitedCodec, LinesCodec};

use super::Pieces;

/// The longest item that is taken.
const LIMIT: usize = 64 * 1024;
/// What each reader has room for.
const BUFFER: usize = 8 * 1024;

/// What was decoded.
#[derive(Default)]
pub(super) struct Found {
    pub(super) items: u64,
    pub(super) bytes: u64,
}

impl Found {
    pub(super) fn add(&mut self, more: Self) {
        self.items += more.items;
        self.bytes += more.bytes;
    }

    fn enter(&mut self, item: &[u8]) {
        self.items += 1;
        self.bytes += u64::try_from(core::hint::black_box(item).len()).unwrap_or(u64::MAX);
    }
}

/// As the adapter of tokio-util does it: room in the buffer, a read, all items that are there.
fn decoded<D: Decoder>(
    mut pieces: Pieces,
    mut decoder: D,
    bytes_of: impl Fn(&D::Item) -> &[u8],
) -> io::Result<Found>
where
    D::Error: Into<Box<dyn core::error::Error + Send + Sync>>,
{
    let mut found = Found::default();
    let mut buffer = BytesMut::with_capacity(BUFFER);
    loop {
        buffer.reserve(1);
        // One copy, as a read makes; only unsafe code could let `Read` make it.
        let piece = pieces.next(buffer.capacity() - buffer.len());
        let is_over = piece.is_empty();
        buffer.extend_from_slice(piece);
        while let Some(item) = decoder.decode(&mut buffer).map_err(io::Error::other)? {
            found.enter(bytes_of(&item));
        }
        if is_over {
            return Ok(found);
        }
    }
}

pub(super) fn lines_of_tokio(pieces: Pieces) -> io::Result<Found> {
    let codec = LinesCodec::new_with_max_length(LIMIT);
    decoded(pieces, codec, |line| line.as_bytes())
}

pub(super) fn frames_of_tokio(pieces: Pieces) -> io::Result<Found> {
    let codec = LengthDelimitedCodec::builder()
        .max_frame_length(LIMIT)
        .new_codec();
    decoded(pieces, codec, |frame| frame)
}

pub(super) fn lines_of_std(pieces: Pieces) -> io::Result<Found> {
    let mut found = Found::default();
    let mut reader = BufReader::with_capacity(BUFFER, pieces);
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.read_until(b'\n', &mut line)? == 0 {
            return Ok(found);
        }
        line.pop();
        let text = str::from_utf8(&line).map_err(io::Error::other)?;
        found.enter(text.as_bytes());
    }
}

pub(super) fn frames_of_std(pieces: Pieces) -> io::Result<Found> {
    let mut found = Found::default();
    let mut reader = BufReader::with_capacity(BUFFER, pieces);
    let mut frame = Vec::new();
    loop {
        let mut prefix = [0; 4];
        match reader.read_exact(&mut prefix) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(found),
            other => other?,
        }
        let length = usize::try_from(u32::from_be_bytes(prefix)).map_err(io::Error::other)?;
        if length > LIMIT {
            return Err(ErrorKind::InvalidData.into());
        }
        frame.resize(length, 0);
        reader.read_exact(&mut frame)?;
        found.enter(&frame);
    }
}

pub(super) fn lines_of_ours(mut pieces: Pieces) -> io::Result<Found> {
    let mut found = Found::default();
    let mut lines = LineReader::new(LineEnding::LfOrCrLf, LIMIT);
    loop {
        // One piece is what a wait of a loop is for.
        let stop = lines.read_once_from(&mut pieces)?.stop;
        while let Some(line) = lines.next_line() {
            let line = line.map_err(|error| io::Error::other(error.to_string()))?;
            found.enter(line.as_bytes());
        }
        if stop == ReadStop::End {
            return Ok(found);
        }
    }
}

pub(super) fn frames_of_ours(mut pieces: Pieces) -> io::Result<Found> {
    let mut found = Found::default();
    let mut frames = FrameReader::new(Prefix::U32Be, LIMIT);
    loop {
        let stop = frames.read_once_from(&mut pieces)?.stop;
        while let Some(frame) = frames.next_frame() {
            found.enter(frame?);
        }
        if stop == ReadStop::End {
            return Ok(found);
        }
    }
}
