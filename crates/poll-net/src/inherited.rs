//! Socket activation: sockets that a service manager opened before it started this process.

use std::io;
use std::os::fd::OwnedFd;

use sys_socket::{Domain, Kind, options};

use crate::{
    TcpListener, TcpStream, UdpSocket, UnixDatagram, UnixListener, UnixSeqpacket,
    UnixSeqpacketListener, UnixStream,
};

/// A socket that was passed to this process, and its name.
#[derive(Debug)]
pub struct Inherited {
    /// The name in the manager's configuration, if it has one there.
    pub name: Option<String>,
    /// The socket.
    pub socket: InheritedSocket,
}

/// A socket that was passed to this process, as what it is.
#[derive(Debug)]
#[non_exhaustive]
pub enum InheritedSocket {
    /// A TCP socket that listens.
    TcpListener(TcpListener),
    /// A TCP connection, accepted by the manager.
    TcpStream(TcpStream),
    /// A UDP socket.
    Udp(UdpSocket),
    /// A Unix socket that listens for streams.
    UnixListener(UnixListener),
    /// A Unix stream, accepted by the manager.
    UnixStream(UnixStream),
    /// A Unix datagram socket.
    UnixDatagram(UnixDatagram),
    /// A Unix socket that listens for connections of messages.
    UnixSeqpacketListener(UnixSeqpacketListener),
    /// A Unix connection of messages, accepted by the manager.
    UnixSeqpacket(UnixSeqpacket),
    /// A socket of another kind, non-blocking as the others.
    Other(OwnedFd),
}

/// Takes over the sockets that a service manager passed to this process, in their order.
///
/// The environment says which (`LISTEN_PID`, `LISTEN_FDS`, `LISTEN_FDNAMES`). No such variables
/// mean no sockets, which is not an error: listen by yourself then. The sockets are handed out
/// once in the life of the process. They become close-on-exec, and non-blocking, **which the
/// manager and other processes with the same socket share**.
///
/// About eight system calls for each socket, and an allocation.
///
/// # Errors
///
/// In the first four cases nothing was taken; in the others the sockets are closed, and the next
/// call says `EALREADY`.
///
/// * `EALREADY`: they were handed out before.
/// * `EINVAL`: `LISTEN_FDS` is no number of descriptors.
/// * `EBADF`: one of the descriptors is not open, or was opened by this process.
/// * `ENOTSOCK`: one of them is no socket.
/// * `ENOBUFS`: no memory to tell what a socket is.
///
/// # Examples
///
/// ```
/// use poll_net::TcpListener;
/// use poll_net::inherited::{self, InheritedSocket};
/// let mut listeners = Vec::new();
/// for inherited in inherited::sockets()? {
///     if let InheritedSocket::TcpListener(listener) = inherited.socket {
///         listeners.push(listener);
///     }
/// }
/// if listeners.is_empty() {
///     listeners.push(TcpListener::bind("127.0.0.1:0".parse().unwrap())?);
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Manual: sd_listen_fds(3)
#[doc(alias = "LISTEN_FDS")]
#[doc(alias = "sd_listen_fds")]
pub fn sockets() -> io::Result<Vec<Inherited>> {
    let sockets = sys_socket::listen_fds()?.into_iter();
    let typed = sockets.map(|inherited| {
        Ok(Inherited {
            name: inherited.name,
            socket: classify(inherited.socket)?,
        })
    });
    typed.collect()
}

/// Finds out what a socket is, and makes it non-blocking.
fn classify(socket: OwnedFd) -> io::Result<InheritedSocket> {
    sys_socket::set_non_blocking(&socket, true)?;
    sys_socket::suppress_signal(&socket)?;
    // Not every system tells the domain, but each socket has an address of its family.
    let domain = sys_socket::local_addr(&socket)?.family();
    let kind = Kind::from_raw(sys_socket::option(&socket, options::KIND)?);
    // A datagram socket cannot listen, and some systems refuse the question.
    let listens = kind != Kind::DATAGRAM && sys_socket::option(&socket, options::IS_LISTENING)?;
    let is_inet = matches!(domain, Some(Domain::IPV4 | Domain::IPV6));
    let is_unix = domain == Some(Domain::UNIX);
    Ok(match (kind, listens) {
        (Kind::STREAM, true) if is_inet => InheritedSocket::TcpListener(socket.into()),
        (Kind::STREAM, false) if is_inet => InheritedSocket::TcpStream(socket.into()),
        (Kind::DATAGRAM, _) if is_inet => InheritedSocket::Udp(socket.into()),
        (Kind::STREAM, true) if is_unix => InheritedSocket::UnixListener(socket.into()),
        (Kind::STREAM, false) if is_unix => InheritedSocket::UnixStream(socket.into()),
        (Kind::DATAGRAM, _) if is_unix => InheritedSocket::UnixDatagram(socket.into()),
        (Kind::SEQPACKET, true) if is_unix => InheritedSocket::UnixSeqpacketListener(socket.into()),
        (Kind::SEQPACKET, false) if is_unix => InheritedSocket::UnixSeqpacket(socket.into()),
        _ => InheritedSocket::Other(socket),
    })
}

#[cfg(test)]
mod tests {
    use super::{InheritedSocket, classify};
    use crate::{
        TcpListener, TcpStream, UdpSocket, UnixDatagram, UnixListener, UnixSeqpacket,
        UnixSeqpacketListener, UnixStream,
    };
    use std::os::fd::OwnedFd;

    #[test]
    fn each_socket_is_found_out_for_what_it_is() {
        let any_port = "127.0.0.1:0".parse().unwrap();
        let listener = TcpListener::bind(any_port).unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let udp = UdpSocket::bind(any_port).unwrap();
        let datagram = UnixDatagram::unbound().unwrap();
        let (unix, _peer) = UnixStream::pair().unwrap();
        let kind = |socket: OwnedFd| {
            let text = format!("{:?}", classify(socket).unwrap());
            text.split('(').next().unwrap().to_owned()
        };
        assert_eq!(kind(listener.into()), "TcpListener");
        assert_eq!(kind(stream.into()), "TcpStream");
        assert_eq!(kind(udp.into()), "Udp");
        assert_eq!(kind(datagram.into()), "UnixDatagram");
        assert_eq!(kind(unix.into()), "UnixStream");
        let path = std::env::temp_dir().join(format!("poll-net-inherited-{}", std::process::id()));
        let unix = UnixListener::bind(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(kind(unix.into()), "UnixListener");
        if let Ok(seqpacket) = UnixSeqpacketListener::bind(&path) {
            std::fs::remove_file(&path).unwrap();
            assert_eq!(kind(seqpacket.into()), "UnixSeqpacketListener");
        }
        if let Ok((seqpacket, _peer)) = UnixSeqpacket::pair() {
            assert_eq!(kind(seqpacket.into()), "UnixSeqpacket");
        }
    }

    #[test]
    fn an_inherited_socket_is_made_non_blocking() {
        let blocking = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let InheritedSocket::Udp(socket) = classify(blocking.into()).unwrap() else {
            panic!("no UDP socket");
        };
        let nothing = socket.recv(&mut [0]).unwrap_err();
        assert_eq!(nothing.kind(), std::io::ErrorKind::WouldBlock);
    }
}
