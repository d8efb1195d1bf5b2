//! The async runtimes that are compared, behind one trait so that each program is written once.

pub(crate) mod compio;
pub(crate) mod echo;
mod local;
pub(crate) mod monoio;
pub(crate) mod ours;
pub(crate) mod smol;
pub(crate) mod tokio;

use core::time::Duration;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::echo::BUFFER;
use crate::sys;

pub(crate) use self::compio::Compio;
pub(crate) use self::monoio::Monoio;
pub(crate) use self::ours::Ours;
pub(crate) use self::smol::Smol;
pub(crate) use self::tokio::Tokio;

/// How many workers a runtime of several threads has.
pub(crate) const WORKERS: usize = 2;

/// A runtime as its users use it, with what its own crates have to go with it.
///
/// Each is used statically, so the trait costs nothing.
pub(crate) trait Runtime: 'static {
    /// What a task's end is awaited by.
    type Join<T: Send + 'static>: Future + Send + 'static;
    /// A timer that is registered when it is polled first.
    type Sleep: Future + Send + 'static;
    /// The sending end of a bounded queue.
    type Sender: Clone + Send + Sync + 'static;
    /// Its receiving end.
    type Receiver: Send + 'static;
    /// The sending end for one value.
    type OnceSender: Send + 'static;
    /// Its receiving end.
    type OnceReceiver: Send + 'static;
    /// A lock that tasks wait for.
    type Mutex: Send + Sync + 'static;
    /// A connection.
    type Stream: Send + 'static;
    /// What accepts them.
    type Listener: Send + 'static;

    /// Runs `future` on this thread until it is done.
    fn block_on<F: Future>(&self, future: F) -> F::Output;

    /// Starts a task, from a task.
    fn spawn<F>(future: F) -> Self::Join<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    /// Starts the task that all others are started from.
    fn start<F>(&self, future: F) -> Self::Join<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    /// What the task returned.
    fn joined<T: Send + 'static>(end: <Self::Join<T> as Future>::Output) -> io::Result<T>;

    /// Lets the task go on without its end being awaited.
    fn detach<T: Send + 'static>(task: Self::Join<T>);

    /// Lets other tasks run.
    fn yield_now() -> impl Future<Output = ()> + Send;

    /// Waits so long.
    fn sleep(duration: Duration) -> Self::Sleep;

    /// A queue with room for `bound` values.
    fn channel(bound: usize) -> (Self::Sender, Self::Receiver);

    /// Waits for room, then sends.
    fn send(sender: &Self::Sender, value: u64) -> impl Future<Output = io::Result<()>> + Send;

    /// Waits for a value.
    fn receive(receiver: &mut Self::Receiver) -> impl Future<Output = io::Result<u64>> + Send;

    /// A channel for one value.
    fn once() -> (Self::OnceSender, Self::OnceReceiver);

    /// Sends the value.
    fn send_once(sender: Self::OnceSender, value: u64) -> io::Result<()>;

    /// Waits for the value.
    fn receive_once(receiver: Self::OnceReceiver) -> impl Future<Output = io::Result<u64>> + Send;

    /// A lock around a zero.
    fn mutex() -> Self::Mutex;

    /// Locks, adds and unlocks; returns the sum.
    fn add(mutex: &Self::Mutex, value: u64) -> impl Future<Output = u64> + Send;

    /// Takes a non-blocking connection over, in a task.
    fn stream(stream: TcpStream) -> io::Result<Self::Stream>;

    /// Takes a non-blocking listener over, in a task.
    fn listener(listener: TcpListener) -> io::Result<Self::Listener>;

    /// Waits for a connection.
    fn accept(
        listener: &mut Self::Listener,
    ) -> impl Future<Output = io::Result<Self::Stream>> + Send;

    /// Waits until there is something to read, or the end.
    fn read(
        stream: &mut Self::Stream,
        buffer: &mut [u8],
    ) -> impl Future<Output = io::Result<usize>> + Send;

    /// Waits until all of it is written.
    fn write_all(
        stream: &mut Self::Stream,
        bytes: &[u8],
    ) -> impl Future<Output = io::Result<()>> + Send;

    /// Echoes until the peer is gone, with a buffer of its own.
    fn echo(mut stream: Self::Stream) -> impl Future<Output = io::Result<()>> + Send {
        async move {
            let mut buffer = [0; BUFFER];
            loop {
                let read = Self::read(&mut stream, &mut buffer).await?;
                if read == 0 {
                    return Ok(());
                }
                Self::write_all(&mut stream, &buffer[..read]).await?;
            }
        }
    }
}

/// What is the same in runtimes of one thread whose buffers are handed over.
macro_rules! on_owned_buffers {
    (::$library:ident) => {
        type Sender = Sender<u64>;
        type Receiver = Receiver<u64>;
        type OnceSender = Sender<u64>;
        type OnceReceiver = Receiver<u64>;
        type Mutex = async_lock::Mutex<u64>;

        fn channel(bound: usize) -> (Self::Sender, Self::Receiver) {
            async_channel::bounded(bound)
        }

        async fn send(sender: &Self::Sender, value: u64) -> io::Result<()> {
            sender.send(value).await.map_err(super::gone)
        }

        async fn receive(receiver: &mut Self::Receiver) -> io::Result<u64> {
            receiver.recv().await.map_err(super::gone)
        }

        fn once() -> (Self::OnceSender, Self::OnceReceiver) {
            async_channel::bounded(1)
        }

        fn send_once(sender: Self::OnceSender, value: u64) -> io::Result<()> {
            sender.try_send(value).map_err(super::gone)
        }

        async fn receive_once(receiver: Self::OnceReceiver) -> io::Result<u64> {
            receiver.recv().await.map_err(super::gone)
        }

        fn mutex() -> Self::Mutex {
            async_lock::Mutex::new(0)
        }

        async fn add(mutex: &Self::Mutex, value: u64) -> u64 {
            let mut sum = mutex.lock().await;
            *sum += value;
            *sum
        }

        // io_uring waits for blocking sockets only.
        fn stream(stream: TcpStream) -> io::Result<Self::Stream> {
            stream.set_nonblocking(false)?;
            ::$library::net::TcpStream::from_std(stream)
                .map($crate::peers::runtimes::local::Local::new)
        }

        fn listener(listener: TcpListener) -> io::Result<Self::Listener> {
            listener.set_nonblocking(false)?;
            ::$library::net::TcpListener::from_std(listener)
                .map($crate::peers::runtimes::local::Local::new)
        }

        // Theirs takes a buffer that it may keep.
        async fn read(_stream: &mut Self::Stream, _buffer: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::Unsupported.into())
        }

        async fn write_all(_stream: &mut Self::Stream, _bytes: &[u8]) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }
    };
}

use on_owned_buffers;

/// Puts each thread that calls it on the next CPU.
fn one_after_the_other() -> impl Fn() + Send + Sync + 'static {
    let started = AtomicUsize::new(0);
    move || {
        // Where there are fewer, it stays where it is.
        drop(sys::stay_on_cpu(started.fetch_add(1, Ordering::Relaxed)));
    }
}

/// The other end of a channel is gone.
fn gone<E>(_error: E) -> io::Error {
    io::Error::other("the other end of the channel is gone")
}
