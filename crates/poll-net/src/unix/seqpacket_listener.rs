//! A Unix socket that listens for connections of messages.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use sys_socket::{Kind, UnixAddr};

use super::unix_socket;
use crate::call;
use crate::descriptor::{debug_socket, descriptor};
use crate::{Accept, UnixSeqpacket};

/// A Unix socket that listens for connections of messages.
///
/// Its path is never removed here; see [`UnixListener`](crate::UnixListener).
///
/// # Platform notes
///
/// Apple's systems lack this kind of socket: making one gives `EPROTONOSUPPORT`.
///
/// Manual: unix(7)
pub struct UnixSeqpacketListener {
    fd: OwnedFd,
}

descriptor!(UnixSeqpacketListener);
debug_socket!(UnixSeqpacketListener);
unix_socket!(UnixSeqpacketListener);

impl UnixSeqpacketListener {
    /// Listens on a path.
    ///
    /// Three system calls. The backlog is as long as the system allows, at most 4096.
    ///
    /// # Errors
    ///
    /// * As [`UnixListener::bind`](crate::UnixListener::bind).
    /// * `EPROTONOSUPPORT`: the system lacks this kind of socket.
    ///
    /// Manual: unix(7)
    pub fn bind(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::bind_addr(&UnixAddr::from_pathname(path)?)
    }

    /// Listens on a path or an abstract name; on [`UnixAddr::UNNAMED`] Linux chooses a name.
    ///
    /// # Errors
    ///
    /// As [`bind`](Self::bind).
    ///
    /// Manual: unix(7)
    pub fn bind_addr(address: &UnixAddr) -> io::Result<Self> {
        let fd = super::listening(Kind::SEQPACKET, address)?;
        Ok(Self { fd })
    }

    /// Takes the next connection from the queue, non-blocking and close-on-exec, and its peer's
    /// name, which most clients lack.
    ///
    /// One system call (four on Apple's systems).
    ///
    /// # Errors
    ///
    /// As [`UnixListener::accept`](crate::UnixListener::accept).
    ///
    /// Manual: accept4(2)
    pub fn accept(&self) -> io::Result<(UnixSeqpacket, UnixAddr)> {
        let (connection, peer) = call::accept(&self.fd)?;
        Ok((UnixSeqpacket::from(connection), call::unix(&peer)?))
    }
}

impl Accept for UnixSeqpacketListener {
    type Accepted = (UnixSeqpacket, UnixAddr);

    fn accept_next(&self) -> io::Result<Self::Accepted> {
        self.accept()
    }
}
