//! A TCP socket that listens.

use core::net::SocketAddr;
use std::io;
use std::os::fd::OwnedFd;

use sys_socket::Errno;

use crate::call;
use crate::descriptor::{debug_socket, descriptor, std_twin};
use crate::{Accept, TcpSocket, TcpStream};

/// A TCP socket that listens.
///
/// Accept until `WouldBlock`; an [`AcceptGate`](crate::AcceptGate) does it in a way that survives
/// running out of descriptors.
///
/// # Examples
///
/// ```
/// use poll_net::TcpListener;
/// let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
/// let nobody = listener.accept().unwrap_err();
/// assert_eq!(nobody.kind(), std::io::ErrorKind::WouldBlock);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Manual: tcp(7)
pub struct TcpListener {
    fd: OwnedFd,
}

descriptor!(TcpListener);
debug_socket!(TcpListener);
std_twin!(TcpListener, std::net::TcpListener);

impl TcpListener {
    /// Listens on `address`, which may still have connections of an earlier listener
    /// (`SO_REUSEADDR`); port zero is any free port.
    ///
    /// Four system calls. The backlog is as long as the system allows, at most 4096; for
    /// another one, and for options before that, see [`TcpSocket`].
    ///
    /// # Errors
    ///
    /// As [`TcpSocket::v4`], [`TcpSocket::bind`] and [`TcpSocket::listen`].
    ///
    /// Manual: bind(2)
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = TcpSocket::for_addr(address)?;
        socket.set_reuse_address(true)?;
        socket.bind(address)?;
        socket.listen(call::BACKLOG)
    }

    /// Takes the next connection from the queue, non-blocking and close-on-exec, and its peer's
    /// address.
    ///
    /// One system call (four on Apple's systems).
    ///
    /// # Errors
    ///
    /// * `EAGAIN` (`WouldBlock`): the queue is empty.
    /// * `ECONNABORTED`, `EPROTO`, `EPERM`, `ENETDOWN`, `EHOSTUNREACH` and other network errors:
    ///   this one connection is gone, accept the next.
    /// * `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`: nothing was taken; the connection stays in the
    ///   queue, and an edge-triggered poller does not report it again.
    ///
    /// Manual: accept4(2)
    pub fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = call::accept(&self.fd)?;
        if peer.as_bytes().is_empty() {
            // Apple's systems hand out connections that were reset in the queue, without a peer.
            return Err(Errno::CONNABORTED.into());
        }
        Ok((TcpStream::from(stream), call::inet(&peer)?))
    }

    /// The address on which the socket listens.
    ///
    /// # Errors
    ///
    /// `ENOBUFS`: no memory.
    ///
    /// Manual: getsockname(2)
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        call::inet(&sys_socket::local_addr(&self.fd)?)
    }

    /// Takes the pending error out of the socket.
    ///
    /// # Errors
    ///
    /// None on a socket.
    ///
    /// Manual: socket(7)
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        call::take_error(&self.fd)
    }

    /// A second descriptor for the same socket and the same queue.
    ///
    /// # Errors
    ///
    /// `EMFILE`: no descriptor is left in the process.
    ///
    /// Manual: fcntl(2)
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(Self::from(sys_socket::duplicate(&self.fd)?))
    }
}

impl Accept for TcpListener {
    type Accepted = (TcpStream, SocketAddr);

    fn accept_next(&self) -> io::Result<Self::Accepted> {
        self.accept()
    }
}
