//! What smol is made of: async-executor, async-io, async-channel and async-lock.

use core::time::Duration;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Once};
use std::thread;

use async_channel::{Receiver, Sender};
use async_executor::{Executor, Task};
use async_io::{Async, Timer};
use futures_lite::{AsyncReadExt, AsyncWriteExt, future};

use super::{Runtime, WORKERS, gone, one_after_the_other};

static ONE: Executor<'_> = Executor::new();
static SEVERAL: Executor<'_> = Executor::new();
static APART: Executor<'_> = Executor::new();

/// An executor, on the thread that blocks or on threads of its own.
pub(crate) struct Smol<const PLACE: u8>;

const HERE: u8 = 0;
const ANYWHERE: u8 = 1;
const EACH_ON_A_CPU: u8 = 2;

impl Smol<HERE> {
    /// One thread.
    pub(crate) const fn one() -> Self {
        Self
    }
}

impl Smol<ANYWHERE> {
    /// Workers.
    pub(crate) fn workers() -> Self {
        static STARTED: Once = Once::new();
        STARTED.call_once(|| start(&SEVERAL, || ()));
        Self
    }
}

impl Smol<EACH_ON_A_CPU> {
    /// The same, each on a CPU of its own.
    pub(crate) fn workers_apart() -> Self {
        static STARTED: Once = Once::new();
        STARTED.call_once(|| start(&APART, one_after_the_other()));
        Self
    }
}

// Its workers are never ended: smol's own threads are not either.
fn start(executor: &'static Executor<'static>, on_start: impl Fn() + Send + Sync + 'static) {
    let on_start = Arc::new(on_start);
    for _ in 0..WORKERS {
        let on_start = Arc::clone(&on_start);
        thread::spawn(move || {
            on_start();
            async_io::block_on(executor.run(future::pending::<()>()));
        });
    }
}

const fn executor(place: u8) -> &'static Executor<'static> {
    match place {
        HERE => &ONE,
        ANYWHERE => &SEVERAL,
        _ => &APART,
    }
}

impl<const PLACE: u8> Runtime for Smol<PLACE> {
    type Join<T: Send + 'static> = Task<T>;
    type Sleep = Timer;
    type Sender = Sender<u64>;
    type Receiver = Receiver<u64>;
    type OnceSender = Sender<u64>;
    type OnceReceiver = Receiver<u64>;
    type Mutex = async_lock::Mutex<u64>;
    type Stream = Async<TcpStream>;
    type Listener = Async<TcpListener>;

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        match PLACE {
            HERE => async_io::block_on(ONE.run(future)),
            // Not async-io's, which would have this thread wait for the workers' sockets.
            _ => future::block_on(future),
        }
    }

    fn spawn<F>(future: F) -> Self::Join<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        executor(PLACE).spawn(future)
    }

    fn start<F>(&self, future: F) -> Self::Join<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Self::spawn(future)
    }

    fn joined<T: Send + 'static>(end: <Self::Join<T> as Future>::Output) -> io::Result<T> {
        Ok(end)
    }

    fn detach<T: Send + 'static>(task: Self::Join<T>) {
        task.detach();
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        future::yield_now()
    }

    fn sleep(duration: Duration) -> Self::Sleep {
        Timer::after(duration)
    }

    fn channel(bound: usize) -> (Self::Sender, Self::Receiver) {
        async_channel::bounded(bound)
    }

    async fn send(sender: &Self::Sender, value: u64) -> io::Result<()> {
        sender.send(value).await.map_err(gone)
    }

    async fn receive(receiver: &mut Self::Receiver) -> io::Result<u64> {
        receiver.recv().await.map_err(gone)
    }

    fn once() -> (Self::OnceSender, Self::OnceReceiver) {
        async_channel::bounded(1)
    }

    fn send_once(sender: Self::OnceSender, value: u64) -> io::Result<()> {
        sender.try_send(value).map_err(gone)
    }

    async fn receive_once(receiver: Self::OnceReceiver) -> io::Result<u64> {
        receiver.recv().await.map_err(gone)
    }

    fn mutex() -> Self::Mutex {
        async_lock::Mutex::new(0)
    }

    async fn add(mutex: &Self::Mutex, value: u64) -> u64 {
        let mut sum = mutex.lock().await;
        *sum += value;
        *sum
    }

    fn stream(stream: TcpStream) -> io::Result<Self::Stream> {
        Async::new_nonblocking(stream)
    }

    fn listener(listener: TcpListener) -> io::Result<Self::Listener> {
        Async::new_nonblocking(listener)
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
}
