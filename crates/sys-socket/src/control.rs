//! Buffers for control data: how messages stand in them, writing them, and owning what arrived.

use core::ffi::c_int;
use core::fmt;
use core::marker::PhantomData;
use core::mem::{self, offset_of};
use core::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsRawFd, BorrowedFd};

use libc::cmsghdr;

use crate::control_message::ControlMessage;
use crate::target::{NAMES, PACKET_INFO_V4};
use crate::{Credentials, Errno, sys, target};

/// The length of the header together with the padding after it.
const HEADER: usize = sys::CONTROL_HEADER;

/// The bytes of the field with a message's length; what is written there is `size_t` or
/// `socklen_t`, as the system likes.
const LEN_SIZE: usize = size_of_field(|header: &cmsghdr| &header.cmsg_len);

const _: () = {
    assert!(LEN_SIZE == 4 || LEN_SIZE == 8);
    assert!(HEADER >= size_of::<cmsghdr>());
    assert!(sys::CONTROL_ALIGN.is_power_of_two());
    assert!(align_of::<cmsghdr>() <= align_of::<Word>());
};

/// The size of the field that `_get` returns.
const fn size_of_field<T, F>(_get: fn(&T) -> &F) -> usize {
    size_of::<F>()
}

/// What buffers are made of, so that every header in them is aligned.
type Word = u64;

/// The room that one control message with `data_len` bytes of data takes in a buffer.
///
/// A descriptor has 4 bytes, credentials 12, packet information up to 20, a time 16, a type of
/// service 4, a segment size 4.
///
/// Manual: cmsg(3)
#[must_use]
#[doc(alias = "CMSG_SPACE")]
pub const fn control_space(data_len: usize) -> usize {
    align(HEADER.saturating_add(data_len))
}

const fn align(len: usize) -> usize {
    len.saturating_add(sys::CONTROL_ALIGN - 1) & !(sys::CONTROL_ALIGN - 1)
}

/// Control data to be sent: a buffer of fixed size, filled message by message.
///
/// It borrows the descriptors it passes. Allocates when made, and not again.
pub struct OutgoingControl<'fd> {
    words: Box<[Word]>,
    len: usize,
    descriptors: PhantomData<BorrowedFd<'fd>>,
}

impl<'fd> OutgoingControl<'fd> {
    /// A buffer of `capacity` bytes; [`control_space`] tells how many are needed.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            words: words(capacity),
            len: 0,
            descriptors: PhantomData,
        }
    }

    /// Forgets the messages.
    pub fn clear(&mut self) {
        self.len = 0;
    }

    /// Whether there is no message.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The messages as the kernel reads them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        sys::bytes(&self.words).get(..self.len).unwrap_or_default()
    }

    /// Passes duplicates of descriptors, over a Unix socket.
    ///
    /// # Errors
    ///
    /// `ENOBUFS`: the buffer is full; nothing was added.
    ///
    /// Manual: unix(7)
    #[doc(alias = "SCM_RIGHTS")]
    pub fn push_rights(&mut self, descriptors: &[BorrowedFd<'fd>]) -> Result<(), Errno> {
        let len = size_of_val(descriptors);
        let data = self.add(libc::SOL_SOCKET, libc::SCM_RIGHTS, len)?;
        for (slot, descriptor) in data.as_chunks_mut().0.iter_mut().zip(descriptors) {
            *slot = descriptor.as_raw_fd().to_ne_bytes();
        }
        Ok(())
    }

    /// Passes credentials, over a Unix socket (Linux). Without privileges, they must be those of
    /// the sender.
    ///
    /// # Errors
    ///
    /// * `ENOBUFS`: the buffer is full; nothing was added.
    /// * `EOPNOTSUPP`: this system has other ways.
    ///
    /// Manual: unix(7)
    #[doc(alias = "SCM_CREDENTIALS")]
    pub fn push_credentials(&mut self, credentials: Credentials) -> Result<(), Errno> {
        let kind = target::CREDENTIALS_KIND.ok_or(Errno::OPNOTSUPP)?;
        self.push(libc::SOL_SOCKET, kind, &credentials.to_ucred())
    }

    /// Sends an IPv4 datagram from this address, and through this interface if it is not zero.
    ///
    /// # Errors
    ///
    /// * `ENOBUFS`: the buffer is full; nothing was added.
    /// * `EOPNOTSUPP`: FreeBSD, OpenBSD and DragonFly take no interface.
    ///
    /// Manual: ip(7)
    #[doc(alias = "IP_PKTINFO")]
    #[doc(alias = "IP_SENDSRCADDR")]
    pub fn push_packet_info_v4(
        &mut self,
        source: Ipv4Addr,
        interface_index: u32,
    ) -> Result<(), Errno> {
        let form = PACKET_INFO_V4;
        if form.index.is_none() && interface_index != 0 {
            return Err(Errno::OPNOTSUPP);
        }
        let data = self.add(libc::IPPROTO_IP, form.send_kind, form.len)?;
        data.fill(0);
        put(data, form.source, &source.octets());
        if let Some(offset) = form.index {
            put(data, offset, &interface_index.to_ne_bytes());
        }
        Ok(())
    }

    /// Sends an IPv6 datagram from this address, and through this interface if it is not zero.
    ///
    /// # Errors
    ///
    /// `ENOBUFS`: the buffer is full; nothing was added.
    ///
    /// Manual: ipv6(7)
    #[doc(alias = "IPV6_PKTINFO")]
    pub fn push_packet_info_v6(
        &mut self,
        source: Ipv6Addr,
        interface_index: u32,
    ) -> Result<(), Errno> {
        let data = self.add(libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, 20)?;
        put(data, 0, &source.octets());
        put(data, 16, &interface_index.to_ne_bytes());
        Ok(())
    }

    /// Sends an IPv4 datagram with this type of service.
    ///
    /// # Errors
    ///
    /// `ENOBUFS`: the buffer is full; nothing was added.
    ///
    /// Manual: ip(7)
    #[doc(alias = "IP_TOS")]
    pub fn push_tos(&mut self, tos: u8) -> Result<(), Errno> {
        self.push(libc::IPPROTO_IP, libc::IP_TOS, &[tos])
    }

    /// Sends an IPv6 datagram with this traffic class.
    ///
    /// # Errors
    ///
    /// `ENOBUFS`: the buffer is full; nothing was added.
    ///
    /// Manual: ipv6(7)
    #[doc(alias = "IPV6_TCLASS")]
    pub fn push_traffic_class(&mut self, class: u8) -> Result<(), Errno> {
        let class = c_int::from(class).to_ne_bytes();
        self.push(libc::IPPROTO_IPV6, libc::IPV6_TCLASS, &class)
    }

    /// Cuts the sent bytes into datagrams of this size (Linux): generic segmentation offload.
    ///
    /// # Errors
    ///
    /// * `ENOBUFS`: the buffer is full; nothing was added.
    /// * `EOPNOTSUPP`: this system cannot do it.
    ///
    /// Manual: udp(7)
    #[doc(alias = "UDP_SEGMENT")]
    pub fn push_segment_size(&mut self, segment_size: u16) -> Result<(), Errno> {
        let kind = NAMES.udp_segment.ok_or(Errno::OPNOTSUPP)?;
        self.push(libc::IPPROTO_UDP, kind, &segment_size.to_ne_bytes())
    }

    /// A message of any other kind.
    ///
    /// # Errors
    ///
    /// * `ENOBUFS`: the buffer is full; nothing was added.
    /// * `EINVAL`: descriptors, which only [`push_rights`](Self::push_rights) passes, because it
    ///   sees to it that they are open.
    ///
    /// Manual: cmsg(3)
    pub fn push_raw(&mut self, level: i32, kind: i32, data: &[u8]) -> Result<(), Errno> {
        if (level, kind) == (libc::SOL_SOCKET, libc::SCM_RIGHTS) {
            return Err(Errno::INVAL);
        }
        self.push(level, kind, data)
    }

    fn push(&mut self, level: c_int, kind: c_int, data: &[u8]) -> Result<(), Errno> {
        self.add(level, kind, data.len())?.copy_from_slice(data);
        Ok(())
    }

    /// Adds a message and lends out the room for its data.
    fn add(&mut self, level: c_int, kind: c_int, len: usize) -> Result<&mut [u8], Errno> {
        let (space, whole) = (control_space(len), HEADER.saturating_add(len));
        let room = sys::bytes_mut(&mut self.words);
        let message = room
            .get_mut(self.len..)
            .and_then(|rest| rest.get_mut(..space))
            .ok_or(Errno::NOBUFS)?;
        self.len += space;
        message.fill(0);
        put_len(message, whole);
        put(
            message,
            offset_of!(cmsghdr, cmsg_level),
            &level.to_ne_bytes(),
        );
        put(message, offset_of!(cmsghdr, cmsg_type), &kind.to_ne_bytes());
        Ok(message.get_mut(HEADER..whole).unwrap_or_default())
    }
}

impl fmt::Debug for OutgoingControl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutgoingControl")
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}

/// Control data that has arrived, with the descriptors in it.
///
/// It owns every descriptor that arrived: those that the caller does not take out are closed when
/// the buffer is used again, cleared or dropped, whatever else happens to the message. Allocates
/// when made, and not again.
pub struct IncomingControl {
    words: Box<[Word]>,
    len: usize,
}

impl IncomingControl {
    /// A buffer of `capacity` bytes; [`control_space`] tells how many are needed. What does not
    /// fit is cut off by the kernel, which says so and closes the descriptors that were cut off.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            words: words(capacity),
            len: 0,
        }
    }

    /// Forgets the messages and closes the descriptors that were not taken.
    pub fn clear(&mut self) {
        let used = sys::bytes_mut(&mut self.words).get_mut(..self.len);
        close_received(used.unwrap_or_default());
        self.len = 0;
    }

    /// The messages that arrived; descriptors are handed out once.
    pub fn messages(&mut self) -> ControlMessages<'_> {
        let used = sys::bytes_mut(&mut self.words).get_mut(..self.len);
        ControlMessages::new(used.unwrap_or_default())
    }

    /// The room for the kernel to write to; [`set_len`](Self::set_len) follows.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        self.clear();
        sys::bytes_mut(&mut self.words)
    }

    /// Takes over what the kernel has written.
    pub(crate) fn set_len(&mut self, len: usize) {
        self.len = len.min(size_of_val(&*self.words));
    }
}

impl Drop for IncomingControl {
    fn drop(&mut self) {
        self.clear();
    }
}

impl fmt::Debug for IncomingControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IncomingControl")
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}

/// The messages in a buffer, one after the other.
#[derive(Debug)]
pub struct ControlMessages<'a> {
    rest: &'a mut [u8],
}

impl<'a> ControlMessages<'a> {
    /// The messages in `bytes`, which came from the kernel.
    pub(crate) const fn new(bytes: &'a mut [u8]) -> Self {
        Self { rest: bytes }
    }
}

impl<'a> Iterator for ControlMessages<'a> {
    type Item = ControlMessage<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let (level, kind, data) = split_first(&mut self.rest)?;
        Some(ControlMessage::decode(level, kind, data))
    }
}

/// Closes the descriptors in bytes that came from the kernel, and makes the bytes say nothing.
pub(crate) fn close_received(mut bytes: &mut [u8]) {
    for_each_descriptor(bytes, |slot| drop(sys::take_descriptor(slot)));
    // A kernel that reports more than it wrote must not show old bytes: read as a length these
    // are too long, and read as a descriptor they are none.
    mem::take(&mut bytes).fill(0xff);
}

/// Makes received descriptors close-on-exec where receiving cannot do that.
pub(crate) fn finish_birth(bytes: &mut [u8]) -> Result<(), Errno> {
    let mut result = Ok(());
    if target::CONTROL_CLOSE_ON_EXEC == 0 {
        for_each_descriptor(bytes, |slot| {
            result = result.and(sys::set_received_close_on_exec(*slot));
        });
    }
    result
}

fn for_each_descriptor(mut bytes: &mut [u8], mut act: impl FnMut(&mut [u8; 4])) {
    while let Some((level, kind, data)) = split_first(&mut bytes) {
        if (level, kind) == (libc::SOL_SOCKET, libc::SCM_RIGHTS) {
            data.as_chunks_mut().0.iter_mut().for_each(&mut act);
        }
    }
}

/// Takes the first message off the front: its level, its kind and its data.
///
/// A message that claims to be longer than the bytes ends with them, so that the descriptors in a
/// message cut short are found; one that is shorter than its own header ends the walk.
fn split_first<'a>(rest: &mut &'a mut [u8]) -> Option<(c_int, c_int, &'a mut [u8])> {
    let claimed = length(rest)?;
    let level = number(rest, offset_of!(cmsghdr, cmsg_level))?;
    let kind = number(rest, offset_of!(cmsghdr, cmsg_type))?;
    let end = claimed.min(rest.len());
    if end < HEADER {
        return None;
    }
    let next = align(end).min(rest.len());
    let (message, after) = mem::take(rest).split_at_mut_checked(next)?;
    *rest = after;
    Some((level, kind, message.get_mut(HEADER..end)?))
}

/// The length in a header, as the kernel writes it: header and data, without padding at the end.
fn length(message: &[u8]) -> Option<usize> {
    let field = message
        .get(offset_of!(cmsghdr, cmsg_len)..)?
        .get(..LEN_SIZE)?;
    match *field {
        [a, b, c, d] => usize::try_from(u32::from_ne_bytes([a, b, c, d])).ok(),
        _ => usize::try_from(u64::from_ne_bytes(*field.first_chunk()?)).ok(),
    }
}

fn put_len(message: &mut [u8], len: usize) {
    let offset = offset_of!(cmsghdr, cmsg_len);
    // Buffers are far shorter than either field can say.
    if LEN_SIZE == 4 {
        put(
            message,
            offset,
            &u32::try_from(len).unwrap_or(u32::MAX).to_ne_bytes(),
        );
    } else {
        put(
            message,
            offset,
            &u64::try_from(len).unwrap_or(u64::MAX).to_ne_bytes(),
        );
    }
}

fn number(bytes: &[u8], offset: usize) -> Option<c_int> {
    Some(c_int::from_ne_bytes(*bytes.get(offset..)?.first_chunk()?))
}

fn put(bytes: &mut [u8], offset: usize, value: &[u8]) {
    for (slot, byte) in bytes.iter_mut().skip(offset).zip(value) {
        *slot = *byte;
    }
}

/// Enough words for `capacity` bytes.
fn words(capacity: usize) -> Box<[Word]> {
    vec![0; capacity.div_ceil(size_of::<Word>())].into_boxed_slice()
}

#[cfg(test)]
mod tests {
    use super::{HEADER, OutgoingControl, align, control_space, put_len, split_first};
    use crate::{ControlMessage, Credentials, Errno, IncomingControl, sys};
    use core::net::{Ipv4Addr, Ipv6Addr};
    use proptest::prelude::{any, proptest};

    /// What the encoder wrote, seen through the decoder.
    fn receive(control: &OutgoingControl<'_>) -> IncomingControl {
        let bytes = control.as_bytes();
        let mut incoming = IncomingControl::with_capacity(bytes.len());
        incoming.room()[..bytes.len()].copy_from_slice(bytes);
        incoming.set_len(bytes.len());
        incoming
    }

    #[test]
    fn messages_come_back_in_order_with_padding_between_them() {
        let mut control = OutgoingControl::with_capacity(256);
        control.push_tos(0x12).unwrap();
        control.push_raw(77, 88, b"abc").unwrap();
        control.push_traffic_class(0xff).unwrap();
        control.push_raw(1, 2, b"").unwrap();
        let mut incoming = receive(&control);
        let seen: Vec<String> = incoming.messages().map(|m| format!("{m:?}")).collect();
        let raw = "Raw { level: 77, kind: 88, data: [97, 98, 99] }";
        assert_eq!(seen.len(), 4);
        assert_eq!(seen[1], raw);
        assert_eq!(seen[2], "TrafficClass(255)");
        assert_eq!(seen[3], "Raw { level: 1, kind: 2, data: [] }");
    }

    #[test]
    fn the_room_is_checked_to_the_byte_and_a_refused_message_changes_nothing() {
        let space = control_space(4);
        for (capacity, good) in [
            (0, false),
            (space - 8, false),
            (space, true),
            (space + 8, true),
        ] {
            let mut control = OutgoingControl::with_capacity(capacity);
            let pushed = control.push_raw(1, 2, &[7; 4]);
            assert_eq!(pushed.is_ok(), good, "{capacity}");
            assert_eq!(control.as_bytes().len(), if good { space } else { 0 });
            assert_eq!(control.is_empty(), !good);
            let again = control.push_raw(1, 2, &[7; 4]);
            assert_eq!(again, Err(Errno::NOBUFS));
        }
    }

    #[test]
    fn numbers_that_are_no_borrowed_descriptors_are_not_passed() {
        let mut control = OutgoingControl::with_capacity(64);
        let pushed = control.push_raw(libc::SOL_SOCKET, libc::SCM_RIGHTS, &[0; 4]);
        assert_eq!(pushed, Err(Errno::INVAL));
        assert!(control.is_empty());
    }

    #[test]
    fn credentials_and_addresses_come_back() {
        let mut control = OutgoingControl::with_capacity(256);
        let sent = Credentials {
            pid: Some(1),
            uid: 2,
            gid: 3,
        };
        let with_credentials = control.push_credentials(sent).is_ok();
        let source = Ipv4Addr::new(1, 2, 3, 4);
        control.push_packet_info_v4(source, 0).unwrap();
        control.push_packet_info_v6(Ipv6Addr::LOCALHOST, 9).unwrap();
        let mut incoming = receive(&control);
        let mut messages = incoming.messages();
        if with_credentials {
            let first = messages.next().unwrap();
            assert!(matches!(first, ControlMessage::Credentials(seen) if seen == sent));
        }
        let v4 = messages.next().unwrap();
        assert!(matches!(v4, ControlMessage::PacketInfo4(info) if info.local == source));
        let v6 = messages.next().unwrap();
        assert!(matches!(v6, ControlMessage::PacketInfo6(info)
            if info.destination == Ipv6Addr::LOCALHOST && info.interface_index == 9));
        assert!(messages.next().is_none());
    }

    #[test]
    fn lengths_that_lie_end_the_walk_or_the_message() {
        let mut whole = OutgoingControl::with_capacity(64);
        whole.push_raw(1, 2, &[7; 8]).unwrap();
        let good = whole.as_bytes().to_vec();
        for (claimed, seen) in [
            (0, None),
            (HEADER - 1, None),
            (HEADER, Some(0)),
            (HEADER + 1, Some(1)),
            (HEADER + 8, Some(8)),
            (HEADER + 9, Some(8)),
            (usize::MAX, Some(8)),
            (usize::MAX - 6, Some(8)),
        ] {
            let mut bytes = good.clone();
            put_len(&mut bytes, claimed);
            let mut rest = &mut bytes[..];
            let first = split_first(&mut rest).map(|(_, _, data)| data.len());
            assert_eq!(first, seen, "{claimed}");
        }
    }

    #[test]
    fn a_message_cut_short_ends_with_the_bytes() {
        let mut whole = OutgoingControl::with_capacity(64);
        whole.push_raw(1, 2, &[7; 8]).unwrap();
        for len in 0..whole.as_bytes().len() {
            let mut bytes = whole.as_bytes()[..len].to_vec();
            let mut rest = &mut bytes[..];
            let seen = split_first(&mut rest).map(|(_, _, data)| data.len());
            assert_eq!(seen, len.checked_sub(HEADER), "{len}");
            assert!(split_first(&mut rest).is_none());
        }
    }

    #[test]
    fn alignment_never_wraps_around() {
        for len in [usize::MAX, usize::MAX - 1, usize::MAX - sys::CONTROL_ALIGN] {
            assert!(align(len) >= usize::MAX - 2 * sys::CONTROL_ALIGN);
            assert!(control_space(len) >= usize::MAX - 2 * sys::CONTROL_ALIGN);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_walked_to_the_end(
            mut bytes in proptest::collection::vec(any::<u8>(), 0..200),
            lengths in proptest::collection::vec((0..200_usize, 0..64_usize), 0..8),
            kind in 0..60_i32,
        ) {
            // Random lengths are huge; small ones at random places reach the deeper paths.
            for (offset, len) in lengths {
                if let Some(place) = bytes.get_mut(offset..).filter(|p| p.len() >= HEADER) {
                    put_len(place, len);
                }
            }
            let total = bytes.len();
            let mut rest = &mut bytes[..];
            let mut seen = 0;
            while let Some((level, _, data)) = split_first(&mut rest) {
                seen += HEADER + data.len();
                for level in [level, libc::SOL_SOCKET, libc::IPPROTO_IP, libc::IPPROTO_IPV6] {
                    // Looked at, and not taken: these numbers are nobody's descriptors.
                    let text = format!("{:?}", ControlMessage::decode(level, kind, data));
                    assert!(!text.is_empty());
                }
            }
            assert!(seen <= total);
        }
    }
}
