//! Over real sockets: a pair on loopback, non-blocking, driven by nothing but its own answers.

use core::time::Duration;
use std::io::Write;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;

use poll_codec::{FrameReader, FrameWriter, LineEnding, LineReader, Prefix, ReadStop, WriteStop};

use crate::script::letters;

/// Long after any of this is over; a blocking read or write that takes longer fails.
const PATIENCE: Duration = Duration::from_secs(30);
/// More than sockets hold in both directions.
const LONGEST: usize = 40_000_000;
/// Turns without progress before a test gives up; each lets the other thread run.
const TURNS_MAX: usize = 50_000_000;

/// A non-blocking end, and one that blocks for its thread.
fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let blocking = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (nonblocking, _) = listener.accept().unwrap();
    nonblocking.set_nonblocking(true).unwrap();
    blocking.set_read_timeout(Some(PATIENCE)).unwrap();
    blocking.set_write_timeout(Some(PATIENCE)).unwrap();
    (nonblocking, blocking)
}

#[test]
fn lines_over_a_socket_come_whole_and_in_order() {
    let (mut stream, mut peer) = pair();
    let writer = thread::spawn(move || {
        for number in 0..20_000 {
            let line = format!("line {number} {}\r\n", "x".repeat(number % 97));
            peer.write_all(line.as_bytes()).unwrap();
        }
        peer.write_all(b"cut").unwrap();
        peer.shutdown(Shutdown::Write).unwrap();
    });
    let mut reader = LineReader::new(LineEnding::CrLf, 200);
    let (mut number, mut blocked, mut turns) = (0, 0, 0);
    loop {
        let stop = reader.read_from(&mut stream).unwrap().stop;
        while number < 20_000 {
            let Some(line) = reader.next_line() else {
                break;
            };
            let expected = format!("line {number} {}", "x".repeat(number % 97));
            assert_eq!(line, Ok(&expected[..]));
            number += 1;
        }
        match stop {
            ReadStop::End => break,
            ReadStop::WouldBlock => {
                blocked += 1;
                thread::yield_now();
            }
            ReadStop::Full | ReadStop::More => {}
        }
        turns += 1;
        assert!(turns < TURNS_MAX, "no end after {number} lines");
    }
    writer.join().unwrap();
    assert_eq!(number, 20_000);
    assert!(blocked > 0, "a socket that never blocks shows nothing");
    assert!(reader.next_line().unwrap().is_err());
    assert!(reader.is_empty());
}

#[test]
fn frames_echo_over_sockets_whose_buffers_fill() {
    let (mut stream, mut peer) = pair();
    let lengths = [0, 1, 100_000, LONGEST, 0, 7];
    let (is_full, when_full) = mpsc::channel();
    let echo = thread::spawn(move || {
        // Takes nothing before the other end has to wait for room.
        when_full.recv_timeout(PATIENCE).unwrap();
        let mut reader = FrameReader::new(Prefix::U32Be, LONGEST);
        let mut writer = FrameWriter::new(Prefix::U32Be);
        let mut bytes = 0;
        while writer.queued_frames() < 6 {
            let received = reader.read_once_from(&mut peer).unwrap().bytes;
            bytes += u64::try_from(received).unwrap();
            while let Some(frame) = reader.next_frame() {
                writer.push(frame.unwrap().to_vec()).unwrap();
            }
        }
        let sent = writer.write_to(&mut peer).unwrap();
        assert_eq!((sent.bytes, sent.stop), (bytes, WriteStop::Empty));
        peer.shutdown(Shutdown::Write).unwrap();
    });
    let mut writer = FrameWriter::new(Prefix::U32Be);
    for length in lengths {
        writer.push(letters(length)).unwrap();
    }
    let mut reader = FrameReader::new(Prefix::U32Be, LONGEST);
    let (mut frames, mut turns) = (Vec::new(), 0);
    let stop = writer.write_to(&mut stream).unwrap().stop;
    assert_eq!(stop, WriteStop::WouldBlock);
    is_full.send(()).unwrap();
    loop {
        let _ = writer.write_to(&mut stream).unwrap();
        let stop = reader.read_from(&mut stream).unwrap().stop;
        while let Some(frame) = reader.next_frame() {
            frames.push(frame.unwrap().to_vec());
        }
        match stop {
            ReadStop::End => break,
            ReadStop::WouldBlock => thread::yield_now(),
            ReadStop::Full | ReadStop::More => {}
        }
        turns += 1;
        assert!(turns < TURNS_MAX, "no end after {} frames", frames.len());
    }
    echo.join().unwrap();
    assert!(writer.is_empty() && reader.is_empty());
    assert_eq!(frames, lengths.map(letters));
}
