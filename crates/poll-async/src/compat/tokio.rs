//! tokio's `AsyncRead` and `AsyncWrite`.

use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::io::{self, IoSlice};

use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::net::{
    OwnedReadHalf, OwnedWriteHalf, PipeReceiver, PipeSender, ReadHalf, TcpStream, UnixStream,
    WriteHalf,
};

pin_project! {
    /// A stream with the traits of the other side: one with those of futures-io gets tokio's, and
    /// one with tokio's gets those of futures-io.
    ///
    /// The streams of [`net`](crate::net) have both by themselves. Closing and tokio's shutting
    /// down are the same thing here. Nothing is buffered.
    ///
    /// ```
    /// use poll_async::compat::Compat;
    /// use poll_async::io::{AsyncReadExt, Cursor};
    ///
    /// # fn is_tokio<T: tokio::io::AsyncRead>(_stream: &T) {}
    /// # let runtime = poll_async::runtime::Runtime::new()?;
    /// # runtime.block_on(async {
    /// let there = Compat::new(Cursor::new("hello"));
    /// is_tokio(&there);
    /// let mut and_back = Compat::new(there);
    /// let mut text = String::new();
    /// and_back.read_to_string(&mut text).await?;
    /// assert_eq!(text, "hello");
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[derive(Clone, Copy, Debug)]
    pub struct Compat<T> {
        #[pin]
        inner: T,
    }
}

impl<T> Compat<T> {
    /// Wraps a stream.
    #[must_use]
    pub const fn new(inner: T) -> Self {
        Self { inner }
    }

    /// The stream.
    #[must_use]
    pub const fn get_ref(&self) -> &T {
        &self.inner
    }

    /// The stream, to change it.
    #[must_use]
    pub const fn get_mut(&mut self) -> &mut T {
        &mut self.inner
    }

    /// The stream, without the other traits.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.inner
    }
}

/// Reads by the trait of futures-io into a buffer of tokio, whose room is written to once before.
fn read<R: futures_io::AsyncRead + ?Sized>(
    reader: Pin<&mut R>,
    context: &mut Context<'_>,
    buffer: &mut ReadBuf<'_>,
) -> Poll<io::Result<()>> {
    let count = ready!(reader.poll_read(context, buffer.initialize_unfilled()))?;
    buffer.advance(count);
    Poll::Ready(Ok(()))
}

impl<T: futures_io::AsyncRead> AsyncRead for Compat<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        read(self.project().inner, context, buffer)
    }
}

impl<T: futures_io::AsyncWrite> AsyncWrite for Compat<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write(context, buffer)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write_vectored(context, buffers)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_close(context)
    }
}

impl<T: AsyncRead> futures_io::AsyncRead for Compat<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(buffer);
        ready!(self.project().inner.poll_read(context, &mut buffer))?;
        Poll::Ready(Ok(buffer.filled().len()))
    }
}

impl<T: AsyncWrite> futures_io::AsyncWrite for Compat<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write(context, buffer)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write_vectored(context, buffers)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_flush(context)
    }

    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_shutdown(context)
    }
}

/// Reading by the trait of futures-io that the type has.
macro_rules! reads {
    ($type:ty $(, $lifetime:lifetime)? $(, $stream:ident)?) => {
        impl<$($lifetime,)? $($stream)?> AsyncRead for $type
        $( where for<'s> &'s $stream: futures_io::AsyncRead )?
        {
            fn poll_read(
                self: Pin<&mut Self>,
                context: &mut Context<'_>,
                buffer: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                read(self, context, buffer)
            }
        }
    };
}

/// Writing by the trait of futures-io that the type has.
macro_rules! writes {
    ($type:ty $(, $lifetime:lifetime)? $(, $stream:ident)?) => {
        impl<$($lifetime,)? $($stream)?> AsyncWrite for $type
        $( where for<'s> &'s $stream: futures_io::AsyncWrite )?
        {
            fn poll_write(
                self: Pin<&mut Self>,
                context: &mut Context<'_>,
                buffer: &[u8],
            ) -> Poll<io::Result<usize>> {
                futures_io::AsyncWrite::poll_write(self, context, buffer)
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                context: &mut Context<'_>,
                buffers: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                futures_io::AsyncWrite::poll_write_vectored(self, context, buffers)
            }

            fn is_write_vectored(&self) -> bool {
                true
            }

            fn poll_flush(
                self: Pin<&mut Self>,
                context: &mut Context<'_>,
            ) -> Poll<io::Result<()>> {
                futures_io::AsyncWrite::poll_flush(self, context)
            }

            fn poll_shutdown(
                self: Pin<&mut Self>,
                context: &mut Context<'_>,
            ) -> Poll<io::Result<()>> {
                futures_io::AsyncWrite::poll_close(self, context)
            }
        }
    };
}

reads!(TcpStream);
reads!(&TcpStream);
reads!(UnixStream);
reads!(&UnixStream);
reads!(PipeReceiver);
reads!(&PipeReceiver);
reads!(ReadHalf<'a, S>, 'a, S);
reads!(OwnedReadHalf<S>, S);
writes!(TcpStream);
writes!(&TcpStream);
writes!(UnixStream);
writes!(&UnixStream);
writes!(PipeSender);
writes!(&PipeSender);
writes!(WriteHalf<'a, S>, 'a, S);
writes!(OwnedWriteHalf<S>, S);
