//! Unix sockets that listen for streams.

use core::task::{Context, Poll};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use poll_net::UnixAddr;

use super::UnixStream;
use super::accepting::Accepting;
use crate::io::AsyncFd;

/// A Unix socket that listens for streams.
///
/// The path of its name is made by binding and never removed here; see
/// [`poll_net::UnixListener`]. What it does when descriptors run out, and who may accept, is
/// as for a [`TcpListener`](super::TcpListener).
#[derive(Debug)]
pub struct UnixListener {
    accepting: Accepting<poll_net::UnixListener>,
}

impl UnixListener {
    /// Listens at `path`, in the runtime that this thread is in.
    ///
    /// # Errors
    ///
    /// * `EADDRINUSE`: something has the path, and be it a socket that nobody listens on any more.
    /// * `ENOENT`, `EACCES`, `ENOTDIR`, `EROFS`, `ELOOP`: no such folder, or not allowed there;
    ///   `ENAMETOOLONG`, `EINVAL`: no path for a socket.
    /// * Those of making a socket (`EMFILE`, `ENFILE`, `ENOBUFS`), and as [`AsyncFd::new`].
    ///
    /// Manual: unix(7)
    pub fn bind(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::from_net(poll_net::UnixListener::bind(path)?)
    }

    /// As [`bind`](Self::bind), also at an abstract name (Linux).
    ///
    /// # Errors
    ///
    /// As [`bind`](Self::bind).
    pub fn bind_addr(address: &UnixAddr) -> io::Result<Self> {
        Self::from_net(poll_net::UnixListener::bind_addr(address)?)
    }

    /// Registers a listener with the runtime that this thread is in.
    ///
    /// # Errors
    ///
    /// As [`AsyncFd::new`].
    pub fn from_net(listener: poll_net::UnixListener) -> io::Result<Self> {
        let accepting = Accepting::new(listener)?;
        Ok(Self { accepting })
    }

    /// Leaves the runtime.
    ///
    /// # Errors
    ///
    /// As [`AsyncFd::into_inner`].
    pub fn into_net(self) -> io::Result<poll_net::UnixListener> {
        self.accepting.into_inner()
    }

    /// Takes over a listener of the standard library: it becomes non-blocking, and is registered
    /// with the runtime that this thread is in.
    ///
    /// # Errors
    ///
    /// As [`AsyncFd::new`].
    pub fn from_std(listener: std::os::unix::net::UnixListener) -> io::Result<Self> {
        Self::from_net(listener.try_into()?)
    }

    /// Leaves the runtime. The listener stays non-blocking.
    ///
    /// # Errors
    ///
    /// As [`AsyncFd::into_inner`].
    pub fn into_std(self) -> io::Result<std::os::unix::net::UnixListener> {
        Ok(self.into_net()?.into())
    }

    /// Accepts a connection: as [`TcpListener::accept`](super::TcpListener::accept).
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// Cancel-safe: if it is dropped, nothing was accepted.
    ///
    /// Manual: accept(2)
    pub async fn accept(&self) -> io::Result<(UnixStream, UnixAddr)> {
        self.register(self.accepting.accept().await?)
    }

    /// As [`accept`](Self::accept), as a poll function: the last caller is woken.
    ///
    /// # Errors
    ///
    /// As [`accept`](Self::accept).
    pub fn poll_accept(
        &self,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<(UnixStream, UnixAddr)>> {
        let accepted = self.accepting.poll_accept(context)?;
        accepted.map(|accepted| self.register(accepted))
    }

    fn register(
        &self,
        (stream, peer): (poll_net::UnixStream, UnixAddr),
    ) -> io::Result<(UnixStream, UnixAddr)> {
        let io = AsyncFd::with_handle(stream, self.accepting.handle())?;
        Ok((UnixStream { io }, peer))
    }

    /// The name that it listens at.
    ///
    /// # Errors
    ///
    /// `ENOBUFS`: no memory.
    pub fn local_addr(&self) -> io::Result<UnixAddr> {
        self.get_ref().local_addr()
    }

    /// The listener without the runtime, for its options. Accept with the methods of this type: the
    /// runtime does not know of what is done on it.
    #[must_use]
    pub const fn get_ref(&self) -> &poll_net::UnixListener {
        self.accepting.io().get_ref()
    }
}

impl AsFd for UnixListener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.accepting.io().as_fd()
    }
}
