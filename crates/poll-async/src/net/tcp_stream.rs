//! TCP connections.

use core::net::SocketAddr;
use core::time::Duration;
use std::io;

use super::ToSocketAddrs;
use super::addresses::{no_address, resolve};
use super::sockets::{socket, std_twin};
use super::streams::{connection, end_writing, reads, writes};
use crate::io::AsyncFd;
use crate::io::source::Direction;
use crate::time::timeout;

/// A TCP connection.
///
/// Its methods take `&self`, and the traits of `futures-io` are there for it and for `&TcpStream`:
/// any number of tasks may use it. Of two that read at the same time, each byte goes to one. The
/// poll functions of the traits remember one task for each direction, the last one.
///
/// Closing by the trait ends the writing direction, as [`shutdown`](Self::shutdown) does; dropping
/// closes the connection. Options are set through [`get_ref`](Self::get_ref).
///
/// ```
/// use poll_async::net::{TcpListener, TcpStream};
/// use poll_async::runtime::Runtime;
///
/// let runtime = Runtime::new()?;
/// runtime.block_on(async {
///     let listener = TcpListener::bind("127.0.0.1:0").await?;
///     let client = TcpStream::connect(listener.local_addr()?).await?;
///     let (server, _peer) = listener.accept().await?;
///     client.write_all(b"hello").await?;
///     let mut buffer = [0; 16];
///     assert_eq!(server.read(&mut buffer).await?, 5);
///     std::io::Result::Ok(())
/// })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct TcpStream {
    pub(super) io: AsyncFd<poll_net::TcpStream>,
}

socket!(TcpStream, poll_net::TcpStream);
std_twin!(TcpStream, poll_net::TcpStream, std::net::TcpStream);
reads!(
    TcpStream,
    poll_net::TcpStream,
    "* `ECONNRESET`: the peer has reset the connection; `ETIMEDOUT`: it is gone.",
    "recv(2)"
);
writes!(
    TcpStream,
    poll_net::TcpStream,
    "* `EPIPE`, `ECONNRESET`: the connection is over.",
    "send(2)",
    end_writing!()
);
connection!(TcpStream, poll_net::TcpStream);

impl TcpStream {
    /// Connects to the first of the addresses that answers.
    ///
    /// They are tried one after the other in the order of [`lookup_host`](super::lookup_host), each
    /// for as long as the system waits, which is minutes for one that does not answer at all. Where
    /// names have several addresses and not all can be reached, give each its own time with
    /// [`timeout`](crate::time::timeout()) around [`connect_addr`](Self::connect_addr).
    ///
    /// # Errors
    ///
    /// * Those of the last address: as [`connect_addr`](Self::connect_addr).
    /// * As [`lookup_host`](super::lookup_host).
    ///
    /// Cancel-safe: dropping it gives the connection up.
    ///
    /// Manual: connect(2)
    pub async fn connect(address: impl ToSocketAddrs) -> io::Result<Self> {
        let mut failure = None;
        for address in resolve(address.target()?).await? {
            match Self::connect_addr(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => failure = Some(error),
            }
        }
        Err(failure.unwrap_or_else(no_address))
    }

    /// As [`connect`](Self::connect), for at most `duration`, names and all addresses together.
    ///
    /// # Errors
    ///
    /// `TimedOut`: the time is over. And as [`connect`](Self::connect).
    ///
    /// Cancel-safe, as [`connect`](Self::connect).
    pub async fn connect_timeout(
        address: impl ToSocketAddrs,
        duration: Duration,
    ) -> io::Result<Self> {
        timeout(duration, Self::connect(address)).await?
    }

    /// Connects to `address`, and waits until that is done.
    ///
    /// # Errors
    ///
    /// * `ECONNREFUSED`: nobody listens there; `ETIMEDOUT`: no answer; `ENETUNREACH`,
    ///   `EHOSTUNREACH`: no way there; `EADDRNOTAVAIL`, `EAGAIN`: no local port is free.
    /// * Those of making a socket (`EMFILE`, `ENFILE`, `ENOBUFS`), and as [`AsyncFd::new`].
    ///
    /// Cancel-safe: dropping it gives the connection up.
    ///
    /// Manual: connect(2)
    pub async fn connect_addr(address: SocketAddr) -> io::Result<Self> {
        Self::finish(poll_net::TcpStream::connect(address)?).await
    }

    /// Waits for a connection that was started.
    pub(super) async fn finish(started: poll_net::TcpStream) -> io::Result<Self> {
        let stream = Self::from_net(started)?;
        stream.finish_connect().await?;
        Ok(stream)
    }

    /// Waits until it is known whether the connection was made. An error is told once.
    pub(crate) async fn finish_connect(&self) -> io::Result<()> {
        let finish = |stream: &poll_net::TcpStream| match stream.finish_connect()? {
            true => Ok(()),
            false => Err(io::ErrorKind::WouldBlock.into()),
        };
        self.io.write_with(finish).await
    }

    /// The connection's own address.
    ///
    /// # Errors
    ///
    /// * `EINVAL`: the connection was shut down (some systems).
    /// * `ENOBUFS`: no memory.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.get_ref().local_addr()
    }

    /// The peer's address.
    ///
    /// # Errors
    ///
    /// `ENOTCONN`: no longer connected. And as [`local_addr`](Self::local_addr).
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.get_ref().peer_addr()
    }

    /// Whether small writes are sent at once, without waiting for more (`TCP_NODELAY`).
    ///
    /// # Errors
    ///
    /// `EINVAL`: the connection was reset (Apple's systems).
    pub fn nodelay(&self) -> io::Result<bool> {
        self.get_ref().nodelay()
    }

    /// Sets [`nodelay`](Self::nodelay). The other options are those of
    /// [`get_ref`](Self::get_ref).
    ///
    /// # Errors
    ///
    /// As [`nodelay`](Self::nodelay).
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.get_ref().set_nodelay(nodelay)
    }
}
