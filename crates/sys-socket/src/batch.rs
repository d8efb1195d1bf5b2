//! Several datagrams with one system call.

use core::fmt;
use std::io::IoSlice;
use std::os::fd::AsFd;

use static_assertions::assert_impl_all;

use crate::control_incoming::{close_received, finish_birth};
use crate::sys::{self, Headers, RawReceived, Sink, Source};
use crate::{
    Address, ControlMessages, Errno, MessageFlags, OutgoingControl, ReceiveFlags, SendFlags,
};

assert_impl_all!(OutgoingMessage<'static>: Send, Sync, Copy);
// By hand, with the proof, in sys/batch.rs.
assert_impl_all!(SendBatch: Send, Sync, Unpin);
assert_impl_all!(ReceiveBatch: Send, Sync, Unpin);
assert_impl_all!(BatchMessage<'static>: Send, Sync);

/// One message to be sent in a batch.
#[derive(Clone, Copy, Debug)]
pub struct OutgoingMessage<'a> {
    /// The bytes, in order; at most [`MAX_BUFFERS`](crate::MAX_BUFFERS) pieces.
    pub buffers: &'a [IoSlice<'a>],
    /// Where it goes; `None` on a connected socket.
    pub to: Option<&'a Address>,
    /// The control data, if there is any.
    pub control: Option<&'a OutgoingControl<'a>>,
}

/// Room to send several messages with one call.
///
/// Allocates when made, and not again.
///
/// # Examples
///
/// ```
/// use std::io::IoSlice;
/// use sys_socket::{Domain, Kind, OutgoingMessage, Protocol, ReceiveBatch, ReceiveFlags};
/// use sys_socket::{SendBatch, SendFlags};
/// let (a, b) = sys_socket::pair(Domain::UNIX, Kind::DATAGRAM, Protocol::DEFAULT)?;
/// let bytes = [IoSlice::new(b"hello")];
/// let message = OutgoingMessage {
///     buffers: &bytes,
///     to: None,
///     control: None,
/// };
/// let mut outgoing = SendBatch::with_capacity(4);
/// assert_eq!(outgoing.send(&a, [message; 3], SendFlags::NONE)?, 3);
///
/// let mut incoming = ReceiveBatch::with_capacity(8, 1500, 0);
/// assert_eq!(incoming.receive(&b, ReceiveFlags::NONE)?, 3);
/// for message in incoming.messages() {
///     assert_eq!(message.bytes, b"hello");
/// }
/// # Ok::<(), sys_socket::Errno>(())
/// ```
pub struct SendBatch {
    headers: Headers,
}

impl SendBatch {
    /// Room for `capacity` messages.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            headers: Headers::new(capacity),
        }
    }

    /// How many messages fit.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.headers.capacity()
    }

    /// Sends messages in order, as many as fit, and returns how many were sent.
    ///
    /// Fewer than given means: the batch was full, or the next message failed; sending it again
    /// tells why. One system call on Linux, which takes at most 1024 messages; one for each
    /// message elsewhere, and with the C library musl on machines of 64 bits.
    ///
    /// # Errors
    ///
    /// Those of the first message: as [`send_message`](crate::send_message).
    ///
    /// Manual: sendmmsg(2)
    #[doc(alias = "sendmmsg")]
    pub fn send<'a>(
        &mut self,
        fd: impl AsFd,
        messages: impl IntoIterator<Item = OutgoingMessage<'a>>,
        flags: SendFlags,
    ) -> Result<usize, Errno> {
        let sources = messages.into_iter().map(|message| Source {
            buffers: message.buffers,
            to: message.to.map(Address::as_bytes).unwrap_or_default(),
            control: message
                .control
                .map(OutgoingControl::as_bytes)
                .unwrap_or_default(),
        });
        sys::send_many(fd.as_fd(), &mut self.headers, sources, flags.bits())
    }
}

impl fmt::Debug for SendBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendBatch")
            .field("capacity", &self.capacity())
            .finish_non_exhaustive()
    }
}

/// Room to receive several messages with one call, each with its own buffers.
///
/// It owns every descriptor that arrives, as [`IncomingControl`](crate::IncomingControl) does.
/// Allocates when made, and not again.
pub struct ReceiveBatch {
    headers: Headers,
    bytes: Box<[u8]>,
    buffer_len: usize,
    control: Box<[u64]>,
    control_words: usize,
    from: Box<[Address]>,
    received: usize,
}

impl ReceiveBatch {
    /// Room for `capacity` messages, each with up to `buffer_len` bytes and `control_len` bytes of
    /// control data; [`control_space`](crate::control_space) tells how many.
    ///
    /// With [`RECEIVE_SEGMENTS`](crate::options::RECEIVE_SEGMENTS) a message has up to 65535
    /// bytes. A length of zero counts as one byte, so that an empty datagram and one that was cut
    /// short differ.
    ///
    /// # Panics
    ///
    /// If all buffers together have more than `isize::MAX` bytes.
    #[must_use]
    pub fn with_capacity(capacity: usize, buffer_len: usize, control_len: usize) -> Self {
        let buffer_len = buffer_len.max(1);
        let control_words = control_len.div_ceil(size_of::<u64>());
        Self {
            headers: Headers::new(capacity),
            bytes: vec![0; capacity.saturating_mul(buffer_len)].into_boxed_slice(),
            buffer_len,
            control: vec![0; capacity.saturating_mul(control_words)].into_boxed_slice(),
            control_words,
            from: vec![Address::EMPTY; capacity].into_boxed_slice(),
            received: 0,
        }
    }

    /// How many messages fit.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.from.len()
    }

    /// How many messages the last receive brought.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.received
    }

    /// Whether the last receive brought none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.received == 0
    }

    /// Forgets the messages and closes the descriptors that were not taken.
    pub fn clear(&mut self) {
        self.each_control(close_received);
        self.received = 0;
    }

    /// Receives the messages that are there, as many as fit, and returns how many.
    ///
    /// Those of the receive before are cleared first. One system call on Linux; one for each
    /// message elsewhere, and one more if fewer are there than fit. A socket that was made to wait
    /// (none is from birth) waits until all that fit have come. An error after the first
    /// message is reported by the next call, or not at all.
    ///
    /// # Errors
    ///
    /// As [`receive_message`](crate::receive_message).
    ///
    /// Manual: recvmmsg(2)
    #[doc(alias = "recvmmsg")]
    pub fn receive(&mut self, fd: impl AsFd, flags: ReceiveFlags) -> Result<usize, Errno> {
        self.clear();
        let mut control = sys::bytes_mut(&mut self.control);
        let control_len = self.control_words * size_of::<u64>();
        let buffers = self.bytes.chunks_exact_mut(self.buffer_len);
        let sinks = buffers.zip(&mut self.from).map(|(buffer, from)| Sink {
            buffer,
            from,
            control: control.split_off_mut(..control_len).unwrap_or_default(),
        });
        self.received = sys::receive_many(fd.as_fd(), &mut self.headers, sinks, flags.bits())?;
        let reports = self.headers.reports().take(self.received);
        for ((_report, address_len), from) in reports.zip(&mut self.from) {
            from.set_len(address_len);
        }
        let mut birth = Ok(());
        self.each_control(|bytes| birth = birth.and(finish_birth(bytes)));
        birth.map(|()| self.received)
    }

    /// The messages of the last receive; descriptors are handed out once.
    pub fn messages(&mut self) -> impl Iterator<Item = BatchMessage<'_>> {
        let mut control = sys::bytes_mut(&mut self.control);
        let control_len = self.control_words * size_of::<u64>();
        let buffers = self.bytes.chunks_exact_mut(self.buffer_len);
        let reports = self.headers.reports().take(self.received);
        reports
            .zip(buffers.zip(&self.from))
            .map(move |((report, _address_len), (buffer, from))| {
                let room = control.split_off_mut(..control_len).unwrap_or_default();
                BatchMessage::new(&report, buffer, from, room)
            })
    }

    /// Calls `act` with the control data of each message.
    fn each_control(&mut self, mut act: impl FnMut(&mut [u8])) {
        let mut control = sys::bytes_mut(&mut self.control);
        let control_len = self.control_words * size_of::<u64>();
        for (report, _address_len) in self.headers.reports().take(self.received) {
            let room = control.split_off_mut(..control_len).unwrap_or_default();
            act(used(&report, room));
        }
    }
}

impl Drop for ReceiveBatch {
    fn drop(&mut self) {
        self.clear();
    }
}

impl fmt::Debug for ReceiveBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceiveBatch")
            .field("capacity", &self.capacity())
            .field("len", &self.received)
            .finish_non_exhaustive()
    }
}

/// One message of a batch.
#[derive(Debug)]
pub struct BatchMessage<'a> {
    /// The bytes received.
    pub bytes: &'a mut [u8],
    /// How many bytes the message has: those received, or with
    /// [`WHOLE_LENGTH`](ReceiveFlags::WHOLE_LENGTH) also those cut off.
    pub len: usize,
    /// The sender.
    pub from: &'a Address,
    /// What was cut off, and what kind of message it is.
    pub flags: MessageFlags,
    /// The control data.
    pub control: ControlMessages<'a>,
}

impl<'a> BatchMessage<'a> {
    fn new(
        report: &RawReceived,
        buffer: &'a mut [u8],
        from: &'a Address,
        room: &'a mut [u8],
    ) -> Self {
        let received = report.len.min(buffer.len());
        Self {
            bytes: buffer.get_mut(..received).unwrap_or_default(),
            len: report.len,
            from,
            flags: MessageFlags::from_bits_retain(report.flags),
            control: ControlMessages::new(used(report, room)),
        }
    }
}

/// The part of a message's control room that the kernel has written.
fn used<'a>(report: &RawReceived, room: &'a mut [u8]) -> &'a mut [u8] {
    let len = report.control_len.min(room.len());
    room.get_mut(..len).unwrap_or_default()
}
