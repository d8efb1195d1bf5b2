//! The standard streams of the process, on the threads for closures that block.

use core::pin::Pin;
use core::task::{Context, Poll};
use std::io;

use futures_io::{AsyncRead, AsyncWrite};

use super::blocking::{Blocking, Unread};

/// The standard input; see [`stdin`].
#[derive(Debug)]
pub struct Stdin {
    io: Blocking<io::Stdin>,
}

/// The standard output; see [`stdout`].
#[derive(Debug)]
pub struct Stdout {
    io: Blocking<io::Stdout>,
}

/// The standard error; see [`stderr`].
#[derive(Debug)]
pub struct Stderr {
    io: Blocking<io::Stderr>,
}

/// The standard input, read on a thread for closures that block: it may be a file, a terminal or
/// a pipe, and whether it blocks is not ours to change, since other processes share it.
///
/// A read that was begun goes on when its future is dropped, and the next read of the same value
/// gets what it brings. **A runtime that ends waits for it**: use
/// [`shutdown_timeout`](crate::runtime::Runtime::shutdown_timeout) or
/// [`shutdown_background`](crate::runtime::Runtime::shutdown_background).
#[must_use]
pub fn stdin() -> Stdin {
    let io = Blocking::new(io::stdin());
    Stdin { io }
}

/// The standard output, written to on a thread for closures that block.
///
/// A write takes the bytes and returns; a failure is told by the next operation. Flush before the
/// program ends, or they may be lost.
///
/// ```
/// use poll_async::io::{AsyncWriteExt, stdout};
///
/// # let runtime = poll_async::runtime::Runtime::new()?;
/// # runtime.block_on(async {
/// let mut out = stdout();
/// out.write_all(b"hello\n").await?;
/// out.flush().await?;
/// # std::io::Result::Ok(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use]
pub fn stdout() -> Stdout {
    let io = Blocking::new(io::stdout());
    Stdout { io }
}

/// The standard error, written to on a thread for closures that block: as [`stdout`].
#[must_use]
pub fn stderr() -> Stderr {
    let io = Blocking::new(io::stderr());
    Stderr { io }
}

impl AsyncRead for Stdin {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.io.poll_read(context, buffer)
    }
}

macro_rules! writes {
    ($type:ident, $inner:ty) => {
        impl Unread for $inner {
            /// Nothing is read from it.
            fn unread(&mut self, _bytes: usize) -> io::Result<()> {
                Ok(())
            }
        }

        impl AsyncWrite for $type {
            fn poll_write(
                mut self: Pin<&mut Self>,
                context: &mut Context<'_>,
                bytes: &[u8],
            ) -> Poll<io::Result<usize>> {
                self.io.poll_write(context, bytes)
            }

            fn poll_flush(
                mut self: Pin<&mut Self>,
                context: &mut Context<'_>,
            ) -> Poll<io::Result<()>> {
                self.io.poll_flush(context)
            }

            /// Flushes: the stream is the process's, and stays open.
            fn poll_close(
                mut self: Pin<&mut Self>,
                context: &mut Context<'_>,
            ) -> Poll<io::Result<()>> {
                self.io.poll_flush(context)
            }
        }
    };
}

writes!(Stdout, io::Stdout);
writes!(Stderr, io::Stderr);
