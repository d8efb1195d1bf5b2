#![doc = include_str!("../README.md")]
#![cfg(any(
    target_os = "linux",
    target_os = "android",
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly",
    target_os = "illumos"
))]

mod address;
mod batch;
mod control_incoming;
mod control_layout;
mod control_message;
mod control_outgoing;
mod create;
mod credentials;
mod flags;
pub mod form;
mod inherit;
mod message;
mod multicast;
mod option;
pub mod options;
mod pipe;
#[expect(
    unsafe_code,
    reason = "the system calls themselves; the only file of this crate with unsafe code"
)]
mod sys;
mod target;
mod tcp_info;
mod transfer;
mod unix_address;

pub use rustix::io::Errno;

pub use address::Address;
pub use batch::{BatchMessage, OutgoingMessage, ReceiveBatch, SendBatch};
pub use control_incoming::{ControlMessages, IncomingControl};
pub use control_layout::control_space;
pub use control_message::{ControlMessage, PacketInfo4, PacketInfo6, QueuedError, ReceivedFds};
pub use control_outgoing::OutgoingControl;
pub use create::{
    accept, bind, connect, listen, local_addr, pair, peer_addr, shutdown, socket, take_error,
};
pub use credentials::{Credentials, peer_credentials};
pub use flags::{Domain, Kind, MessageFlags, Protocol, ReceiveFlags, SendFlags};
pub use form::Name;
pub use inherit::{InheritedSocket, listen_fds};
pub use message::{Received, receive_message, send_message};
pub use multicast::{
    Interface4, join_multicast_v4, join_multicast_v6, leave_multicast_v4, leave_multicast_v6,
};
pub use option::{SocketOption, option, set_option};
pub use pipe::{
    duplicate, is_non_blocking, pipe, read, read_vectored, set_non_blocking, unread, write,
    write_vectored,
};
#[cfg(feature = "count")]
pub use sys::system_calls;
pub use tcp_info::{TcpInfo, tcp_info};
pub use transfer::{recv, recv_from, recv_vectored, send, send_to, send_vectored, suppress_signal};
pub use unix_address::UnixAddr;

/// The most buffers that one vectored call takes, on every system here; more are refused.
///
/// Manual: sysconf(3)
pub const MAX_BUFFERS: usize = 1024;
