//! Copying, adapters, and streams that are split.

use core::pin::Pin;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Poll};
use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::sync::Arc;

use poll_async::io::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, BufWriter,
    Cursor, StreamExt, copy, copy_bidirectional, repeat, sink,
};
use poll_async::net::{UnixStream, pipe};
use poll_async::spawn;
use poll_async::task::yield_now;

use crate::stage::{each, tcp_pair};

#[test]
fn a_copy_ends_with_its_reader_and_counts() {
    each(|| async {
        let bytes: Vec<u8> = (0..=u8::MAX).cycle().take(1_000_003).collect();
        let (sender, receiver) = pipe().unwrap();
        let wanted = bytes.clone();
        let copying = spawn(async move { copy(Cursor::new(bytes), &sender).await });
        let mut received = Vec::new();
        copy(receiver, &mut received).await.unwrap();
        assert_eq!(copying.await.unwrap().unwrap(), 1_000_003);
        assert!(received == wanted);
        assert_eq!(copy(Cursor::new([]), sink()).await.unwrap(), 0);
    });
}

#[test]
fn a_copy_that_never_waits_gives_others_their_turn() {
    each(|| async {
        let endless = spawn(async { copy(repeat(7), sink()).await });
        for _ in 0..10 {
            yield_now().await;
        }
        endless.abort();
        assert!(endless.await.unwrap_err().is_cancelled());
    });
}

/// Takes bytes, but nothing is told of them before it is flushed.
#[derive(Default)]
struct Held {
    is_flushed: Arc<AtomicBool>,
}

impl AsyncWrite for Held {
    fn poll_write(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.is_flushed.store(false, Ordering::SeqCst);
        Poll::Ready(Ok(buffer.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.is_flushed.store(true, Ordering::SeqCst);
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(context)
    }
}

#[test]
fn a_copy_flushes_before_it_waits() {
    each(|| async {
        let (sender, receiver) = pipe().unwrap();
        let held = Held::default();
        let is_flushed = Arc::clone(&held.is_flushed);
        let copying = spawn(copy(receiver, held));
        sender.write_all(b"question").await.unwrap();
        while !is_flushed.load(Ordering::SeqCst) {
            yield_now().await;
        }
        drop(sender);
        assert_eq!(copying.await.unwrap().unwrap(), 8);
    });
}

#[test]
fn closing_an_end_of_a_pipe_only_flushes_and_dropping_it_is_the_end() {
    each(|| async {
        let (mut sender, receiver) = pipe().unwrap();
        sender.close().await.unwrap();
        sender.write_all(b"more").await.unwrap();
        drop(sender);
        assert_eq!(copy(receiver, sink()).await.unwrap(), 4);
    });
}

/// Takes nothing.
struct Full;

impl AsyncWrite for Full {
    fn poll_write(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
        _buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(0))
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[test]
fn a_copy_to_a_writer_that_takes_nothing_fails() {
    each(|| async {
        let error = copy(Cursor::new("x"), Full).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WriteZero);
    });
}

#[test]
fn a_proxy_passes_the_end_of_one_way_on_and_goes_on_with_the_other() {
    each(|| async {
        let (client, mut near) = tcp_pair().await;
        let (server, far) = UnixStream::pair().unwrap();
        let proxy = spawn(async move {
            // By mutable reference, and by one to a shared one.
            copy_bidirectional(&mut near, &mut &far).await
        });
        client.write_all(b"question").await.unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let mut text = String::new();
        (&server).read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "question");
        // Its end has arrived, and the other way is open.
        assert!(!proxy.is_finished());
        server.write_all(&[7; 100_000]).await.unwrap();
        drop(server);
        let mut answer = Vec::new();
        (&client).read_to_end(&mut answer).await.unwrap();
        assert_eq!(answer.len(), 100_000);
        assert_eq!(proxy.await.unwrap().unwrap(), (8, 100_000));
    });
}

#[test]
fn a_proxy_ends_with_the_error_of_one_side() {
    each(|| async {
        let (client, mut near) = tcp_pair().await;
        let (_server, mut far) = UnixStream::pair().unwrap();
        let proxy = spawn(async move { copy_bidirectional(&mut near, &mut far).await });
        yield_now().await;
        let at_once = Some(core::time::Duration::ZERO);
        client.get_ref().set_linger(at_once).unwrap();
        drop(client);
        let error = proxy.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    });
}

#[test]
fn lines_are_read_and_writes_are_gathered() {
    each(|| async {
        let (client, server) = tcp_pair().await;
        let (read, _write) = server.split();
        let writing = spawn(async move {
            let mut writer = BufWriter::new(client);
            for number in 0..1000 {
                let line = format!("line {number}\n");
                writer.write_all(line.as_bytes()).await.unwrap();
            }
            writer.close().await.unwrap();
            writer.into_inner()
        });
        let mut lines = BufReader::new(read).lines();
        for number in 0..1000 {
            let line = lines.next().await.unwrap().unwrap();
            assert_eq!(line, format!("line {number}"));
        }
        assert!(lines.next().await.is_none());
        drop(writing.await.unwrap());
    });
}

#[test]
fn any_stream_is_split() {
    each(|| async {
        let (client, server) = tcp_pair().await;
        let (read, mut write) = poll_async::io::split(BufReader::new(client));
        // The halves are those of a whole, whatever its type.
        fn is_reader(_half: &impl AsyncRead) {}
        is_reader(&read);
        write.write_all(b"hello").await.unwrap();
        assert_eq!(server.read(&mut [0; 8]).await.unwrap(), 5);
    });
}
