//! compio on io_uring: one thread, and buffers that are handed over. It has neither queues nor
//! locks; those of async-channel and async-lock stand for them.

use core::pin::Pin;
use core::time::Duration;
use std::io;
use std::net::{TcpListener, TcpStream};

use ::compio::BufResult;
use ::compio::io::{AsyncRead, AsyncWriteExt};
use async_channel::{Receiver, Sender};
use futures_lite::future;

use super::local::Local;
use super::{Runtime, on_owned_buffers};
use crate::echo::BUFFER;

/// A runtime of compio's.
pub(crate) struct Compio(::compio::runtime::Runtime);

impl Compio {
    /// One thread.
    pub(crate) fn one() -> io::Result<Self> {
        ::compio::runtime::Runtime::new().map(Self)
    }
}

impl Runtime for Compio {
    type Join<T: Send + 'static> = ::compio::runtime::JoinHandle<T>;
    // Its own has no name.
    type Sleep = Local<Pin<Box<dyn Future<Output = ()>>>>;
    type Stream = Local<::compio::net::TcpStream>;
    type Listener = Local<::compio::net::TcpListener>;

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }

    fn spawn<F>(future: F) -> Self::Join<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        ::compio::runtime::spawn(future)
    }

    fn start<F>(&self, future: F) -> Self::Join<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.0.spawn(future)
    }

    fn joined<T: Send + 'static>(end: <Self::Join<T> as Future>::Output) -> io::Result<T> {
        end.map_err(|_aborted| io::Error::other("a task of compio's was aborted, or panicked"))
    }

    fn detach<T: Send + 'static>(task: Self::Join<T>) {
        task.detach();
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        future::yield_now()
    }

    fn sleep(duration: Duration) -> Self::Sleep {
        Local::new(Box::pin(::compio::time::sleep(duration)))
    }

    on_owned_buffers!(::compio);

    async fn accept(listener: &mut Self::Listener) -> io::Result<Self::Stream> {
        Local::new(async {
            let (stream, _peer) = listener.get().accept().await?;
            Ok(Local::new(stream))
        })
        .await
    }

    async fn echo(mut stream: Self::Stream) -> io::Result<()> {
        Local::new(async move {
            let stream = stream.get();
            let mut buffer = Vec::with_capacity(BUFFER);
            loop {
                buffer.clear();
                let BufResult(read, full) = stream.read(buffer).await;
                if read? == 0 {
                    return Ok(());
                }
                let BufResult(written, sent) = stream.write_all(full).await;
                written?;
                buffer = sent;
            }
        })
        .await
    }
}
