//! UDP sockets.

use core::net::SocketAddr;
use std::io;

use poll_net::{Datagram, UdpReceiveBatch, UdpSendBatch};

use super::ToSocketAddrs;
use super::addresses::{first, no_address, resolve};
use super::messages::messages;
use super::sockets::{socket, std_twin};
use crate::io::AsyncFd;
use crate::io::source::Direction;

/// A UDP socket.
///
/// A datagram of length zero is data: a receive that returns zero has received one, and there is no
/// end as streams have it. Errors that the network sends back for a datagram are returned once, by
/// a later call on a connected socket. Options are set through [`get_ref`](Self::get_ref).
///
/// ```
/// use poll_async::net::UdpSocket;
///
/// # let runtime = poll_async::runtime::Runtime::new()?;
/// # runtime.block_on(async {
/// let a = UdpSocket::bind("127.0.0.1:0").await?;
/// let b = UdpSocket::bind("127.0.0.1:0").await?;
/// a.send_to(b"hello", b.local_addr()?).await?;
/// let mut buffer = [0; 64];
/// assert_eq!(b.recv_from(&mut buffer).await?, (5, a.local_addr()?));
/// # std::io::Result::Ok(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct UdpSocket {
    io: AsyncFd<poll_net::UdpSocket>,
}

socket!(UdpSocket, poll_net::UdpSocket);
std_twin!(UdpSocket, poll_net::UdpSocket, std::net::UdpSocket);
messages!(
    UdpSocket,
    poll_net::UdpSocket,
    "* `EDESTADDRREQ`, `ENOTCONN`: no peer was named; `EMSGSIZE`: longer than the protocol allows;
  `ECONNREFUSED`: nobody received an earlier datagram; `ENOBUFS`: the queue of the interface is full
  (the BSDs); `EACCES`: a broadcast address without the option for it.",
    "* `ECONNREFUSED`: nobody received an earlier datagram."
);

impl UdpSocket {
    /// A socket with the first of the addresses that can be had, in the runtime that this thread is
    /// in; port zero is any free port.
    ///
    /// # Errors
    ///
    /// * `EADDRINUSE`: the address is taken; `EADDRNOTAVAIL`: no interface has it; `EACCES`: a port
    ///   for privileged programs.
    /// * Those of making a socket (`EMFILE`, `ENFILE`, `ENOBUFS`), as
    ///   [`lookup_host`](super::lookup_host), and as [`AsyncFd::new`].
    ///
    /// Manual: bind(2)
    pub async fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        let bind = |address| Self::from_net(poll_net::UdpSocket::bind(address)?);
        first(address.target()?, bind).await
    }

    /// Names the peer, the first of the addresses that there is a way to: what others send is no
    /// longer received, and [`send`](Self::send) works. Calling again names another one.
    ///
    /// # Errors
    ///
    /// * `ENETUNREACH`, `EHOSTUNREACH`, `EACCES`: no way there, or a forbidden one;
    ///   `EAFNOSUPPORT`, `EINVAL`: an address of the other family.
    /// * As [`lookup_host`](super::lookup_host).
    ///
    /// Manual: connect(2)
    pub async fn connect(&self, address: impl ToSocketAddrs) -> io::Result<()> {
        let connect = |address| self.get_ref().connect(address);
        first(address.target()?, connect).await
    }

    /// Sends a datagram to the first of the addresses.
    ///
    /// # Errors
    ///
    /// * `EISCONN`: a peer was named (some systems; others send all the same); `ENETUNREACH`,
    ///   `EHOSTUNREACH`, `EAFNOSUPPORT`, `EINVAL`: no way there.
    /// * As [`send`](Self::send), and as [`lookup_host`](super::lookup_host).
    ///
    /// Cancel-safe: if it is dropped, nothing was sent.
    ///
    /// Manual: sendto(2)
    pub async fn send_to(&self, message: &[u8], to: impl ToSocketAddrs) -> io::Result<usize> {
        let to = resolve(to.target()?).await?.next().ok_or_else(no_address)?;
        let send = |socket: &poll_net::UdpSocket| socket.send_to(message, to);
        self.io.write_with(send).await
    }

    /// As [`send_to`](Self::send_to), without waiting, and so without names.
    ///
    /// # Errors
    ///
    /// `WouldBlock`: no room. And as [`send_to`](Self::send_to).
    pub fn try_send_to(&self, message: &[u8], to: SocketAddr) -> io::Result<usize> {
        self.io.try_write_with(|socket| socket.send_to(message, to))
    }

    /// Receives the next datagram: its length and its sender. What does not fit into `buffer` is
    /// lost.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    ///
    /// Cancel-safe: if it is dropped, nothing was received.
    ///
    /// Manual: recvfrom(2)
    pub async fn recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io.read_with(|socket| socket.recv_from(buffer)).await
    }

    /// As [`recv_from`](Self::recv_from), without waiting.
    ///
    /// # Errors
    ///
    /// `WouldBlock`: nothing. And as [`recv`](Self::recv).
    pub fn try_recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io.try_read_with(|socket| socket.recv_from(buffer))
    }

    /// As [`recv_from`](Self::recv_from), and leaves the datagram in the queue.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    ///
    /// Cancel-safe.
    pub async fn peek_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io.read_with(|socket| socket.peek_from(buffer)).await
    }

    /// Sends datagrams in order, as many as fit into the batch: how many were sent. One system call
    /// on Linux; see [`poll_net::UdpSocket::send_batch`].
    ///
    /// # Errors
    ///
    /// Those of the first datagram: as [`send_to`](Self::send_to).
    ///
    /// Cancel-safe: if it is dropped, nothing was sent.
    ///
    /// Manual: sendmmsg(2)
    pub async fn send_batch(
        &self,
        batch: &mut UdpSendBatch,
        datagrams: &[Datagram<'_>],
    ) -> io::Result<usize> {
        let send = |socket: &poll_net::UdpSocket| socket.send_batch(batch, datagrams);
        self.io.write_with(send).await
    }

    /// Receives the datagrams that are there, as many as fit into the batch: how many. One system
    /// call on Linux; see [`poll_net::UdpSocket::recv_batch`].
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    ///
    /// Cancel-safe: if it is dropped, nothing was received.
    ///
    /// Manual: recvmmsg(2)
    pub async fn recv_batch(&self, batch: &mut UdpReceiveBatch) -> io::Result<usize> {
        // Fewer than fit have drained the socket, which saves the call that would say so: the rule
        // of streams, with datagrams in the place of bytes.
        let wanted = batch.capacity();
        let receive = |socket: &poll_net::UdpSocket| socket.recv_batch(batch);
        self.io.transfer(Direction::Read, wanted, receive).await
    }

    /// The socket's own address.
    ///
    /// # Errors
    ///
    /// `ENOBUFS`: no memory.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.get_ref().local_addr()
    }

    /// The peer that [`connect`](Self::connect) has named.
    ///
    /// # Errors
    ///
    /// `ENOTCONN`: none.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.get_ref().peer_addr()
    }
}
