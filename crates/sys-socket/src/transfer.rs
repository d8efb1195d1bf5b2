//! Sending and receiving without control data.

use std::io::{IoSlice, IoSliceMut};
use std::os::fd::AsFd;

use crate::{Address, Errno, ReceiveFlags, SendFlags, sys};

/// Sends bytes to the connected peer and returns how many were taken.
///
/// Never raises `SIGPIPE` (`MSG_NOSIGNAL`). Sending nothing on a datagram socket sends a datagram
/// of length zero.
///
/// # Errors
///
/// * `EAGAIN`: the send buffer is full, or the queue of a Unix datagram peer.
/// * `EPIPE`: the writing direction is closed here or there.
/// * `ECONNRESET`, `ECONNREFUSED`, `ETIMEDOUT`, `EHOSTUNREACH`: the connection's pending error.
/// * `ENOTCONN`, `EDESTADDRREQ`: there is no peer.
/// * `EMSGSIZE`: the datagram is longer than the protocol allows; nothing was sent.
/// * `ENOBUFS`, `ENOMEM`: no memory; the queue of an interface is full.
/// * `EINTR`: a signal handler ran before anything was sent.
/// * `ENOTSOCK`: no socket.
/// * `EOPNOTSUPP`: out-of-band data on a socket that has none; or `MSG_ZEROCOPY`, refused by this
///   crate because the kernel would read the buffer after the call.
///
/// # Platform notes
///
/// Apple's systems lack the flag; sockets made by this crate have `SO_NOSIGPIPE` set instead,
/// others need [`suppress_signal`].
///
/// Manual: send(2)
pub fn send(fd: impl AsFd, buffer: &[u8], flags: SendFlags) -> Result<usize, Errno> {
    sys::send(fd.as_fd(), buffer, flags.bits())
}

/// Sends a datagram to `to`.
///
/// # Errors
///
/// * `EISCONN`: the socket is connected (some systems).
/// * `ECONNREFUSED`, `ENOENT`: nobody has the Unix address; on UDP, an earlier datagram was
///   refused.
/// * `EACCES`: a broadcast address without the option for it.
/// * As [`send`].
///
/// Manual: sendto(2)
#[doc(alias = "sendto")]
pub fn send_to(
    fd: impl AsFd,
    buffer: &[u8],
    to: &Address,
    flags: SendFlags,
) -> Result<usize, Errno> {
    sys::send_to(fd.as_fd(), buffer, to, flags.bits())
}

/// Sends the bytes of several buffers, in order, with one system call.
///
/// # Errors
///
/// * `EMSGSIZE`, `EINVAL`: more than [`MAX_BUFFERS`](crate::MAX_BUFFERS) buffers.
/// * As [`send`].
///
/// Manual: sendmsg(2)
#[doc(alias = "sendmsg")]
pub fn send_vectored(
    fd: impl AsFd,
    buffers: &[IoSlice<'_>],
    flags: SendFlags,
) -> Result<usize, Errno> {
    sys::send_message(fd.as_fd(), buffers, &Address::EMPTY, &[], flags.bits())
}

/// Receives bytes and returns how many.
///
/// Zero is the end of a stream. On a datagram socket it is a datagram of length zero, which is
/// data and no end. A datagram longer than the buffer loses its rest silently; only
/// [`receive_message`](crate::receive_message) tells.
///
/// # Errors
///
/// * `EAGAIN`: nothing is there.
/// * `ECONNRESET`, `ECONNREFUSED`, `ETIMEDOUT`, `EHOSTUNREACH`: the socket's pending error.
/// * `ENOTCONN`: a stream without a peer.
/// * `EINTR`: a signal handler ran before anything was received.
/// * `ENOTSOCK`: no socket.
///
/// # Examples
///
/// ```
/// use sys_socket::{Domain, Kind, Protocol, ReceiveFlags, SendFlags};
/// let (a, b) = sys_socket::pair(Domain::UNIX, Kind::STREAM, Protocol::DEFAULT)?;
/// sys_socket::send(&a, b"hello", SendFlags::NONE)?;
/// let mut buffer = [0; 8];
/// assert_eq!(sys_socket::recv(&b, &mut buffer, ReceiveFlags::PEEK)?, 5);
/// assert_eq!(sys_socket::recv(&b, &mut buffer, ReceiveFlags::NONE)?, 5);
/// # Ok::<(), sys_socket::Errno>(())
/// ```
///
/// Manual: recv(2)
#[doc(alias = "peek")]
pub fn recv(fd: impl AsFd, buffer: &mut [u8], flags: ReceiveFlags) -> Result<usize, Errno> {
    sys::recv(fd.as_fd(), buffer, flags.bits())
}

/// Receives a datagram and its sender; of an unnamed Unix sender the address is empty.
///
/// On a stream the address is empty or the peer's, as the system likes.
///
/// # Errors
///
/// As [`recv`].
///
/// Manual: recvfrom(2)
#[doc(alias = "recvfrom")]
pub fn recv_from(
    fd: impl AsFd,
    buffer: &mut [u8],
    flags: ReceiveFlags,
) -> Result<(usize, Address), Errno> {
    sys::recv_from(fd.as_fd(), buffer, flags.bits())
}

/// Receives into several buffers, one after the other, with one system call.
///
/// # Errors
///
/// * `EMSGSIZE`, `EINVAL`: more than [`MAX_BUFFERS`](crate::MAX_BUFFERS) buffers.
/// * As [`recv`].
///
/// Manual: recvmsg(2)
#[doc(alias = "recvmsg")]
pub fn recv_vectored(
    fd: impl AsFd,
    buffers: &mut [IoSliceMut<'_>],
    flags: ReceiveFlags,
) -> Result<usize, Errno> {
    let mut from = Address::EMPTY;
    let received = sys::receive_message(fd.as_fd(), buffers, &mut from, &mut [], flags.bits())?;
    Ok(received.len)
}

/// Makes writes to the broken socket return `EPIPE` without raising `SIGPIPE`, where sends cannot
/// ask for it one by one; elsewhere nothing is done and nothing needs to be.
///
/// Only for sockets that this crate has not made: it has done it for its own.
///
/// # Errors
///
/// `ENOTSOCK`, `EINVAL`: no socket, or one that was shut down (Apple's systems).
///
/// Manual: setsockopt(2)
#[doc(alias = "SO_NOSIGPIPE")]
pub fn suppress_signal(fd: impl AsFd) -> Result<(), Errno> {
    sys::suppress_signal(fd.as_fd())
}
