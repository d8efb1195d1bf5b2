//! Control data to be sent: writing messages into a buffer of fixed size.

use core::ffi::c_int;
use core::fmt;
use core::marker::PhantomData;
use core::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsRawFd, BorrowedFd};

use static_assertions::assert_impl_all;

use crate::control_layout::{HEADER, Word, control_space, put, put_header, words};
use crate::target::{NAMES, PACKET_INFO_V4};
use crate::{Credentials, Errno, sys, target};

assert_impl_all!(OutgoingControl<'static>: Send, Sync, Unpin);

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
        put_header(message, whole, level, kind);
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

#[cfg(test)]
mod tests {
    use super::OutgoingControl;
    use crate::{ControlMessage, Credentials, Errno, IncomingControl, control_space};
    use core::net::{Ipv4Addr, Ipv6Addr};

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
}
