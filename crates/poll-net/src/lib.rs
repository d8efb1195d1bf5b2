#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(not(unix))]
compile_error!("poll-net runs on Unix systems; Windows and WASI are not supported");
#[cfg(all(
    unix,
    not(any(
        target_os = "linux",
        target_os = "android",
        target_vendor = "apple",
        target_os = "freebsd",
        target_os = "netbsd",
        target_os = "openbsd",
        target_os = "dragonfly",
        target_os = "illumos",
    ))
))]
compile_error!("poll-net is not written for this system: sys-socket, for sockets, is not");

mod accept_gate;
pub mod ancillary;
mod call;
mod descriptor;
pub mod inherited;
mod options;
pub mod pipe;
mod tcp;
mod trace;
mod udp;
mod udp_batch;
mod unix;

pub use accept_gate::{Accept, AcceptGate};
pub use tcp::connecting::Connecting;
pub use tcp::listener::TcpListener;
pub use tcp::socket::TcpSocket;
pub use tcp::stream::TcpStream;
pub use udp::UdpSocket;
pub use udp_batch::{Datagram, ReceivedDatagram, UdpReceiveBatch, UdpSendBatch};
pub use unix::datagram::UnixDatagram;
pub use unix::listener::UnixListener;
pub use unix::seqpacket::UnixSeqpacket;
pub use unix::seqpacket_listener::UnixSeqpacketListener;
pub use unix::stream::UnixStream;

#[cfg(feature = "count")]
pub use sys_socket::system_calls;
pub use sys_socket::{Credentials, Interface4, Name, TcpInfo, UnixAddr};

#[cfg(test)]
mod tests {
    use super::{
        TcpListener, TcpStream, UdpReceiveBatch, UdpSendBatch, UdpSocket, UnixDatagram, UnixStream,
    };
    use static_assertions::{assert_eq_size, assert_impl_all};

    // A socket is its descriptor and nothing else, and goes to any thread.
    assert_eq_size!(TcpStream, i32);
    assert_eq_size!(Option<TcpStream>, i32);
    assert_eq_size!(UnixStream, i32);
    assert_eq_size!(UdpSocket, i32);
    assert_impl_all!(TcpListener: Send, Sync, Unpin);
    assert_impl_all!(TcpStream: Send, Sync, Unpin);
    assert_impl_all!(UdpSocket: Send, Sync, Unpin);
    assert_impl_all!(UnixDatagram: Send, Sync, Unpin);
    assert_impl_all!(UdpReceiveBatch: Send);
    assert_impl_all!(UdpSendBatch: Send);
}
