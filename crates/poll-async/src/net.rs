//! Sockets and pipes: those of `poll-net` in the runtime.
//!
//! They are watched for edges, and an operation is tried before anything is waited for. Methods
//! take `&self`: any number of tasks may use a socket at the same time.
//!
//! A socket belongs to the runtime that it was made in, and may be used from everywhere: from
//! threads outside, and from tasks of other runtimes. Outside of a runtime it cannot be made, which
//! is an error and no panic. When its runtime has ended, operations that would have to wait return
//! an error.
//!
//! Options are set on the socket without the runtime, through `get_ref`; what is wanted on every
//! socket has a method here.

mod accepting;
mod addresses;
mod halves;
mod messages;
mod pipe;
mod sockets;
mod streams;
mod tcp_listener;
mod tcp_socket;
mod tcp_stream;
mod udp_socket;
mod unix_datagram;
mod unix_listener;
mod unix_peers;
mod unix_seqpacket;
mod unix_seqpacket_listener;
mod unix_stream;

pub use addresses::{Target, ToSocketAddrs, lookup_host};
pub use halves::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, ReuniteError, WriteHalf};
pub use pipe::{PipeReceiver, PipeSender, pipe};
pub use tcp_listener::TcpListener;
pub use tcp_socket::TcpSocket;
pub use tcp_stream::TcpStream;
pub use udp_socket::UdpSocket;
pub use unix_datagram::UnixDatagram;
pub use unix_listener::UnixListener;
pub use unix_seqpacket::UnixSeqpacket;
pub use unix_seqpacket_listener::UnixSeqpacketListener;
pub use unix_stream::UnixStream;

pub use poll_net::{
    Credentials, Datagram, ReceivedDatagram, UdpReceiveBatch, UdpSendBatch, UnixAddr,
};
