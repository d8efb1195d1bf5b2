//! Non-blocking sockets that can be registered: TCP, UDP and Unix sockets.
//!
//! Every operation is one system call, returns `WouldBlock` instead of waiting, and is made again
//! when a signal handler interrupts it. Dropping a socket closes it and ends its registration; a
//! duplicate of it, which a child process may have, keeps both on epoll and kqueue: deregister
//! before dropping where there may be one.
//!
//! What these types have no method for, poll-net's sockets have: a descriptor goes over and back
//! without a cost (`OwnedFd::from`).

mod tcp_listener;
mod tcp_stream;
mod udp;
mod unix_address;
mod unix_datagram;
mod unix_listener;
mod unix_stream;

use std::io;

use sys_socket::Errno;

pub use tcp_listener::TcpListener;
pub use tcp_stream::TcpStream;
pub use udp::UdpSocket;
pub use unix_datagram::UnixDatagram;
pub use unix_listener::UnixListener;
pub use unix_stream::UnixStream;

/// The twin of the standard library: over from it as it is, and over to it.
macro_rules! std_twin {
    ($type:ident, $twin:ty) => {
        impl $type {
            /// Takes a socket of the standard library over as it is: it has to be non-blocking.
            ///
            /// A stream need not be connected yet.
            #[must_use]
            pub fn from_std(socket: $twin) -> Self {
                Self::from(std::os::fd::OwnedFd::from(socket))
            }
        }

        impl From<$type> for $twin {
            /// Hands the socket over as it is, non-blocking.
            fn from(socket: $type) -> Self {
                std::os::fd::OwnedFd::from(socket).into()
            }
        }

        // A socket costs what its twin costs, unless poll(2) has to be asked for edges.
        #[cfg(not(any(debug_assertions, mio_unsupported_force_poll_poll)))]
        const _: () = {
            use poll_os::engine::{Backend, Native};
            assert!(size_of::<$type>() == size_of::<$twin>() || !Native::CAPABILITIES.edge);
        };
    };
}

use std_twin;

/// A number of hops, which is one byte of a packet; mio's interface has wider ones.
fn hops(number: u32) -> io::Result<u8> {
    u8::try_from(number).map_err(|_too_large| Errno::INVAL.into())
}

#[cfg(test)]
mod tests {
    use super::hops;
    use std::io::ErrorKind;

    #[test]
    fn hops_are_one_byte() {
        assert_eq!(hops(0).unwrap(), 0);
        assert_eq!(hops(255).unwrap(), 255);
        for number in [256, u32::MAX] {
            assert_eq!(hops(number).unwrap_err().kind(), ErrorKind::InvalidInput);
        }
    }
}
