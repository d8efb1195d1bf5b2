//! Options of Unix sockets, and who is at the other end.

use std::io;

use super::options;
use crate::{Credentials, UnixSeqpacket, UnixStream};

/// The options of one type.
macro_rules! unix_options {
    ($type:ident) => {
        options! { $type {
            /// Bytes of the send buffer; the system adjusts it, and Linux reports the double.
            send_buffer_size, set_send_buffer_size: usize = SEND_BUFFER_SIZE;

            /// Bytes of the receive buffer; the system adjusts it, and Linux reports the double.
            recv_buffer_size, set_recv_buffer_size: usize = RECEIVE_BUFFER_SIZE;
        } }

        #[cfg(any(target_os = "linux", target_os = "android"))]
        options! { $type {
            /// Received messages carry their sender's credentials. Linux.
            pass_credentials, set_pass_credentials: bool = PASS_CREDENTIALS;

            /// Received messages carry a descriptor of their sender's process, which names that
            /// process and no later one with its number. Linux 6.5.
            pass_process, set_pass_process: bool = PASS_PROCESS;
        } }
    };
}

unix_options!(UnixListener);
unix_options!(UnixStream);
unix_options!(UnixDatagram);
unix_options!(UnixSeqpacket);
unix_options!(UnixSeqpacketListener);

/// Who is at the other end, for the types that have one.
macro_rules! peer_credentials {
    ($type:ident) => {
        impl $type {
            /// The process at the other end, as it was when it connected, listened or made the
            /// pair.
            ///
            /// # Errors
            ///
            /// * `ENOPROTOOPT`: this system does not tell (illumos).
            /// * `ENOTCONN`, `EINVAL`: not connected (some systems).
            ///
            /// # Platform notes
            ///
            /// The process's number is known on Linux and Android only.
            ///
            /// Manual: unix(7)
            pub fn peer_credentials(&self) -> io::Result<Credentials> {
                Ok(sys_socket::peer_credentials(self)?)
            }
        }
    };
}

peer_credentials!(UnixStream);
peer_credentials!(UnixSeqpacket);
