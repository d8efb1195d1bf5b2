//! Writing frames: what is queued, what is written with one call, and what is left after a failure.

use std::io::{self, ErrorKind, IoSlice, Write};
use std::sync::Arc;

use poll_codec::{FrameReader, FrameTooLong, FrameWriter, Prefix, Sent, WriteStop};

use crate::script::{Accept, Sink, Steps, letters};

fn sent(bytes: u64, stop: WriteStop) -> Sent {
    Sent { bytes, stop }
}

#[test]
fn frames_are_written_behind_their_prefixes() {
    for (prefix, expected) in [
        (Prefix::U8, &b"\x02ab\0"[..]),
        (Prefix::U16Be, b"\0\x02ab\0\0"),
        (Prefix::U16Le, b"\x02\0ab\0\0"),
        (Prefix::U32Be, b"\0\0\0\x02ab\0\0\0\0"),
        (Prefix::U32Le, b"\x02\0\0\0ab\0\0\0\0"),
        (Prefix::U64Be, b"\0\0\0\0\0\0\0\x02ab\0\0\0\0\0\0\0\0"),
        (Prefix::U64Le, b"\x02\0\0\0\0\0\0\0ab\0\0\0\0\0\0\0\0"),
    ] {
        let mut writer = FrameWriter::new(prefix);
        writer.push(b"ab".to_vec()).unwrap();
        writer.push(Vec::new()).unwrap();
        let mut sink = Sink::default();
        let result = writer.write_to(&mut sink).unwrap();
        assert_eq!(
            result,
            sent(u64::try_from(expected.len()).unwrap(), WriteStop::Empty),
            "{prefix:?}"
        );
        assert_eq!(sink.written, expected, "{prefix:?}");
        assert_eq!((sink.writes, sink.pieces_max), (1, 3), "{prefix:?}");
    }
}

#[test]
fn a_payload_that_its_prefix_cannot_tell_is_given_back() {
    let mut writer = FrameWriter::new(Prefix::U8);
    for length in [0, 254, 255] {
        writer.push(letters(length)).unwrap();
    }
    for length in [256, 257, 1000] {
        let payload = letters(length);
        let error = writer.push(payload.clone()).unwrap_err();
        let text = format!("payload of {length} bytes, where 255 are allowed");
        assert_eq!(error.to_string(), text);
        assert_eq!(
            error,
            FrameTooLong {
                payload,
                length,
                limit: 255
            }
        );
    }
    assert_eq!((writer.queued_frames(), writer.queued_bytes()), (3, 512));
    let mut writer = FrameWriter::new(Prefix::U16Le);
    writer.push(letters(0xffff)).unwrap();
    assert_eq!(writer.push(letters(0x10000)).unwrap_err().limit, 0xffff);
}

#[test]
fn a_limit_below_the_prefix_is_kept_and_one_above_changes_nothing() {
    let mut writer = FrameWriter::new(Prefix::U32Be).with_limit(3);
    writer.push(letters(3)).unwrap();
    assert_eq!(writer.push(letters(4)).unwrap_err().limit, 3);
    let mut writer = FrameWriter::new(Prefix::U32Be).with_limit(0);
    writer.push(letters(0)).unwrap();
    assert_eq!(writer.push(letters(1)).unwrap_err().limit, 0);
    let mut writer = FrameWriter::new(Prefix::U8).with_limit(usize::MAX);
    assert_eq!(writer.push(letters(256)).unwrap_err().limit, 255);
}

#[test]
fn a_stream_that_takes_one_byte_at_a_time_gets_all_of_them() {
    let mut writer = FrameWriter::new(Prefix::U16Be);
    for length in [3, 0, 1, 0] {
        writer.push(letters(length)).unwrap();
    }
    let expected = b"\0\x03abc\0\0\0\x01a\0\0";
    let one_and_block = [Accept::Bytes(1), Accept::Error(ErrorKind::WouldBlock)];
    let mut sink = Sink::new(one_and_block.into_iter().cycle().take(2 * expected.len()));
    let mut left: u64 = 12;
    for (written, frames) in (1..).zip([4, 4, 4, 4, 3, 3, 2, 2, 2, 1, 1]) {
        let result = writer.write_to(&mut sink).unwrap();
        assert_eq!(result, sent(1, WriteStop::WouldBlock));
        left -= 1;
        assert_eq!(sink.written, expected[..written]);
        assert_eq!(
            (writer.queued_bytes(), writer.queued_frames()),
            (left, frames)
        );
    }
    assert_eq!(
        writer.write_to(&mut sink).unwrap(),
        sent(1, WriteStop::Empty)
    );
    assert_eq!(sink.written, expected);
    assert!(writer.is_empty());
}

#[test]
fn an_error_keeps_what_was_written_and_what_was_not() {
    let mut writer = FrameWriter::new(Prefix::U8);
    writer.push(letters(5)).unwrap();
    writer.push(letters(2)).unwrap();
    let mut sink = Sink::new([
        Accept::Bytes(3),
        Accept::Error(ErrorKind::Interrupted),
        Accept::Bytes(1),
        Accept::Error(ErrorKind::ConnectionReset),
    ]);
    let error = writer.write_to(&mut sink).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!((writer.queued_frames(), writer.queued_bytes()), (2, 5));
    assert_eq!(
        writer.write_to(&mut sink).unwrap(),
        sent(5, WriteStop::Empty)
    );
    assert_eq!(sink.written, b"\x05abcde\x02ab");
}

#[test]
fn a_stream_that_takes_nothing_is_an_error_and_not_a_loop() {
    let mut writer = FrameWriter::new(Prefix::U8);
    writer.push(letters(0)).unwrap();
    let mut sink = Sink::new([Accept::Nothing]);
    let error = writer.write_to(&mut sink).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WriteZero);
    assert_eq!(sink.writes, 1);
    assert_eq!(writer.queued_bytes(), 1);
}

#[test]
fn a_stream_that_claims_too_much_is_an_error() {
    let mut writer = FrameWriter::new(Prefix::U8);
    writer.push(letters(3)).unwrap();
    let error = writer
        .write_to(&mut Sink::new([Accept::TooMuch]))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData);
    assert_eq!(writer.queued_bytes(), 4);
}

#[test]
fn an_empty_queue_makes_no_call() {
    let mut writer = FrameWriter::<Vec<u8>>::new(Prefix::U8);
    let mut sink = Sink::default();
    assert_eq!(
        writer.write_to(&mut sink).unwrap(),
        sent(0, WriteStop::Empty)
    );
    assert_eq!(sink.writes, 0);
}

#[test]
fn many_frames_cost_one_write_for_each_32_of_them() {
    for (frames, writes) in [(1, 1), (31, 1), (32, 1), (33, 2), (64, 2), (100, 4)] {
        let mut writer = FrameWriter::new(Prefix::U32Be);
        for _ in 0..frames {
            writer.push(letters(10)).unwrap();
        }
        let mut sink = Sink::default();
        let _ = writer.write_to(&mut sink).unwrap();
        assert_eq!(sink.writes, writes, "{frames}");
        assert_eq!(sink.written.len(), 14 * frames);
        assert!(sink.pieces_max <= 64);
    }
}

/// Counts bytes without looking at them.
#[derive(Default)]
struct Counter {
    bytes: u64,
    most: usize,
}

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        let given = pieces.iter().map(|piece| piece.len()).sum();
        self.most = self.most.max(given);
        self.bytes += u64::try_from(given).unwrap();
        Ok(given)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn one_write_is_never_more_than_every_system_takes() {
    // Shared, and never touched, so that it hardly is there.
    let payload = Arc::new(vec![0; 64 << 20]);
    let mut writer = FrameWriter::new(Prefix::U32Be);
    for _ in 0..70 {
        writer.push(Shared(Arc::clone(&payload))).unwrap();
    }
    let whole = 70 * (4 + (64 << 20));
    assert_eq!(writer.queued_bytes(), whole);
    let mut counter = Counter::default();
    let _ = writer.write_to(&mut counter).unwrap();
    assert_eq!(counter.bytes, whole);
    assert_eq!(counter.most, 1 << 30);
}

struct Shared(Arc<Vec<u8>>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

#[test]
fn a_payload_is_written_from_where_it_is_and_dropped_once_it_is_written() {
    struct Watch<'a>(&'a [u8], Option<*const u8>);
    impl Write for Watch<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.write_vectored(&[IoSlice::new(bytes)])
        }
        fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
            let payload = pieces.iter().find(|piece| ***piece == *self.0);
            self.1 = payload.map(|piece| piece.as_ptr());
            Ok(pieces.iter().map(|piece| piece.len()).sum())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let payload: Arc<[u8]> = letters(100).into();
    let mut writer = FrameWriter::new(Prefix::U8);
    writer.push(Arc::clone(&payload)).unwrap();
    assert_eq!(Arc::strong_count(&payload), 2);
    let mut watch = Watch(&payload, None);
    let _ = writer.write_to(&mut watch).unwrap();
    assert_eq!(watch.1, Some(payload.as_ptr()));
    assert_eq!(Arc::strong_count(&payload), 1);
}

#[test]
fn a_payload_that_changes_its_length_is_sent_wrong_without_a_panic() {
    use core::cell::Cell;
    struct Fickle(Cell<usize>);
    impl AsRef<[u8]> for Fickle {
        fn as_ref(&self) -> &[u8] {
            let count = self.0.get();
            self.0.set(count.saturating_sub(3));
            &b"abcdefgh"[..count]
        }
    }
    let mut writer = FrameWriter::new(Prefix::U8);
    for _ in 0..3 {
        writer.push(Fickle(Cell::new(8))).unwrap();
    }
    // It takes what there is, and then there is nothing although a frame is not done.
    let error = writer.write_to(&mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WriteZero);
}

#[test]
fn what_was_not_wholly_written_can_be_had_back_in_order() {
    let mut writer = FrameWriter::new(Prefix::U8);
    for length in 1..=4 {
        writer.push(letters(length)).unwrap();
    }
    let script = [Accept::Bytes(3), Accept::Error(ErrorKind::BrokenPipe)];
    writer.write_to(&mut Sink::new(script)).unwrap_err();
    let unsent: Vec<_> = writer.into_unsent().collect();
    assert_eq!(unsent, [2, 3, 4].map(letters));
}

#[test]
fn the_reader_reads_what_the_writer_wrote() {
    for prefix in [Prefix::U16Be, Prefix::U16Le, Prefix::U32Be, Prefix::U64Le] {
        let lengths = [0, 1, 255, 256, 257, 0, 65_535];
        let mut writer = FrameWriter::new(prefix);
        let mut reader = FrameReader::new(prefix, 65_535);
        for length in lengths {
            writer.push(letters(length)).unwrap();
        }
        let mut stream = Vec::new();
        let _ = writer.write_to(&mut stream).unwrap();
        let mut stream = &stream[..];
        let (mut frames, mut steps) = (Vec::new(), Steps::default());
        while frames.len() < lengths.len() {
            steps.one();
            let _ = reader.read_once_from(&mut stream).unwrap();
            while let Some(frame) = reader.next_frame() {
                frames.push(frame.unwrap().to_vec());
            }
        }
        assert_eq!(frames, lengths.map(letters), "{prefix:?}");
    }
}

#[test]
fn debug_output_has_no_payloads() {
    let mut writer = FrameWriter::new(Prefix::U8);
    writer.push("secret").unwrap();
    let debug = format!("{writer:?}");
    assert!(debug.contains("queued_bytes: 7"), "{debug}");
    assert!(
        !debug.contains("secret") && !debug.contains("115"),
        "{debug}"
    );
}
