//! TCP connections.

use core::net::SocketAddr;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd};

use futures_io::{AsyncRead, AsyncWrite};

use crate::io::AsyncFd;
use crate::io::source::Direction;

/// A TCP connection.
///
/// Its methods take `&self`; the traits of `futures-io` are there for it and for `&TcpStream`.
/// Dropping it closes the connection.
#[derive(Debug)]
pub struct TcpStream {
    io: AsyncFd<poll_net::TcpStream>,
}

impl TcpStream {
    /// Connects to `address`, and waits until that is done.
    ///
    /// # Errors
    ///
    /// * `ECONNREFUSED`: nobody listens there; `ETIMEDOUT`: no answer; `ENETUNREACH`,
    ///   `EHOSTUNREACH`: no way there; `EADDRNOTAVAIL`: no local port is free.
    /// * Those of making a socket (`EMFILE`, `ENFILE`, `ENOBUFS`), and as [`AsyncFd::new`].
    ///
    /// Cancel-safe: dropping it gives the connection up.
    ///
    /// Manual: connect(2)
    pub async fn connect_addr(address: SocketAddr) -> io::Result<Self> {
        let stream = Self::from_net(poll_net::TcpStream::connect(address)?)?;
        let finish = |stream: &poll_net::TcpStream| match stream.finish_connect()? {
            true => Ok(()),
            false => Err(io::ErrorKind::WouldBlock.into()),
        };
        stream.io.write_with(finish).await?;
        Ok(stream)
    }

    /// Registers a connection with the runtime that this thread is in.
    ///
    /// # Errors
    ///
    /// As [`AsyncFd::new`].
    pub fn from_net(stream: poll_net::TcpStream) -> io::Result<Self> {
        let io = AsyncFd::new(stream)?;
        Ok(Self { io })
    }

    /// Reads what has come, into `buffer`: how much; zero at the end.
    ///
    /// # Errors
    ///
    /// * `ECONNRESET`: the peer has reset the connection; `ETIMEDOUT`: it is gone.
    ///
    /// Cancel-safe: if it is dropped, nothing was read.
    ///
    /// Manual: recv(2)
    pub async fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = buffer.len();
        let read = |mut stream: &poll_net::TcpStream| stream.read(buffer);
        self.io.transfer(Direction::Read, wanted, read).await
    }

    /// Writes from `buffer` as much as there is room for: how much.
    ///
    /// # Errors
    ///
    /// * `EPIPE`, `ECONNRESET`: the connection is over.
    ///
    /// Cancel-safe: if it is dropped, nothing was written.
    ///
    /// Manual: send(2)
    pub async fn write(&self, buffer: &[u8]) -> io::Result<usize> {
        let write = |mut stream: &poll_net::TcpStream| stream.write(buffer);
        self.io
            .transfer(Direction::Write, buffer.len(), write)
            .await
    }

    /// Writes all of `buffer`.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write).
    ///
    /// Not cancel-safe: if it is dropped, some of it may have been written.
    pub async fn write_all(&self, mut buffer: &[u8]) -> io::Result<()> {
        while !buffer.is_empty() {
            match self.write(buffer).await? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                written => buffer = buffer.get(written..).unwrap_or_default(),
            }
        }
        Ok(())
    }

    /// Ends one direction, or both.
    ///
    /// # Errors
    ///
    /// `ENOTCONN`: not connected.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.get_ref().shutdown(how)
    }

    /// The connection without the runtime, for its options.
    #[must_use]
    pub const fn get_ref(&self) -> &poll_net::TcpStream {
        self.io.get_ref()
    }

    fn poll_read_from(
        &self,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let wanted = buffer.len();
        let read = |mut stream: &poll_net::TcpStream| stream.read(buffer);
        self.io
            .poll_transfer(context, Direction::Read, wanted, read)
    }

    fn poll_write_to(&self, context: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        let write = |mut stream: &poll_net::TcpStream| stream.write(buffer);
        self.io
            .poll_transfer(context, Direction::Write, buffer.len(), write)
    }
}

impl AsyncRead for &TcpStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_read_from(context, buffer)
    }

    fn poll_read_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        let wanted = buffers.iter().map(|buffer| buffer.len()).sum();
        let read = |mut stream: &poll_net::TcpStream| stream.read_vectored(buffers);
        self.io
            .poll_transfer(context, Direction::Read, wanted, read)
    }
}

impl AsyncWrite for &TcpStream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_to(context, buffer)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wanted = buffers.iter().map(|buffer| buffer.len()).sum();
        let write = |mut stream: &poll_net::TcpStream| stream.write_vectored(buffers);
        self.io
            .poll_transfer(context, Direction::Write, wanted, write)
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.get_ref().shutdown(Shutdown::Write))
    }
}

impl AsyncRead for TcpStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_read_from(context, buffer)
    }

    fn poll_read_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut &*self).poll_read_vectored(context, buffers)
    }
}

impl AsyncWrite for TcpStream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_to(context, buffer)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut &*self).poll_write_vectored(context, buffers)
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready((*self).get_ref().shutdown(Shutdown::Write))
    }
}

impl AsFd for TcpStream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.io.as_fd()
    }
}
