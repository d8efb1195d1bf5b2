//! Which names there are, of what type, and what goes to which thread.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::ops::DerefMut;
use std::pin::Pin;
use std::sync::mpsc::{RecvError, SendError, TryRecvError};

use asio::{
    AsyncGuard, AsyncMutex, AsyncSender, Connector, JoinFuture, Listener, RingBuffer, Stream,
    async_channel, async_spawn, mpsc, runtime,
};
use static_assertions::{assert_impl_all, assert_not_impl_any};

/// A value that nothing is known of.
struct Plain;

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

const _: fn(Task) = runtime;
const _: fn(Task) -> JoinFuture = async_spawn;
const _: fn(&str) -> io::Result<Listener> = Listener::bind;
const _: fn(&str) -> Result<Stream, io::Error> = Connector::connect;
const _: fn() -> (AsyncSender<Plain>, mpsc::AsyncReceiver<Plain>) = async_channel;
// What the documentation has as an `async` function.
const _: fn(&AsyncSender<Plain>, Plain) -> Result<(), SendError<Plain>> = AsyncSender::send;
const _: fn(&mpsc::AsyncReceiver<Plain>) -> Result<Plain, TryRecvError> =
    mpsc::AsyncReceiver::try_receive;
const _: () = receives(mpsc::AsyncReceiver::receive);
const _: fn(Plain) -> AsyncMutex<Plain> = AsyncMutex::new;
const _: fn(usize) -> RingBuffer<Plain> = RingBuffer::new;

assert_impl_all!(JoinFuture: Future<Output = ()>, Send);
assert_impl_all!(Listener: Send);
assert_impl_all!(Stream: Send, Sync);
assert_impl_all!(AsyncSender<Plain>: Clone, Send, Sync);
assert_impl_all!(mpsc::AsyncReceiver<Cell<u8>>: Send, Sync);
assert_not_impl_any!(mpsc::AsyncReceiver<u8>: Clone);
assert_impl_all!(AsyncMutex<Cell<u8>>: Send, Sync);
assert_impl_all!(AsyncGuard<'static, u8>: DerefMut<Target = u8>, Send, Sync);
assert_impl_all!(RingBuffer<Cell<u8>>: Send, Sync);

const fn receives<F>(_: F)
where
    F: for<'a> AsyncFn(&'a mpsc::AsyncReceiver<Plain>) -> Result<Plain, RecvError> + Copy,
{
}
