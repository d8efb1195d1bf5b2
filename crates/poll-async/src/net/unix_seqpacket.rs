//! Unix connections that keep the bounds of messages.

use std::io;
use std::path::Path;

use super::messages::messages;
use super::sockets::socket;
use super::unix_peers::unix_peers;
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
unix_peers!(UnixSeqpacket, poll_net::UnixSeqpacket);

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
}
