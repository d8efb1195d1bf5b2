//! The two directions of a stream, for two owners.

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::io::{self, IoSlice, IoSliceMut};
use std::sync::Arc;

use futures_io::{AsyncRead, AsyncWrite};

/// The reading direction of a borrowed stream; made by its `split`.
///
/// All that the stream can do is reached through [`get_ref`](Self::get_ref).
#[derive(Debug)]
pub struct ReadHalf<'a, S>(&'a S);

/// The writing direction of a borrowed stream; made by its `split`.
///
/// All that the stream can do is reached through [`get_ref`](Self::get_ref).
#[derive(Debug)]
pub struct WriteHalf<'a, S>(&'a S);

/// The reading direction of a stream, as an owner; made by its `into_split`.
///
/// The stream is closed when both halves are dropped. All that it can do is reached through
/// [`get_ref`](Self::get_ref).
#[derive(Debug)]
pub struct OwnedReadHalf<S> {
    stream: Arc<S>,
}

/// The writing direction of a stream, as an owner; made by its `into_split`.
///
/// Dropping it ends the direction (shutdown): the peer reads what was written, and then the end.
/// All that the stream can do is reached through [`get_ref`](Self::get_ref).
pub struct OwnedWriteHalf<S>
where
    for<'a> &'a S: AsyncWrite,
{
    stream: Arc<S>,
    shuts_down: bool,
}

/// Two halves that are not of one stream, handed back by [`OwnedReadHalf::reunite`].
pub struct ReuniteError<S>
where
    for<'a> &'a S: AsyncWrite,
{
    /// The reading half.
    pub read: OwnedReadHalf<S>,
    /// The writing half.
    pub write: OwnedWriteHalf<S>,
}

pub(super) const fn split<S>(stream: &S) -> (ReadHalf<'_, S>, WriteHalf<'_, S>) {
    (ReadHalf(stream), WriteHalf(stream))
}

pub(super) fn into_split<S>(stream: S) -> (OwnedReadHalf<S>, OwnedWriteHalf<S>)
where
    for<'a> &'a S: AsyncWrite,
{
    let stream = Arc::new(stream);
    let read = OwnedReadHalf {
        stream: Arc::clone(&stream),
    };
    let write = OwnedWriteHalf {
        stream,
        shuts_down: true,
    };
    (read, write)
}

impl<'a, S> ReadHalf<'a, S> {
    /// The stream.
    #[must_use]
    pub const fn get_ref(&self) -> &'a S {
        self.0
    }
}

impl<'a, S> WriteHalf<'a, S> {
    /// The stream.
    #[must_use]
    pub const fn get_ref(&self) -> &'a S {
        self.0
    }
}

impl<S> OwnedReadHalf<S> {
    /// The stream.
    #[must_use]
    pub fn get_ref(&self) -> &S {
        &self.stream
    }
}

impl<S> OwnedReadHalf<S>
where
    for<'a> &'a S: AsyncWrite,
{
    /// Puts the two halves of a stream together again.
    ///
    /// # Errors
    ///
    /// If they are of different streams; the error has both.
    pub fn reunite(self, mut write: OwnedWriteHalf<S>) -> Result<S, ReuniteError<S>> {
        if !Arc::ptr_eq(&self.stream, &write.stream) {
            return Err(ReuniteError { read: self, write });
        }
        write.shuts_down = false;
        drop(write);
        Arc::try_unwrap(self.stream).map_err(|stream| {
            let (read, write) = (Arc::clone(&stream), stream);
            ReuniteError {
                read: Self { stream: read },
                write: OwnedWriteHalf {
                    stream: write,
                    shuts_down: true,
                },
            }
        })
    }
}

impl<S> OwnedWriteHalf<S>
where
    for<'a> &'a S: AsyncWrite,
{
    /// The stream.
    #[must_use]
    pub fn get_ref(&self) -> &S {
        &self.stream
    }

    /// Drops the half without ending its direction, which goes on until the other half is dropped.
    pub fn forget(mut self) {
        self.shuts_down = false;
    }
}

impl<S> Drop for OwnedWriteHalf<S>
where
    for<'a> &'a S: AsyncWrite,
{
    fn drop(&mut self) {
        if self.shuts_down {
            // Sockets close at once. An error says that the connection is over, and the other half
            // is told that by its next read.
            let mut context = Context::from_waker(Waker::noop());
            drop(Pin::new(&mut &*self.stream).poll_close(&mut context));
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for OwnedWriteHalf<S>
where
    for<'a> &'a S: AsyncWrite,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedWriteHalf")
            .field("stream", &self.stream)
            .finish_non_exhaustive()
    }
}

impl<S> fmt::Debug for ReuniteError<S>
where
    for<'a> &'a S: AsyncWrite,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReuniteError").finish_non_exhaustive()
    }
}

impl<S> fmt::Display for ReuniteError<S>
where
    for<'a> &'a S: AsyncWrite,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the halves are of different streams")
    }
}

impl<S> core::error::Error for ReuniteError<S> where for<'a> &'a S: AsyncWrite {}

/// Reading through a shared reference to the stream.
macro_rules! reads {
    ($half:ty, $($lifetime:lifetime)?) => {
        impl<$($lifetime,)? S> AsyncRead for $half
        where
            for<'s> &'s S: AsyncRead,
        {
            fn poll_read(
                self: Pin<&mut Self>,
                context: &mut Context<'_>,
                buffer: &mut [u8],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut self.get_ref()).poll_read(context, buffer)
            }

            fn poll_read_vectored(
                self: Pin<&mut Self>,
                context: &mut Context<'_>,
                buffers: &mut [IoSliceMut<'_>],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut self.get_ref()).poll_read_vectored(context, buffers)
            }
        }
    };
}

/// Writing through a shared reference to the stream.
macro_rules! writes {
    ($half:ty, $($lifetime:lifetime)?) => {
        impl<$($lifetime,)? S> AsyncWrite for $half
        where
            for<'s> &'s S: AsyncWrite,
        {
            fn poll_write(
                self: Pin<&mut Self>,
                context: &mut Context<'_>,
                buffer: &[u8],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut self.get_ref()).poll_write(context, buffer)
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                context: &mut Context<'_>,
                buffers: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut self.get_ref()).poll_write_vectored(context, buffers)
            }

            fn poll_flush(
                self: Pin<&mut Self>,
                context: &mut Context<'_>,
            ) -> Poll<io::Result<()>> {
                Pin::new(&mut self.get_ref()).poll_flush(context)
            }

            fn poll_close(
                self: Pin<&mut Self>,
                context: &mut Context<'_>,
            ) -> Poll<io::Result<()>> {
                Pin::new(&mut self.get_ref()).poll_close(context)
            }
        }
    };
}

reads!(ReadHalf<'a, S>, 'a);
reads!(OwnedReadHalf<S>,);
writes!(WriteHalf<'a, S>, 'a);
writes!(OwnedWriteHalf<S>,);
