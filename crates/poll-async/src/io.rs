//! Sources of one's own, and what works on all byte streams: traits, adapters, copying.
//!
//! The traits are those of `futures-io`, and their methods and adapters those of `futures-lite`,
//! handed on so that no other crate is needed: both are small, well kept, and implemented by many.
//! For the traits of tokio and hyper see the features `tokio` and `hyper`.
//!
//! ```
//! use poll_async::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, StreamExt};
//! use poll_async::net::pipe;
//!
//! # let runtime = poll_async::runtime::Runtime::new()?;
//! # runtime.block_on(async {
//! let (mut sender, receiver) = pipe()?;
//! sender.write_all(b"one\ntwo\n").await?;
//! drop(sender);
//! let mut lines = BufReader::new(receiver).lines();
//! while let Some(line) = lines.next().await {
//!     assert_eq!(line?.len(), 3);
//! }
//! # std::io::Result::Ok(())
//! # })?;
//! # Ok::<(), std::io::Error>(())
//! ```

mod async_fd;
pub(crate) mod blocking;
mod copy;
mod operation;
pub(crate) mod source;
mod stdio;

pub use async_fd::AsyncFd;
pub use copy::{copy, copy_bidirectional};
pub use stdio::{Stderr, Stdin, Stdout, stderr, stdin, stdout};

pub use futures_lite::io::{
    AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncSeek, AsyncSeekExt, AsyncWrite,
    AsyncWriteExt, BufReader, BufWriter, Bytes, Chain, Cursor, Empty, Lines, ReadHalf, Repeat,
    Sink, Split, Take, WriteHalf, empty, repeat, sink, split,
};
pub use futures_lite::{Stream, StreamExt};
