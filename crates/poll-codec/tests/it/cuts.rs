//! Any bytes, cut anywhere, through streams that stop anyhow, against splitters of a few lines that
//! see all bytes at once.

use core::num::NonZeroUsize;
use std::io::ErrorKind;

use poll_codec::{FrameError, FrameReader, FrameWriter, LineEnding, LineReader, Prefix, ReadStop};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};

use crate::lines::{Told, told};
use crate::script::{Accept, Give, Sink, Source, Steps};

/// Splits all bytes at once.
fn split(mut bytes: &[u8], ending: LineEnding, limit: usize) -> Vec<Told> {
    let mut lines = Vec::new();
    while !bytes.is_empty() {
        let end = (0..bytes.len()).find(|&at| match ending {
            LineEnding::Lf | LineEnding::LfOrCrLf => bytes[at] == b'\n',
            LineEnding::CrLf => bytes[at..].starts_with(b"\r\n"),
        });
        let mut line = &bytes[..end.unwrap_or(bytes.len())];
        let is_cut = end.is_none();
        let mut whole = line;
        if ending == LineEnding::LfOrCrLf || (ending == LineEnding::CrLf && is_cut) {
            whole = line.strip_suffix(b"\r").unwrap_or(line);
        }
        if !is_cut {
            line = whole;
        }
        lines.push(if whole.len() > limit {
            Told::TooLong(whole[..limit].to_vec())
        } else if is_cut {
            Told::Cut(line.to_vec())
        } else {
            match String::from_utf8(line.to_vec()) {
                Ok(line) => Told::Good(line),
                Err(error) => Told::NotUtf8(error.into_bytes()),
            }
        });
        let ending_length = if ending == LineEnding::CrLf { 2 } else { 1 };
        bytes = end.map_or(&[], |at| &bytes[at + ending_length..]);
    }
    lines
}

/// Bytes that often end lines, or are half of a character.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        3 => Just(b'\n'),
        3 => Just(b'\r'),
        6 => b'a'..=b'c',
        1 => Just(0xc3),
        1 => Just(0xa9),
        1 => any::<u8>(),
    ];
    vec(byte, 0..120)
}

/// What stands between two pieces of a stream.
fn pauses() -> impl Strategy<Value = Option<ErrorKind>> {
    prop_oneof![
        Just(None),
        Just(Some(ErrorKind::WouldBlock)),
        Just(Some(ErrorKind::Interrupted)),
        Just(Some(ErrorKind::ConnectionReset)),
    ]
}

/// The bytes in pieces of these sizes, each followed by its pause, and then the end.
fn cut(mut bytes: &[u8], cuts: &[(usize, Option<ErrorKind>)]) -> Source {
    let mut script = Vec::new();
    for &(size, pause) in cuts {
        let (piece, rest) = bytes.split_at(size.min(bytes.len()));
        if !piece.is_empty() {
            script.push(Give::Bytes(piece.to_vec()));
        }
        script.extend(pause.map(Give::Error));
        bytes = rest;
    }
    if !bytes.is_empty() {
        script.push(Give::Bytes(bytes.to_vec()));
    }
    script.push(Give::End);
    Source::new(script)
}

/// How a program uses a reader.
#[derive(Clone, Debug)]
struct Habits {
    read_size: NonZeroUsize,
    budget: NonZeroUsize,
    reads_once: bool,
    /// How many items it takes before it reads again, if the buffer is not full.
    takes_most: usize,
    shrinks: bool,
}

fn habits() -> impl Strategy<Value = Habits> {
    let size = |most: usize| (1..=most).prop_map(|size| NonZeroUsize::new(size).unwrap());
    let rest = (any::<bool>(), 0..6_usize, any::<bool>());
    (size(40), size(60), rest).prop_map(|(read_size, budget, (reads_once, takes_most, shrinks))| {
        Habits {
            read_size,
            budget,
            reads_once,
            takes_most,
            shrinks,
        }
    })
}

proptest! {
    #[test]
    fn lines_are_the_same_however_they_were_cut(
        bytes in text(),
        cuts in vec((0..20_usize, pauses()), 0..20),
        ending in prop_oneof![
            Just(LineEnding::Lf), Just(LineEnding::LfOrCrLf), Just(LineEnding::CrLf),
        ],
        limit in 0..25_usize,
        habits in habits(),
    ) {
        let mut source = cut(&bytes, &cuts);
        let mut reader = LineReader::new(ending, limit)
            .with_read_size(habits.read_size)
            .with_budget(habits.budget);
        let mut lines = Vec::new();
        let mut steps = Steps::default();
        loop {
            let result = if habits.reads_once {
                reader.read_once_from(&mut source)
            } else {
                reader.read_from(&mut source)
            };
            let stop = result.map_or(ReadStop::More, |received| received.stop);
            let most = if stop == ReadStop::Full { usize::MAX } else { habits.takes_most };
            for _ in 0..most {
                let Some(line) = reader.next_line() else { break };
                lines.push(told(line));
            }
            assert!(reader.capacity() <= habits.read_size.get().max(limit + 2));
            if habits.shrinks {
                reader.shrink_to_fit();
            }
            if stop == ReadStop::End {
                break;
            }
            steps.one();
        }
        while let Some(line) = reader.next_line() {
            lines.push(told(line));
            steps.one();
        }
        assert_eq!(lines, split(&bytes, ending, limit));
    }

    #[test]
    fn frames_are_the_same_however_they_were_cut(
        payloads in vec(vec(any::<u8>(), 0..40), 0..12),
        kept in 0..400_usize,
        cuts in vec((0..20_usize, pauses()), 0..20),
        prefix in prop_oneof![Just(Prefix::U8), Just(Prefix::U16Le), Just(Prefix::U64Be)],
        limit in 0..45_usize,
        habits in habits(),
    ) {
        let mut expected = Vec::new();
        let mut bytes = Vec::new();
        let mut error = None;
        for payload in &payloads {
            let width = prefix.width();
            let length = u64::try_from(payload.len()).unwrap();
            match prefix {
                Prefix::U16Le => bytes.extend(&length.to_le_bytes()[..2]),
                _ => bytes.extend(&length.to_be_bytes()[8 - width..]),
            }
            bytes.extend(payload);
            let end = bytes.len();
            let start = end - payload.len();
            if error.is_some() || kept + payload.len() + width <= end {
                continue;
            }
            if kept >= start && payload.len() > limit {
                error = Some(FrameError::TooLong { length, limit });
            } else if kept < end {
                let received = kept + payload.len() + width - end;
                let missing = if kept < start { start - kept } else { end - kept };
                error = Some(FrameError::CutOff { received, missing });
            } else {
                expected.push(payload.clone());
            }
        }
        bytes.truncate(kept);
        let mut source = cut(&bytes, &cuts);
        let mut reader = FrameReader::new(prefix, limit)
            .with_read_size(habits.read_size)
            .with_budget(habits.budget);
        let mut frames = Vec::new();
        let mut found = None;
        let mut steps = Steps::default();
        while found.is_none() {
            let result = if habits.reads_once {
                reader.read_once_from(&mut source)
            } else {
                reader.read_from(&mut source)
            };
            let stop = result.map_or(ReadStop::More, |received| received.stop);
            let patient = !matches!(stop, ReadStop::Full | ReadStop::End);
            let most = if patient { habits.takes_most } else { usize::MAX };
            for _ in 0..most {
                match reader.next_frame() {
                    Some(Ok(frame)) => frames.push(frame.to_vec()),
                    Some(Err(error)) => {
                        found = Some(error);
                        break;
                    }
                    None => break,
                }
            }
            let frame_max = prefix.width() + limit;
            assert!(reader.capacity() <= habits.read_size.get().max(frame_max));
            if habits.shrinks {
                reader.shrink_to_fit();
            }
            if stop == ReadStop::End {
                break;
            }
            steps.one();
        }
        assert_eq!(frames, expected);
        assert_eq!(found, error);
        let taken: usize = frames.iter().map(|frame| frame.len() + prefix.width()).sum();
        assert!(bytes[taken..].starts_with(reader.buffered()), "nothing is lost");
    }

    #[test]
    fn what_is_written_is_the_same_however_the_stream_takes_it(
        payloads in vec(vec(any::<u8>(), 0..30), 0..100),
        takes in vec(prop_oneof![
            (1..50_usize).prop_map(Accept::Bytes),
            pauses().prop_map(|pause| Accept::Error(pause.unwrap_or(ErrorKind::BrokenPipe))),
            Just(Accept::Nothing),
            Just(Accept::TooMuch),
        ], 0..60),
        early in 0..100_usize,
    ) {
        let mut expected = Vec::new();
        let mut writer = FrameWriter::new(Prefix::U16Be);
        let mut sink = Sink::new(takes);
        for (index, payload) in payloads.iter().enumerate() {
            expected.extend(u16::try_from(payload.len()).unwrap().to_be_bytes());
            expected.extend(payload);
            writer.push(payload.as_slice()).unwrap();
            if index == early {
                drop(writer.write_to(&mut sink));
                let written = expected.len() - usize::try_from(writer.queued_bytes()).unwrap();
                assert_eq!(sink.written, expected[..written]);
            }
        }
        let mut steps = Steps::default();
        while !writer.is_empty() {
            drop(writer.write_to(&mut sink));
            let written = expected.len() - usize::try_from(writer.queued_bytes()).unwrap();
            assert_eq!(sink.written, expected[..written]);
            steps.one();
        }
        assert_eq!(sink.written, expected);
    }
}
