//! A small interface of its own: tasks without results, streams, channels, a lock and a ring, under
//! the names of the crate async_io.
//!
//! For programs that are written for it; everything else here has more to offer under other names,
//! and both can be used side by side. All of it works inside of [`runtime`], or of any other
//! runtime of this crate; sockets can be made before, and channels and locks work everywhere.
//!
//! ```
//! use poll_async::classic::{Listener, async_channel, async_spawn, connect, runtime};
//!
//! runtime(async {
//!     let (sender, receiver) = async_channel();
//!     let server = async_spawn(async move {
//!         let mut listener = Listener::bind("127.0.0.1:0").unwrap();
//!         sender.send(listener.local_addr().unwrap()).await.unwrap();
//!         let stream = listener.accept().await.unwrap();
//!         stream.write_all(b"hello").await.unwrap();
//!     });
//!     let stream = connect(&receiver.receive().await.unwrap()).unwrap();
//!     let mut buffer = [0; 16];
//!     let count = stream.read(&mut buffer).await.unwrap();
//!     assert_eq!(&buffer[..count], b"hello");
//!     server.await;
//! });
//! ```
//!
//! What is better than in async_io, besides speed: tasks wait for any future; a write waits for
//! room; a channel whose senders are gone says so; a ring has the bound that it was given; an
//! address that is none is an error; and a panic of a task ends that task.

mod channel;
pub mod execution;
mod lock;
mod ring;
mod socket;
mod stream;

pub use channel::{AsyncReceiver, AsyncSender, async_channel};
pub use execution::{JoinFuture, async_spawn, runtime};
pub use lock::{AsyncGuard, AsyncMutex};
pub use ring::RingBuffer;
pub use stream::{Listener, Stream, connect};
