//! Streams: bytes both ways, halves, ends, resets, several readers, futures that are dropped.

use core::task::Context;
use std::io::{ErrorKind, IoSlice, IoSliceMut};
use std::net::Shutdown;
use std::sync::Arc;

use futures_io::{AsyncRead, AsyncWrite};
use poll_async::net::{PipeReceiver, TcpStream, UnixStream, pipe};
use poll_async::runtime::Runtime;
use poll_async::spawn;
use poll_async::task::yield_now;

use crate::stage::{each, give_up_after, tcp_pair};

const MEGABYTES: usize = 2 << 20;
const SMALL: usize = 96 * 1024;

/// The byte at a place of the stream.
fn byte(place: usize) -> u8 {
    u8::try_from(place % 251).unwrap()
}

async fn send_all(stream: impl AsyncWrite, len: usize, piece: usize) {
    let mut stream = core::pin::pin!(stream);
    let mut sent = 0;
    while sent < len {
        let end = len.min(sent + piece);
        let bytes: Vec<u8> = (sent..end).map(byte).collect();
        let write = |context: &mut Context<'_>| stream.as_mut().poll_write(context, &bytes);
        sent += core::future::poll_fn(write).await.unwrap();
    }
}

async fn receive_all(stream: impl AsyncRead, piece: usize) -> usize {
    let mut stream = core::pin::pin!(stream);
    let mut buffer = vec![0; piece];
    let mut received = 0;
    loop {
        let read = |context: &mut Context<'_>| stream.as_mut().poll_read(context, &mut buffer);
        let len = core::future::poll_fn(read).await.unwrap();
        for (place, found) in (received..).zip(&buffer[..len]) {
            assert_eq!(*found, byte(place), "at {place}");
        }
        received += len;
        if len == 0 {
            return received;
        }
    }
}

macro_rules! both_ways {
    ($pair:expr) => {
        each(|| async {
            let (a, b) = $pair;
            for stream in [a.get_ref(), b.get_ref()] {
                // With less than a segment of the loopback, TCP waits for its own timers.
                stream.set_send_buffer_size(SMALL).unwrap();
                stream.set_recv_buffer_size(SMALL).unwrap();
            }
            let tasks = [(a, 997, 4099), (b, 65_537, 101)].map(|(stream, sends, receives)| {
                let (read, write) = stream.into_split();
                let sender = spawn(send_all(write, MEGABYTES, sends));
                (sender, spawn(receive_all(read, receives)))
            });
            for (sender, receiver) in tasks {
                sender.await.unwrap();
                assert_eq!(receiver.await.unwrap(), MEGABYTES);
            }
        });
    };
}

#[test]
fn megabytes_pass_both_ways_at_once_through_tiny_buffers_of_tcp() {
    both_ways!(tcp_pair().await);
}

#[test]
fn megabytes_pass_both_ways_at_once_through_tiny_buffers_of_unix_streams() {
    both_ways!(UnixStream::pair().unwrap());
}

#[test]
fn megabytes_pass_through_a_pipe() {
    each(|| async {
        let (sender, receiver) = pipe().unwrap();
        let sending = spawn(async move { send_all(&sender, MEGABYTES, 70_001).await });
        assert_eq!(receive_all(receiver, 3_001).await, MEGABYTES);
        sending.await.unwrap();
    });
}

#[test]
fn a_pipe_of_the_standard_library_is_taken_over() {
    each(|| async {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let receiver = PipeReceiver::from_std(reader).unwrap();
        let mut buffer = [0; 8];
        assert_eq!(
            receiver.try_read(&mut buffer).unwrap_err().kind(),
            ErrorKind::WouldBlock
        );
        std::io::Write::write_all(&mut writer, b"hello").unwrap();
        assert_eq!(receiver.read(&mut buffer).await.unwrap(), 5);
        drop(writer);
        assert_eq!(receiver.read(&mut buffer).await.unwrap(), 0);
    });
}

#[test]
fn dropping_the_write_half_ends_its_direction_only() {
    each(|| async {
        let (client, server) = tcp_pair().await;
        let (read, write) = client.into_split();
        write.get_ref().write_all(b"question").await.unwrap();
        drop(write);
        let mut buffer = [0; 32];
        assert_eq!(server.read(&mut buffer).await.unwrap(), 8);
        assert_eq!(server.read(&mut buffer).await.unwrap(), 0);
        server.write_all(b"answer").await.unwrap();
        assert_eq!(read.get_ref().read(&mut buffer).await.unwrap(), 6);
    });
}

#[test]
fn a_forgotten_write_half_ends_nothing_until_the_read_half_is_dropped() {
    each(|| async {
        let (client, server) = tcp_pair().await;
        let (read, write) = client.into_split();
        write.forget();
        server.write_all(b"x").await.unwrap();
        assert_eq!(read.get_ref().read(&mut [0; 8]).await.unwrap(), 1);
        let nothing = server.try_read(&mut [0; 8]).unwrap_err();
        assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
        drop(read);
        assert_eq!(server.read(&mut [0; 8]).await.unwrap(), 0);
    });
}

#[test]
fn halves_of_one_stream_are_put_together_and_those_of_two_are_not() {
    each(|| async {
        let (a, b) = tcp_pair().await;
        let (read_a, write_a) = a.into_split();
        let (read_b, write_b) = b.into_split();
        let strangers = read_a.reunite(write_b).unwrap_err();
        let a = strangers.read.reunite(write_a).unwrap();
        let b = read_b.reunite(strangers.write).unwrap();
        // Neither direction was ended on the way.
        a.write_all(b"there").await.unwrap();
        b.write_all(b"back").await.unwrap();
        assert_eq!(b.read(&mut [0; 8]).await.unwrap(), 5);
        assert_eq!(a.read(&mut [0; 8]).await.unwrap(), 4);
    });
}

#[test]
fn a_reset_ends_a_read_that_waits() {
    each(|| async {
        let (client, server) = tcp_pair().await;
        let reader = spawn(async move { server.read(&mut [0; 8]).await });
        yield_now().await;
        let at_once = Some(core::time::Duration::ZERO);
        client.get_ref().set_linger(at_once).unwrap();
        drop(client);
        let error = reader.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    });
}

#[test]
fn writing_to_a_closed_connection_fails_and_closing_it_does_not() {
    each(|| async {
        let (client, mut server) = tcp_pair().await;
        client
            .get_ref()
            .set_linger(Some(core::time::Duration::ZERO))
            .unwrap();
        drop(client);
        let failure = loop {
            match server.write(b"x").await {
                Ok(_) => yield_now().await,
                Err(error) => break error,
            }
        };
        let over = [ErrorKind::BrokenPipe, ErrorKind::ConnectionReset];
        assert!(over.contains(&failure.kind()), "{failure}");
        let close =
            |context: &mut Context<'_>| core::pin::Pin::new(&mut server).poll_close(context);
        core::future::poll_fn(close).await.unwrap();
    });
}

#[test]
fn of_two_tasks_that_read_each_byte_goes_to_one() {
    each(|| async {
        let (client, server) = tcp_pair().await;
        let server = Arc::new(server);
        let readers = [0, 1].map(|_| {
            let server = Arc::clone(&server);
            spawn(async move {
                let mut sum = 0;
                let mut buffer = [0; 7];
                loop {
                    match server.read(&mut buffer).await.unwrap() {
                        0 => return sum,
                        len => {
                            let bytes = buffer[..len].iter().copied();
                            sum += bytes.map(u64::from).sum::<u64>();
                        }
                    }
                }
            })
        });
        let mut wanted = 0;
        for byte in (0..=u8::MAX).cycle().take(2_000) {
            wanted += 13 * u64::from(byte);
            client.write_all(&[byte; 13]).await.unwrap();
        }
        client.shutdown(Shutdown::Write).unwrap();
        let [one, other] = readers;
        assert_eq!(one.await.unwrap() + other.await.unwrap(), wanted);
    });
}

#[test]
fn everybody_that_waits_for_a_socket_is_woken() {
    each(|| async {
        let (client, server) = tcp_pair().await;
        let server = Arc::new(server);
        let readers: Vec<_> = (0..50)
            .map(|_| {
                let server = Arc::clone(&server);
                spawn(async move { server.read(&mut [0; 1]).await.unwrap() })
            })
            .collect();
        for _ in 0..10 {
            yield_now().await;
        }
        client.write_all(&[7; 50]).await.unwrap();
        for reader in readers {
            assert_eq!(reader.await.unwrap(), 1);
        }
    });
}

#[test]
fn reads_and_writes_that_are_dropped_lose_and_repeat_no_byte() {
    each(|| async {
        for polls in 0..4 {
            let (client, server) = tcp_pair().await;
            client.get_ref().set_send_buffer_size(SMALL).unwrap();
            server.get_ref().set_recv_buffer_size(SMALL).unwrap();
            let len = 1_000_000;
            let writer = spawn(async move {
                let mut sent = 0;
                while sent < len {
                    let bytes: Vec<u8> = (sent..len.min(sent + 3_001)).map(byte).collect();
                    match give_up_after(polls, client.write(&bytes)).await {
                        Some(written) => sent += written.unwrap(),
                        None => sent += client.write(&bytes).await.unwrap(),
                    }
                }
            });
            let mut received = 0;
            let mut buffer = [0; 1_009];
            loop {
                let count = match give_up_after(polls, server.read(&mut buffer)).await {
                    Some(count) => count,
                    None => server.read(&mut buffer).await,
                };
                let count = count.unwrap();
                for (place, found) in (received..).zip(&buffer[..count]) {
                    assert_eq!(*found, byte(place), "at {place} after {polls} polls");
                }
                received += count;
                if count == 0 {
                    break;
                }
            }
            assert_eq!(received, len);
            writer.await.unwrap();
        }
    });
}

#[test]
fn a_look_ahead_takes_nothing() {
    each(|| async {
        let (client, server) = tcp_pair().await;
        let mut buffer = [0; 8];
        assert_eq!(
            server.try_peek(&mut buffer).unwrap_err().kind(),
            ErrorKind::WouldBlock
        );
        client.write_all(b"abc").await.unwrap();
        assert_eq!(server.peek(&mut buffer[..2]).await.unwrap(), 2);
        assert_eq!(server.try_peek(&mut buffer).unwrap(), 3);
        assert_eq!(server.read(&mut buffer).await.unwrap(), 3);
        assert_eq!(&buffer[..3], b"abc");
    });
}

#[test]
fn several_buffers_are_written_and_read_in_order() {
    each(|| async {
        let (client, server) = tcp_pair().await;
        let out = [IoSlice::new(b"ab"), IoSlice::new(b""), IoSlice::new(b"cde")];
        assert_eq!(client.write_vectored(&out).await.unwrap(), 5);
        let (mut one, mut two) = ([0; 3], [0; 3]);
        let mut into = [IoSliceMut::new(&mut one), IoSliceMut::new(&mut two)];
        assert_eq!(server.read_vectored(&mut into).await.unwrap(), 5);
        assert_eq!((&one, &two[..2]), (b"abc", &b"de"[..]));
        assert_eq!(client.try_write_vectored(&out).unwrap(), 5);
        server.readable().await.unwrap();
        let mut into = [IoSliceMut::new(&mut one), IoSliceMut::new(&mut two)];
        assert_eq!(server.try_read_vectored(&mut into).unwrap(), 5);
    });
}

#[test]
fn buffers_that_are_handed_over_come_back() {
    each(|| async {
        let (client, server) = tcp_pair().await;
        let (written, hello) = client.write_owned(b"hello".to_vec()).await;
        assert_eq!((written.unwrap(), &*hello), (5, &b"hello"[..]));
        let (read, buffer) = server.read_owned(vec![0; 16]).await;
        assert_eq!(&buffer[..read.unwrap()], b"hello");
        let long = vec![1; 1 << 20];
        let writer = spawn(async move { client.write_all_owned(long).await });
        let mut left = 1 << 20;
        let mut buffer = buffer.into_boxed_slice();
        while left > 0 {
            let (read, back) = server.read_owned(buffer).await;
            (left, buffer) = (left - read.unwrap(), back);
        }
        let (result, long) = writer.await.unwrap();
        result.unwrap();
        assert_eq!(long.len(), 1 << 20);
    });
}

#[test]
fn a_read_that_ends_at_urgent_data_does_not_wait_for_what_follows_it() {
    each(|| async {
        let (client, server) = tcp_pair().await;
        // The edge is used up: what follows makes a new one, and only one.
        assert!(server.try_read(&mut [0; 8]).is_err());
        (&mut client.get_ref()).try_all(b"abc");
        client.get_ref().send_urgent(b'!').unwrap();
        (&mut client.get_ref()).try_all(b"def");
        let mut text = Vec::new();
        let mut buffer = [0; 64];
        while text.len() < 6 {
            let count = server.read(&mut buffer).await.unwrap();
            text.extend_from_slice(&buffer[..count]);
        }
        assert_eq!(text, b"abcdef");
    });
}

trait TryAll {
    /// Writes without the runtime, and so without giving others a turn.
    fn try_all(&mut self, bytes: &[u8]);
}

impl<W: std::io::Write> TryAll for W {
    fn try_all(&mut self, bytes: &[u8]) {
        self.write_all(bytes).unwrap();
    }
}

#[test]
fn a_stream_goes_to_the_standard_library_and_back() {
    each(|| async {
        let (client, server) = tcp_pair().await;
        client.write_all(b"one").await.unwrap();
        let client = TcpStream::from_std(client.into_std().unwrap()).unwrap();
        client.set_nodelay(true).unwrap();
        assert!(client.nodelay().unwrap());
        client.write_all(b"two").await.unwrap();
        drop(client);
        let mut text = Vec::new();
        let mut buffer = [0; 8];
        while let count @ 1.. = server.read(&mut buffer).await.unwrap() {
            text.extend_from_slice(&buffer[..count]);
        }
        assert_eq!(text, b"onetwo");
    });
}

#[test]
fn what_waits_keeps_each_argument_once() {
    Runtime::new().unwrap().block_on(async {
        let (stream, _peer) = tcp_pair().await;
        let mut buffer = [0; 8];
        // The stream, the buffer, how much of it, the place among those that wait, the direction.
        let most = 4 * size_of::<usize>() + 4 * size_of::<u32>();
        assert!(size_of_val(&stream.read(&mut buffer)) <= most);
        assert!(size_of_val(&stream.write(&buffer)) <= most);
        assert!(size_of_val(&stream.write_all(&buffer)) <= most);
        assert!(size_of_val(&stream.readable()) <= most);
    });
}
