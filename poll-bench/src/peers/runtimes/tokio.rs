//! tokio, and the program that poll-async is measured with as well.

/// The common part of a runtime whose crate has tokio's interface.
macro_rules! on_tokio {
    ($library:ident) => {
        type Join<T: Send + 'static> = $library::task::JoinHandle<T>;
        type Sleep = $library::time::Sleep;
        type Sender = $library::sync::mpsc::Sender<u64>;
        type Receiver = $library::sync::mpsc::Receiver<u64>;
        type OnceSender = $library::sync::oneshot::Sender<u64>;
        type OnceReceiver = $library::sync::oneshot::Receiver<u64>;
        type Mutex = $library::sync::Mutex<u64>;
        type Stream = $library::net::TcpStream;
        type Listener = $library::net::TcpListener;

        fn block_on<F: Future>(&self, future: F) -> F::Output {
            self.0.block_on(future)
        }

        fn spawn<F>(future: F) -> Self::Join<F::Output>
        where
            F: Future + Send + 'static,
            F::Output: Send + 'static,
        {
            $library::spawn(future)
        }

        fn start<F>(&self, future: F) -> Self::Join<F::Output>
        where
            F: Future + Send + 'static,
            F::Output: Send + 'static,
        {
            self.0.spawn(future)
        }

        fn joined<T: Send + 'static>(end: <Self::Join<T> as Future>::Output) -> io::Result<T> {
            end.map_err(io::Error::other)
        }

        fn detach<T: Send + 'static>(task: Self::Join<T>) {
            drop(task);
        }

        fn yield_now() -> impl Future<Output = ()> + Send {
            $library::task::yield_now()
        }

        fn sleep(duration: Duration) -> Self::Sleep {
            $library::time::sleep(duration)
        }

        fn channel(bound: usize) -> (Self::Sender, Self::Receiver) {
            $library::sync::mpsc::channel(bound)
        }

        async fn send(sender: &Self::Sender, value: u64) -> io::Result<()> {
            sender.send(value).await.map_err(gone)
        }

        async fn receive(receiver: &mut Self::Receiver) -> io::Result<u64> {
            receiver.recv().await.ok_or_else(|| gone(()))
        }

        fn once() -> (Self::OnceSender, Self::OnceReceiver) {
            $library::sync::oneshot::channel()
        }

        fn send_once(sender: Self::OnceSender, value: u64) -> io::Result<()> {
            sender.send(value).map_err(gone)
        }

        async fn receive_once(receiver: Self::OnceReceiver) -> io::Result<u64> {
            receiver.await.map_err(gone)
        }

        fn mutex() -> Self::Mutex {
            $library::sync::Mutex::new(0)
        }

        async fn add(mutex: &Self::Mutex, value: u64) -> u64 {
            let mut sum = mutex.lock().await;
            *sum += value;
            *sum
        }

        fn stream(stream: TcpStream) -> io::Result<Self::Stream> {
            Self::Stream::from_std(stream)
        }

        fn listener(listener: TcpListener) -> io::Result<Self::Listener> {
            Self::Listener::from_std(listener)
        }

        async fn accept(listener: &mut Self::Listener) -> io::Result<Self::Stream> {
            let (stream, _peer) = listener.accept().await?;
            Ok(stream)
        }

        async fn read(stream: &mut Self::Stream, buffer: &mut [u8]) -> io::Result<usize> {
            stream.read(buffer).await
        }

        async fn write_all(stream: &mut Self::Stream, bytes: &[u8]) -> io::Result<()> {
            stream.write_all(bytes).await
        }
    };
}

pub(super) use on_tokio;

use core::time::Duration;
use std::io;
use std::net::{TcpListener, TcpStream};

use ::tokio::io::{AsyncReadExt, AsyncWriteExt};
use ::tokio::runtime::Builder;

use super::{Runtime, WORKERS, gone, one_after_the_other};

/// A runtime of tokio's.
pub(crate) struct Tokio(::tokio::runtime::Runtime);

impl Tokio {
    /// One thread, and neither sockets nor timers.
    pub(crate) fn bare() -> io::Result<Self> {
        Builder::new_current_thread().build().map(Self)
    }

    /// One thread.
    pub(crate) fn one() -> io::Result<Self> {
        Builder::new_current_thread().enable_all().build().map(Self)
    }

    /// Workers.
    pub(crate) fn workers() -> io::Result<Self> {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(WORKERS).enable_all();
        builder.build().map(Self)
    }

    /// The same, each on a CPU of its own.
    pub(crate) fn workers_apart() -> io::Result<Self> {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(WORKERS).enable_all();
        builder.on_thread_start(one_after_the_other());
        builder.build().map(Self)
    }
}

impl Runtime for Tokio {
    on_tokio!(tokio);
}
