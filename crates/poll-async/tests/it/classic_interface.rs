//! The interface of async_io as its documentation has it: each signature, and its program.

use core::cell::Cell;
use core::future::Future;
use core::net::SocketAddr;
use core::ops::{AsyncFn, Deref, DerefMut};
use std::io::{self, Error};
use std::rc::Rc;
use std::sync::mpsc::{RecvError, SendError, TryRecvError};

use poll_async::classic::{
    AsyncGuard, AsyncMutex, AsyncReceiver, AsyncSender, JoinFuture, Listener, RingBuffer, Stream,
    async_channel, async_spawn, connect, execution,
};
use static_assertions::{assert_impl_all, assert_not_impl_any};

use crate::stage::within_limit;

/// A value that nothing is known of.
struct Plain;

// Sockets.
const _: fn(&SocketAddr) -> Result<Stream, Error> = connect;
const _: fn(&str) -> io::Result<Listener> = Listener::bind;
const _: () = accepts(Listener::accept);
const _: () = reads(Stream::read);
const _: () = writes(Stream::write);
const _: () = writes_all(Stream::write_all);

// Channels.
const _: fn() -> (AsyncSender<Plain>, AsyncReceiver<Plain>) = async_channel::<Plain>;
const _: fn(&AsyncReceiver<Plain>) -> Result<Plain, TryRecvError> = AsyncReceiver::try_receive;
const _: () = receives(AsyncReceiver::receive);
const _: () = sends(AsyncSender::send);

// The lock.
const _: fn(Plain) -> AsyncMutex<Plain> = AsyncMutex::new;
const _: () = locks(AsyncMutex::lock);
assert_impl_all!(AsyncGuard<'static, Plain>: Deref<Target = Plain>, DerefMut);

// The ring.
const _: fn(usize) -> RingBuffer<Plain> = RingBuffer::<Plain>::new;
const _: () = ring_sends(RingBuffer::send);
const _: () = ring_receives(RingBuffer::recv);

// Tasks.
const _: fn(Task) = poll_async::classic::runtime;
const _: fn(Task) -> JoinFuture = async_spawn;
assert_impl_all!(JoinFuture: Future<Output = ()>);
const _: () = drops::<JoinFuture>();

// What a task may take along, and what several may share.
assert_impl_all!(JoinFuture: Send, Sync, Unpin);
assert_impl_all!(Listener: Send, Sync);
assert_impl_all!(Stream: Send, Sync);
assert_impl_all!(AsyncSender<Cell<u8>>: Send, Sync);
assert_impl_all!(AsyncSender<Plain>: Clone);
assert_impl_all!(AsyncReceiver<Cell<u8>>: Send, Sync);
assert_impl_all!(AsyncMutex<Cell<u8>>: Send, Sync);
assert_impl_all!(AsyncGuard<'static, u8>: Send, Sync);
assert_impl_all!(RingBuffer<Cell<u8>>: Send, Sync);
assert_not_impl_any!(AsyncReceiver<u8>: Clone);
assert_not_impl_any!(AsyncSender<Rc<u8>>: Send, Sync);
assert_not_impl_any!(AsyncMutex<Rc<u8>>: Send, Sync);
assert_not_impl_any!(AsyncGuard<'static, Cell<u8>>: Sync);
assert_not_impl_any!(RingBuffer<Rc<u8>>: Send, Sync);

/// A future that can be a task.
type Task = core::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

const fn accepts<F>(_: F)
where
    F: for<'a> AsyncFn(&'a mut Listener) -> Result<Stream, Error> + Copy,
{
}

const fn reads<F>(_: F)
where
    F: for<'a> AsyncFn(&'a Stream, &'a mut [u8]) -> Result<usize, Error> + Copy,
{
}

const fn writes<F>(_: F)
where
    F: for<'a> AsyncFn(&'a Stream, &'a [u8]) -> Result<usize, Error> + Copy,
{
}

const fn writes_all<F>(_: F)
where
    F: for<'a> AsyncFn(&'a Stream, &'a [u8]) -> Result<(), Error> + Copy,
{
}

const fn sends<F>(_: F)
where
    F: for<'a> AsyncFn(&'a AsyncSender<Plain>, Plain) -> Result<(), SendError<Plain>> + Copy,
{
}

const fn receives<F>(_: F)
where
    F: for<'a> AsyncFn(&'a AsyncReceiver<Plain>) -> Result<Plain, RecvError> + Copy,
{
}

const fn locks<F>(_: F)
where
    F: for<'a> AsyncFn(&'a AsyncMutex<Plain>) -> AsyncGuard<'a, Plain> + Copy,
{
}

const fn ring_sends<F>(_: F)
where
    F: for<'a> AsyncFn(&'a RingBuffer<Plain>, Plain) -> () + Copy,
{
}

const fn ring_receives<F>(_: F)
where
    F: for<'a> AsyncFn(&'a RingBuffer<Plain>) -> Plain + Copy,
{
}

#[expect(drop_bounds, reason = "the interface has `impl Drop for JoinFuture`")]
const fn drops<T: Drop>() {}

/// All that waits, in a task that may go from thread to thread.
async fn wait_for_all(mut listener: Listener) {
    let (sender, receiver) = async_channel();
    let ring = RingBuffer::new(1);
    let mutex = AsyncMutex::new(Cell::new(0));
    let client = connect(&listener.local_addr().unwrap()).unwrap();
    let server = listener.accept().await.unwrap();
    client.write_all(b"one").await.unwrap();
    assert_eq!(client.write(b" two").await.unwrap(), 4);
    let mut buffer = [0; 7];
    let mut read = 0;
    while read < buffer.len() {
        read += server.read(&mut buffer[read..]).await.unwrap();
    }
    assert_eq!(&buffer, b"one two");
    sender.send(Cell::new(1)).await.unwrap();
    ring.send(receiver.receive().await.unwrap()).await;
    let one = ring.recv().await;
    *mutex.lock().await = one;
    assert_eq!(mutex.lock().await.get(), 1);
}

// The program of the documentation, word for word but for its comment.
async fn async_main() {
    let listener = Listener::bind("127.0.0.1:0").unwrap();
    async_spawn(wait_for_all(listener)).await;
}
fn main() {
    execution::runtime(async_main());
}

#[test]
fn the_program_of_the_documentation_runs() {
    within_limit(main);
}
