//! Lines: what ends them, what is wrong with them, and what becomes of the rest.

use core::num::NonZeroUsize;
use std::io::{self, ErrorKind};

use poll_codec::{LineEnding, LineError, LineReader, ReadStop, Received};

use crate::script::{Give, Source, Steps, letters};

/// A line as it was told, with bytes of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Good(String),
    TooLong(Vec<u8>),
    NotUtf8(Vec<u8>),
    Cut(Vec<u8>),
}

pub(crate) fn told(line: Result<&str, LineError<'_>>) -> Told {
    match line {
        Ok(line) => Told::Good(line.to_owned()),
        Err(LineError::TooLong { start }) => Told::TooLong(start.to_vec()),
        Err(LineError::InvalidUtf8 { line, error }) => {
            assert!(error.valid_up_to() < line.len());
            Told::NotUtf8(line.to_vec())
        }
        Err(LineError::Unterminated { line }) => Told::Cut(line.to_vec()),
    }
}

fn all(reader: &mut LineReader) -> Vec<Told> {
    let (mut lines, mut steps) = (Vec::new(), Steps::default());
    while let Some(line) = reader.next_line() {
        lines.push(told(line));
        steps.one();
    }
    lines
}

/// Everything a source gives, lines being taken after each read.
fn read_all(reader: &mut LineReader, source: &mut Source) -> Vec<Told> {
    let (mut lines, mut steps) = (Vec::new(), Steps::default());
    loop {
        steps.one();
        let stop = reader.read_from(source).unwrap().stop;
        lines.extend(all(reader));
        if stop == ReadStop::End {
            return lines;
        }
    }
}

fn good(lines: &[&str]) -> Vec<Told> {
    let good = |line: &&str| Told::Good((*line).to_owned());
    lines.iter().map(good).collect()
}

const ENDINGS: [LineEnding; 3] = [LineEnding::Lf, LineEnding::LfOrCrLf, LineEnding::CrLf];

#[test]
fn each_ending_splits_where_it_says() {
    for (ending, bytes, expected) in [
        (LineEnding::Lf, "", &[][..]),
        (LineEnding::Lf, "\n", &[""]),
        (LineEnding::Lf, "a\nb\n\nc\n", &["a", "b", "", "c"]),
        (LineEnding::Lf, "a\r\n\r\n\rb\n", &["a\r", "\r", "\rb"]),
        (LineEnding::LfOrCrLf, "a\nb\r\n\r\n\n", &["a", "b", "", ""]),
        (LineEnding::LfOrCrLf, "a\r\r\n\rb\n", &["a\r", "\rb"]),
        (LineEnding::CrLf, "a\nb\r\n\r\n", &["a\nb", ""]),
        (
            LineEnding::CrLf,
            "\n\r\na\r\r\n\n\r\r\n",
            &["\n", "a\r", "\n\r"],
        ),
    ] {
        for size in 1..=bytes.len().max(1) {
            let mut reader = LineReader::new(ending, 10);
            let mut source = Source::pieces(bytes.as_bytes(), size);
            let lines = read_all(&mut reader, &mut source);
            assert_eq!(lines, good(expected), "{ending:?} {bytes:?} by {size}");
            assert!(reader.is_empty());
        }
    }
}

#[test]
fn a_line_of_the_limit_passes_and_one_byte_more_does_not() {
    for ending in ENDINGS {
        let end = if ending == LineEnding::Lf {
            "\n"
        } else {
            "\r\n"
        };
        for (limit, length) in [
            (0, 0),
            (0, 1),
            (1, 0),
            (1, 1),
            (1, 2),
            (7, 6),
            (7, 7),
            (7, 8),
        ]
        .into_iter()
        .chain([
            (7, 9),
            (7, 10),
            (7, 5000),
            (9000, 8999),
            (9000, 9000),
            (9000, 9001),
        ])
        .chain([(usize::MAX, 20_000), (usize::MAX - 1, 0)])
        {
            let line = letters(length);
            let bytes = [&line, end.as_bytes(), b"next", end.as_bytes()].concat();
            for size in [1, 3, 4096, usize::MAX] {
                let mut reader = LineReader::new(ending, limit);
                let mut source = Source::pieces(&bytes, size);
                let lines = read_all(&mut reader, &mut source);
                let first = if length <= limit {
                    Told::Good(String::from_utf8(line.clone()).unwrap())
                } else {
                    Told::TooLong(line[..limit].to_vec())
                };
                let second = if limit >= 4 {
                    Told::Good("next".to_owned())
                } else {
                    Told::TooLong(b"next"[..limit].to_vec())
                };
                let of = format!("{ending:?} {length} of {limit} by {size}");
                assert_eq!(lines, [first, second], "{of}");
                assert!(reader.is_empty(), "{of}");
            }
        }
    }
}

#[test]
fn a_line_that_is_too_long_is_told_before_it_ends() {
    let mut reader = LineReader::new(LineEnding::LfOrCrLf, 3);
    let mut source = Source::new([Give::Bytes(b"abc\r".to_vec())]);
    let _ = reader.read_from(&mut source).unwrap();
    assert_eq!(all(&mut reader), [], "a line feed may come");
    let _ = reader.read_from(&mut &b"d"[..]).unwrap();
    assert_eq!(all(&mut reader), [Told::TooLong(b"abc".to_vec())]);
    assert!(!reader.is_empty(), "its rest is to come");
    assert_eq!(reader.buffered(), b"");
    // All of the rest is dropped, half an ending in it too, and the next line is fine.
    let _ = reader.read_from(&mut &b"xxxx\rxx\r"[..]).unwrap();
    assert_eq!(all(&mut reader), []);
    let _ = reader.read_from(&mut &b"\nabc\n"[..]).unwrap();
    assert_eq!(all(&mut reader), good(&["abc"]));
    assert!(reader.is_empty());
}

#[test]
fn the_end_inside_a_line_that_is_too_long_is_no_second_error() {
    for ending in ENDINGS {
        for rest in [&b"defg"[..], b"def\r", b""] {
            let mut reader = LineReader::new(ending, 3);
            let bytes = [b"abcx", rest].concat();
            let lines = read_all(&mut reader, &mut Source::pieces(&bytes, 4));
            assert_eq!(lines, [Told::TooLong(b"abc".to_vec())], "{ending:?}");
            assert!(
                !reader.is_empty(),
                "the stream does not stand between lines"
            );
        }
    }
}

#[test]
fn what_is_not_utf8_is_told_with_its_bytes_and_the_next_line_is_fine() {
    let bytes = b"\xff\xfe\nfine\n\xc3\n\xa9\n\xc3\xa9\n";
    let mut reader = LineReader::new(LineEnding::Lf, 80);
    let lines = read_all(&mut reader, &mut Source::pieces(bytes, 1));
    let wrong = |bytes: &[u8]| Told::NotUtf8(bytes.to_vec());
    let fine = |line: &str| Told::Good(line.to_owned());
    assert_eq!(
        lines,
        [
            wrong(b"\xff\xfe"),
            fine("fine"),
            wrong(b"\xc3"),
            wrong(b"\xa9"),
            fine("\u{e9}"),
        ]
    );
    let mut reader = LineReader::new(LineEnding::Lf, 80);
    let _ = reader.read_from(&mut &bytes[..]).unwrap();
    assert_eq!(reader.next_line_bytes(), Some(Ok(&b"\xff\xfe"[..])));
}

#[test]
fn an_end_inside_a_line_is_told_from_an_end_between_lines() {
    let mut reader = LineReader::new(LineEnding::CrLf, 80);
    let mut source = Source::whole(b"a\r\nb\r");
    assert_eq!(
        read_all(&mut reader, &mut source),
        [Told::Good("a".to_owned()), Told::Cut(b"b\r".to_vec())]
    );
    assert!(reader.is_empty());
    assert_eq!(all(&mut reader), [], "told once");
}

#[test]
fn a_stream_that_goes_on_after_its_end_is_read_on() {
    // As a file that is still written to: the end is over when there is more.
    let mut reader = LineReader::new(LineEnding::Lf, 80);
    let script = [Give::End, Give::Bytes(b"a".to_vec())];
    let mut source = Source::new(script);
    assert_eq!(reader.read_from(&mut source).unwrap().stop, ReadStop::End);
    let stop = reader.read_from(&mut source).unwrap().stop;
    assert_eq!(stop, ReadStop::WouldBlock);
    assert_eq!(all(&mut reader), []);
    assert_eq!(reader.buffered(), b"a");
}

#[test]
fn each_stop_is_told_apart() {
    let size = NonZeroUsize::new(4).unwrap();
    let mut reader = LineReader::new(LineEnding::Lf, 80).with_read_size(size);
    let bytes = Give::Bytes(b"a\nb\nc\n".to_vec());
    let mut source = Source::new([bytes, Give::Error(ErrorKind::WouldBlock), Give::End]);
    let received = |bytes, stop| Received { bytes, stop };
    assert_eq!(
        reader.read_from(&mut source).unwrap(),
        received(4, ReadStop::Full)
    );
    let reads = source.reads;
    assert_eq!(
        reader.read_from(&mut source).unwrap(),
        received(0, ReadStop::Full)
    );
    assert_eq!(source.reads, reads, "the stream is not asked");
    assert_eq!(all(&mut reader), good(&["a", "b"]));
    let blocked = received(2, ReadStop::WouldBlock);
    assert_eq!(reader.read_from(&mut source).unwrap(), blocked);
    assert_eq!(
        reader.read_from(&mut source).unwrap(),
        received(0, ReadStop::End)
    );
    assert_eq!(all(&mut reader), good(&["c"]));
}

#[test]
fn an_error_of_the_stream_loses_nothing_and_is_told_once() {
    let mut reader = LineReader::new(LineEnding::Lf, 80);
    let mut source = Source::new([
        Give::Error(ErrorKind::Interrupted),
        Give::Bytes(b"a\nb".to_vec()),
        Give::Error(ErrorKind::Interrupted),
        Give::Error(ErrorKind::ConnectionReset),
        Give::Bytes(b"c\n".to_vec()),
    ]);
    let error = reader.read_from(&mut source).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(all(&mut reader), good(&["a"]));
    assert_eq!(reader.buffered(), b"b");
    let received = reader.read_from(&mut source).unwrap();
    assert_eq!((received.bytes, received.stop), (2, ReadStop::WouldBlock));
    assert_eq!(all(&mut reader), good(&["bc"]));
    assert!(source.is_done());
}

#[test]
fn a_stream_that_claims_too_much_is_an_error() {
    let mut reader = LineReader::new(LineEnding::Lf, 80);
    let mut source = Source::new([Give::TooMuch, Give::Bytes(b"a\n".to_vec())]);
    let error = reader.read_from(&mut source).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData);
    assert_eq!(reader.buffered(), b"");
    let _ = reader.read_from(&mut source).unwrap();
    assert_eq!(all(&mut reader), good(&["a"]));
}

#[test]
fn limit_and_ending_can_change_between_two_lines() {
    let mut reader = LineReader::new(LineEnding::Lf, 2);
    let _ = reader
        .read_from(&mut &b"ab\ncdef\ngh\r\nij\nkl\r\n"[..])
        .unwrap();
    assert_eq!(
        reader.next_line().map(told),
        Some(Told::Good("ab".to_owned()))
    );
    reader.set_limit(4);
    assert_eq!(reader.limit(), 4);
    assert_eq!(
        reader.next_line().map(told),
        Some(Told::Good("cdef".to_owned()))
    );
    reader.set_ending(LineEnding::CrLf);
    assert_eq!(
        reader.next_line().map(told),
        Some(Told::Good("gh".to_owned()))
    );
    reader.set_limit(1);
    assert_eq!(
        reader.next_line().map(told),
        Some(Told::TooLong(b"i".to_vec()))
    );
    assert_eq!(all(&mut reader), []);
}

#[test]
fn an_ending_that_was_passed_over_is_found_when_it_counts() {
    let mut reader = LineReader::new(LineEnding::CrLf, 80);
    let mut source = Source::new([Give::Bytes(b"a\nb".to_vec())]);
    let _ = reader.read_from(&mut source).unwrap();
    assert_eq!(reader.next_line(), None);
    reader.set_ending(LineEnding::Lf);
    assert_eq!(
        reader.next_line().map(told),
        Some(Told::Good("a".to_owned()))
    );
}

#[test]
fn what_is_left_goes_to_the_next_reader() {
    let mut reader = LineReader::new(LineEnding::CrLf, 80);
    let _ = reader
        .read_from(&mut &b"UPGRADE\r\n\x00\x02hi"[..])
        .unwrap();
    assert_eq!(reader.next_line(), Some(Ok("UPGRADE")));
    assert_eq!(reader.into_buffered(), b"\x00\x02hi");
}

#[test]
fn errors_say_what_is_wrong_without_the_bytes_of_the_peer() {
    for (bytes, text, kind) in [
        (
            &b"secret\n"[..],
            "line longer than 5 bytes",
            ErrorKind::InvalidData,
        ),
        (
            b"pw\xff\n",
            "line of 3 bytes is not UTF-8",
            ErrorKind::InvalidData,
        ),
        (
            b"pw",
            "stream ended after 2 bytes of a line",
            ErrorKind::UnexpectedEof,
        ),
    ] {
        let mut reader = LineReader::new(LineEnding::Lf, 5);
        let _ = reader.read_from(&mut &bytes[..]).unwrap();
        let error = io::Error::from(reader.next_line().unwrap().unwrap_err());
        assert_eq!(error.kind(), kind);
        assert!(error.to_string().starts_with(text), "{error}");
        let debug = format!("{reader:?}");
        assert!(
            !debug.contains("secret") && !debug.contains("115"),
            "{debug}"
        );
    }
}
