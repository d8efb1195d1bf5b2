//! Frames: their prefixes, their limit, where they are cut, and what a hostile length does.

use core::num::NonZeroUsize;
use std::io::{self, ErrorKind};

use poll_codec::{FrameError, FrameReader, Prefix, ReadStop, Received};

use crate::script::{Give, Source, Steps, letters};

fn all(reader: &mut FrameReader) -> Result<Vec<Vec<u8>>, FrameError> {
    let (mut frames, mut steps) = (Vec::new(), Steps::default());
    while let Some(frame) = reader.next_frame() {
        steps.one();
        frames.push(frame?.to_vec());
    }
    Ok(frames)
}

fn framed(prefix: Prefix, payload: &[u8]) -> Vec<u8> {
    let length = u64::try_from(payload.len()).unwrap();
    let big = length.to_be_bytes();
    let little = length.to_le_bytes();
    let number = match prefix {
        Prefix::U8 => &big[7..],
        Prefix::U16Be => &big[6..],
        Prefix::U32Be => &big[4..],
        Prefix::U64Be => &big,
        Prefix::U16Le => &little[..2],
        Prefix::U32Le => &little[..4],
        Prefix::U64Le => &little,
        other => panic!("no bytes for {other:?}"),
    };
    [number, payload].concat()
}

const PREFIXES: [Prefix; 7] = [
    Prefix::U8,
    Prefix::U16Be,
    Prefix::U16Le,
    Prefix::U32Be,
    Prefix::U32Le,
    Prefix::U64Be,
    Prefix::U64Le,
];

#[test]
fn frames_of_each_prefix_come_whole_however_they_were_cut() {
    for prefix in PREFIXES {
        let payloads = [0, 1, 0, 0, 255, 7].map(letters);
        let bytes: Vec<u8> = payloads.iter().flat_map(|p| framed(prefix, p)).collect();
        for size in [1, 2, 3, 5, 8, 100, 1000] {
            let mut reader = FrameReader::new(prefix, 255);
            let mut source = Source::pieces(&bytes, size);
            let (mut frames, mut steps) = (Vec::new(), Steps::default());
            while reader.read_from(&mut source).unwrap().stop != ReadStop::End {
                frames.extend(all(&mut reader).unwrap());
                steps.one();
            }
            frames.extend(all(&mut reader).unwrap());
            assert_eq!(frames, payloads, "{prefix:?} by {size}");
            assert!(reader.is_empty());
        }
    }
}

#[test]
fn a_frame_of_the_limit_passes_and_one_byte_more_does_not() {
    for (limit, length) in [(0, 0), (0, 1), (1, 1), (1, 2), (6, 5), (6, 6), (6, 7)]
        .into_iter()
        .chain([
            (10_000, 9999),
            (10_000, 10_000),
            (10_000, 10_001),
            (usize::MAX, 70_000),
        ])
    {
        for size in [1, 7, usize::MAX] {
            let mut reader = FrameReader::new(Prefix::U32Le, limit);
            let bytes = framed(Prefix::U32Le, &letters(length));
            let mut source = Source::pieces(&bytes, size);
            let (mut frames, mut steps) = (Ok(Vec::new()), Steps::default());
            while frames == Ok(Vec::new()) {
                steps.one();
                let _ = reader.read_from(&mut source).unwrap();
                frames = all(&mut reader);
            }
            let expected = if length <= limit {
                Ok(vec![letters(length)])
            } else {
                let length = u64::try_from(length).unwrap();
                Err(FrameError::TooLong { length, limit })
            };
            assert_eq!(frames, expected, "{length} of {limit} by {size}");
        }
    }
}

#[test]
fn a_length_beyond_memory_is_too_long_and_not_an_overflow() {
    for (prefix, number, length) in [
        (Prefix::U32Be, &[0xff; 4][..], u64::from(u32::MAX)),
        (Prefix::U64Le, &[0xff; 8], u64::MAX),
        (
            Prefix::U64Be,
            &[0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            u64::MAX >> 1,
        ),
    ] {
        let mut reader = FrameReader::new(prefix, 1000);
        let _ = reader.read_from(&mut &*number).unwrap();
        let error = FrameError::TooLong {
            length,
            limit: 1000,
        };
        assert_eq!(reader.next_frame(), Some(Err(error)));
    }
    // With no limit at all, what cannot be allocated is beyond it still.
    let mut reader = FrameReader::new(Prefix::U64Be, usize::MAX);
    assert!(reader.limit() < usize::MAX / 2);
    let _ = reader
        .read_from(&mut Source::new([Give::Bytes(vec![0xff; 8])]))
        .unwrap();
    let limit = reader.limit();
    let error = FrameError::TooLong {
        length: u64::MAX,
        limit,
    };
    assert_eq!(reader.next_frame(), Some(Err(error)));
    let mut reader = FrameReader::new(Prefix::U64Be, usize::MAX);
    let longest = u64::try_from(limit).unwrap().to_be_bytes().to_vec();
    let _ = reader
        .read_from(&mut Source::new([Give::Bytes(longest)]))
        .unwrap();
    assert_eq!(reader.next_frame(), None, "it may come");
}

#[test]
fn a_frame_that_is_too_long_stays_and_passes_under_a_higher_limit() {
    let bytes = [framed(Prefix::U8, b"ab"), framed(Prefix::U8, b"abcd")].concat();
    let mut reader = FrameReader::new(Prefix::U8, 2);
    let _ = reader.read_from(&mut &bytes[..]).unwrap();
    assert_eq!(reader.next_frame(), Some(Ok(&b"ab"[..])));
    let error = FrameError::TooLong {
        length: 4,
        limit: 2,
    };
    assert_eq!(reader.next_frame(), Some(Err(error)));
    assert_eq!(reader.next_frame(), Some(Err(error)), "nothing was taken");
    assert_eq!(reader.buffered(), b"\x04abcd");
    reader.set_limit(4);
    assert_eq!(reader.next_frame(), Some(Ok(&b"abcd"[..])));
    assert_eq!(reader.next_frame(), None);
}

#[test]
fn a_frame_that_is_too_long_stops_the_reading_when_the_buffer_is_full() {
    let size = NonZeroUsize::new(16).unwrap();
    let mut reader = FrameReader::new(Prefix::U8, 2).with_read_size(size);
    let mut source = Source::new([Give::Bytes(vec![0xff; 1000])]);
    let received = reader.read_from(&mut source).unwrap();
    let full = |bytes| Received {
        bytes,
        stop: ReadStop::Full,
    };
    assert_eq!(received, full(16));
    assert_eq!(reader.read_from(&mut source).unwrap(), full(0));
    assert_eq!(reader.capacity(), 16);
}

#[test]
fn an_end_inside_a_frame_is_told_and_its_bytes_stay() {
    for (bytes, cut) in [
        (&b""[..], None),
        (b"\0", Some((1, 1))),
        (b"\0\x03", Some((2, 3))),
        (b"\0\x03ab", Some((4, 1))),
        (b"\0\x03abc", None),
        (b"\0\0", None),
    ] {
        let mut reader = FrameReader::new(Prefix::U16Be, 80);
        let stop = reader.read_from(&mut &bytes[..]).unwrap().stop;
        assert_eq!(stop, ReadStop::End);
        let expected = cut.map(|(received, missing)| FrameError::CutOff { received, missing });
        assert_eq!(all(&mut reader).err(), expected, "{bytes:?}");
        assert_eq!(all(&mut reader).err(), expected, "{bytes:?} again");
        assert_eq!(reader.is_empty(), cut.is_none(), "{bytes:?}");
        if cut.is_some() {
            assert_eq!(reader.buffered(), bytes);
            assert_eq!(reader.into_buffered(), bytes);
        }
    }
}

#[test]
fn a_stream_that_goes_on_after_its_end_takes_the_error_back() {
    let script = [
        Give::Bytes(b"\x02a".to_vec()),
        Give::End,
        Give::Bytes(b"b".to_vec()),
    ];
    let mut source = Source::new(script);
    let mut reader = FrameReader::new(Prefix::U8, 80);
    assert_eq!(reader.read_from(&mut source).unwrap().stop, ReadStop::End);
    assert!(matches!(
        reader.next_frame(),
        Some(Err(FrameError::CutOff { .. }))
    ));
    let _ = reader.read_from(&mut source).unwrap();
    assert_eq!(reader.next_frame(), Some(Ok(&b"ab"[..])));
}

#[test]
fn an_end_that_was_told_is_not_forgotten_by_an_error() {
    let script = [
        Give::Bytes(b"\x02a".to_vec()),
        Give::End,
        Give::Error(ErrorKind::WouldBlock),
        Give::Error(ErrorKind::ConnectionReset),
    ];
    let mut source = Source::new(script);
    let mut reader = FrameReader::new(Prefix::U8, 80);
    for _ in 0..2 {
        let _ = reader.read_from(&mut source).unwrap();
    }
    reader.read_from(&mut source).unwrap_err();
    assert!(matches!(
        reader.next_frame(),
        Some(Err(FrameError::CutOff { .. }))
    ));
}

#[test]
fn a_turn_ends_with_its_budget_and_not_before() {
    let (size, budget) = (
        NonZeroUsize::new(8).unwrap(),
        NonZeroUsize::new(20).unwrap(),
    );
    let mut reader = FrameReader::new(Prefix::U8, 80)
        .with_read_size(size)
        .with_budget(budget);
    let mut source = Source::new([Give::Bytes(framed(Prefix::U8, b"abc").repeat(12))]);
    let mut turns = Vec::new();
    let (mut turn, mut frames, mut steps) = (0, 0, Steps::default());
    loop {
        steps.one();
        let received = reader.read_from(&mut source).unwrap();
        frames += all(&mut reader).unwrap().len();
        turn += received.bytes;
        match received.stop {
            ReadStop::Full => {}
            ReadStop::More => turns.push(core::mem::take(&mut turn)),
            stop => {
                assert_eq!((stop, turn), (ReadStop::WouldBlock, 8));
                break;
            }
        }
    }
    assert_eq!(turns, [20, 20]);
    assert_eq!(frames, 12);
}

#[test]
fn a_turn_starts_anew_after_each_wait_and_each_error() {
    let budget = NonZeroUsize::new(4).unwrap();
    for pause in [ErrorKind::WouldBlock, ErrorKind::ConnectionReset] {
        let piece = || Give::Bytes(b"\x02ab".to_vec());
        let script = [
            piece(),
            Give::Error(pause),
            piece(),
            Give::Error(pause),
            piece(),
        ];
        let mut source = Source::new(script);
        let mut reader = FrameReader::new(Prefix::U8, 80).with_budget(budget);
        for _ in 0..2 {
            if let Ok(received) = reader.read_from(&mut source) {
                assert_eq!(received.bytes, 3);
                assert_eq!(received.stop, ReadStop::WouldBlock);
            }
        }
        assert_eq!(reader.buffered().len(), 6);
    }
}

#[test]
fn one_read_is_one_system_call_whatever_the_budget() {
    let budget = NonZeroUsize::MIN;
    let mut reader = FrameReader::new(Prefix::U8, 80).with_budget(budget);
    let mut source = Source::new([
        Give::Error(ErrorKind::Interrupted),
        Give::Bytes(b"\x02abcd".to_vec()),
        Give::Error(ErrorKind::WouldBlock),
        Give::Error(ErrorKind::BrokenPipe),
        Give::End,
    ]);
    let received = |bytes, stop| Received { bytes, stop };
    let mut read = || reader.read_once_from(&mut source);
    assert_eq!(read().unwrap(), received(5, ReadStop::More));
    assert_eq!(read().unwrap(), received(0, ReadStop::WouldBlock));
    assert_eq!(read().unwrap_err().kind(), ErrorKind::BrokenPipe);
    assert_eq!(read().unwrap(), received(0, ReadStop::End));
    assert_eq!(source.reads, 5);
    assert_eq!(reader.next_frame(), Some(Ok(&b"ab"[..])));
}

#[test]
fn a_burst_of_frames_costs_two_reads() {
    let bytes = framed(Prefix::U32Be, &letters(60)).repeat(100);
    let mut source = Source::new([Give::Bytes(bytes)]);
    let mut reader = FrameReader::new(Prefix::U32Be, 60);
    let _ = reader.read_from(&mut source).unwrap();
    assert_eq!(all(&mut reader).unwrap().len(), 100);
    assert_eq!(source.reads, 2, "one that brings all, one that would block");
}

#[test]
fn errors_say_what_is_wrong() {
    let long = FrameError::TooLong {
        length: 9,
        limit: 4,
    };
    let error = io::Error::from(long);
    assert_eq!(error.kind(), ErrorKind::InvalidData);
    assert_eq!(error.to_string(), "frame of 9 bytes, where 4 are allowed");
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    assert_eq!(inner, Some(&long), "a program can act on it");
    let cut = FrameError::CutOff {
        received: 3,
        missing: 2,
    };
    let error = io::Error::from(cut);
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    let text = "stream ended after 3 bytes of a frame, 2 or more are missing";
    assert_eq!(error.to_string(), text);
}
