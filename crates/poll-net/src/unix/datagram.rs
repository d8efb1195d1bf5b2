//! A Unix datagram socket.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use sys_socket::{Address, Kind, ReceiveFlags, SendFlags, UnixAddr};

use super::{unix_peer, unix_socket};
use crate::call::{self, retry};
use crate::descriptor::{debug_socket, descriptor, std_twin};

/// A Unix datagram socket: single messages within one machine, in order, and not lost as long as
/// the receiver stays and reads them.
///
/// A datagram of length zero is data. The path of a name is never removed here; see
/// [`UnixListener`](crate::UnixListener).
///
/// Manual: unix(7)
pub struct UnixDatagram {
    fd: OwnedFd,
}

descriptor!(UnixDatagram);
debug_socket!(UnixDatagram);
std_twin!(UnixDatagram, std::os::unix::net::UnixDatagram);
unix_socket!(UnixDatagram);
unix_peer!(UnixDatagram);

impl UnixDatagram {
    /// A new socket without a name: it can send, and nobody can answer.
    ///
    /// # Errors
    ///
    /// `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`: no descriptor or memory is left.
    ///
    /// Manual: socket(2)
    pub fn unbound() -> io::Result<Self> {
        let fd = super::socket(Kind::DATAGRAM)?;
        Ok(Self { fd })
    }

    /// A new socket whose name is a path.
    ///
    /// # Errors
    ///
    /// As [`UnixListener::bind`](crate::UnixListener::bind).
    ///
    /// Manual: bind(2)
    pub fn bind(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::bind_addr(&UnixAddr::from_pathname(path)?)
    }

    /// A new socket whose name is a path or an abstract name; for [`UnixAddr::UNNAMED`] Linux
    /// chooses a name.
    ///
    /// # Errors
    ///
    /// As [`UnixListener::bind`](crate::UnixListener::bind).
    ///
    /// Manual: bind(2)
    pub fn bind_addr(address: &UnixAddr) -> io::Result<Self> {
        let fd = super::bound(Kind::DATAGRAM, address)?;
        Ok(Self { fd })
    }

    /// Two sockets connected to each other: one system call.
    ///
    /// # Errors
    ///
    /// `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`: no descriptors or memory are left.
    ///
    /// Manual: socketpair(2)
    pub fn pair() -> io::Result<(Self, Self)> {
        let (a, b) = super::pair(Kind::DATAGRAM)?;
        Ok((Self::from(a), Self::from(b)))
    }

    /// Names the peer by its path: what others send is no longer received.
    ///
    /// # Errors
    ///
    /// * `ECONNREFUSED`: the socket of this name was closed.
    /// * `ENOENT`, `EACCES`, `ENOTDIR`, `ELOOP`: the path is not there or not allowed.
    /// * `EPROTOTYPE`: another kind of socket has the path.
    /// * `EPERM`: the peer has named a peer itself, and it is another one.
    /// * `ENAMETOOLONG`, `EINVAL`: more than [`UnixAddr::MAX_PATH`] bytes, none, or a zero byte.
    ///
    /// Manual: connect(2)
    pub fn connect(&self, path: impl AsRef<Path>) -> io::Result<()> {
        self.connect_addr(&UnixAddr::from_pathname(path)?)
    }

    /// Names the peer by its path or its abstract name.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    ///
    /// Manual: connect(2)
    pub fn connect_addr(&self, address: &UnixAddr) -> io::Result<()> {
        retry(|| sys_socket::connect(&self.fd, &Address::from(address)))
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
    /// * `ENOBUFS`: the receiver's queue is full (the BSDs and Apple's systems).
    ///
    /// # Platform notes
    ///
    /// On Linux, a socket without a named peer is writable as long as its own buffer has room,
    /// whether the receiver's queue is full or not: after `WouldBlock` from
    /// [`send_to`](Self::send_to) no event may come.
    ///
    /// Manual: send(2)
    #[inline]
    pub fn send(&self, buffer: &[u8]) -> io::Result<usize> {
        retry(|| sys_socket::send(&self.fd, buffer, SendFlags::NONE))
    }

    /// Sends a datagram to the socket whose name is the path.
    ///
    /// # Errors
    ///
    /// * `ENOENT`, `EACCES`, `ENOTDIR`, `ELOOP`, `ENAMETOOLONG`, `EINVAL`: as for
    ///   [`connect`](Self::connect).
    /// * As [`send`](Self::send).
    ///
    /// Manual: sendto(2)
    pub fn send_to(&self, buffer: &[u8], path: impl AsRef<Path>) -> io::Result<usize> {
        self.send_to_addr(buffer, &UnixAddr::from_pathname(path)?)
    }

    /// Sends a datagram to the socket of this path or abstract name.
    ///
    /// # Errors
    ///
    /// As [`send_to`](Self::send_to).
    ///
    /// Manual: sendto(2)
    pub fn send_to_addr(&self, buffer: &[u8], to: &UnixAddr) -> io::Result<usize> {
        let to = Address::from(to);
        retry(|| sys_socket::send_to(&self.fd, buffer, &to, SendFlags::NONE))
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
    #[inline]
    pub fn recv(&self, buffer: &mut [u8]) -> io::Result<usize> {
        retry(|| sys_socket::recv(&self.fd, buffer, ReceiveFlags::NONE))
    }

    /// Receives a datagram and returns its length and its sender's name, if it has one.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    ///
    /// Manual: recvfrom(2)
    pub fn recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, UnixAddr)> {
        self.receive(buffer, ReceiveFlags::NONE)
    }

    /// As [`recv`](Self::recv), and leaves the datagram in the queue.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    ///
    /// Manual: recv(2)
    pub fn peek(&self, buffer: &mut [u8]) -> io::Result<usize> {
        retry(|| sys_socket::recv(&self.fd, buffer, ReceiveFlags::PEEK))
    }

    /// As [`recv_from`](Self::recv_from), and leaves the datagram in the queue.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    ///
    /// Manual: recvfrom(2)
    pub fn peek_from(&self, buffer: &mut [u8]) -> io::Result<(usize, UnixAddr)> {
        self.receive(buffer, ReceiveFlags::PEEK)
    }

    fn receive(&self, buffer: &mut [u8], flags: ReceiveFlags) -> io::Result<(usize, UnixAddr)> {
        let (len, from) = retry(|| sys_socket::recv_from(&self.fd, buffer, flags))?;
        Ok((len, call::unix(&from)?))
    }
}
