//! monoio on io_uring: one thread, and buffers that are handed over. It has neither queues nor
//! locks; those of async-channel and async-lock stand for them.

use core::cell::RefCell;
use core::future::poll_fn;
use core::task::Poll;
use core::time::Duration;
use std::io;
use std::net::{TcpListener, TcpStream};

use ::monoio::io::{AsyncReadRent, AsyncWriteRentExt};
use ::monoio::time::TimeDriver;
use ::monoio::{IoUringDriver, RuntimeBuilder, spawn};
use async_channel::{Receiver, Sender};

use super::local::Local;
use super::{Runtime, on_owned_buffers};
use crate::echo::BUFFER;

/// A runtime of monoio's.
pub(crate) struct Monoio(RefCell<::monoio::Runtime<TimeDriver<IoUringDriver>>>);

impl Monoio {
    /// One thread, with timers.
    pub(crate) fn one() -> io::Result<Self> {
        let builder = RuntimeBuilder::<IoUringDriver>::new().enable_timer();
        builder.build().map(RefCell::new).map(Self)
    }
}

impl Runtime for Monoio {
    type Join<T: Send + 'static> = ::monoio::task::JoinHandle<T>;
    type Sleep = Local<::monoio::time::Sleep>;
    type Stream = Local<::monoio::net::TcpStream>;
    type Listener = Local<::monoio::net::TcpListener>;

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.borrow_mut().block_on(future)
    }

    fn spawn<F>(future: F) -> Self::Join<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        spawn(future)
    }

    fn start<F>(&self, future: F) -> Self::Join<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        // Only what runs in it can start tasks.
        let mut future = Some(future);
        self.block_on(poll_fn(|_context| match future.take() {
            Some(future) => Poll::Ready(spawn(future)),
            None => Poll::Pending,
        }))
    }

    fn joined<T: Send + 'static>(end: <Self::Join<T> as Future>::Output) -> io::Result<T> {
        Ok(end)
    }

    fn detach<T: Send + 'static>(task: Self::Join<T>) {
        drop(task);
    }

    // It runs a task that wakes itself next, so that others would wait for ever: what lets them run
    // is a task behind them.
    async fn yield_now() {
        spawn(async {}).await;
    }

    fn sleep(duration: Duration) -> Self::Sleep {
        Local::new(::monoio::time::sleep(duration))
    }

    on_owned_buffers!(::monoio);

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
                let (read, full) = stream.read(buffer).await;
                if read? == 0 {
                    return Ok(());
                }
                let (written, sent) = stream.write_all(full).await;
                written?;
                buffer = sent;
            }
        })
        .await
    }
}
