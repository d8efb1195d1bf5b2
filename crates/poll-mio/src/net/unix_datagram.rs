//! A Unix datagram socket.

use std::io;
use std::net::Shutdown;
use std::os::unix::net::{self, SocketAddr};
use std::path::Path;

use super::{std_twin, unix_address};
use crate::tied::{Tied, source, try_io};

/// A Unix datagram socket: single messages within one machine.
///
/// A datagram of length zero is data. The path of a name is never removed here.
pub struct UnixDatagram {
    tied: Tied<poll_net::UnixDatagram>,
}

source!(UnixDatagram, poll_net::UnixDatagram);
std_twin!(UnixDatagram, net::UnixDatagram);
try_io!(UnixDatagram);

impl UnixDatagram {
    /// A new socket whose name is a path; one that begins with a zero byte is a name in the
    /// abstract namespace, where the system has one (Linux). There an empty path lets the kernel
    /// choose such a name.
    ///
    /// # Errors
    ///
    /// As [`UnixListener::bind`](crate::net::UnixListener::bind).
    ///
    /// Manual: bind(2)
    pub fn bind<P: AsRef<Path>>(path: P) -> io::Result<Self> {
        let address = unix_address::of_path(path.as_ref())?;
        poll_net::UnixDatagram::bind_addr(&address).map(Self::from)
    }

    /// A new socket whose name is an address of the standard library.
    ///
    /// # Errors
    ///
    /// As [`bind`](Self::bind).
    ///
    /// Manual: bind(2)
    pub fn bind_addr(address: &SocketAddr) -> io::Result<Self> {
        let address = unix_address::of_std(address)?;
        poll_net::UnixDatagram::bind_addr(&address).map(Self::from)
    }

    /// Names the peer by its path: what others send is no longer received.
    ///
    /// # Errors
    ///
    /// * `ECONNREFUSED`: the socket of this name was closed.
    /// * `ENOENT`, `EACCES`, `ENOTDIR`, `ELOOP`: the path is not there or not allowed.
    /// * `EPROTOTYPE`: another kind of socket has the path.
    /// * `InvalidInput`: the path is too long, empty, or has a zero byte inside.
    /// * `ENAMETOOLONG`: the name in the abstract namespace is too long.
    /// * `EPERM`: the peer has named a peer itself, and it is another one.
    ///
    /// Manual: connect(2)
    pub fn connect<P: AsRef<Path>>(&self, path: P) -> io::Result<()> {
        let address = unix_address::of_path(path.as_ref())?;
        self.tied.get().connect_addr(&address)
    }

    /// A new socket without a name: it can send, and nobody can answer.
    ///
    /// # Errors
    ///
    /// `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`: no descriptor or memory is left.
    ///
    /// Manual: socket(2)
    pub fn unbound() -> io::Result<Self> {
        poll_net::UnixDatagram::unbound().map(Self::from)
    }

    /// Two sockets connected to each other.
    ///
    /// # Errors
    ///
    /// `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`: no descriptors or memory are left.
    ///
    /// Manual: socketpair(2)
    pub fn pair() -> io::Result<(Self, Self)> {
        let (a, b) = poll_net::UnixDatagram::pair()?;
        Ok((a.into(), b.into()))
    }

    /// Receives a datagram and returns its length and its sender's name, if it has one; what the
    /// buffer cannot hold is lost silently.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    ///
    /// Manual: recvfrom(2)
    pub fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        let (len, from) = self.tied.read(|socket| socket.recv_from(buf))?;
        Ok((len, unix_address::to_std(&from)?))
    }

    /// Receives a datagram and returns its length; what the buffer cannot hold is lost silently.
    ///
    /// # Errors
    ///
    /// * `EAGAIN` (`WouldBlock`): nothing is there.
    /// * `ECONNRESET`: the peer has named another peer, and datagrams of this socket that it had
    ///   not read are lost (Linux).
    ///
    /// Manual: recv(2)
    pub fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.tied.read(|socket| socket.recv(buf))
    }

    /// Sends a datagram to the socket whose name is the path.
    ///
    /// # Errors
    ///
    /// * `ENOENT`, `EACCES`, `ENOTDIR`, `ELOOP`, `InvalidInput`, `ENAMETOOLONG`: as for
    ///   [`connect`](Self::connect).
    /// * As [`send`](Self::send).
    ///
    /// Manual: sendto(2)
    pub fn send_to<P: AsRef<Path>>(&self, buf: &[u8], path: P) -> io::Result<usize> {
        let address = unix_address::of_path(path.as_ref())?;
        self.tied.write(|socket| socket.send_to_addr(buf, &address))
    }

    /// Sends a datagram to the peer, as a whole or not at all.
    ///
    /// # Errors
    ///
    /// * `EAGAIN` (`WouldBlock`): the receiver's queue or the send buffer is full.
    /// * `ENOTCONN`, `EDESTADDRREQ`: there is no peer.
    /// * `ECONNREFUSED`: the peer was closed.
    /// * `EPIPE`: the peer receives no more.
    /// * `EMSGSIZE`: longer than the send buffer.
    ///
    /// Manual: send(2)
    pub fn send(&self, buf: &[u8]) -> io::Result<usize> {
        self.tied.write(|socket| socket.send(buf))
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
