//! Unix connections that keep the bounds of messages.

use std::io;
use std::path::Path;

use poll_net::{Credentials, UnixAddr};

use super::messages::messages;
use super::sockets::socket;
use crate::io::AsyncFd;

/// A Unix connection that keeps the bounds of messages: a stream of datagrams with an end.
///
/// Zero bytes received are the end, **or an empty message**: the system does not tell, so do not
/// send those.
///
/// # Platform notes
///
/// Apple's systems lack this kind of socket: making one gives `EPROTONOSUPPORT`.
#[derive(Debug)]
pub struct UnixSeqpacket {
    pub(super) io: AsyncFd<poll_net::UnixSeqpacket>,
}

socket!(UnixSeqpacket, poll_net::UnixSeqpacket);
messages!(
    UnixSeqpacket,
    poll_net::UnixSeqpacket,
    "* `EPIPE`, `ECONNRESET`: the connection is over; `EMSGSIZE`: longer than the send buffer.",
    "* `ECONNRESET`: the peer has closed with unread messages (Linux)."
);

impl UnixSeqpacket {
    /// Connects to the listener at `path`.
    ///
    /// # Errors
    ///
    /// As [`UnixStream::connect`](super::UnixStream::connect).
    ///
    /// Cancel-safe: dropping it gives the connection up.
    ///
    /// Manual: connect(2)
    pub async fn connect(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::finish(poll_net::UnixSeqpacket::connect(path)?).await
    }

    /// As [`connect`](Self::connect), also to an abstract name (Linux).
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    pub async fn connect_addr(address: &UnixAddr) -> io::Result<Self> {
        Self::finish(poll_net::UnixSeqpacket::connect_addr(address)?).await
    }

    async fn finish(started: poll_net::UnixSeqpacket) -> io::Result<Self> {
        let connection = Self::from_net(started)?;
        let finish = |inner: &poll_net::UnixSeqpacket| match inner.finish_connect()? {
            true => Ok(()),
            false => Err(io::ErrorKind::WouldBlock.into()),
        };
        connection.io.write_with(finish).await?;
        Ok(connection)
    }

    /// Two connections with each other.
    ///
    /// # Errors
    ///
    /// `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`: no room. And as [`AsyncFd::new`].
    ///
    /// Manual: socketpair(2)
    pub fn pair() -> io::Result<(Self, Self)> {
        let (a, b) = poll_net::UnixSeqpacket::pair()?;
        Ok((Self::from_net(a)?, Self::from_net(b)?))
    }

    /// The socket's own name.
    ///
    /// # Errors
    ///
    /// `ENOBUFS`: no memory.
    pub fn local_addr(&self) -> io::Result<UnixAddr> {
        self.get_ref().local_addr()
    }

    /// The peer's name.
    ///
    /// # Errors
    ///
    /// `ENOTCONN`: no longer connected.
    pub fn peer_addr(&self) -> io::Result<UnixAddr> {
        self.get_ref().peer_addr()
    }

    /// The process at the other end, as it was when it connected, listened or made the pair.
    ///
    /// # Errors
    ///
    /// As [`UnixStream::peer_credentials`](super::UnixStream::peer_credentials).
    pub fn peer_credentials(&self) -> io::Result<Credentials> {
        self.get_ref().peer_credentials()
    }
}
