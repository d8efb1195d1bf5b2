//! TCP listeners.

use core::net::SocketAddr;
use core::task::{Context, Poll};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use super::accepting::Accepting;
use super::addresses::first;
use super::{TcpStream, ToSocketAddrs};
use crate::io::AsyncFd;

/// A socket that accepts TCP connections.
///
/// Any number of tasks may accept at the same time. Those that are accepted belong to the
/// listener's runtime, whoever accepts them.
///
/// When the process or the system has no descriptors or no memory left, [`accept`](Self::accept)
/// says so once; the next call waits for a while before it tries again, from 50 ms on and up to
/// 1 s, and the connections stay in the queue
/// ([`AcceptGate`](poll_net::AcceptGate)). So a loop that logs errors and goes on neither spins nor
/// forgets its clients.
///
/// ```no_run
/// use poll_async::net::TcpListener;
///
/// # async fn serve() -> std::io::Result<()> {
/// let listener = TcpListener::bind("127.0.0.1:8080").await?;
/// loop {
///     match listener.accept().await {
///         Ok((stream, peer)) => {
///             poll_async::spawn(async move { stream.write_all(b"hello").await });
///         }
///         Err(error) => eprintln!("accept: {error}"),
///     }
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct TcpListener {
    accepting: Accepting<poll_net::TcpListener>,
}

impl TcpListener {
    /// Listens on the first of the addresses that can be had, in the runtime that this thread is
    /// in.
    ///
    /// Connections of an earlier listener do not hinder it (`SO_REUSEADDR`); port zero is any free
    /// port. The queue is as long as the system allows, at most 4096: for another length, and for
    /// options before that, see [`TcpSocket`](super::TcpSocket).
    ///
    /// # Errors
    ///
    /// * `EADDRINUSE`: another socket listens there; `EADDRNOTAVAIL`: it is not of this machine;
    ///   `EACCES`: a port for privileged programs.
    /// * Those of making a socket (`EMFILE`, `ENFILE`, `ENOBUFS`), as
    ///   [`lookup_host`](super::lookup_host), and as [`AsyncFd::new`].
    ///
    /// Manual: listen(2)
    pub async fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        first(address.target()?, Self::bind_addr).await
    }

    /// As [`bind`](Self::bind), on one address, and at once.
    ///
    /// # Errors
    ///
    /// As [`bind`](Self::bind).
    pub fn bind_addr(address: SocketAddr) -> io::Result<Self> {
        Self::from_net(poll_net::TcpListener::bind(address)?)
    }

    /// Registers a listener with the runtime that this thread is in.
    ///
    /// # Errors
    ///
    /// As [`AsyncFd::new`].
    pub fn from_net(listener: poll_net::TcpListener) -> io::Result<Self> {
        let accepting = Accepting::new(listener)?;
        Ok(Self { accepting })
    }

    /// Leaves the runtime.
    ///
    /// # Errors
    ///
    /// As [`AsyncFd::into_inner`].
    pub fn into_net(self) -> io::Result<poll_net::TcpListener> {
        self.accepting.into_inner()
    }

    /// Takes over a listener of the standard library: it becomes non-blocking, and is registered
    /// with the runtime that this thread is in.
    ///
    /// # Errors
    ///
    /// As [`AsyncFd::new`].
    pub fn from_std(listener: std::net::TcpListener) -> io::Result<Self> {
        Self::from_net(listener.try_into()?)
    }

    /// Leaves the runtime. The listener stays non-blocking.
    ///
    /// # Errors
    ///
    /// As [`AsyncFd::into_inner`].
    pub fn into_std(self) -> io::Result<std::net::TcpListener> {
        Ok(self.into_net()?.into())
    }

    /// Accepts a connection.
    ///
    /// # Errors
    ///
    /// * `ECONNABORTED` and errors of the network: this one was gone before it was accepted.
    /// * `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`: no room; the connection stays in the queue, and
    ///   the next call waits for a while.
    /// * As [`AsyncFd::new`]; the connection is dropped then.
    /// * If the runtime of the listener has ended, and the queue is empty.
    ///
    /// Cancel-safe: if it is dropped, nothing was accepted.
    ///
    /// Manual: accept(2)
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
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
    ) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        let accepted = self.accepting.poll_accept(context)?;
        accepted.map(|accepted| self.register(accepted))
    }

    fn register(
        &self,
        (stream, peer): (poll_net::TcpStream, SocketAddr),
    ) -> io::Result<(TcpStream, SocketAddr)> {
        let io = AsyncFd::with_handle(stream, self.accepting.handle())?;
        Ok((TcpStream { io }, peer))
    }

    /// The address that it listens on.
    ///
    /// # Errors
    ///
    /// `ENOBUFS`: no memory.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.get_ref().local_addr()
    }

    /// The listener without the runtime, for its options. Accept with the methods of this type: the
    /// runtime does not know of what is done on it.
    #[must_use]
    pub const fn get_ref(&self) -> &poll_net::TcpListener {
        self.accepting.io().get_ref()
    }
}

impl AsFd for TcpListener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.accepting.io().as_fd()
    }
}
