//! Lines and frames, from streams that cut and block where they like.

use std::collections::VecDeque;
use std::io::{Error, ErrorKind, Read, Result, Write};

use amy::{FrameReader, FrameWriter, LineReader};

/// A stream that gives piece by piece, blocks for each `None`, and then has its end for ever.
struct Pieces(VecDeque<Option<Vec<u8>>>);

impl Pieces {
    fn new<'a>(pieces: impl IntoIterator<Item = Option<&'a [u8]>>) -> Self {
        let owned = pieces.into_iter().map(|piece| piece.map(<[u8]>::to_vec));
        Self(owned.collect())
    }
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let Some(piece) = self.0.pop_front() else {
            return Ok(0);
        };
        let Some(mut piece) = piece else {
            return Err(ErrorKind::WouldBlock.into());
        };
        let count = piece.len().min(buffer.len());
        buffer[..count].copy_from_slice(&piece[..count]);
        let rest = piece.split_off(count);
        if !rest.is_empty() {
            self.0.push_front(Some(rest));
        }
        Ok(count)
    }
}

/// A stream that fails.
struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> Result<usize> {
        Err(ErrorKind::ConnectionReset.into())
    }
}

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> Result<usize> {
        Err(ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

fn lines(reader: &mut LineReader) -> Vec<String> {
    reader.iter_mut().map(|line| line.unwrap()).collect()
}

#[test]
fn lines_come_with_their_line_feed_and_a_tail_waits_for_its_own() {
    let mut reader = LineReader::new(1024);
    assert!(reader.is_empty());
    let text = "hello\nworld\n\nok";
    assert_eq!(reader.read(&mut text.as_bytes()).unwrap(), text.len());
    assert!(!reader.is_empty());
    assert_eq!(lines(&mut reader), ["hello\n", "world\n", "\n"]);
    assert!(!reader.is_empty());
    assert_eq!(reader.read(&mut &b"\n"[..]).unwrap(), 1);
    assert_eq!(lines(&mut reader), ["ok\n"]);
    assert_eq!(lines(&mut reader), [""; 0]);
    assert!(reader.is_empty());
}

#[test]
fn a_tail_survives_the_end_and_a_stream_that_blocks() {
    let mut stream = Pieces::new([None, Some(&b"o"[..]), None]);
    let mut reader = LineReader::new(16);
    let blocks = |error: Error| error.kind() == ErrorKind::WouldBlock;
    assert!(reader.read(&mut stream).is_err_and(blocks));
    assert_eq!(reader.read(&mut stream).unwrap(), 1);
    assert!(reader.read(&mut stream).is_err_and(blocks));
    for _ in 0..2 {
        assert_eq!(reader.read(&mut stream).unwrap(), 0, "the end");
        assert_eq!(lines(&mut reader), [""; 0]);
        assert!(!reader.is_empty());
    }
    assert_eq!(reader.read(&mut &b"k\n"[..]).unwrap(), 2);
    assert_eq!(lines(&mut reader), ["ok\n"]);
}

#[test]
fn reads_that_end_in_the_middle_of_lines_never_fill_the_reader() {
    let mut reader = LineReader::new(16);
    let text = "abcdef\n".repeat(50);
    let mut found = Vec::new();
    for piece in text.as_bytes().chunks(5) {
        assert_eq!(reader.read(&mut &piece[..]).unwrap(), piece.len());
        found.extend(lines(&mut reader));
    }
    assert_eq!(found, ["abcdef\n"; 50]);
}

#[test]
fn a_line_that_is_not_utf8_is_an_error_and_taken() {
    let mut reader = LineReader::new(64);
    let text = b"one\n\xe2\x82\ntwo\n";
    assert_eq!(reader.read(&mut &text[..]).unwrap(), text.len());
    let mut taken = reader.iter_mut();
    assert_eq!(taken.next().unwrap().unwrap(), "one\n");
    let expected = str::from_utf8(&text[4..7]).unwrap_err();
    assert_eq!(taken.next().unwrap().unwrap_err(), expected);
    assert_eq!(taken.next().unwrap().unwrap(), "two\n");
    assert!(taken.next().is_none());
}

#[test]
fn a_full_reader_is_not_taken_for_the_end() {
    let mut reader = LineReader::new(8);
    let mut stream = &b"one\ntwo\nthree\n"[..];
    assert_eq!(reader.read(&mut stream).unwrap(), 8);
    let full = reader.read(&mut stream).unwrap_err();
    assert_eq!(full.kind(), ErrorKind::StorageFull);
    assert_eq!(lines(&mut reader), ["one\n", "two\n"]);
    assert_eq!(reader.read(&mut stream).unwrap(), 6);
    assert_eq!(lines(&mut reader), ["three\n"]);
}

#[test]
fn a_line_that_is_too_long_is_an_error_from_then_on() {
    let mut reader = LineReader::new(8);
    assert_eq!(reader.read(&mut &b"1234567\n"[..]).unwrap(), 8);
    assert_eq!(lines(&mut reader), ["1234567\n"], "it fits");
    for taken_meanwhile in [false, true] {
        let mut reader = LineReader::new(8);
        let mut stream = &b"12345678\nnext\n"[..];
        let error = loop {
            match reader.read(&mut stream) {
                Ok(0) => panic!("that is no end"),
                Ok(_) if taken_meanwhile => assert_eq!(lines(&mut reader), [""; 0]),
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        assert_eq!(error.to_string(), "line longer than 8 bytes");
        assert_eq!(lines(&mut reader), [""; 0]);
        assert!(reader.read(&mut stream).is_err(), "nor later");
    }
}

#[test]
fn a_reader_without_room_takes_the_empty_line_only() {
    let mut reader = LineReader::new(0);
    assert_eq!(reader.read(&mut &b"\n"[..]).unwrap(), 1);
    assert_eq!(lines(&mut reader), ["\n"]);
}

fn framed(frames: &[&[u8]]) -> Vec<u8> {
    let with_length = |frame: &&[u8]| {
        let length = u32::try_from(frame.len()).unwrap().to_be_bytes();
        [&length[..], frame].concat()
    };
    frames.iter().flat_map(with_length).collect()
}

#[test]
fn frames_come_whole_however_they_were_cut() {
    let frames: [&[u8]; 4] = [b"hello", b"", b"world", b"x"];
    let bytes = framed(&frames);
    for size in 1..=bytes.len() {
        let cuts = bytes.chunks(size).flat_map(|piece| [Some(piece), None]);
        let mut stream = Pieces::new(cuts);
        let mut reader = FrameReader::new(5);
        let (mut found, mut count) = (Vec::new(), 0);
        loop {
            match reader.read(&mut stream) {
                Ok(bytes) => count += bytes,
                Err(error) => break assert_eq!(error.kind(), ErrorKind::UnexpectedEof),
            }
            found.extend(reader.iter_mut());
        }
        assert_eq!(found, frames, "in pieces of {size}");
        assert_eq!(count, bytes.len());
    }
}

#[test]
fn a_stream_that_blocks_at_once_is_no_error() {
    let mut reader = FrameReader::new(5);
    assert_eq!(reader.read(&mut Pieces::new([None])).unwrap(), 0);
    assert_eq!(reader.iter_mut().count(), 0);
}

#[test]
fn a_read_takes_all_there_is() {
    let frame = [7; 1000];
    let bytes = framed(&[&frame[..]; 300]);
    let mut stream = Pieces::new([Some(&bytes[..]), None]);
    let mut reader = FrameReader::new(1000);
    assert_eq!(reader.read(&mut stream).unwrap(), bytes.len());
    assert_eq!(reader.iter_mut().count(), 300);
}

#[test]
fn an_end_behind_bytes_is_told_by_the_next_read() {
    let bytes = framed(&[b"last"]);
    let mut stream = &bytes[..];
    let mut reader = FrameReader::new(5);
    assert_eq!(reader.read(&mut stream).unwrap(), bytes.len());
    assert_eq!(reader.iter_mut().next().unwrap(), b"last");
    let error = reader.read(&mut stream).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
}

#[test]
fn a_frame_beyond_the_limit_is_an_error_and_those_before_it_are_taken() {
    let mut bytes = framed(&[b"fine"]);
    bytes.extend(u32::MAX.to_be_bytes());
    let mut stream = Pieces::new([Some(&bytes[..]), None, None]);
    let mut reader = FrameReader::new(5);
    for _ in 0..2 {
        let error = reader.read(&mut stream).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
    }
    assert_eq!(reader.iter_mut().next().unwrap(), b"fine");
    assert_eq!(reader.iter_mut().next(), None);
    let mut reader = FrameReader::new(4);
    assert_eq!(reader.read(&mut &bytes[..8]).unwrap(), 8);
    assert_eq!(reader.iter_mut().next().unwrap(), b"fine", "exactly");
}

#[test]
fn an_error_of_the_stream_passes_and_loses_nothing() {
    let bytes = framed(&[b"kept"]);
    let mut reader = FrameReader::new(5);
    let error = reader.read(&mut (&bytes[..]).chain(Broken)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(reader.iter_mut().next().unwrap(), b"kept");
    let error = LineReader::new(5).read(&mut Broken).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

/// Queues a frame and writes; whether the stream may take more.
fn write(writer: &mut FrameWriter, mut stream: &mut [u8], frame: &[u8]) -> bool {
    writer.write(&mut stream, Some(frame.to_vec())).unwrap()
}

#[test]
fn a_writer_writes_what_fits_and_goes_on_where_it_stopped() {
    let mut writer = FrameWriter::new();
    assert!(writer.is_empty() && writer.is_writable());
    assert!(writer.write(&mut Broken, None).unwrap(), "nothing to do");
    let mut first = [0; 7];
    assert!(!write(&mut writer, &mut first, b"hello"));
    assert!(!writer.is_writable() && !writer.is_empty());
    let mut out = Vec::new();
    assert!(!writer.write(&mut out, Some(b"world".to_vec())).unwrap());
    assert!(out.is_empty(), "it is believed to block");
    writer.writable();
    assert!(writer.write(&mut out, None).unwrap());
    assert!(writer.is_empty() && writer.is_writable());
    assert_eq!([&first[..], &out].concat(), framed(&[b"hello", b"world"]));
}

#[test]
fn an_exact_fit_is_all_written_and_the_next_frame_is_not() {
    let mut writer = FrameWriter::default();
    let mut exact = [0; 9];
    assert!(write(&mut writer, &mut exact, b"hello"));
    assert_eq!(exact[..], framed(&[b"hello"]));
    assert!(writer.is_empty());
    assert!(!write(&mut writer, &mut [], b"x"));
}

#[test]
fn an_empty_frame_is_written_like_any_other() {
    let mut writer = FrameWriter::new();
    let mut out = Vec::new();
    assert!(writer.write(&mut out, Some(Vec::new())).unwrap());
    assert!(writer.write(&mut out, Some(b"x".to_vec())).unwrap());
    assert_eq!(out, framed(&[b"", b"x"]));
}

#[test]
fn a_stream_that_fails_keeps_the_rest() {
    let mut writer = FrameWriter::new();
    let error = writer.write(&mut Broken, Some(b"x".to_vec())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    assert!(!writer.is_empty() && writer.is_writable());
    let mut out = Vec::new();
    assert!(writer.write(&mut out, None).unwrap());
    assert_eq!(out, framed(&[b"x"]));
}
