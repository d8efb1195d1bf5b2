//! A UDP socket.

use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::io;
use std::net;

use poll_net::Interface4;

use super::{hops, std_twin};
use crate::tied::{Tied, source, try_io};

/// A UDP socket.
///
/// A datagram of length zero is data, and there is no end as streams have it.
///
/// # Examples
///
#[cfg_attr(feature = "os-poll", doc = "```")]
#[cfg_attr(not(feature = "os-poll"), doc = "```ignore")]
/// use poll_mio::net::UdpSocket;
/// use poll_mio::{Events, Interest, Poll, Token};
///
/// let mut poll = Poll::new()?;
/// let mut events = Events::with_capacity(8);
/// let sender = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
/// let mut receiver = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
/// poll.registry().register(&mut receiver, Token(0), Interest::READABLE)?;
/// sender.send_to(b"hello", receiver.local_addr()?)?;
///
/// poll.poll(&mut events, None)?;
/// let mut buffer = [0; 64];
/// assert_eq!(receiver.recv_from(&mut buffer)?, (5, sender.local_addr()?));
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct UdpSocket {
    tied: Tied<poll_net::UdpSocket>,
}

source!(UdpSocket, poll_net::UdpSocket);
std_twin!(UdpSocket, net::UdpSocket);
try_io!(UdpSocket);

impl UdpSocket {
    /// A new socket with an address of its own; port zero is any free port.
    ///
    /// # Errors
    ///
    /// * `EADDRINUSE`: the address is taken.
    /// * `EADDRNOTAVAIL`: no interface has it.
    /// * `EACCES`: a port that the process may not use.
    /// * `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`: no descriptor or memory is left.
    ///
    /// Manual: bind(2)
    pub fn bind(addr: SocketAddr) -> io::Result<Self> {
        poll_net::UdpSocket::bind(addr).map(Self::from)
    }

    /// The socket's own address.
    ///
    /// # Errors
    ///
    /// `ENOBUFS`: no memory.
    ///
    /// Manual: getsockname(2)
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tied.get().local_addr()
    }

    /// The peer that [`connect`](Self::connect) has named.
    ///
    /// # Errors
    ///
    /// `ENOTCONN` (`NotConnected`): none.
    ///
    /// Manual: getpeername(2)
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.tied.get().peer_addr()
    }

    /// Sends a datagram to `target`, as a whole or not at all.
    ///
    /// # Errors
    ///
    /// * `EISCONN`: a peer was named (some systems; others send all the same).
    /// * `ENETUNREACH`, `EHOSTUNREACH`, `EAFNOSUPPORT`, `EINVAL`: no way there.
    /// * As [`send`](Self::send).
    ///
    /// Manual: sendto(2)
    pub fn send_to(&self, buf: &[u8], target: SocketAddr) -> io::Result<usize> {
        self.tied.write(|socket| socket.send_to(buf, target))
    }

    /// Receives a datagram and returns its length and its sender; what the buffer cannot hold is
    /// lost silently.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    ///
    /// Manual: recvfrom(2)
    pub fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.tied.read(|socket| socket.recv_from(buf))
    }

    /// As [`recv_from`](Self::recv_from), and leaves the datagram in the queue.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    ///
    /// Manual: recvfrom(2)
    pub fn peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.tied.read(|socket| socket.peek_from(buf))
    }

    /// Sends a datagram to the peer that [`connect`](Self::connect) has named.
    ///
    /// # Errors
    ///
    /// * `EAGAIN` (`WouldBlock`): there is no room.
    /// * `EDESTADDRREQ`, `ENOTCONN`: no peer was named.
    /// * `EMSGSIZE`: longer than the protocol allows.
    /// * `ECONNREFUSED`: nobody received an earlier datagram.
    /// * `EACCES`: a broadcast address without the option for it.
    ///
    /// Manual: send(2)
    pub fn send(&self, buf: &[u8]) -> io::Result<usize> {
        self.tied.write(|socket| socket.send(buf))
    }

    /// Receives a datagram and returns its length; what the buffer cannot hold is lost silently.
    ///
    /// # Errors
    ///
    /// * `EAGAIN` (`WouldBlock`): nothing is there.
    /// * `ECONNREFUSED`: nobody received an earlier datagram.
    ///
    /// Manual: recv(2)
    pub fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.tied.read(|socket| socket.recv(buf))
    }

    /// As [`recv`](Self::recv), and leaves the datagram in the queue.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    ///
    /// Manual: recv(2)
    pub fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.tied.read(|socket| socket.peek(buf))
    }

    /// Names the peer: what others send is no longer received, and [`send`](Self::send) works.
    ///
    /// # Errors
    ///
    /// * `ENETUNREACH`, `EHOSTUNREACH`, `EACCES`: no way there, or a forbidden one.
    /// * `EAFNOSUPPORT`, `EINVAL`: an address of the other family.
    ///
    /// Manual: connect(2)
    pub fn connect(&self, addr: SocketAddr) -> io::Result<()> {
        self.tied.get().connect(addr)
    }

    /// Sets [`broadcast`](Self::broadcast).
    ///
    /// # Errors
    ///
    /// None on a UDP socket.
    ///
    /// Manual: udp(7)
    pub fn set_broadcast(&self, on: bool) -> io::Result<()> {
        self.tied.get().set_broadcast(on)
    }

    /// Whether datagrams may be sent to broadcast addresses.
    ///
    /// # Errors
    ///
    /// None on a UDP socket.
    ///
    /// Manual: udp(7)
    pub fn broadcast(&self) -> io::Result<bool> {
        self.tied.get().broadcast()
    }

    /// Sets [`multicast_loop_v4`](Self::multicast_loop_v4).
    ///
    /// # Errors
    ///
    /// None on a UDP socket.
    ///
    /// Manual: ip(7)
    pub fn set_multicast_loop_v4(&self, multicast_loop_v4: bool) -> io::Result<()> {
        self.tied.get().set_multicast_loop_v4(multicast_loop_v4)
    }

    /// Whether IPv4 multicast packets come back to this machine; true at first.
    ///
    /// # Errors
    ///
    /// None on a UDP socket.
    ///
    /// Manual: ip(7)
    pub fn multicast_loop_v4(&self) -> io::Result<bool> {
        self.tied.get().multicast_loop_v4()
    }

    /// Sets [`multicast_ttl_v4`](Self::multicast_ttl_v4).
    ///
    /// # Errors
    ///
    /// `EINVAL`: more than 255.
    ///
    /// Manual: ip(7)
    pub fn set_multicast_ttl_v4(&self, multicast_ttl_v4: u32) -> io::Result<()> {
        self.tied
            .get()
            .set_multicast_ttl_v4(hops(multicast_ttl_v4)?)
    }

    /// The hops that IPv4 multicast packets may take; 1 at first.
    ///
    /// # Errors
    ///
    /// None on a UDP socket.
    ///
    /// Manual: ip(7)
    pub fn multicast_ttl_v4(&self) -> io::Result<u32> {
        self.tied.get().multicast_ttl_v4().map(u32::from)
    }

    /// Sets [`multicast_loop_v6`](Self::multicast_loop_v6).
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`, `EOPNOTSUPP`: an IPv4 socket (some systems).
    ///
    /// Manual: ipv6(7)
    pub fn set_multicast_loop_v6(&self, multicast_loop_v6: bool) -> io::Result<()> {
        self.tied.get().set_multicast_loop_v6(multicast_loop_v6)
    }

    /// Whether IPv6 multicast packets come back to this machine; true at first.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`, `EOPNOTSUPP`: an IPv4 socket (some systems).
    ///
    /// Manual: ipv6(7)
    pub fn multicast_loop_v6(&self) -> io::Result<bool> {
        self.tied.get().multicast_loop_v6()
    }

    /// Sets [`ttl`](Self::ttl).
    ///
    /// # Errors
    ///
    /// `EINVAL`: more than 255, or zero.
    ///
    /// Manual: ip(7)
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.tied.get().set_ttl(hops(ttl)?)
    }

    /// The hops that IPv4 packets may take.
    ///
    /// # Errors
    ///
    /// None on a UDP socket.
    ///
    /// Manual: ip(7)
    pub fn ttl(&self) -> io::Result<u32> {
        self.tied.get().ttl().map(u32::from)
    }

    /// Joins an IPv4 multicast group on the interface with this address; unspecified is the
    /// system's choice.
    ///
    /// # Errors
    ///
    /// * `EADDRINUSE`: joined already.
    /// * `EINVAL`: no multicast address.
    /// * `ENODEV`, `EADDRNOTAVAIL`: no such interface, or none that can do multicast.
    ///
    /// Manual: ip(7)
    pub fn join_multicast_v4(&self, multiaddr: &Ipv4Addr, interface: &Ipv4Addr) -> io::Result<()> {
        let interface = Interface4::Address(*interface);
        self.tied.get().join_multicast_v4(*multiaddr, interface)
    }

    /// Joins an IPv6 multicast group on the interface with this index; zero is the system's choice.
    ///
    /// # Errors
    ///
    /// As [`join_multicast_v4`](Self::join_multicast_v4).
    ///
    /// Manual: ipv6(7)
    pub fn join_multicast_v6(&self, multiaddr: &Ipv6Addr, interface: u32) -> io::Result<()> {
        self.tied.get().join_multicast_v6(*multiaddr, interface)
    }

    /// Leaves an IPv4 multicast group that was joined on the same interface.
    ///
    /// # Errors
    ///
    /// * `EADDRNOTAVAIL`: not joined.
    /// * As [`join_multicast_v4`](Self::join_multicast_v4).
    ///
    /// Manual: ip(7)
    pub fn leave_multicast_v4(&self, multiaddr: &Ipv4Addr, interface: &Ipv4Addr) -> io::Result<()> {
        let interface = Interface4::Address(*interface);
        self.tied.get().leave_multicast_v4(*multiaddr, interface)
    }

    /// Leaves an IPv6 multicast group that was joined on the same interface.
    ///
    /// # Errors
    ///
    /// As [`leave_multicast_v4`](Self::leave_multicast_v4).
    ///
    /// Manual: ipv6(7)
    pub fn leave_multicast_v6(&self, multiaddr: &Ipv6Addr, interface: u32) -> io::Result<()> {
        self.tied.get().leave_multicast_v6(*multiaddr, interface)
    }

    /// Whether an IPv6 socket leaves the IPv4 side of its port to others.
    ///
    /// # Errors
    ///
    /// `ENOPROTOOPT`, `EOPNOTSUPP`: an IPv4 socket (some systems).
    ///
    /// Manual: ipv6(7)
    pub fn only_v6(&self) -> io::Result<bool> {
        self.tied.get().only_v6()
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
