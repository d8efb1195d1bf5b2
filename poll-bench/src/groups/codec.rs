//! Group *codec*: lines and frames out of a stream that comes in pieces, decoded on one thread.

mod decoders;

use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::sync::Arc;

use self::decoders::{
    Found, frames_of_ours, frames_of_std, frames_of_tokio, lines_of_ours, lines_of_std,
    lines_of_tokio,
};
use super::{unknown_kind, work_missing};
use crate::harness::{Calls, Case, Run, Sample, Size};

/// What a TCP segment carries over Ethernet, so that items are cut as they are on their way.
const PIECE: usize = 1_448;

const KINDS: &[&str] = &["tokio-util", "std", "poll-codec"];

pub(super) fn cases() -> Vec<Box<dyn Case>> {
    vec![
        Box::new(Lines("lines of 24 bytes", 24)),
        Box::new(Lines("lines of 500 bytes", 500)),
        Box::new(Frames("frames of 64 bytes", 64)),
        Box::new(Frames("frames of 4096 bytes", 4_096)),
    ]
}

/// A stream that has one piece for each read.
pub(super) struct Pieces {
    bytes: Arc<[u8]>,
    at: usize,
}

impl Pieces {
    /// What is next, at most so many bytes of it.
    fn next(&mut self, room: usize) -> &[u8] {
        let left = &self.bytes[self.at..];
        // The next cut, so that a reader with less room does not move the later ones.
        let piece = PIECE - self.at % PIECE;
        let length = left.len().min(piece).min(room);
        self.at += length;
        &left[..length]
    }
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let piece = self.next(buffer.len());
        buffer[..piece.len()].copy_from_slice(piece);
        Ok(piece.len())
    }
}

/// Decodes a stream of so many items of `length` bytes, again for each run.
fn decoding<'fd>(
    stream: impl Fn(u64) -> Vec<u8>,
    length: usize,
    decode: fn(Pieces) -> io::Result<Found>,
) -> Run<'fd> {
    // Long enough that beginning and end do not count, and short enough for the cache.
    const ITEMS: u64 = 2_000;
    let bytes: Arc<[u8]> = stream(ITEMS).into();
    Box::new(move |operations| {
        let rounds = operations.div_ceil(ITEMS);
        let mut found = Found::default();
        let sample = Sample::of_thread(|| {
            for _ in 0..rounds {
                let bytes = Arc::clone(&bytes);
                found.add(decode(Pieces { bytes, at: 0 })?);
            }
            Ok(())
        })?;
        let items = rounds * ITEMS;
        if found.items != items {
            return Err(work_missing("items", items, found.items));
        }
        let expected = u64::try_from(length).map_err(io::Error::other)? * items;
        if found.bytes != expected {
            return Err(work_missing("bytes", expected, found.bytes));
        }
        Ok(sample)
    })
}

/// Text of `length` bytes.
fn text(length: usize) -> impl Iterator<Item = u8> {
    (b'a'..=b'z').cycle().take(length)
}

struct Lines(&'static str, usize);

impl Case for Lines {
    fn name(&self) -> &'static str {
        self.0
    }

    fn operation(&self) -> &'static str {
        "read pieces of 1448 bytes, find a line, check that it is UTF-8, look at it"
    }

    fn size(&self) -> Option<Size> {
        u64::try_from(self.1).ok().map(|count| Size {
            series: "lines",
            of: "bytes",
            count,
        })
    }

    fn kinds(&self) -> &'static [&'static str] {
        KINDS
    }

    fn slice(&self) -> u64 {
        200_000
    }

    fn calls(&self) -> Calls {
        Calls::Varying
    }

    fn prepare<'fd>(&self, kind: &str, _sources: &'fd [OwnedFd]) -> io::Result<Run<'fd>> {
        let length = self.1;
        let stream = move |items| {
            let line = || text(length).chain([b'\n']);
            (0..items).flat_map(|_| line()).collect()
        };
        Ok(decoding(
            stream,
            length,
            match kind {
                "tokio-util" => lines_of_tokio,
                "std" => lines_of_std,
                "poll-codec" => lines_of_ours,
                other => return Err(unknown_kind(other)),
            },
        ))
    }
}

struct Frames(&'static str, usize);

impl Case for Frames {
    fn name(&self) -> &'static str {
        self.0
    }

    fn operation(&self) -> &'static str {
        "read pieces of 1448 bytes, find a frame behind four bytes of length, look at it"
    }

    fn size(&self) -> Option<Size> {
        u64::try_from(self.1).ok().map(|count| Size {
            series: "frames",
            of: "bytes",
            count,
        })
    }

    fn kinds(&self) -> &'static [&'static str] {
        KINDS
    }

    fn slice(&self) -> u64 {
        200_000
    }

    fn calls(&self) -> Calls {
        Calls::Varying
    }

    fn prepare<'fd>(&self, kind: &str, _sources: &'fd [OwnedFd]) -> io::Result<Run<'fd>> {
        let length = self.1;
        let prefix = u32::try_from(length)
            .map_err(io::Error::other)?
            .to_be_bytes();
        let stream = move |items| {
            let frame = || prefix.into_iter().chain(text(length));
            (0..items).flat_map(|_| frame()).collect()
        };
        Ok(decoding(
            stream,
            length,
            match kind {
                "tokio-util" => frames_of_tokio,
                "std" => frames_of_std,
                "poll-codec" => frames_of_ours,
                other => return Err(unknown_kind(other)),
            },
        ))
    }
}
