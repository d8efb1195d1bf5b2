//! Unix datagram sockets.

use std::io;
use std::path::Path;

use poll_net::UnixAddr;

use super::messages::messages;
use super::sockets::{socket, std_twin};
use crate::io::AsyncFd;

/// A Unix datagram socket: single messages within one machine, in order, and not lost as long as
/// the receiver stays and reads them.
///
/// A datagram of length zero is data. The path of a name is never removed here.
///
/// ```
/// use poll_async::net::UnixDatagram;
///
/// # let runtime = poll_async::runtime::Runtime::new()?;
/// # runtime.block_on(async {
/// let (a, b) = UnixDatagram::pair()?;
/// a.send(b"hello").await?;
/// assert_eq!(b.recv(&mut [0; 16]).await?, 5);
/// # std::io::Result::Ok(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct UnixDatagram {
    io: AsyncFd<poll_net::UnixDatagram>,
}

socket!(UnixDatagram, poll_net::UnixDatagram);
std_twin!(
    UnixDatagram,
    poll_net::UnixDatagram,
    std::os::unix::net::UnixDatagram
);
messages!(
    UnixDatagram,
    poll_net::UnixDatagram,
    "* `ENOTCONN`, `EDESTADDRREQ`: no peer was named; `ECONNREFUSED`, `ECONNRESET`: it has gone;
  `EMSGSIZE`: longer than the send buffer; `ENOBUFS`: its queue is full (the BSDs).",
    "* `ECONNRESET`: the peer has gone (Linux)."
);

impl UnixDatagram {
    /// A socket without a name, in the runtime that this thread is in: it can send.
    ///
    /// # Errors
    ///
    /// `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`: no room. And as [`AsyncFd::new`].
    ///
    /// Manual: socket(2)
    pub fn unbound() -> io::Result<Self> {
        Self::from_net(poll_net::UnixDatagram::unbound()?)
    }

    /// A socket that receives at `path`.
    ///
    /// # Errors
    ///
    /// * `EADDRINUSE`: something has the path; `ENOENT`, `EACCES`, `ENOTDIR`, `EROFS`, `ELOOP`: no
    ///   such folder, or not allowed there; `ENAMETOOLONG`, `EINVAL`: no path for a socket.
    /// * As [`unbound`](Self::unbound).
    ///
    /// Manual: bind(2)
    pub fn bind(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::from_net(poll_net::UnixDatagram::bind(path)?)
    }

    /// As [`bind`](Self::bind), also at an abstract name (Linux).
    ///
    /// # Errors
    ///
    /// As [`bind`](Self::bind).
    pub fn bind_addr(address: &UnixAddr) -> io::Result<Self> {
        Self::from_net(poll_net::UnixDatagram::bind_addr(address)?)
    }

    /// Two sockets connected to each other.
    ///
    /// # Errors
    ///
    /// As [`unbound`](Self::unbound).
    ///
    /// Manual: socketpair(2)
    pub fn pair() -> io::Result<(Self, Self)> {
        let (a, b) = poll_net::UnixDatagram::pair()?;
        Ok((Self::from_net(a)?, Self::from_net(b)?))
    }

    /// Names the peer, which happens at once.
    ///
    /// # Errors
    ///
    /// `ECONNREFUSED`, `ENOENT`, `EACCES`, `ENOTDIR`, `ELOOP`: nobody receives there, or it is not
    /// allowed; `EPROTOTYPE`: another kind of socket has the path.
    ///
    /// Manual: connect(2)
    pub fn connect(&self, path: impl AsRef<Path>) -> io::Result<()> {
        self.get_ref().connect(path)
    }

    /// As [`connect`](Self::connect), also to an abstract name (Linux).
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    pub fn connect_addr(&self, address: &UnixAddr) -> io::Result<()> {
        self.get_ref().connect_addr(address)
    }

    /// Sends a datagram to whoever receives at `path`.
    ///
    /// Linux does not tell when the receiver's queue has room again unless the socket is connected
    /// to it: then this waits for room in its own send buffer only.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect) and as [`send`](Self::send).
    ///
    /// Cancel-safe: if it is dropped, nothing was sent.
    ///
    /// Manual: sendto(2)
    pub async fn send_to(&self, message: &[u8], path: impl AsRef<Path>) -> io::Result<usize> {
        let to = UnixAddr::from_pathname(path)?;
        self.send_to_addr(message, &to).await
    }

    /// As [`send_to`](Self::send_to), also to an abstract name (Linux).
    ///
    /// # Errors
    ///
    /// As [`send_to`](Self::send_to).
    ///
    /// Cancel-safe.
    pub async fn send_to_addr(&self, message: &[u8], to: &UnixAddr) -> io::Result<usize> {
        let send = |socket: &poll_net::UnixDatagram| socket.send_to_addr(message, to);
        self.io.write_with(send).await
    }

    /// Receives the next datagram: its length and its sender, which may have no name.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    ///
    /// Cancel-safe: if it is dropped, nothing was received.
    ///
    /// Manual: recvfrom(2)
    pub async fn recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, UnixAddr)> {
        self.io.read_with(|socket| socket.recv_from(buffer)).await
    }

    /// The socket's own name.
    ///
    /// # Errors
    ///
    /// `ENOBUFS`: no memory.
    pub fn local_addr(&self) -> io::Result<UnixAddr> {
        self.get_ref().local_addr()
    }

    /// The peer's name.
    ///
    /// # Errors
    ///
    /// `ENOTCONN`: there is no peer.
    pub fn peer_addr(&self) -> io::Result<UnixAddr> {
        self.get_ref().peer_addr()
    }
}
