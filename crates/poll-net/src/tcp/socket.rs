//! A TCP socket that has not decided yet: options and a local address before connect or listen.

use core::net::SocketAddr;
use std::io;
use std::os::fd::OwnedFd;

use sys_socket::{Address, Domain, Kind, Protocol};

use crate::call;
use crate::descriptor::{debug_socket, descriptor};
use crate::{TcpListener, TcpStream};

/// A TCP socket before it listens or connects.
///
/// Options that must be set before that are set here, in any order: each is one system call that
/// takes effect at once and touches no other.
///
/// # Examples
///
/// ```
/// use poll_net::TcpSocket;
/// let socket = TcpSocket::v4()?;
/// socket.bind("127.0.0.1:0".parse().unwrap())?;
/// let listener = socket.listen(128)?;
/// assert_ne!(listener.local_addr()?.port(), 0);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Manual: tcp(7)
pub struct TcpSocket {
    fd: OwnedFd,
}

descriptor!(TcpSocket);
debug_socket!(TcpSocket);

impl TcpSocket {
    /// A new IPv4 socket.
    ///
    /// # Errors
    ///
    /// * `EAFNOSUPPORT`: the system lacks IPv4.
    /// * `EMFILE`, `ENFILE`: no descriptor is left in the process or the system.
    /// * `ENOBUFS`, `ENOMEM`: no memory.
    /// * `EACCES`, `EPERM`: not permitted.
    ///
    /// Manual: socket(2)
    pub fn v4() -> io::Result<Self> {
        Self::new(Domain::IPV4)
    }

    /// A new IPv6 socket.
    ///
    /// # Errors
    ///
    /// As [`v4`](Self::v4).
    ///
    /// Manual: socket(2)
    pub fn v6() -> io::Result<Self> {
        Self::new(Domain::IPV6)
    }

    /// A new socket of the family of `address`.
    ///
    /// # Errors
    ///
    /// As [`v4`](Self::v4).
    ///
    /// Manual: socket(2)
    pub fn for_addr(address: SocketAddr) -> io::Result<Self> {
        match address {
            SocketAddr::V4(_) => Self::v4(),
            SocketAddr::V6(_) => Self::v6(),
        }
    }

    fn new(domain: Domain) -> io::Result<Self> {
        let fd = sys_socket::socket(domain, Kind::STREAM, Protocol::TCP)?;
        Ok(Self { fd })
    }

    /// Gives the socket its own address; port zero is any free port.
    ///
    /// # Errors
    ///
    /// * `EADDRINUSE`: the address is taken.
    /// * `EADDRNOTAVAIL`: no interface has it.
    /// * `EACCES`: a port that the process may not use.
    /// * `EAFNOSUPPORT`, `EINVAL`: an address of the other family, or the socket has one already.
    ///
    /// Manual: bind(2)
    pub fn bind(&self, address: SocketAddr) -> io::Result<()> {
        Ok(sys_socket::bind(&self.fd, &Address::from(address))?)
    }

    /// Listens, queueing up to `backlog` connections; the system may allow fewer
    /// (`net.core.somaxconn` on Linux).
    ///
    /// A socket without an address gets any free port of all interfaces.
    ///
    /// # Errors
    ///
    /// `EADDRINUSE`: another socket listens on the port.
    ///
    /// Manual: listen(2)
    pub fn listen(self, backlog: i32) -> io::Result<TcpListener> {
        sys_socket::listen(&self.fd, backlog)?;
        Ok(TcpListener::from(self.fd))
    }

    /// Starts to connect to `address`; see [`TcpStream::connect`].
    ///
    /// # Errors
    ///
    /// As [`TcpStream::connect`].
    ///
    /// Manual: connect(2)
    pub fn connect(self, address: SocketAddr) -> io::Result<TcpStream> {
        call::connect(&self.fd, &Address::from(address))?;
        Ok(TcpStream::from(self.fd))
    }

    /// The socket's own address; port zero before it was bound.
    ///
    /// # Errors
    ///
    /// `ENOBUFS`: no memory.
    ///
    /// Manual: getsockname(2)
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        call::inet(&sys_socket::local_addr(&self.fd)?)
    }
}
