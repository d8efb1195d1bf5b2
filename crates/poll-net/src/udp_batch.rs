//! Many datagrams with one system call: batches, and segments joined into one send or receive.

use core::fmt;
use core::net::SocketAddr;
use core::slice;
use std::io::{self, IoSlice};

use sys_socket::{
    Address, BatchMessage, OutgoingMessage, ReceiveBatch, ReceiveFlags, SendBatch, SendFlags,
};

use crate::UdpSocket;
use crate::ancillary::{
    ControlMessage, ControlMessages, MessageFlags, OutgoingControl, control_space,
};
use crate::call::{self, retry};

/// Room in each slot of a receive batch for what the options of a socket can add: packet
/// information, of both families for a datagram of IPv4 at a socket of IPv6, a time, a type of
/// service or traffic class, and a segment size.
const CONTROL: usize =
    control_space(20) + control_space(12) + control_space(16) + 2 * control_space(4);

/// One datagram to be sent, or several of the same size.
#[derive(Clone, Copy)]
pub struct Datagram<'a> {
    bytes: IoSlice<'a>,
    // Empty for the peer of a connected socket.
    to: Address,
    segment_size: Option<u16>,
}

impl<'a> Datagram<'a> {
    /// A datagram for the peer that [`UdpSocket::connect`] has named.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes: IoSlice::new(bytes),
            to: Address::EMPTY,
            segment_size: None,
        }
    }

    /// The same datagram, for `address`.
    #[must_use]
    pub fn to(mut self, address: SocketAddr) -> Self {
        self.to = Address::from(address);
        self
    }

    /// The same bytes, sent as datagrams of this size; the last one may be shorter.
    ///
    /// The system, or even the device, cuts them (generic segmentation offload): at most 64
    /// datagrams (128 since Linux 6.9) and 65507 bytes at once. Zero is one datagram.
    ///
    /// Manual: udp(7)
    #[cfg(any(target_os = "linux", target_os = "android"))]
    #[must_use]
    #[doc(alias = "UDP_SEGMENT")]
    pub fn in_segments_of(mut self, size: u16) -> Self {
        self.segment_size = (size > 0).then_some(size);
        self
    }
}

impl fmt::Debug for Datagram<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Datagram")
            .field("len", &self.bytes.len())
            .field("to", &self.to.inet())
            .field("segment_size", &self.segment_size)
            .finish()
    }
}

/// Room to send several datagrams with one system call.
///
/// Allocates when made, and not again.
#[derive(Debug)]
pub struct UdpSendBatch {
    headers: SendBatch,
    // One for each datagram that is sent in segments.
    control: Box<[OutgoingControl<'static>]>,
}

impl UdpSendBatch {
    /// Room for `capacity` datagrams.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        let control = || OutgoingControl::with_capacity(control_space(size_of::<u16>()));
        Self {
            headers: SendBatch::with_capacity(capacity),
            control: core::iter::repeat_with(control).take(capacity).collect(),
        }
    }

    /// How many datagrams fit.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.headers.capacity()
    }
}

/// Room to receive several datagrams with one system call.
///
/// Allocates when made, and not again.
#[derive(Debug)]
pub struct UdpReceiveBatch {
    messages: ReceiveBatch,
}

impl UdpReceiveBatch {
    /// Room for `capacity` datagrams of up to `len` bytes each.
    ///
    /// A socket that receives segments ([`UdpSocket::set_recv_segments`]) joins up to 65507 bytes.
    ///
    /// # Panics
    ///
    /// If all of it together has more than `isize::MAX` bytes.
    #[must_use]
    pub fn with_capacity(capacity: usize, len: usize) -> Self {
        Self {
            messages: ReceiveBatch::with_capacity(capacity, len, CONTROL),
        }
    }

    /// How many datagrams fit.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.messages.capacity()
    }

    /// How many datagrams the last receive brought.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether the last receive brought none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// The datagrams of the last receive, in their order.
    pub fn datagrams(&mut self) -> impl Iterator<Item = ReceivedDatagram<'_>> {
        self.messages
            .messages()
            .map(|message| ReceivedDatagram { message })
    }
}

/// One datagram of a batch, or several of one sender joined together.
pub struct ReceivedDatagram<'a> {
    message: BatchMessage<'a>,
}

impl<'a> ReceivedDatagram<'a> {
    /// The bytes received.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.message.bytes
    }

    /// The sender.
    ///
    /// # Errors
    ///
    /// `EAFNOSUPPORT`: it has no internet address, because the socket is none of UDP.
    pub fn sender(&self) -> io::Result<SocketAddr> {
        call::inet(self.message.from)
    }

    /// Whether the datagram was longer than its room; the rest is lost.
    #[must_use]
    pub const fn is_truncated(&self) -> bool {
        self.message.flags.contains(MessageFlags::TRUNCATED)
    }

    /// Whether there was more control data than a batch has room for, which options of this crate
    /// do not bring about; the rest is lost.
    #[must_use]
    pub const fn is_control_truncated(&self) -> bool {
        self.message.flags.contains(MessageFlags::CONTROL_TRUNCATED)
    }

    /// The control data, which the socket's options asked for.
    #[must_use]
    pub fn into_control(self) -> ControlMessages<'a> {
        self.message.control
    }

    /// The single datagrams: one, unless the socket receives segments
    /// ([`UdpSocket::set_recv_segments`]). One of length zero is one too.
    pub fn into_segments(self) -> impl Iterator<Item = &'a [u8]> {
        let size = self.message.control.into_iter().find_map(segment_size);
        segments(self.message.bytes, size)
    }
}

impl fmt::Debug for ReceivedDatagram<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivedDatagram")
            .field("len", &self.message.bytes.len())
            .field("from", &self.message.from)
            .field("flags", &self.message.flags)
            .finish_non_exhaustive()
    }
}

impl UdpSocket {
    /// Sends datagrams in order, as many as fit into the batch, and returns how many were sent.
    ///
    /// Fewer than given means: the batch was full, or the next one failed, and sending it again
    /// tells why. One system call on Linux, which takes at most 1024 at once; one for each
    /// datagram elsewhere. Nothing is copied or allocated.
    ///
    /// # Errors
    ///
    /// Those of the first datagram: as [`send_to`](Self::send_to), and for segments as
    /// [`send_message`](Self::send_message).
    ///
    /// # Examples
    ///
    /// ```
    /// use poll_net::{Datagram, UdpReceiveBatch, UdpSendBatch, UdpSocket};
    /// let a = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
    /// let b = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
    /// let to = b.local_addr()?;
    /// let mut outgoing = UdpSendBatch::with_capacity(8);
    /// let datagrams = [Datagram::new(b"one").to(to), Datagram::new(b"two").to(to)];
    /// assert_eq!(a.send_batch(&mut outgoing, &datagrams)?, 2);
    ///
    /// let mut incoming = UdpReceiveBatch::with_capacity(8, 1500);
    /// # while b.peek(&mut [0]).is_err() {}
    /// b.recv_batch(&mut incoming)?;
    /// for datagram in incoming.datagrams() {
    ///     assert_eq!((datagram.bytes().len(), datagram.sender()?), (3, a.local_addr()?));
    /// }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// Manual: sendmmsg(2)
    pub fn send_batch(
        &self,
        batch: &mut UdpSendBatch,
        datagrams: &[Datagram<'_>],
    ) -> io::Result<usize> {
        let UdpSendBatch { headers, control } = batch;
        for (datagram, control) in datagrams.iter().zip(&mut **control) {
            control.clear();
            if let Some(size) = datagram.segment_size {
                control.push_segment_size(size)?;
            }
        }
        retry(|| {
            let messages = datagrams.iter().zip(&**control).map(|(datagram, control)| {
                let has_address = datagram.to != Address::EMPTY;
                OutgoingMessage {
                    buffers: slice::from_ref(&datagram.bytes),
                    to: has_address.then_some(&datagram.to),
                    control: (!control.is_empty()).then_some(control),
                }
            });
            headers.send(self, messages, SendFlags::NONE)
        })
    }

    /// Receives the datagrams that are there, as many as fit into the batch, and returns how many.
    ///
    /// The socket is drained when fewer came than fit; an engine without edges of its own has to
    /// be asked for the next one then (`Registered::rearm`), as after `WouldBlock`. One system
    /// call on Linux; one for each datagram elsewhere, and one more if fewer are there than fit.
    /// An error after the first datagram ends the batch, and has an event of its own; it is
    /// returned by the next call, or not at all.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    ///
    /// Manual: recvmmsg(2)
    pub fn recv_batch(&self, batch: &mut UdpReceiveBatch) -> io::Result<usize> {
        retry(|| batch.messages.receive(self, ReceiveFlags::NONE))
    }
}

/// The size in a control message that has one.
fn segment_size(message: ControlMessage<'_>) -> Option<u16> {
    match message {
        ControlMessage::SegmentSize(size) => Some(size),
        _ => None,
    }
}

/// The bytes cut into pieces of `size`, at least one, which may be empty.
fn segments(bytes: &[u8], size: Option<u16>) -> impl Iterator<Item = &[u8]> {
    let size = size.map_or(usize::MAX, usize::from).max(1);
    let empty = bytes.is_empty().then_some(bytes);
    empty.into_iter().chain(bytes.chunks(size))
}

#[cfg(test)]
mod tests {
    use super::segments;

    #[test]
    fn bytes_are_cut_at_the_segment_size_and_nothing_is_one_empty_segment() {
        for (len, size, wanted) in [
            (0, None, vec![0]),
            (0, Some(4), vec![0]),
            (3, None, vec![3]),
            (3, Some(4), vec![3]),
            (4, Some(4), vec![4]),
            (5, Some(4), vec![4, 1]),
            (8, Some(4), vec![4, 4]),
            (2, Some(0), vec![1, 1]),
            (9, Some(u16::MAX), vec![9]),
        ] {
            let bytes = vec![0; len];
            let lens: Vec<_> = segments(&bytes, size).map(<[u8]>::len).collect();
            assert_eq!(lens, wanted, "{len} by {size:?}");
        }
    }
}
