//! A TCP connection, also while it is being made.

use core::net::SocketAddr;
use std::io;
use std::net::Shutdown;
use std::os::fd::OwnedFd;

use poll_api::Instant;
use sys_socket::{ReceiveFlags, SendFlags};

use crate::call::{self, retry};
use crate::descriptor::{debug_socket, descriptor, std_twin, stream_socket};
use crate::{Connecting, TcpSocket};

/// A TCP connection.
///
/// `Read` and `Write` are one system call each and allocate nothing.
///
/// # Connecting
///
/// [`connect`](Self::connect) returns at once. Register the stream **after** that, because a
/// poller reports a socket that has not begun to connect as hung up; wait until it is writable,
/// and ask [`finish_connect`](Self::finish_connect), which has the last word: the event may be a
/// spurious one.
///
/// A connection to a port of the range for outgoing connections on this host, where nobody
/// listens, can be made to itself when the system picks this very port as its own: TCP allows it.
/// `local_addr` and `peer_addr` are then equal.
///
/// # Examples
///
/// ```
/// use poll_net::{TcpListener, TcpStream};
/// let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
/// let stream = TcpStream::connect(listener.local_addr()?)?;
/// while !stream.finish_connect()? {
///     // Wait with a poller until the stream is writable.
/// }
/// assert_eq!(stream.peer_addr()?, listener.local_addr()?);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Manual: tcp(7)
pub struct TcpStream {
    fd: OwnedFd,
}

descriptor!(TcpStream);
debug_socket!(TcpStream);
std_twin!(TcpStream, std::net::TcpStream);
stream_socket!(TcpStream);

impl TcpStream {
    /// Starts to connect to `address` and returns at once.
    ///
    /// Two system calls. A signal handler that runs meanwhile does not disturb it.
    ///
    /// # Errors
    ///
    /// * `ENETUNREACH`, `EHOSTUNREACH`, `EACCES`, `EPERM`: no way there, or a forbidden one.
    /// * `ECONNREFUSED`: nobody listens there (mostly this is known later).
    /// * `EADDRNOTAVAIL`, `EAGAIN`: no local port is free. The latter is no reason to wait: there
    ///   is no stream.
    /// * As [`TcpSocket::v4`].
    ///
    /// Manual: connect(2)
    pub fn connect(address: SocketAddr) -> io::Result<Self> {
        TcpSocket::for_addr(address)?.connect(address)
    }

    /// Starts to connect, with a deadline as data: nothing here measures time.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    ///
    /// Manual: connect(2)
    pub fn connect_until(address: SocketAddr, deadline: Instant) -> io::Result<(Self, Connecting)> {
        Ok((Self::connect(address)?, Connecting::until(deadline)))
    }

    /// Whether the connection has been made: true, or false while it is in progress.
    ///
    /// Two system calls. The error is told once: the next call returns false.
    ///
    /// # Errors
    ///
    /// * `ECONNREFUSED`: nobody listens there.
    /// * `ETIMEDOUT`: no answer.
    /// * `ENETUNREACH`, `EHOSTUNREACH`: no way there.
    /// * `ECONNRESET`: made, and reset by the peer since.
    ///
    /// Manual: connect(2)
    pub fn finish_connect(&self) -> io::Result<bool> {
        call::finish_connect(&self.fd)
    }

    /// The connection's own address.
    ///
    /// # Errors
    ///
    /// * `EINVAL`: the connection was shut down (some systems).
    /// * `ENOBUFS`: no memory.
    ///
    /// Manual: getsockname(2)
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        call::inet(&sys_socket::local_addr(&self.fd)?)
    }

    /// The peer's address.
    ///
    /// # Errors
    ///
    /// * `ENOTCONN`: not connected, or not yet, or no longer.
    /// * As [`local_addr`](Self::local_addr).
    ///
    /// Manual: getpeername(2)
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        call::inet(&sys_socket::peer_addr(&self.fd)?)
    }

    /// Ends one direction, or both: the peer reads what was written before, and then the end.
    ///
    /// # Errors
    ///
    /// `ENOTCONN`: not connected; some systems also after the peer has reset the connection.
    ///
    /// Manual: shutdown(2)
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        Ok(sys_socket::shutdown(&self.fd, how)?)
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

    /// Sends TCP's urgent byte, which a poller reports to the peer as priority.
    ///
    /// # Errors
    ///
    /// As writing; after `WouldBlock` the byte was not sent.
    ///
    /// Manual: tcp(7)
    #[doc(alias = "MSG_OOB")]
    pub fn send_urgent(&self, byte: u8) -> io::Result<()> {
        retry(|| sys_socket::send(&self.fd, &[byte], SendFlags::OUT_OF_BAND)).map(drop)
    }

    /// Takes the urgent byte; none after the end of the stream.
    ///
    /// # Errors
    ///
    /// * `EAGAIN` (`WouldBlock`): it was announced and has not come yet.
    /// * `EINVAL`: none was sent, or it was taken, or it stands in the stream.
    ///
    /// Manual: tcp(7)
    #[doc(alias = "MSG_OOB")]
    pub fn recv_urgent(&self) -> io::Result<Option<u8>> {
        let mut byte = [0];
        let flags = ReceiveFlags::OUT_OF_BAND;
        let len = retry(|| sys_socket::recv(&self.fd, &mut byte, flags))?;
        Ok((len > 0).then_some(byte[0]))
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

    /// A second descriptor for the same connection, which ends when both are closed.
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
