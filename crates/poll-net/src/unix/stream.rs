//! A Unix stream.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use sys_socket::{Kind, ReceiveFlags, UnixAddr};

use super::{unix_peer, unix_socket};
use crate::call::{self, retry};
use crate::descriptor::{debug_socket, descriptor, std_twin, stream_socket};

/// A Unix stream: bytes in both directions within one machine.
///
/// `Read` and `Write` are one system call each and allocate nothing.
///
/// # Examples
///
/// ```
/// use poll_net::UnixStream;
/// use std::io::{Read, Write};
/// let (mut a, mut b) = UnixStream::pair()?;
/// a.write_all(b"hello")?;
/// let mut buffer = [0; 8];
/// assert_eq!(b.read(&mut buffer)?, 5);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Manual: unix(7)
pub struct UnixStream {
    fd: OwnedFd,
}

descriptor!(UnixStream);
debug_socket!(UnixStream);
std_twin!(UnixStream, std::os::unix::net::UnixStream);
stream_socket!(UnixStream);
unix_socket!(UnixStream);
unix_peer!(UnixStream);

impl UnixStream {
    /// Connects to a path.
    ///
    /// Two system calls. On Linux the stream is connected when this returns; elsewhere see
    /// [`finish_connect`](Self::finish_connect).
    ///
    /// # Errors
    ///
    /// * `EAGAIN` (`WouldBlock`, Linux): the listener's backlog is full. **There is no stream and
    ///   no readiness to wait for**: try again after a while. Other systems say `ECONNREFUSED`.
    /// * `ECONNREFUSED`: nobody listens there.
    /// * `ENOENT`, `EACCES`, `ENOTDIR`, `ELOOP`: the path is not there or not allowed.
    /// * `EPROTOTYPE`: another kind of socket has the path (each kind has abstract names of its
    ///   own, so that there it is `ECONNREFUSED`).
    /// * `ENAMETOOLONG`, `EINVAL`: more than [`UnixAddr::MAX_PATH`] bytes, none, or a zero byte.
    /// * `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`: no descriptor or memory is left.
    ///
    /// Manual: connect(2)
    pub fn connect(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::connect_addr(&UnixAddr::from_pathname(path)?)
    }

    /// Connects to a path or an abstract name.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    ///
    /// Manual: connect(2)
    pub fn connect_addr(address: &UnixAddr) -> io::Result<Self> {
        let fd = super::connected(Kind::STREAM, address)?;
        Ok(Self { fd })
    }

    /// Two streams connected to each other: one system call.
    ///
    /// # Errors
    ///
    /// `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`: no descriptors or memory are left.
    ///
    /// Manual: socketpair(2)
    pub fn pair() -> io::Result<(Self, Self)> {
        let (a, b) = super::pair(Kind::STREAM)?;
        Ok((Self::from(a), Self::from(b)))
    }

    /// Whether the connection has been made: true, or false while it is in progress.
    ///
    /// Two system calls. The error is told once: the next call returns false.
    ///
    /// # Errors
    ///
    /// `ECONNREFUSED`: the listener has gone.
    ///
    /// Manual: connect(2)
    pub fn finish_connect(&self) -> io::Result<bool> {
        call::finish_connect(&self.fd)
    }

    /// Reads without taking anything: the next read returns the same bytes.
    ///
    /// # Errors
    ///
    /// As reading.
    ///
    /// Manual: recv(2)
    pub fn peek(&self, buffer: &mut [u8]) -> io::Result<usize> {
        retry(|| sys_socket::recv(&self.fd, buffer, ReceiveFlags::PEEK))
    }
}
