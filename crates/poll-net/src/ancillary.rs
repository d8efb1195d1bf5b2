//! Messages with control data: passed descriptors, credentials, packet information, times.
//!
//! [`OutgoingControl`] and [`IncomingControl`] are buffers of fixed size that are made once and
//! used again; [`control_space`] tells how much room a message takes. An incoming buffer owns the
//! descriptors that arrive: those that nobody takes out of it are closed when it is used again or
//! dropped. They arrive close-on-exec, and non-blocking only if the sender made them so.
//!
//! What does not fit into the buffers is cut off, which [`Received::flags`] says:
//! [`TRUNCATED`](MessageFlags::TRUNCATED) for the bytes,
//! [`CONTROL_TRUNCATED`](MessageFlags::CONTROL_TRUNCATED) for the control data. The same happens
//! to passed descriptors when the process has none left; those cut off are closed by the system.
//!
//! Filling a buffer fails with the bare number of the error, which `?` makes an `io::Error`.

use core::net::SocketAddr;
use std::io::{self, IoSlice, IoSliceMut};

use sys_socket::{Address, ReceiveFlags, SendFlags, UnixAddr};

use crate::call::{self, retry};
use crate::{UdpSocket, UnixDatagram, UnixSeqpacket, UnixStream};

pub use sys_socket::{
    ControlMessage, ControlMessages, Credentials, IncomingControl, MessageFlags, OutgoingControl,
    PacketInfo4, PacketInfo6, QueuedError, ReceivedFds, control_space,
};

/// What a receive reports besides the bytes and the control data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received<A> {
    /// How many bytes were received. Zero is the end on a stream and an empty message elsewhere.
    pub len: usize,
    /// The sender; unnamed on connected Unix sockets.
    pub from: A,
    /// What was cut off, and what kind of message it is.
    pub flags: MessageFlags,
}

/// Sending to the peer and receiving, for the Unix sockets that have one.
macro_rules! unix_messages {
    ($type:ident) => {
        impl $type {
            /// Sends the bytes of several buffers and the control data: one system call.
            ///
            /// On a stream, the control data goes with the first byte; without a byte nothing is
            /// sent. Control data is sent as a whole or not at all, so do not send it again after
            /// a short write.
            ///
            /// # Errors
            ///
            /// * `EAGAIN` (`WouldBlock`): there is no room; nothing was sent.
            /// * `EPIPE`, `ECONNRESET`, `ECONNREFUSED`: the peer is gone.
            /// * `EINVAL`: control data that the system does not take here.
            /// * `EPERM`: credentials of somebody else.
            /// * `ETOOMANYREFS`: too many descriptors are on their way.
            /// * `EMSGSIZE`: more than 1024 buffers, or a message longer than the send buffer.
            ///
            /// Manual: sendmsg(2)
            pub fn send_message(
                &self,
                buffers: &[IoSlice<'_>],
                control: &OutgoingControl<'_>,
            ) -> io::Result<usize> {
                let flags = SendFlags::NONE;
                retry(|| sys_socket::send_message(self, buffers, None, control, flags))
            }

            /// Receives bytes into several buffers, and the control data that came with them: one
            /// system call.
            ///
            /// What an earlier message left in `control` is cleared first.
            ///
            /// # Errors
            ///
            /// * `EAGAIN` (`WouldBlock`): nothing is there.
            /// * `ECONNRESET`: the peer was closed with data of this socket unread.
            /// * `EMSGSIZE`: more than 1024 buffers.
            ///
            /// Manual: recvmsg(2)
            pub fn recv_message(
                &self,
                buffers: &mut [IoSliceMut<'_>],
                control: &mut IncomingControl,
            ) -> io::Result<Received<UnixAddr>> {
                let flags = ReceiveFlags::NONE;
                let received =
                    retry(|| sys_socket::receive_message(self, buffers, control, flags))?;
                Ok(Received {
                    len: received.len,
                    from: call::unix(&received.from)?,
                    flags: received.flags,
                })
            }
        }
    };
}

unix_messages!(UnixStream);
unix_messages!(UnixDatagram);
unix_messages!(UnixSeqpacket);

impl UnixDatagram {
    /// As [`send_message`](Self::send_message), to the socket of this path or abstract name.
    ///
    /// # Errors
    ///
    /// As [`send_message`](Self::send_message) and [`send_to`](Self::send_to).
    ///
    /// Manual: sendmsg(2)
    pub fn send_message_to(
        &self,
        buffers: &[IoSlice<'_>],
        to: &UnixAddr,
        control: &OutgoingControl<'_>,
    ) -> io::Result<usize> {
        let (to, flags) = (Address::from(to), SendFlags::NONE);
        retry(|| sys_socket::send_message(self, buffers, Some(&to), control, flags))
    }
}

impl UdpSocket {
    /// Sends the bytes of several buffers as one datagram, with control data: one system call.
    ///
    /// Without `to` it goes to the peer that [`connect`](Self::connect) has named. The control
    /// data says the source address, the type of service or the traffic class, and the segment
    /// size, which makes it several datagrams.
    ///
    /// # Errors
    ///
    /// * `EINVAL`: control data that the system does not take here, or a segment size with more
    ///   than 64 segments (128 since Linux 6.9).
    /// * `EMSGSIZE`: more than 1024 buffers; a segment longer than the way allows.
    /// * `EIO`: segments without checksum offload, on some devices.
    /// * As [`send_to`](Self::send_to).
    ///
    /// Manual: sendmsg(2)
    pub fn send_message(
        &self,
        buffers: &[IoSlice<'_>],
        to: Option<SocketAddr>,
        control: &OutgoingControl<'_>,
    ) -> io::Result<usize> {
        let (to, flags) = (to.map(Address::from), SendFlags::NONE);
        retry(|| sys_socket::send_message(self, buffers, to.as_ref(), control, flags))
    }

    /// Receives one datagram into several buffers, with its sender, its control data, and what was
    /// cut off: one system call.
    ///
    /// What an earlier message left in `control` is cleared first; a buffer without room costs no
    /// allocation.
    ///
    /// # Errors
    ///
    /// * `EMSGSIZE`: more than 1024 buffers.
    /// * As [`recv`](Self::recv).
    ///
    /// # Examples
    ///
    /// ```
    /// use poll_net::UdpSocket;
    /// use poll_net::ancillary::{IncomingControl, MessageFlags};
    /// use std::io::IoSliceMut;
    /// let socket = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
    /// socket.send_to(b"longer than four", socket.local_addr()?)?;
    /// let mut four = [0; 4];
    /// let mut nothing_else = IncomingControl::with_capacity(0);
    /// # while socket.peek(&mut [0]).is_err() {}
    /// let received = socket.recv_message(&mut [IoSliceMut::new(&mut four)], &mut nothing_else)?;
    /// assert_eq!((received.len, received.from), (4, socket.local_addr()?));
    /// assert!(received.flags.contains(MessageFlags::TRUNCATED));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// Manual: recvmsg(2)
    pub fn recv_message(
        &self,
        buffers: &mut [IoSliceMut<'_>],
        control: &mut IncomingControl,
    ) -> io::Result<Received<SocketAddr>> {
        self.receive_message(buffers, control, ReceiveFlags::NONE)
    }

    /// Receives a datagram that came back because of an error of the network, which
    /// [`ControlMessage::Error`] tells; its address is where it should have gone.
    ///
    /// Needs [`recv_errors_v4`](Self::set_recv_errors_v4) or its twin. A poller reports the queue
    /// as an error of the socket.
    ///
    /// # Errors
    ///
    /// `EAGAIN` (`WouldBlock`): the queue is empty.
    ///
    /// Manual: ip(7)
    #[cfg(any(target_os = "linux", target_os = "android"))]
    #[doc(alias = "MSG_ERRQUEUE")]
    pub fn recv_error(
        &self,
        buffers: &mut [IoSliceMut<'_>],
        control: &mut IncomingControl,
    ) -> io::Result<Received<SocketAddr>> {
        self.receive_message(buffers, control, ReceiveFlags::ERROR_QUEUE)
    }

    fn receive_message(
        &self,
        buffers: &mut [IoSliceMut<'_>],
        control: &mut IncomingControl,
        flags: ReceiveFlags,
    ) -> io::Result<Received<SocketAddr>> {
        let received = retry(|| sys_socket::receive_message(self, buffers, control, flags))?;
        Ok(Received {
            len: received.len,
            from: call::inet(&received.from)?,
            flags: received.flags,
        })
    }
}
