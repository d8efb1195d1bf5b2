//! tokio's traits on our streams, and each other's by the wrapper.

use core::future::poll_fn;
use core::pin::Pin;
use core::task::Context;

use poll_async::compat::Compat;
use poll_async::io::{AsyncReadExt, AsyncWriteExt, Cursor};
use poll_async::spawn;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::stage::{each, tcp_pair};

async fn read(stream: &mut (impl AsyncRead + Unpin), buffer: &mut ReadBuf<'_>) {
    let read = |context: &mut Context<'_>| Pin::new(&mut *stream).poll_read(context, buffer);
    poll_fn(read).await.unwrap();
}

async fn write(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> usize {
    let write = |context: &mut Context<'_>| Pin::new(&mut *stream).poll_write(context, bytes);
    poll_fn(write).await.unwrap()
}

async fn shut_down(stream: &mut (impl AsyncWrite + Unpin)) {
    let end = |context: &mut Context<'_>| Pin::new(&mut *stream).poll_shutdown(context);
    poll_fn(end).await.unwrap();
}

#[test]
fn a_buffer_of_tokio_is_filled_behind_what_it_has() {
    each(|| async {
        let (mut client, mut server) = tcp_pair().await;
        let mut bytes = [0; 8];
        let mut buffer = ReadBuf::new(&mut bytes);
        assert_eq!(write(&mut client, b"abc").await, 3);
        read(&mut server, &mut buffer).await;
        assert_eq!(write(&mut &client, b"de").await, 2);
        read(&mut &server, &mut buffer).await;
        assert_eq!(buffer.filled(), b"abcde");
        shut_down(&mut client).await;
        read(&mut server, &mut buffer).await;
        assert_eq!(buffer.filled(), b"abcde");
    });
}

#[test]
fn halves_have_the_traits_too() {
    each(|| async {
        let (client, server) = tcp_pair().await;
        let (_read, mut there) = client.into_split();
        let (mut here, _write) = server.split();
        let mut bytes = [0; 8];
        let mut buffer = ReadBuf::new(&mut bytes);
        assert!(there.is_write_vectored());
        assert_eq!(write(&mut there, b"abc").await, 3);
        read(&mut here, &mut buffer).await;
        assert_eq!(buffer.filled(), b"abc");
    });
}

#[test]
fn there_and_back_again_nothing_changes() {
    each(|| async {
        let (client, server) = tcp_pair().await;
        let mut client = Compat::new(Compat::new(client));
        let mut server = Compat::new(Compat::new(server));
        let writing = spawn(async move {
            client.write_all(&[7; 300_000]).await.unwrap();
            client.close().await.unwrap();
            client
        });
        let mut received = Vec::new();
        server.read_to_end(&mut received).await.unwrap();
        assert!(received == [7; 300_000]);
        drop(writing.await.unwrap());
        let mut bytes = [0; 3];
        let mut buffer = ReadBuf::new(&mut bytes);
        let mut text = Compat::new(Cursor::new("hello"));
        read(&mut text, &mut buffer).await;
        assert_eq!(buffer.filled(), b"hel");
    });
}
