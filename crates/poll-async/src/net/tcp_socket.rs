//! TCP sockets that have not decided yet.

use core::net::SocketAddr;
use std::io;

use super::{TcpListener, TcpStream};

/// A TCP socket before it listens or connects, for options that must be set before that.
///
/// It belongs to no runtime yet. The options are those of [`get_ref`](Self::get_ref).
///
/// ```
/// use poll_async::net::TcpSocket;
///
/// # let runtime = poll_async::runtime::Runtime::new()?;
/// # runtime.block_on(async {
/// let socket = TcpSocket::v4()?;
/// socket.get_ref().set_recv_buffer_size(64 * 1024)?;
/// socket.bind("127.0.0.1:0".parse().unwrap())?;
/// let listener = socket.listen(128)?;
/// # drop(listener);
/// # std::io::Result::Ok(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct TcpSocket(poll_net::TcpSocket);

impl TcpSocket {
    /// A new IPv4 socket.
    ///
    /// # Errors
    ///
    /// * `EAFNOSUPPORT`: the system lacks IPv4.
    /// * `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`: no room. `EACCES`, `EPERM`: not permitted.
    ///
    /// Manual: socket(2)
    pub fn v4() -> io::Result<Self> {
        poll_net::TcpSocket::v4().map(Self)
    }

    /// A new IPv6 socket.
    ///
    /// # Errors
    ///
    /// As [`v4`](Self::v4).
    pub fn v6() -> io::Result<Self> {
        poll_net::TcpSocket::v6().map(Self)
    }

    /// A new socket of the family of `address`.
    ///
    /// # Errors
    ///
    /// As [`v4`](Self::v4).
    pub fn for_addr(address: SocketAddr) -> io::Result<Self> {
        poll_net::TcpSocket::for_addr(address).map(Self)
    }

    /// Gives the socket its own address; port zero is any free port.
    ///
    /// # Errors
    ///
    /// * `EADDRINUSE`: the address is taken; `EADDRNOTAVAIL`: no interface has it; `EACCES`: a port
    ///   for privileged programs.
    /// * `EAFNOSUPPORT`, `EINVAL`: an address of the other family, or the socket has one already.
    ///
    /// Manual: bind(2)
    pub fn bind(&self, address: SocketAddr) -> io::Result<()> {
        self.0.bind(address)
    }

    /// Listens, queueing up to `backlog` connections, in the runtime that this thread is in.
    ///
    /// # Errors
    ///
    /// `EADDRINUSE`: another socket listens on the port. And as
    /// [`AsyncFd::new`](crate::io::AsyncFd::new).
    ///
    /// Manual: listen(2)
    pub fn listen(self, backlog: i32) -> io::Result<TcpListener> {
        TcpListener::from_net(self.0.listen(backlog)?)
    }

    /// Connects to `address`, and waits until that is done.
    ///
    /// # Errors
    ///
    /// As [`TcpStream::connect_addr`].
    ///
    /// Cancel-safe: dropping it gives the connection up.
    ///
    /// Manual: connect(2)
    pub async fn connect(self, address: SocketAddr) -> io::Result<TcpStream> {
        TcpStream::finish(self.0.connect(address)?).await
    }

    /// The socket's own address; port zero before it was bound.
    ///
    /// # Errors
    ///
    /// `ENOBUFS`: no memory.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// The socket without the methods above, for its options.
    #[must_use]
    pub const fn get_ref(&self) -> &poll_net::TcpSocket {
        &self.0
    }
}

impl From<poll_net::TcpSocket> for TcpSocket {
    fn from(socket: poll_net::TcpSocket) -> Self {
        Self(socket)
    }
}

impl From<TcpSocket> for poll_net::TcpSocket {
    fn from(socket: TcpSocket) -> Self {
        socket.0
    }
}
