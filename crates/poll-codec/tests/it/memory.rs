//! Memory: how far buffers grow, for whom, and when they shrink.

use core::num::NonZeroUsize;
use std::io::ErrorKind;

use poll_codec::{FrameReader, LineEnding, LineReader, Prefix, ReadStop};

use crate::script::{Give, Source, Steps, letters};

const READ_SIZE: usize = 8192;

#[test]
fn nothing_is_allocated_before_the_first_read() {
    assert_eq!(LineReader::new(LineEnding::Lf, 80).capacity(), 0);
    assert_eq!(FrameReader::new(Prefix::U8, 80).capacity(), 0);
    let mut reader = FrameReader::new(Prefix::U8, 80);
    assert_eq!(reader.next_frame(), None);
    assert_eq!(reader.capacity(), 0);
}

#[test]
fn a_hostile_length_allocates_no_more_than_twice_what_was_sent() {
    let length = 1 << 30;
    let mut bytes = u32::try_from(length).unwrap().to_be_bytes().to_vec();
    bytes.extend(letters(100_000));
    let mut reader = FrameReader::new(Prefix::U32Be, length);
    let mut sent = 0;
    for piece in bytes.chunks(1000) {
        let mut source = Source::new([Give::Bytes(piece.to_vec())]);
        let _ = reader.read_from(&mut source).unwrap();
        sent += piece.len();
        assert_eq!(reader.next_frame(), None);
        let capacity = reader.capacity();
        assert!(capacity <= READ_SIZE.max(2 * sent), "{capacity} for {sent}");
    }
    assert_eq!(reader.buffered(), bytes);
}

#[test]
fn a_buffer_grows_to_its_frame_and_no_further_and_then_shrinks() {
    for length in [READ_SIZE - 4, READ_SIZE - 3, 20_000, 100_000] {
        let mut bytes = u32::try_from(length).unwrap().to_be_bytes().to_vec();
        bytes.extend(letters(length));
        let mut reader = FrameReader::new(Prefix::U32Be, 1 << 20)
            .with_budget(NonZeroUsize::new(1 << 20).unwrap());
        let _ = reader
            .read_from(&mut Source::new([Give::Bytes(bytes)]))
            .unwrap();
        assert_eq!(reader.next_frame().unwrap().unwrap(), letters(length));
        assert_eq!(reader.capacity(), READ_SIZE.max(length + 4));
        assert_eq!(reader.next_frame(), None);
        assert_eq!(reader.capacity(), READ_SIZE, "drained");
    }
}

#[test]
fn a_buffer_grows_to_the_longest_line_and_no_further_and_then_shrinks() {
    for limit in [READ_SIZE, 50_000, 65_536] {
        let mut reader = LineReader::new(LineEnding::CrLf, limit)
            .with_budget(NonZeroUsize::new(1 << 20).unwrap());
        let bytes = [letters(limit), b"\r\nrest".to_vec()].concat();
        let mut source = Source::new([Give::Bytes(bytes)]);
        let mut steps = Steps::default();
        while !source.is_done() {
            steps.one();
            assert!(reader.capacity() <= limit + 2);
            let _ = reader.read_from(&mut source).unwrap();
            if let Some(line) = reader.next_line_bytes() {
                assert_eq!(line, Ok(&letters(limit)[..]));
            }
        }
        assert_eq!(reader.next_line(), None);
        assert_eq!(
            reader.capacity(),
            READ_SIZE,
            "only the start of a line is left"
        );
        assert_eq!(reader.buffered(), b"rest");
    }
}

#[test]
fn a_line_without_an_end_does_not_fill_memory() {
    let mut reader = LineReader::new(LineEnding::LfOrCrLf, 1000);
    let mut source = Source::new([Give::Bytes(letters(10_000_000))]);
    let (mut errors, mut steps) = (0, Steps::default());
    while reader.read_from(&mut source).unwrap().stop != ReadStop::WouldBlock {
        while let Some(line) = reader.next_line() {
            assert!(line.is_err());
            steps.one();
            errors += 1;
        }
        assert!(reader.capacity() <= READ_SIZE);
        steps.one();
    }
    assert_eq!(errors, 1);
}

#[test]
fn an_idle_reader_gives_back_what_holds_nothing() {
    let mut reader = LineReader::new(LineEnding::Lf, 80);
    let _ = reader.read_from(&mut &b"a\nbc"[..]).unwrap();
    assert_eq!(reader.next_line(), Some(Ok("a")));
    reader.shrink_to_fit();
    assert_eq!((reader.capacity(), reader.buffered()), (2, &b"bc"[..]));
    // It goes on as if nothing had been.
    let mut source = Source::new([Give::Bytes(b"d\ne\n".to_vec())]);
    let _ = reader.read_from(&mut source).unwrap();
    assert_eq!(reader.next_line(), Some(Ok("bcd")));
    assert_eq!(reader.next_line(), Some(Ok("e")));
    reader.shrink_to_fit();
    assert_eq!(reader.capacity(), 0);
    let mut reader = FrameReader::new(Prefix::U8, 80);
    let _ = reader
        .read_from(&mut Source::new([Give::Bytes(b"\x02a".to_vec())]))
        .unwrap();
    reader.shrink_to_fit();
    assert_eq!(reader.capacity(), 2);
    let _ = reader
        .read_from(&mut Source::new([Give::Bytes(b"b".to_vec())]))
        .unwrap();
    assert_eq!(reader.next_frame(), Some(Ok(&b"ab"[..])));
}

#[test]
fn a_reader_of_one_byte_at_a_time_works() {
    let mut reader = LineReader::new(LineEnding::CrLf, 3).with_read_size(NonZeroUsize::MIN);
    let mut source = Source::whole(b"abc\r\nd\r\n");
    let (mut lines, mut steps) = (Vec::new(), Steps::default());
    let mut stop = ReadStop::Full;
    while stop != ReadStop::End {
        steps.one();
        stop = reader.read_from(&mut source).unwrap().stop;
        while let Some(line) = reader.next_line() {
            lines.push(line.unwrap().to_owned());
        }
        assert!(reader.capacity() <= 5);
    }
    assert_eq!(lines, ["abc", "d"]);
}

#[test]
fn a_buffer_that_cannot_be_allocated_is_an_error() {
    let mut reader = LineReader::new(LineEnding::Lf, 80).with_read_size(NonZeroUsize::MAX);
    let error = reader.read_from(&mut &b"a\n"[..]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutOfMemory);
    let mut reader = reader.with_read_size(NonZeroUsize::MIN);
    let _ = reader.read_from(&mut &b"a\n"[..]).unwrap();
}

#[test]
fn reads_ask_for_half_the_read_size_at_least_while_a_line_is_incomplete() {
    // A line that is almost as long as the buffer leaves little room in it.
    let mut reader = LineReader::new(LineEnding::Lf, 1 << 20);
    for length in [READ_SIZE - 1, 10, READ_SIZE / 2 - 9] {
        let mut source = Source::new([Give::Bytes(letters(length))]);
        let _ = reader.read_from(&mut source).unwrap();
        assert_eq!(source.reads, 2, "one brings all {length}, one would block");
    }
}

#[test]
fn what_was_taken_makes_room_although_something_waits() {
    // Half of it taken pays for moving the other half.
    let size = NonZeroUsize::new(8).unwrap();
    let mut reader = FrameReader::new(Prefix::U8, 80).with_read_size(size);
    let mut source = Source::new([Give::Bytes(b"\x01a\x01b\x01c\x01d\x01e".to_vec())]);
    assert_eq!(reader.read_from(&mut source).unwrap().stop, ReadStop::Full);
    assert_eq!(reader.next_frame(), Some(Ok(&b"a"[..])));
    assert_eq!(
        reader.read_from(&mut source).unwrap().bytes,
        0,
        "too little taken"
    );
    assert_eq!(reader.next_frame(), Some(Ok(&b"b"[..])));
    assert_eq!(reader.read_from(&mut source).unwrap().bytes, 2);
    for payload in [b"c", b"d", b"e"] {
        assert_eq!(reader.next_frame(), Some(Ok(&payload[..])));
    }
}

#[test]
fn a_large_frame_leaves_no_more_than_twice_what_came_behind_it() {
    for rest in [0, 1, READ_SIZE / 2, READ_SIZE, 30_000] {
        let size = 100_000;
        let mut bytes = u32::try_from(size).unwrap().to_be_bytes().to_vec();
        bytes.extend(letters(size));
        // Its buffer has room for what comes behind it if it was taken late.
        let mut reader =
            FrameReader::new(Prefix::U32Be, size).with_budget(NonZeroUsize::new(1 << 20).unwrap());
        let _ = reader
            .read_from(&mut Source::new([Give::Bytes(bytes)]))
            .unwrap();
        assert!(reader.next_frame().is_some());
        let behind = [&[0, 1, 0, 0], &letters(rest)[..]].concat();
        let mut source = Source::new([Give::Bytes(behind.clone())]);
        let _ = reader.read_from(&mut source).unwrap();
        assert!(reader.capacity() > size);
        assert_eq!(reader.next_frame(), None);
        assert_eq!(reader.capacity(), READ_SIZE.max(2 * behind.len()), "{rest}");
        assert_eq!(reader.buffered(), behind);
    }
}
