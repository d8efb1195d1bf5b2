//! Sending and receiving messages with control data.

use std::io::{IoSlice, IoSliceMut};
use std::os::fd::AsFd;

use crate::control_incoming::finish_birth;
use crate::{
    Address, Errno, IncomingControl, MessageFlags, OutgoingControl, ReceiveFlags, SendFlags, sys,
};

/// What a receive reports besides the bytes and the control data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// How many bytes were received. Zero is the end on a stream and an empty datagram elsewhere.
    pub len: usize,
    /// The sender; empty on connected streams and for unnamed senders.
    pub from: Address,
    /// What was cut off, and what kind of message it is.
    pub flags: MessageFlags,
}

/// Sends the bytes of several buffers as one message, with control data.
///
/// With descriptors, send at least one byte on a stream: otherwise nothing is sent at all.
///
/// # Errors
///
/// * `EINVAL`: control data that the kernel does not take on this socket.
/// * `EPERM`: credentials of somebody else.
/// * `ETOOMANYREFS`: too many descriptors are on their way.
/// * As [`send_vectored`](crate::send_vectored) and [`send_to`](crate::send_to).
///
/// Manual: sendmsg(2)
#[doc(alias = "sendmsg")]
pub fn send_message(
    fd: impl AsFd,
    buffers: &[IoSlice<'_>],
    to: Option<&Address>,
    control: &OutgoingControl<'_>,
    flags: SendFlags,
) -> Result<usize, Errno> {
    let to = to.unwrap_or(&Address::EMPTY);
    sys::send_message(fd.as_fd(), buffers, to, control.as_bytes(), flags.bits())
}

/// Receives one message into several buffers, and its control data.
///
/// What an earlier message left in `control` is cleared first, its descriptors are closed.
/// Descriptors arrive close-on-exec, and non-blocking only if the sender made them so. Those that
/// find no room in `control` are closed by the kernel, and
/// [`CONTROL_TRUNCATED`](MessageFlags::CONTROL_TRUNCATED) is set; the same happens when the
/// process has no descriptor left.
///
/// # Errors
///
/// As [`recv_vectored`](crate::recv_vectored).
///
/// # Platform notes
///
/// Apple's systems set close-on-exec by fcntl(2) after the receive, with one more call for each
/// descriptor; see [`socket`](crate::socket). A peek brings control data on Linux and Android
/// only: some of the other systems would copy descriptors without opening them.
///
/// # Examples
///
/// ```
/// use std::io::{IoSlice, IoSliceMut};
/// use std::os::fd::AsFd;
/// use sys_socket::{
///     ControlMessage, Domain, IncomingControl, Kind, OutgoingControl, Protocol, ReceiveFlags,
///     SendFlags, control_space,
/// };
/// let (a, b) = sys_socket::pair(Domain::UNIX, Kind::STREAM, Protocol::DEFAULT)?;
/// let (read_end, _write_end) = sys_socket::pipe()?;
///
/// let mut control = OutgoingControl::with_capacity(control_space(4));
/// control.push_rights(&[read_end.as_fd()])?;
/// sys_socket::send_message(&a, &[IoSlice::new(b"x")], None, &control, SendFlags::NONE)?;
///
/// let mut control = IncomingControl::with_capacity(control_space(4));
/// let mut byte = [0];
/// let mut buffers = [IoSliceMut::new(&mut byte)];
/// sys_socket::receive_message(&b, &mut buffers, &mut control, ReceiveFlags::NONE)?;
/// for message in control.messages() {
///     if let ControlMessage::Rights(mut descriptors) = message {
///         assert!(descriptors.next().is_some());
///     }
/// }
/// # Ok::<(), sys_socket::Errno>(())
/// ```
///
/// Manual: recvmsg(2)
#[doc(alias = "recvmsg")]
pub fn receive_message(
    fd: impl AsFd,
    buffers: &mut [IoSliceMut<'_>],
    control: &mut IncomingControl,
    flags: ReceiveFlags,
) -> Result<Received, Errno> {
    let mut from = Address::EMPTY;
    let room = control.room();
    let received = sys::receive_message(fd.as_fd(), buffers, &mut from, room, flags.bits())?;
    let birth = finish_birth(room.get_mut(..received.control_len).unwrap_or_default());
    // First of all the descriptors get their owner, also if the other step failed.
    control.set_len(received.control_len);
    birth?;
    Ok(Received {
        len: received.len,
        from,
        flags: MessageFlags::from_bits_retain(received.flags),
    })
}
