//! UDP sockets: one datagram for each call.

use core::net::SocketAddr;
use std::io;
use std::net::Shutdown;
use std::os::fd::OwnedFd;

use sys_socket::{Address, Domain, Errno, Kind, Protocol, ReceiveFlags, SendFlags};

use crate::call::{self, retry};
use crate::descriptor::{debug_socket, descriptor, std_twin};

/// A UDP socket.
///
/// A datagram of length zero is data: a receive that returns zero has received one, and there is
/// no end as streams have it. Errors that the network sends back for a datagram are returned once,
/// by a later call on a connected socket.
///
/// # Examples
///
/// ```
/// use poll_net::UdpSocket;
/// let a = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
/// let b = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
/// a.send_to(b"hello", b.local_addr()?)?;
/// let mut buffer = [0; 64];
/// # while b.peek(&mut buffer).is_err() {}
/// assert_eq!(b.recv_from(&mut buffer)?, (5, a.local_addr()?));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Manual: udp(7)
pub struct UdpSocket {
    fd: OwnedFd,
}

descriptor!(UdpSocket);
debug_socket!(UdpSocket);
std_twin!(UdpSocket, std::net::UdpSocket);

impl UdpSocket {
    /// A new IPv4 socket without an address, for options that must be set before
    /// [`bind_to`](Self::bind_to); the first send gives it any free port.
    ///
    /// # Errors
    ///
    /// As [`TcpSocket::v4`](crate::TcpSocket::v4).
    ///
    /// Manual: socket(2)
    pub fn v4() -> io::Result<Self> {
        Self::new(Domain::IPV4)
    }

    /// A new IPv6 socket without an address; see [`v4`](Self::v4).
    ///
    /// # Errors
    ///
    /// As [`TcpSocket::v4`](crate::TcpSocket::v4).
    ///
    /// Manual: socket(2)
    pub fn v6() -> io::Result<Self> {
        Self::new(Domain::IPV6)
    }

    fn new(domain: Domain) -> io::Result<Self> {
        let fd = sys_socket::socket(domain, Kind::DATAGRAM, Protocol::UDP)?;
        Ok(Self { fd })
    }

    /// A new socket with an address of its own; port zero is any free port.
    ///
    /// Two system calls.
    ///
    /// # Errors
    ///
    /// As [`v4`](Self::v4) and [`bind_to`](Self::bind_to).
    ///
    /// Manual: bind(2)
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = match address {
            SocketAddr::V4(_) => Self::v4(),
            SocketAddr::V6(_) => Self::v6(),
        }?;
        socket.bind_to(address)?;
        Ok(socket)
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
    pub fn bind_to(&self, address: SocketAddr) -> io::Result<()> {
        Ok(sys_socket::bind(&self.fd, &Address::from(address))?)
    }

    /// Names the peer: what others send is no longer received, and [`send`](Self::send) works.
    ///
    /// It happens at once; calling again names another peer.
    ///
    /// # Errors
    ///
    /// * `ENETUNREACH`, `EHOSTUNREACH`, `EACCES`: no way there, or a forbidden one.
    /// * `EAFNOSUPPORT`, `EINVAL`: an address of the other family.
    ///
    /// Manual: connect(2)
    pub fn connect(&self, address: SocketAddr) -> io::Result<()> {
        retry(|| sys_socket::connect(&self.fd, &Address::from(address)))
    }

    /// Forgets the peer that [`connect`](Self::connect) has named.
    ///
    /// # Errors
    ///
    /// None on a UDP socket.
    ///
    /// # Platform notes
    ///
    /// The BSDs and Apple's systems do it and complain about the address all the same, which is
    /// not passed on.
    ///
    /// Manual: connect(2)
    pub fn disconnect(&self) -> io::Result<()> {
        retry(
            || match sys_socket::connect(&self.fd, &Address::unspecified()) {
                Err(Errno::AFNOSUPPORT | Errno::INVAL | Errno::ADDRNOTAVAIL) => Ok(()),
                result => result,
            },
        )
    }

    /// Sends a datagram to the peer that [`connect`](Self::connect) has named.
    ///
    /// One system call; a datagram is sent as a whole or not at all.
    ///
    /// # Errors
    ///
    /// * `EAGAIN` (`WouldBlock`): there is no room.
    /// * `EDESTADDRREQ`, `ENOTCONN`: no peer was named.
    /// * `EMSGSIZE`: longer than the protocol allows.
    /// * `ECONNREFUSED`: nobody received an earlier datagram.
    /// * `ENOBUFS`: the queue of the interface is full (the BSDs; Linux drops silently).
    /// * `EACCES`: a broadcast address without the option for it.
    ///
    /// Manual: send(2)
    #[inline]
    pub fn send(&self, buffer: &[u8]) -> io::Result<usize> {
        retry(|| sys_socket::send(&self.fd, buffer, SendFlags::NONE))
    }

    /// Sends a datagram to `to`.
    ///
    /// # Errors
    ///
    /// * `EISCONN`: a peer was named (some systems; others send all the same).
    /// * `ENETUNREACH`, `EHOSTUNREACH`, `EAFNOSUPPORT`, `EINVAL`: no way there.
    /// * As [`send`](Self::send).
    ///
    /// Manual: sendto(2)
    #[inline]
    pub fn send_to(&self, buffer: &[u8], to: SocketAddr) -> io::Result<usize> {
        let to = Address::from(to);
        retry(|| sys_socket::send_to(&self.fd, buffer, &to, SendFlags::NONE))
    }

    /// Receives a datagram and returns its length; what the buffer cannot hold is lost silently.
    ///
    /// One system call. To see what was lost, use [`recv_message`](Self::recv_message).
    ///
    /// # Errors
    ///
    /// * `EAGAIN` (`WouldBlock`): nothing is there.
    /// * `ECONNREFUSED`: nobody received an earlier datagram.
    ///
    /// Manual: recv(2)
    #[inline]
    pub fn recv(&self, buffer: &mut [u8]) -> io::Result<usize> {
        retry(|| sys_socket::recv(&self.fd, buffer, ReceiveFlags::NONE))
    }

    /// Receives a datagram and returns its length and its sender.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    ///
    /// Manual: recvfrom(2)
    #[inline]
    pub fn recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
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
    pub fn peek_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.receive(buffer, ReceiveFlags::PEEK)
    }

    #[inline]
    fn receive(&self, buffer: &mut [u8], flags: ReceiveFlags) -> io::Result<(usize, SocketAddr)> {
        let (len, from) = retry(|| sys_socket::recv_from(&self.fd, buffer, flags))?;
        Ok((len, call::inet(&from)?))
    }

    /// The socket's own address; port zero before it has one.
    ///
    /// # Errors
    ///
    /// `ENOBUFS`: no memory.
    ///
    /// Manual: getsockname(2)
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        call::inet(&sys_socket::local_addr(&self.fd)?)
    }

    /// The peer that [`connect`](Self::connect) has named.
    ///
    /// # Errors
    ///
    /// `ENOTCONN`: none.
    ///
    /// Manual: getpeername(2)
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        call::inet(&sys_socket::peer_addr(&self.fd)?)
    }

    /// Ends one direction, or both, on a connected socket; the peer is not told.
    ///
    /// # Errors
    ///
    /// `ENOTCONN`: no peer was named.
    ///
    /// Manual: shutdown(2)
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        Ok(sys_socket::shutdown(&self.fd, how)?)
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
