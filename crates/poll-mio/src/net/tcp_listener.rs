//! A TCP socket that listens.

use core::net::SocketAddr;
use std::io;
use std::net;

use super::{TcpStream, hops, std_twin};
use crate::tied::{Tied, source};

/// A TCP socket that listens.
///
/// # Examples
///
#[cfg_attr(feature = "os-poll", doc = "```")]
#[cfg_attr(not(feature = "os-poll"), doc = "```ignore")]
/// use poll_mio::net::TcpListener;
/// use poll_mio::{Events, Interest, Poll, Token};
/// use std::io::ErrorKind;
///
/// let mut poll = Poll::new()?;
/// let mut events = Events::with_capacity(8);
/// let mut listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
/// poll.registry().register(&mut listener, Token(0), Interest::READABLE)?;
/// let client = std::net::TcpStream::connect(listener.local_addr()?)?;
///
/// poll.poll(&mut events, None)?;
/// let (connection, peer) = listener.accept()?;
/// assert_eq!(peer, client.local_addr()?);
/// assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
/// # drop(connection);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct TcpListener {
    tied: Tied<poll_net::TcpListener>,
}

source!(TcpListener, poll_net::TcpListener);
std_twin!(TcpListener, net::TcpListener);

impl TcpListener {
    /// Listens on `addr`, which may still have connections of an earlier listener
    /// (`SO_REUSEADDR`); port zero is any free port.
    ///
    /// Four system calls. The backlog is as long as the system allows, at most 4096.
    ///
    /// # Errors
    ///
    /// * `EADDRINUSE`: somebody listens there.
    /// * `EADDRNOTAVAIL`: no interface has the address.
    /// * `EACCES`: a port that the process may not use.
    /// * `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`: no descriptor or memory is left.
    ///
    /// Manual: bind(2)
    pub fn bind(addr: SocketAddr) -> io::Result<Self> {
        poll_net::TcpListener::bind(addr).map(Self::from)
    }

    /// Takes the next connection from the queue, non-blocking and close-on-exec, and its peer's
    /// address.
    ///
    /// # Errors
    ///
    /// * `EAGAIN` (`WouldBlock`): the queue is empty; an event tells of the next connection.
    /// * `ECONNABORTED`: this one connection is gone, accept the next.
    /// * `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`: nothing was taken; the connection stays in the
    ///   queue and has no further event.
    ///
    /// Manual: accept4(2)
    pub fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = self.tied.read(poll_net::TcpListener::accept)?;
        Ok((stream.into(), peer))
    }

    /// The address that it listens on.
    ///
    /// # Errors
    ///
    /// `ENOBUFS`: no memory.
    ///
    /// Manual: getsockname(2)
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tied.get().local_addr()
    }

    /// Sets [`ttl`](Self::ttl), which accepted connections inherit.
    ///
    /// # Errors
    ///
    /// `EINVAL`: not 1 to 255.
    ///
    /// Manual: ip(7)
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.tied.get().set_ttl(hops(ttl)?)
    }

    /// The hops that IPv4 packets may take.
    ///
    /// # Errors
    ///
    /// None on a TCP socket.
    ///
    /// Manual: ip(7)
    pub fn ttl(&self) -> io::Result<u32> {
        self.tied.get().ttl().map(u32::from)
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
