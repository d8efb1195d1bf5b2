//! A Unix connection that keeps the bounds of messages.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use sys_socket::{Kind, ReceiveFlags, SendFlags, UnixAddr};

use super::{unix_peer, unix_socket};
use crate::call::{self, retry};
use crate::descriptor::{debug_socket, descriptor};

/// A Unix connection that keeps the bounds of messages: a stream of datagrams with an end.
///
/// It is no `Read` and no `Write`, because a message is sent and received as a whole. Zero bytes
/// received are the end, **or an empty message**: the system does not tell, so do not send those.
///
/// # Platform notes
///
/// Apple's systems lack this kind of socket: making one gives `EPROTONOSUPPORT`.
///
/// # Examples
///
/// ```
/// # #[cfg(not(target_vendor = "apple"))] {
/// use poll_net::UnixSeqpacket;
/// let (a, b) = UnixSeqpacket::pair()?;
/// a.send(b"one")?;
/// a.send(b"two!")?;
/// let mut buffer = [0; 8];
/// assert_eq!(b.recv(&mut buffer)?, 3);
/// assert_eq!(b.recv(&mut buffer)?, 4);
/// # }
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Manual: unix(7)
pub struct UnixSeqpacket {
    fd: OwnedFd,
}

descriptor!(UnixSeqpacket);
debug_socket!(UnixSeqpacket);
unix_socket!(UnixSeqpacket);
unix_peer!(UnixSeqpacket);

impl UnixSeqpacket {
    /// Connects to a path.
    ///
    /// # Errors
    ///
    /// * As [`UnixStream::connect`](crate::UnixStream::connect).
    /// * `EPROTONOSUPPORT`: the system lacks this kind of socket.
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
        let fd = super::connected(Kind::SEQPACKET, address)?;
        Ok(Self { fd })
    }

    /// Two sockets connected to each other: one system call.
    ///
    /// # Errors
    ///
    /// * `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`: no descriptors or memory are left.
    /// * `EPROTONOSUPPORT`: the system lacks this kind of socket.
    ///
    /// Manual: socketpair(2)
    pub fn pair() -> io::Result<(Self, Self)> {
        let (a, b) = super::pair(Kind::SEQPACKET)?;
        Ok((Self::from(a), Self::from(b)))
    }

    /// Whether the connection has been made; see
    /// [`UnixStream::finish_connect`](crate::UnixStream::finish_connect).
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// Manual: connect(2)
    pub fn finish_connect(&self) -> io::Result<bool> {
        call::finish_connect(&self.fd)
    }

    /// Sends one message, as a whole or not at all.
    ///
    /// # Errors
    ///
    /// * `EAGAIN` (`WouldBlock`): there is no room.
    /// * `EPIPE`, `ECONNRESET`: the peer is gone.
    /// * `EMSGSIZE`: longer than the send buffer.
    ///
    /// Manual: send(2)
    #[inline]
    pub fn send(&self, message: &[u8]) -> io::Result<usize> {
        retry(|| sys_socket::send(&self.fd, message, SendFlags::END_OF_RECORD))
    }

    /// Receives one message and returns its length; what the buffer cannot hold is lost silently.
    ///
    /// # Errors
    ///
    /// * `EAGAIN` (`WouldBlock`): nothing is there.
    /// * `ECONNRESET`: the peer was closed with messages of this socket unread.
    ///
    /// Manual: recv(2)
    #[inline]
    pub fn recv(&self, buffer: &mut [u8]) -> io::Result<usize> {
        retry(|| sys_socket::recv(&self.fd, buffer, ReceiveFlags::NONE))
    }

    /// As [`recv`](Self::recv), and leaves the message in the queue.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    ///
    /// Manual: recv(2)
    pub fn peek(&self, buffer: &mut [u8]) -> io::Result<usize> {
        retry(|| sys_socket::recv(&self.fd, buffer, ReceiveFlags::PEEK))
    }
}
