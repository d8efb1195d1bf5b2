//! Making, naming and connecting sockets.

use core::ffi::c_int;
use std::net::Shutdown;
use std::os::fd::{AsFd, OwnedFd};

use crate::{Address, Domain, Errno, Kind, Protocol, sys};

/// Creates a socket, close-on-exec and non-blocking.
///
/// One system call.
///
/// # Errors
///
/// * `EAFNOSUPPORT`: the system lacks the domain.
/// * `EPROTONOSUPPORT`, `ESOCKTNOSUPPORT`, `EPROTOTYPE`, `EINVAL`: the domain lacks the kind or
///   protocol.
/// * `EMFILE`, `ENFILE`: no descriptor is left in the process or the system.
/// * `ENOBUFS`, `ENOMEM`: no memory.
/// * `EACCES`, `EPERM`: not permitted.
///
/// # Platform notes
///
/// Apple's systems set both properties by fcntl(2) after the creation, and `SO_NOSIGPIPE` with
/// them: a `fork` and `exec` on another thread in between inherits the descriptor.
///
/// # Examples
///
/// ```
/// use sys_socket::{Address, Domain, Kind, Protocol};
/// let listener = sys_socket::socket(Domain::IPV4, Kind::STREAM, Protocol::DEFAULT)?;
/// let any_port = core::net::SocketAddr::from(([127, 0, 0, 1], 0));
/// sys_socket::bind(&listener, &Address::from(any_port))?;
/// sys_socket::listen(&listener, 128)?;
/// # Ok::<(), sys_socket::Errno>(())
/// ```
///
/// Manual: socket(2)
pub fn socket(domain: Domain, kind: Kind, protocol: Protocol) -> Result<OwnedFd, Errno> {
    sys::socket(domain.as_raw(), kind.as_raw(), protocol.as_raw())
}

/// Creates two sockets that are connected to each other, close-on-exec and non-blocking.
///
/// One system call.
///
/// # Errors
///
/// * `EOPNOTSUPP`: the domain has no pairs; Unix sockets have.
/// * As [`socket`].
///
/// # Platform notes
///
/// As [`socket`].
///
/// Manual: socketpair(2)
#[doc(alias = "socketpair")]
pub fn pair(domain: Domain, kind: Kind, protocol: Protocol) -> Result<(OwnedFd, OwnedFd), Errno> {
    sys::socketpair(domain.as_raw(), kind.as_raw(), protocol.as_raw())
}

/// Gives a socket its own address.
///
/// # Errors
///
/// * `EADDRINUSE`: the address is taken, or the path of a Unix address exists.
/// * `EADDRNOTAVAIL`: no interface has it.
/// * `EACCES`: a port or directory that the process may not use.
/// * `EAFNOSUPPORT`, `EINVAL`: an address of another family, or the socket has one already.
/// * `ENOENT`, `ENOTDIR`, `ELOOP`, `EROFS`: the path of a Unix address cannot be made.
/// * `ENOTSOCK`: no socket.
///
/// Manual: bind(2)
pub fn bind(fd: impl AsFd, address: &Address) -> Result<(), Errno> {
    sys::bind(fd.as_fd(), address)
}

/// Makes a socket accept connections, and queues up to `backlog` of them.
///
/// The system limits the backlog silently (`net.core.somaxconn` on Linux); it takes negative
/// numbers for its limit or for zero. Listening again only changes the backlog.
///
/// # Errors
///
/// * `EADDRINUSE`: another socket listens on the port.
/// * `EINVAL`: the socket is connected.
/// * `EINVAL`, `EDESTADDRREQ`: a Unix socket without an address.
/// * `EOPNOTSUPP`: a kind of socket that cannot listen.
/// * `ENOTSOCK`: no socket.
///
/// Manual: listen(2)
pub fn listen(fd: impl AsFd, backlog: i32) -> Result<(), Errno> {
    sys::listen(fd.as_fd(), backlog)
}

/// Takes the next connection from the queue, close-on-exec and non-blocking, and its peer.
///
/// One system call. The descriptor inherits nothing else that can be relied upon.
///
/// # Errors
///
/// * `EAGAIN`: the queue is empty.
/// * `ECONNABORTED`, `EPROTO`, `EPERM`, `ENETDOWN`, `EHOSTUNREACH` and other network errors: this
///   one connection is gone, accept the next.
/// * `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`: nothing was taken; the connection stays in the
///   queue, and an edge-triggered poller does not report it again.
/// * `EINTR`: a signal handler ran.
/// * `EINVAL`: the socket does not listen.
/// * `ENOTSOCK`, `EOPNOTSUPP`: no socket, or one without connections.
///
/// # Platform notes
///
/// Apple's systems take four calls, or five if the listener is not non-blocking; see [`socket`]. A
/// connection that its peer has reset meanwhile is `ECONNABORTED` there, with nothing to accept.
///
/// Manual: accept4(2)
#[doc(alias = "accept4")]
pub fn accept(fd: impl AsFd) -> Result<(OwnedFd, Address), Errno> {
    sys::accept(fd.as_fd())
}

/// Connects a socket, or starts to, or names the peer of a datagram socket.
///
/// # Errors
///
/// * `EINPROGRESS`: it has started; when the socket is writable, [`take_error`] tells the end.
/// * `EINTR`: a signal handler ran **after the connection was started**: in progress as well, and
///   calling again gives `EALREADY`.
/// * `EAGAIN`: on a Unix socket, the peer's backlog is full: **nothing was started**, so that no
///   readiness will follow; on an IP socket, no local port is free.
/// * `EALREADY`, `EISCONN`: it was started before, or has succeeded before; Linux returns success
///   once more for a connection that was in progress.
/// * `ECONNREFUSED`, `ETIMEDOUT`, `ENETUNREACH`, `EHOSTUNREACH`: it failed.
/// * `EADDRNOTAVAIL`, `EAFNOSUPPORT`, `EACCES`, `EPERM`, `ENOENT`, `EPROTOTYPE`, `ENOTSOCK`.
///
/// Manual: connect(2)
pub fn connect(fd: impl AsFd, address: &Address) -> Result<(), Errno> {
    sys::connect(fd.as_fd(), address)
}

/// Takes the pending error out of the socket: the second time there is none.
///
/// # Errors
///
/// `ENOTSOCK`: no socket.
///
/// Manual: socket(7)
#[doc(alias = "SO_ERROR")]
pub fn take_error(fd: impl AsFd) -> Result<Option<Errno>, Errno> {
    let mut value = [0; size_of::<c_int>()];
    sys::option(fd.as_fd(), libc::SOL_SOCKET, libc::SO_ERROR, &mut value)?;
    match c_int::from_ne_bytes(value) {
        0 => Ok(None),
        // A number that is no errno is an error all the same.
        error => Ok(Some(sys::errno_from(error).unwrap_or(Errno::IO))),
    }
}

/// The socket's own address; one that was never bound has port zero or no name.
///
/// # Errors
///
/// * `ENOTSOCK`: no socket.
/// * `EINVAL`: the socket was shut down (some systems).
/// * `ENOBUFS`: no memory.
///
/// Manual: getsockname(2)
#[doc(alias = "getsockname")]
pub fn local_addr(fd: impl AsFd) -> Result<Address, Errno> {
    sys::local_address(fd.as_fd())
}

/// The address of the socket's peer.
///
/// # Errors
///
/// * `ENOTCONN`: not connected, or not yet: how to tell that a connect is still in progress.
/// * `EINVAL`: the socket was shut down (some systems).
/// * `ENOTSOCK`, `ENOBUFS`: as [`local_addr`].
///
/// Manual: getpeername(2)
#[doc(alias = "getpeername")]
pub fn peer_addr(fd: impl AsFd) -> Result<Address, Errno> {
    sys::peer_address(fd.as_fd())
}

/// Ends one direction of a connection, or both.
///
/// # Errors
///
/// * `ENOTCONN`: not connected; some systems also after the peer has reset the connection.
/// * `ENOTSOCK`: no socket.
///
/// Manual: shutdown(2)
pub fn shutdown(fd: impl AsFd, how: Shutdown) -> Result<(), Errno> {
    let how = match how {
        Shutdown::Read => libc::SHUT_RD,
        Shutdown::Write => libc::SHUT_WR,
        Shutdown::Both => libc::SHUT_RDWR,
    };
    sys::shutdown(fd.as_fd(), how)
}
