//! A Unix stream.

use std::io;
use std::net::Shutdown;
use std::os::unix::net::{self, SocketAddr};
use std::path::Path;

use super::{std_twin, unix_address};
use crate::tied::{Tied, reads, source, try_io, writes};

/// A Unix stream: bytes in both directions within one machine.
pub struct UnixStream {
    tied: Tied<poll_net::UnixStream>,
}

source!(UnixStream, poll_net::UnixStream);
std_twin!(UnixStream, net::UnixStream);
reads!(UnixStream);
writes!(UnixStream);
try_io!(UnixStream);

impl UnixStream {
    /// Connects to a path; one that begins with a zero byte is a name in the abstract namespace,
    /// where the system has one (Linux).
    ///
    /// # Errors
    ///
    /// * `EAGAIN` (`WouldBlock`, Linux): the listener's backlog is full. **There is no stream and
    ///   no event to wait for**: try again after a while. Other systems say `ECONNREFUSED`.
    /// * `ECONNREFUSED`: nobody listens there.
    /// * `ENOENT`, `EACCES`, `ENOTDIR`, `ELOOP`: the path is not there or not allowed.
    /// * `EPROTOTYPE`: another kind of socket has the path.
    /// * `InvalidInput`: the path is too long, empty, or has a zero byte inside.
    /// * `ENAMETOOLONG`: the name in the abstract namespace is too long.
    /// * `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`: no descriptor or memory is left.
    ///
    /// Manual: connect(2)
    pub fn connect<P: AsRef<Path>>(path: P) -> io::Result<Self> {
        let address = unix_address::of_path(path.as_ref())?;
        poll_net::UnixStream::connect_addr(&address).map(Self::from)
    }

    /// Connects to an address of the standard library.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    ///
    /// Manual: connect(2)
    pub fn connect_addr(address: &SocketAddr) -> io::Result<Self> {
        let address = unix_address::of_std(address)?;
        poll_net::UnixStream::connect_addr(&address).map(Self::from)
    }

    /// Two streams connected to each other.
    ///
    /// # Errors
    ///
    /// `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`: no descriptors or memory are left.
    ///
    /// Manual: socketpair(2)
    pub fn pair() -> io::Result<(Self, Self)> {
        let (a, b) = poll_net::UnixStream::pair()?;
        Ok((a.into(), b.into()))
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

    /// The peer's name.
    ///
    /// # Errors
    ///
    /// `ENOTCONN` (`NotConnected`): there is no peer.
    ///
    /// Manual: getpeername(2)
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        unix_address::to_std(&self.tied.get().peer_addr()?)
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

    /// Ends one direction, or both.
    ///
    /// # Errors
    ///
    /// `ENOTCONN`: there is no peer.
    ///
    /// Manual: shutdown(2)
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.tied.get().shutdown(how)
    }
}
