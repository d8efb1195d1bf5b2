//! Unix streams.

use std::io;
use std::path::Path;

use super::sockets::{socket, std_twin};
use super::streams::{connection, end_writing, reads, writes};
use super::unix_peers::unix_peers;
use crate::io::AsyncFd;
use crate::io::source::Direction;

/// A Unix stream: bytes in both directions within one machine.
///
/// Used like a [`TcpStream`](super::TcpStream).
///
/// ```
/// use poll_async::net::UnixStream;
///
/// # let runtime = poll_async::runtime::Runtime::new()?;
/// # runtime.block_on(async {
/// let (a, b) = UnixStream::pair()?;
/// a.write_all(b"hello").await?;
/// let mut buffer = [0; 16];
/// assert_eq!(b.read(&mut buffer).await?, 5);
/// # std::io::Result::Ok(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct UnixStream {
    pub(super) io: AsyncFd<poll_net::UnixStream>,
}

socket!(UnixStream, poll_net::UnixStream);
std_twin!(
    UnixStream,
    poll_net::UnixStream,
    std::os::unix::net::UnixStream
);
reads!(
    UnixStream,
    poll_net::UnixStream,
    "* `ECONNRESET`: the peer has closed with unread data (Linux).",
    "recv(2)"
);
writes!(
    UnixStream,
    poll_net::UnixStream,
    "* `EPIPE`, `ECONNRESET`: the connection is over.",
    "send(2)",
    end_writing!()
);
connection!(UnixStream, poll_net::UnixStream);
unix_peers!(UnixStream, poll_net::UnixStream);

impl UnixStream {
    /// Connects to the listener at `path`.
    ///
    /// # Errors
    ///
    /// * `EAGAIN` (`WouldBlock`, Linux): the listener's queue is full, and nothing tells when it is
    ///   not: try again after a while. Other systems say `ECONNREFUSED`.
    /// * `ECONNREFUSED`: nobody listens there; `ENOENT`, `EACCES`, `ENOTDIR`, `ELOOP`: the path is
    ///   not there or not allowed; `EPROTOTYPE`: another kind of socket has the path;
    ///   `ENAMETOOLONG`, `EINVAL`: no path for a socket.
    /// * Those of making a socket (`EMFILE`, `ENFILE`, `ENOBUFS`), and as [`AsyncFd::new`].
    ///
    /// Cancel-safe: dropping it gives the connection up.
    ///
    /// Manual: connect(2)
    pub async fn connect(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::finish(poll_net::UnixStream::connect(path)?).await
    }
}
