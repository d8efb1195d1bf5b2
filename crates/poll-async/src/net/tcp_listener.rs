//! TCP listeners.

use core::net::SocketAddr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use super::TcpStream;
use crate::io::AsyncFd;

/// A socket that accepts TCP connections.
#[derive(Debug)]
pub struct TcpListener {
    io: AsyncFd<poll_net::TcpListener>,
}

impl TcpListener {
    /// Listens on `address`, in the runtime that this thread is in.
    ///
    /// # Errors
    ///
    /// * `EADDRINUSE`: another socket listens there; `EADDRNOTAVAIL`: it is not of this machine;
    ///   `EACCES`: a port for privileged programs.
    /// * Those of making a socket (`EMFILE`, `ENFILE`, `ENOBUFS`), and as [`AsyncFd::new`].
    ///
    /// Manual: listen(2)
    pub fn bind_addr(address: SocketAddr) -> io::Result<Self> {
        Self::from_net(poll_net::TcpListener::bind(address)?)
    }

    /// Registers a listener with the runtime that this thread is in.
    ///
    /// # Errors
    ///
    /// As [`AsyncFd::new`].
    pub fn from_net(listener: poll_net::TcpListener) -> io::Result<Self> {
        let io = AsyncFd::new(listener)?;
        Ok(Self { io })
    }

    /// Accepts a connection.
    ///
    /// # Errors
    ///
    /// * `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`: no room; the connection stays in the queue.
    /// * `ECONNABORTED`: it was gone before it was accepted.
    ///
    /// Cancel-safe: if it is dropped, nothing was accepted.
    ///
    /// Manual: accept(2)
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let accept = |listener: &poll_net::TcpListener| listener.accept();
        let (stream, peer) = self.io.read_with(accept).await?;
        Ok((TcpStream::from_net(stream)?, peer))
    }

    /// The address that it listens on.
    ///
    /// # Errors
    ///
    /// `ENOBUFS`: no memory.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.get_ref().local_addr()
    }

    /// The listener without the runtime, for its options.
    #[must_use]
    pub const fn get_ref(&self) -> &poll_net::TcpListener {
        self.io.get_ref()
    }
}

impl AsFd for TcpListener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.io.as_fd()
    }
}
