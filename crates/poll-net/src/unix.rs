//! Unix sockets: streams, datagrams and sequenced packets within one machine.

pub(crate) mod datagram;
pub(crate) mod listener;
pub(crate) mod seqpacket;
pub(crate) mod seqpacket_listener;
pub(crate) mod stream;

use std::io;
use std::os::fd::OwnedFd;

use sys_socket::{Address, Domain, Kind, Protocol, UnixAddr};

use crate::call;

/// A new socket without a name.
fn socket(kind: Kind) -> io::Result<OwnedFd> {
    Ok(sys_socket::socket(Domain::UNIX, kind, Protocol::DEFAULT)?)
}

/// Two sockets connected to each other.
fn pair(kind: Kind) -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(sys_socket::pair(Domain::UNIX, kind, Protocol::DEFAULT)?)
}

/// A new socket with a name.
fn bound(kind: Kind, address: &UnixAddr) -> io::Result<OwnedFd> {
    let socket = socket(kind)?;
    sys_socket::bind(&socket, &Address::from(address))?;
    Ok(socket)
}

/// A new socket that listens.
fn listening(kind: Kind, address: &UnixAddr) -> io::Result<OwnedFd> {
    let socket = bound(kind, address)?;
    sys_socket::listen(&socket, call::BACKLOG)?;
    Ok(socket)
}

/// A new socket connected to `address`, or about to be.
fn connected(kind: Kind, address: &UnixAddr) -> io::Result<OwnedFd> {
    let socket = socket(kind)?;
    call::connect(&socket, &Address::from(address))?;
    Ok(socket)
}

/// What every Unix socket tells about itself, and how it is duplicated.
macro_rules! unix_socket {
    ($type:ident) => {
        impl $type {
            /// The socket's own name.
            ///
            /// # Errors
            ///
            /// `ENOBUFS`: no memory.
            ///
            /// Manual: getsockname(2)
            pub fn local_addr(&self) -> std::io::Result<$crate::UnixAddr> {
                $crate::call::unix(&sys_socket::local_addr(&self.fd)?)
            }

            /// Takes the pending error out of the socket.
            ///
            /// # Errors
            ///
            /// None on a socket.
            ///
            /// Manual: socket(7)
            pub fn take_error(&self) -> std::io::Result<Option<std::io::Error>> {
                $crate::call::take_error(&self.fd)
            }

            /// A second descriptor for the same socket.
            ///
            /// # Errors
            ///
            /// `EMFILE`: no descriptor is left in the process.
            ///
            /// Manual: fcntl(2)
            pub fn try_clone(&self) -> std::io::Result<Self> {
                Ok(Self::from(sys_socket::duplicate(&self.fd)?))
            }
        }
    };
}

/// What Unix sockets with a peer have besides.
macro_rules! unix_peer {
    ($type:ident) => {
        impl $type {
            /// The peer's name.
            ///
            /// # Errors
            ///
            /// `ENOTCONN`: there is no peer.
            ///
            /// Manual: getpeername(2)
            pub fn peer_addr(&self) -> std::io::Result<$crate::UnixAddr> {
                $crate::call::unix(&sys_socket::peer_addr(&self.fd)?)
            }

            /// Ends one direction, or both.
            ///
            /// # Errors
            ///
            /// `ENOTCONN`: there is no peer.
            ///
            /// Manual: shutdown(2)
            pub fn shutdown(&self, how: std::net::Shutdown) -> std::io::Result<()> {
                Ok(sys_socket::shutdown(&self.fd, how)?)
            }
        }
    };
}

use {unix_peer, unix_socket};
