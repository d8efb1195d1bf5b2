//! A Unix socket that listens for streams.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use sys_socket::{Kind, UnixAddr};

use super::unix_socket;
use crate::call;
use crate::descriptor::{debug_socket, descriptor, std_twin};
use crate::{Accept, UnixStream};

/// A Unix socket that listens for streams.
///
/// The path of its name is made by binding and **never removed here**: not before binding, where
/// it may belong to a server that is alive, and not after closing, where it may belong to the
/// next one already. Remove it where you know better, or use an abstract name (Linux), which
/// vanishes by itself.
///
/// Manual: unix(7)
pub struct UnixListener {
    fd: OwnedFd,
}

descriptor!(UnixListener);
debug_socket!(UnixListener);
std_twin!(UnixListener, std::os::unix::net::UnixListener);
unix_socket!(UnixListener);

impl UnixListener {
    /// Listens on a path.
    ///
    /// Three system calls. The backlog is as long as the system allows, at most 4096.
    ///
    /// # Errors
    ///
    /// * `EADDRINUSE`: the path exists, whether anybody listens there or not.
    /// * `ENAMETOOLONG`, `EINVAL`: more than [`UnixAddr::MAX_PATH`] bytes, none, or a zero byte.
    /// * `EACCES`, `ENOENT`, `ENOTDIR`, `ELOOP`, `EROFS`: the path cannot be made.
    /// * `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`: no descriptor or memory is left.
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
        let fd = super::listening(Kind::STREAM, address)?;
        Ok(Self { fd })
    }

    /// Takes the next connection from the queue, non-blocking and close-on-exec, and its peer's
    /// name, which most clients lack.
    ///
    /// One system call (four on Apple's systems).
    ///
    /// # Errors
    ///
    /// * `EAGAIN` (`WouldBlock`): the queue is empty.
    /// * `ECONNABORTED`: this one connection is gone, accept the next.
    /// * `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`: nothing was taken; the connection stays in the
    ///   queue, and an edge-triggered poller does not report it again.
    ///
    /// Manual: accept4(2)
    pub fn accept(&self) -> io::Result<(UnixStream, UnixAddr)> {
        let (stream, peer) = call::accept(&self.fd)?;
        Ok((UnixStream::from(stream), call::unix(&peer)?))
    }
}

impl Accept for UnixListener {
    type Accepted = (UnixStream, UnixAddr);

    fn accept_next(&self) -> io::Result<Self::Accepted> {
        self.accept()
    }
}
