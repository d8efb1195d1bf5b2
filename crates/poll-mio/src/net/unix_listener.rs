//! A Unix socket that listens for streams.

use std::io;
use std::os::unix::net::{self, SocketAddr};
use std::path::Path;

use super::{UnixStream, std_twin, unix_address};
use crate::tied::{Tied, source};

/// A Unix socket that listens for streams.
///
/// The path of its name is made by binding and never removed here.
pub struct UnixListener {
    tied: Tied<poll_net::UnixListener>,
}

source!(UnixListener, poll_net::UnixListener);
std_twin!(UnixListener, net::UnixListener);

impl UnixListener {
    /// Listens on a path; one that begins with a zero byte is a name in the abstract namespace,
    /// where the system has one (Linux). There an empty path lets the kernel choose such a name.
    ///
    /// The backlog is as long as the system allows, at most 4096.
    ///
    /// # Errors
    ///
    /// * `EADDRINUSE`: the path exists, whether anybody listens there or not.
    /// * `InvalidInput`: the path is too long, or has a zero byte inside.
    /// * `ENAMETOOLONG`: the name in the abstract namespace is too long.
    /// * `EINVAL`: the path is empty (not on Linux).
    /// * `EACCES`, `ENOENT`, `ENOTDIR`, `ELOOP`, `EROFS`: the path cannot be made.
    /// * `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`: no descriptor or memory is left.
    ///
    /// Manual: unix(7)
    pub fn bind<P: AsRef<Path>>(path: P) -> io::Result<Self> {
        let address = unix_address::of_path(path.as_ref())?;
        poll_net::UnixListener::bind_addr(&address).map(Self::from)
    }

    /// Listens on an address of the standard library.
    ///
    /// # Errors
    ///
    /// As [`bind`](Self::bind).
    ///
    /// Manual: unix(7)
    pub fn bind_addr(address: &SocketAddr) -> io::Result<Self> {
        let address = unix_address::of_std(address)?;
        poll_net::UnixListener::bind_addr(&address).map(Self::from)
    }

    /// Takes the next connection from the queue, non-blocking and close-on-exec, and its peer's
    /// name, which most clients lack.
    ///
    /// # Errors
    ///
    /// * `EAGAIN` (`WouldBlock`): the queue is empty; an event tells of the next connection.
    /// * `ECONNABORTED`: this one connection is gone, accept the next.
    /// * `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`: nothing was taken; the connection stays in the
    ///   queue and has no further event.
    ///
    /// Manual: accept4(2)
    pub fn accept(&self) -> io::Result<(UnixStream, SocketAddr)> {
        let (stream, peer) = self.tied.read(poll_net::UnixListener::accept)?;
        Ok((stream.into(), unix_address::to_std(&peer)?))
    }

    /// The socket's own name.
    ///
    /// # Errors
    ///
    /// `ENOBUFS`: no memory.
    ///
    /// Manual: getsockname(2)
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        unix_address::to_std(&self.tied.get().local_addr()?)
    }

    /// Takes the pending error out of the socket.
    ///
    /// # Errors
    ///
    /// None on a socket.
    ///
    /// Manual: socket(7)
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.tied.get().take_error()
    }
}
