//! The socket address as the kernel sees it, written and read field by field.

use core::ffi::c_int;
use core::fmt;
use core::mem::{offset_of, size_of};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use libc::{sa_family_t, sockaddr, sockaddr_in, sockaddr_in6, sockaddr_storage, sockaddr_un};
use static_assertions::{assert_eq_size, assert_impl_all};

use crate::unix_address::UnixAddr;
use crate::{Domain, target};

assert_impl_all!(Address: Send, Sync, Unpin, Copy);
// The room and its length, and nothing else: tables of addresses are sized by it.
assert_eq_size!(Address, [u64; STORAGE / 8 + 1]);

/// Room for an address of any family.
pub(crate) const STORAGE: usize = size_of::<sockaddr_storage>();

/// Where the name of a Unix address starts.
const PATH_OFFSET: usize = offset_of!(sockaddr_un, sun_path);

const _: () = {
    assert!(size_of::<sockaddr_in>() <= STORAGE);
    assert!(size_of::<sockaddr_in6>() <= STORAGE);
    assert!(size_of::<sockaddr_un>() < STORAGE);
    assert!(align_of::<Address>() >= align_of::<sockaddr_storage>());
    assert!(offset_of!(sockaddr_in, sin_family) == offset_of!(sockaddr, sa_family));
    assert!(offset_of!(sockaddr_in6, sin6_family) == offset_of!(sockaddr, sa_family));
    assert!(offset_of!(sockaddr_un, sun_family) == offset_of!(sockaddr, sa_family));
    assert!(UnixAddr::CAPACITY == size_of::<sockaddr_un>() - PATH_OFFSET);
};

/// A socket address of any family, in the kernel's form.
///
/// Made from [`SocketAddr`] and [`UnixAddr`] and turned back by [`inet`](Self::inet) and
/// [`unix`](Self::unix); every field is written and read on its own, so that nothing depends on
/// how the standard library lays out its types. Addresses of other families stay as bytes.
///
/// An address of length zero is what a datagram socket gets from an unnamed sender, and what
/// [`local_addr`](crate::local_addr) of some systems gives for an unnamed Unix socket.
///
/// # Examples
///
/// ```
/// use sys_socket::Address;
/// let address = Address::from(core::net::SocketAddr::from(([127, 0, 0, 1], 80)));
/// assert_eq!(address.inet().unwrap().port(), 80);
/// assert_eq!(address.unix(), None);
/// ```
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub struct Address {
    // At least as aligned as `sockaddr_storage`; pinned above. Bytes from `len` on are zero or
    // left over from the kernel, and are never read.
    bytes: [u8; STORAGE],
    len: usize,
}

impl Address {
    /// The address of length zero, and room for the kernel to write one.
    pub const EMPTY: Self = Self {
        bytes: [0; STORAGE],
        len: 0,
    };

    /// The address of family `AF_UNSPEC`: connecting a datagram socket to it dissolves its
    /// association.
    #[must_use]
    #[doc(alias = "AF_UNSPEC")]
    pub fn unspecified() -> Self {
        Self::new(libc::AF_UNSPEC, size_of::<sockaddr>())
    }

    /// The family; `None` for an address too short to have one.
    #[must_use]
    pub fn family(&self) -> Option<Domain> {
        let family = self.field::<{ size_of::<sa_family_t>() }>(offset_of!(sockaddr, sa_family))?;
        Some(Domain::from_raw(c_int::from(sa_family_t::from_ne_bytes(
            family,
        ))))
    }

    /// The address as IPv4 or IPv6; `None` for other families and for what is too short.
    #[must_use]
    pub fn inet(&self) -> Option<SocketAddr> {
        let family = self.family()?;
        if family == Domain::IPV4 {
            let port = self.field(offset_of!(sockaddr_in, sin_port))?;
            let ip = self.field::<4>(offset_of!(sockaddr_in, sin_addr))?;
            let address = SocketAddrV4::new(Ipv4Addr::from(ip), u16::from_be_bytes(port));
            Some(SocketAddr::V4(address))
        } else if family == Domain::IPV6 {
            let port = self.field(offset_of!(sockaddr_in6, sin6_port))?;
            let ip = self.field::<16>(offset_of!(sockaddr_in6, sin6_addr))?;
            // The kernel hands the flow label over in network order and the scope in its own.
            let flow = self.field(offset_of!(sockaddr_in6, sin6_flowinfo))?;
            let scope = self.field(offset_of!(sockaddr_in6, sin6_scope_id))?;
            let address = SocketAddrV6::new(
                Ipv6Addr::from(ip),
                u16::from_be_bytes(port),
                u32::from_be_bytes(flow),
                u32::from_ne_bytes(scope),
            );
            Some(SocketAddr::V6(address))
        } else {
            None
        }
    }

    /// The address as a Unix address; `None` for other families.
    ///
    /// The empty address counts as unnamed, because that is how datagrams of unnamed senders
    /// arrive.
    #[must_use]
    pub fn unix(&self) -> Option<UnixAddr> {
        match self.family() {
            None => Some(UnixAddr::UNNAMED),
            Some(Domain::UNIX) => {
                let path = self.as_bytes().get(PATH_OFFSET..).unwrap_or_default();
                Some(UnixAddr::from_kernel(path))
            }
            Some(_) => None,
        }
    }

    /// The bytes that the kernel reads or has written.
    #[must_use]
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        // `len` is at most the array's length: `set_len` and the constructors keep that.
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// An address that the kernel wrote among other bytes.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        let mut address = Self::EMPTY;
        address.put(0, bytes);
        address.set_len(bytes.len());
        address
    }

    /// The whole room, for the kernel to write to.
    pub(crate) const fn storage(&mut self) -> &mut [u8; STORAGE] {
        &mut self.bytes
    }

    /// Says how much the kernel has written; it reports more than the room when it truncates.
    pub(crate) fn set_len(&mut self, len: usize) {
        self.len = len.min(STORAGE);
    }

    /// An address of `family` with `len` bytes, all other fields zero.
    fn new(family: c_int, len: usize) -> Self {
        let mut address = Self::EMPTY;
        address.len = len.min(STORAGE);
        if let Some(offset) = target::ADDRESS_LENGTH_OFFSET {
            // Kernels that have the byte overwrite it with the length they were given.
            address.put(offset, &[u8::try_from(len).unwrap_or(u8::MAX)]);
        }
        // Every family this crate writes is a small number.
        let family = sa_family_t::try_from(family).unwrap_or_default();
        address.put(offset_of!(sockaddr, sa_family), &family.to_ne_bytes());
        address
    }

    fn put(&mut self, offset: usize, value: &[u8]) {
        for (slot, byte) in self.bytes.iter_mut().skip(offset).zip(value) {
            *slot = *byte;
        }
    }

    fn field<const N: usize>(&self, offset: usize) -> Option<[u8; N]> {
        self.as_bytes().get(offset..)?.first_chunk().copied()
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        match address {
            SocketAddr::V4(address) => Self::from(address),
            SocketAddr::V6(address) => Self::from(address),
        }
    }
}

impl From<SocketAddrV4> for Address {
    fn from(from: SocketAddrV4) -> Self {
        let mut address = Self::new(libc::AF_INET, size_of::<sockaddr_in>());
        let port = from.port().to_be_bytes();
        address.put(offset_of!(sockaddr_in, sin_port), &port);
        let ip = from.ip().octets();
        address.put(offset_of!(sockaddr_in, sin_addr), &ip);
        address
    }
}

impl From<SocketAddrV6> for Address {
    fn from(from: SocketAddrV6) -> Self {
        let mut address = Self::new(libc::AF_INET6, size_of::<sockaddr_in6>());
        let port = from.port().to_be_bytes();
        address.put(offset_of!(sockaddr_in6, sin6_port), &port);
        let flow = from.flowinfo().to_be_bytes();
        address.put(offset_of!(sockaddr_in6, sin6_flowinfo), &flow);
        let ip = from.ip().octets();
        address.put(offset_of!(sockaddr_in6, sin6_addr), &ip);
        let scope = from.scope_id().to_ne_bytes();
        address.put(offset_of!(sockaddr_in6, sin6_scope_id), &scope);
        address
    }
}

impl From<(IpAddr, u16)> for Address {
    fn from(from: (IpAddr, u16)) -> Self {
        Self::from(SocketAddr::from(from))
    }
}

impl From<&UnixAddr> for Address {
    fn from(from: &UnixAddr) -> Self {
        let name = from.kernel_bytes();
        let mut address = Self::new(libc::AF_UNIX, PATH_OFFSET + name.len());
        address.put(PATH_OFFSET, name);
        address
    }
}

impl Default for Address {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Address {}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(address) = self.inet() {
            return fmt::Debug::fmt(&address, f);
        }
        if let Some(address) = self.unix() {
            return fmt::Debug::fmt(&address, f);
        }
        f.debug_struct("Address")
            .field("family", &self.family())
            .field("bytes", &self.as_bytes())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::{Address, PATH_OFFSET, STORAGE};
    use crate::{Domain, UnixAddr};
    use core::net::{Ipv6Addr, SocketAddr, SocketAddrV6};
    use proptest::prelude::{any, proptest};

    #[test]
    fn inet_addresses_come_back_as_they_went_in() {
        let v6 = SocketAddrV6::new(Ipv6Addr::LOCALHOST, 1, 0x000a_bcde, 7);
        for address in [
            SocketAddr::from(([0, 0, 0, 0], 0)),
            SocketAddr::from(([127, 0, 0, 1], 1)),
            SocketAddr::from(([255, 255, 255, 255], u16::MAX)),
            SocketAddr::from(([1, 2, 3, 4], 0x1234)),
            SocketAddr::V6(v6),
            SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
        ] {
            assert_eq!(Address::from(address).inet(), Some(address));
            assert_eq!(Address::from(address).unix(), None);
        }
    }

    #[test]
    fn the_port_and_the_ip_stand_in_network_order() {
        let address = Address::from(SocketAddr::from(([1, 2, 3, 4], 0x1234)));
        assert_eq!(
            address.as_bytes().get(2..8),
            Some(&[0x12, 0x34, 1, 2, 3, 4][..])
        );
    }

    #[test]
    fn an_address_cut_short_is_no_address() {
        let whole = Address::from(SocketAddr::from(([1, 2, 3, 4], 5)));
        for (len, family, inet) in [
            (0, None, false),
            (1, None, false),
            (2, Some(Domain::IPV4), false),
            (7, Some(Domain::IPV4), false),
            (8, Some(Domain::IPV4), true),
        ] {
            let mut cut = whole;
            cut.set_len(len);
            assert_eq!(cut.family(), family, "{len}");
            assert_eq!(cut.inet().is_some(), inet, "{len}");
        }
    }

    #[test]
    fn a_length_beyond_the_room_is_the_room() {
        let mut address = Address::EMPTY;
        for len in [STORAGE - 1, STORAGE, STORAGE + 1, usize::MAX] {
            address.set_len(len);
            assert_eq!(address.as_bytes().len(), len.min(STORAGE));
        }
    }

    #[test]
    fn the_empty_address_is_an_unnamed_unix_address() {
        assert_eq!(Address::EMPTY.unix(), Some(UnixAddr::UNNAMED));
        assert_eq!(Address::EMPTY.inet(), None);
        assert_eq!(Address::EMPTY.family(), None);
    }

    #[test]
    fn a_unix_path_is_followed_by_a_zero_byte() {
        let name = UnixAddr::from_pathname("/a").unwrap();
        let address = Address::from(&name);
        assert_eq!(address.as_bytes().get(PATH_OFFSET..), Some(&b"/a\0"[..]));
        assert_eq!(address.unix(), Some(name));
        assert_eq!(
            Address::from(&UnixAddr::UNNAMED).as_bytes().len(),
            PATH_OFFSET
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(
            bytes in any::<[u8; STORAGE]>(),
            len in 0..200_usize,
        ) {
            let mut address = Address::EMPTY;
            *address.storage() = bytes;
            for family in [None, Some(libc::AF_INET), Some(libc::AF_INET6), Some(libc::AF_UNIX)] {
                if let Some(family) = family {
                    let family = Address::new(family, 2);
                    let start = family.as_bytes().to_vec();
                    address.put(0, &start);
                }
                address.set_len(len);
                let text = format!("{address:?}");
                assert!(!text.is_empty());
                if let Some(inet) = address.inet() {
                    assert_eq!(Address::from(inet).inet(), Some(inet));
                }
                if let Some(unix) = address.unix() {
                    assert_eq!(Address::from(&unix).unix(), Some(unix));
                }
            }
        }
    }
}
