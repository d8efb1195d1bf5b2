//! A TCP connection, also while it is being made.

use core::net::SocketAddr;
use std::io;
use std::net::{self, Shutdown};

use super::{hops, std_twin};
use crate::tied::{Tied, reads, source, try_io, writes};

/// A TCP connection.
///
/// # Connecting
///
/// [`connect`](Self::connect) returns at once. Register the stream and wait until it is writable;
/// then the connection was made if [`take_error`](Self::take_error) returns none and
/// [`peer_addr`](Self::peer_addr) an address. `NotConnected` from the latter means that the event
/// was a spurious one: wait again.
///
/// # Examples
///
#[cfg_attr(feature = "os-poll", doc = "```")]
#[cfg_attr(not(feature = "os-poll"), doc = "```ignore")]
/// use poll_mio::net::TcpStream;
/// use poll_mio::{Events, Interest, Poll, Token};
///
/// let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
/// let mut poll = Poll::new()?;
/// let mut events = Events::with_capacity(8);
/// let mut stream = TcpStream::connect(listener.local_addr()?)?;
/// poll.registry().register(&mut stream, Token(0), Interest::READABLE | Interest::WRITABLE)?;
///
/// poll.poll(&mut events, None)?;
/// assert!(stream.take_error()?.is_none());
/// assert_eq!(stream.peer_addr()?, listener.local_addr()?);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct TcpStream {
    tied: Tied<poll_net::TcpStream>,
}

source!(TcpStream, poll_net::TcpStream);
std_twin!(TcpStream, net::TcpStream);
reads!(TcpStream);
writes!(TcpStream);
try_io!(TcpStream);

impl TcpStream {
    /// Starts to connect to `addr` and returns at once.
    ///
    /// # Errors
    ///
    /// * `ENETUNREACH`, `EHOSTUNREACH`, `EACCES`, `EPERM`: no way there, or a forbidden one.
    /// * `ECONNREFUSED`: nobody listens there (mostly this is known later).
    /// * `EADDRNOTAVAIL`, `EAGAIN`: no local port is free. The latter is no reason to wait: there
    ///   is no stream.
    /// * `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`: no descriptor or memory is left.
    ///
    /// Manual: connect(2)
    pub fn connect(addr: SocketAddr) -> io::Result<Self> {
        poll_net::TcpStream::connect(addr).map(Self::from)
    }

    /// The peer's address.
    ///
    /// # Errors
    ///
    /// `ENOTCONN` (`NotConnected`): not connected, or not yet, or no longer.
    ///
    /// Manual: getpeername(2)
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.tied.get().peer_addr()
    }

    /// The stream's own address.
    ///
    /// # Errors
    ///
    /// `ENOBUFS`: no memory.
    ///
    /// Manual: getsockname(2)
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tied.get().local_addr()
    }

    /// Ends one direction, or both: the peer reads what was written before, and then the end.
    ///
    /// # Errors
    ///
    /// `ENOTCONN`: not connected; some systems also after the peer has reset the connection.
    ///
    /// Manual: shutdown(2)
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.tied.get().shutdown(how)
    }

    /// Sets [`nodelay`](Self::nodelay).
    ///
    /// # Errors
    ///
    /// `EINVAL`: the socket was shut down (Apple's systems).
    ///
    /// Manual: tcp(7)
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.tied.get().set_nodelay(nodelay)
    }

    /// Whether small segments are sent at once (Nagle's algorithm is off).
    ///
    /// # Errors
    ///
    /// As [`set_nodelay`](Self::set_nodelay).
    ///
    /// Manual: tcp(7)
    pub fn nodelay(&self) -> io::Result<bool> {
        self.tied.get().nodelay()
    }

    /// Sets [`ttl`](Self::ttl).
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
    /// `EINVAL`: the socket was shut down (Apple's systems).
    ///
    /// Manual: ip(7)
    pub fn ttl(&self) -> io::Result<u32> {
        self.tied.get().ttl().map(u32::from)
    }

    /// Takes the pending error out of the socket: why a connection was not made, for example.
    ///
    /// # Errors
    ///
    /// None on a socket.
    ///
    /// Manual: socket(7)
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.tied.get().take_error()
    }

    /// Reads without taking anything: the next read returns the same bytes.
    ///
    /// # Errors
    ///
    /// As reading.
    ///
    /// Manual: recv(2)
    pub fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.tied.read(|stream| stream.peek(buf))
    }
}
