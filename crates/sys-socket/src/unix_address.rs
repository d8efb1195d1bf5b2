//! Addresses of Unix sockets: unnamed, a path, or a name in Linux's abstract namespace.

use core::fmt;
use core::mem::{offset_of, size_of};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::SocketAddr;
use std::path::Path;

use static_assertions::assert_impl_all;

use crate::{Errno, target};

assert_impl_all!(UnixAddr: Send, Sync, Unpin, Copy);

/// The address of a Unix socket.
///
/// # Platform notes
///
/// A path has at most 107 bytes on Linux and illumos and 103 on the BSDs and Apple's systems;
/// see [`MAX_PATH`](Self::MAX_PATH). Abstract names exist on Linux and Android only. They have no
/// access control: every process in the same network namespace may bind or connect; ask for the
/// peer's credentials.
///
/// Manual: unix(7)
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct UnixAddr {
    // What stands in `sun_path`: nothing for unnamed, a path without zero bytes and without the
    // terminating one, or a zero byte and an abstract name. Bytes from `len` on are zero.
    bytes: [u8; Self::CAPACITY],
    len: usize,
}

impl UnixAddr {
    pub(crate) const CAPACITY: usize =
        size_of::<libc::sockaddr_un>() - offset_of!(libc::sockaddr_un, sun_path);

    /// The most bytes a path may have.
    pub const MAX_PATH: usize = Self::CAPACITY - 1;

    /// The most bytes an abstract name may have, without the zero byte before it.
    pub const MAX_ABSTRACT_NAME: usize = Self::CAPACITY - 1;

    /// The address of a socket that was never bound.
    ///
    /// Binding to it lets Linux choose an abstract name (autobind).
    pub const UNNAMED: Self = Self {
        bytes: [0; Self::CAPACITY],
        len: 0,
    };

    /// The address of a path in the file system.
    ///
    /// # Errors
    ///
    /// * `EINVAL`: the path is empty or holds a zero byte.
    /// * `ENAMETOOLONG`: it has more than [`MAX_PATH`](Self::MAX_PATH) bytes.
    pub fn from_pathname(path: impl AsRef<Path>) -> Result<Self, Errno> {
        let path = path.as_ref().as_os_str().as_bytes();
        if path.is_empty() || path.contains(&0) {
            return Err(Errno::INVAL);
        }
        if path.len() > Self::MAX_PATH {
            return Err(Errno::NAMETOOLONG);
        }
        Ok(Self::store(path.iter().copied()))
    }

    /// The address of a name in the abstract namespace; every byte counts, also zero bytes.
    ///
    /// # Errors
    ///
    /// * `ENAMETOOLONG`: more than [`MAX_ABSTRACT_NAME`](Self::MAX_ABSTRACT_NAME) bytes.
    /// * `EOPNOTSUPP`: this system has no abstract namespace.
    pub fn from_abstract_name(name: impl AsRef<[u8]>) -> Result<Self, Errno> {
        if !target::ABSTRACT_NAMES {
            return Err(Errno::OPNOTSUPP);
        }
        let name = name.as_ref();
        if name.len() > Self::MAX_ABSTRACT_NAME {
            return Err(Errno::NAMETOOLONG);
        }
        Ok(Self::store([0].into_iter().chain(name.iter().copied())))
    }

    /// Whether the address has no name.
    #[must_use]
    pub const fn is_unnamed(&self) -> bool {
        self.len == 0
    }

    /// The path, if it has one.
    #[must_use]
    pub fn as_pathname(&self) -> Option<&Path> {
        match self.used() {
            [] | [0, ..] => None,
            path => Some(Path::new(OsStr::from_bytes(path))),
        }
    }

    /// The abstract name, if it has one, without the zero byte before it.
    #[must_use]
    pub fn as_abstract_name(&self) -> Option<&[u8]> {
        match self.used() {
            [0, name @ ..] => Some(name),
            _ => None,
        }
    }

    /// What the kernel wrote into `sun_path`, up to the address's length.
    pub(crate) fn from_kernel(path: &[u8]) -> Self {
        let is_abstract = target::ABSTRACT_NAMES && path.first() == Some(&0);
        let used = if is_abstract {
            path
        } else {
            // Systems differ in whether the length counts the terminating zero byte, and some
            // report the whole room of an unnamed socket.
            path.split(|byte| *byte == 0).next().unwrap_or_default()
        };
        // A bound path may fill the room, and the kernel then reports one byte more than that.
        Self::store(used.iter().copied())
    }

    /// What the kernel reads from `sun_path`: a path is followed by a zero byte if there is room.
    pub(crate) fn kernel_bytes(&self) -> &[u8] {
        let terminator = usize::from(self.as_pathname().is_some());
        let len = (self.len + terminator).min(Self::CAPACITY);
        self.bytes.get(..len).unwrap_or_default()
    }

    fn used(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// The address made of `bytes`, as far as there is room.
    fn store(bytes: impl Iterator<Item = u8>) -> Self {
        let mut address = Self::UNNAMED;
        for (slot, byte) in address.bytes.iter_mut().zip(bytes) {
            *slot = byte;
            address.len += 1;
        }
        address
    }
}

impl TryFrom<&SocketAddr> for UnixAddr {
    type Error = Errno;

    /// Takes over an address of the standard library.
    ///
    /// # Errors
    ///
    /// `EINVAL` and `ENAMETOOLONG` as in [`from_pathname`](UnixAddr::from_pathname), which only a
    /// path that another program bound without its terminating zero byte can cause.
    fn try_from(address: &SocketAddr) -> Result<Self, Errno> {
        if let Some(path) = address.as_pathname() {
            return Self::from_pathname(path);
        }
        match target::abstract_name_of(address) {
            Some(name) => Self::from_abstract_name(name),
            None => Ok(Self::UNNAMED),
        }
    }
}

impl TryFrom<&UnixAddr> for SocketAddr {
    type Error = Errno;

    /// Hands over an address to the standard library.
    ///
    /// # Errors
    ///
    /// `EINVAL`: the standard library refuses the path, which happens for a path of the full
    /// room, without a terminating zero byte, that another program bound.
    fn try_from(address: &UnixAddr) -> Result<Self, Errno> {
        let converted = match address.as_abstract_name() {
            Some(name) => target::from_abstract_name(name),
            // The standard library makes an unnamed address out of the empty path.
            None => Self::from_pathname(address.as_pathname().unwrap_or(Path::new(""))).ok(),
        };
        converted.ok_or(Errno::INVAL)
    }
}

impl fmt::Debug for UnixAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = self.as_pathname() {
            return write!(f, "{path:?} (pathname)");
        }
        match self.as_abstract_name() {
            Some(name) => write!(f, "\"{}\" (abstract)", name.escape_ascii()),
            None => f.write_str("(unnamed)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::UnixAddr;
    use crate::{Errno, target};
    use std::os::unix::net::SocketAddr;
    use std::path::Path;

    #[test]
    fn the_length_of_a_path_is_checked() {
        for (len, wanted) in [
            (0, Some(Errno::INVAL)),
            (1, None),
            (UnixAddr::MAX_PATH - 1, None),
            (UnixAddr::MAX_PATH, None),
            (UnixAddr::MAX_PATH + 1, Some(Errno::NAMETOOLONG)),
            (4096, Some(Errno::NAMETOOLONG)),
        ] {
            let path = "p".repeat(len);
            let made = UnixAddr::from_pathname(&path);
            assert_eq!(made.err(), wanted, "{len}");
            if let Ok(address) = made {
                assert_eq!(address.as_pathname(), Some(Path::new(&path)));
                assert_eq!(address.as_abstract_name(), None);
                assert!(!address.is_unnamed());
            }
        }
    }

    #[test]
    fn a_path_with_a_zero_byte_is_refused_wherever_it_stands() {
        for path in ["\0", "a\0", "\0a", "a\0b"] {
            assert_eq!(UnixAddr::from_pathname(path), Err(Errno::INVAL), "{path:?}");
        }
    }

    #[test]
    fn what_the_kernel_wrote_is_cut_at_the_room() {
        let long = [b'x'; UnixAddr::CAPACITY + 3];
        for (len, wanted) in [
            (1, 1),
            (UnixAddr::CAPACITY - 1, UnixAddr::CAPACITY - 1),
            (UnixAddr::CAPACITY, UnixAddr::CAPACITY),
            (UnixAddr::CAPACITY + 1, UnixAddr::CAPACITY),
            (UnixAddr::CAPACITY + 3, UnixAddr::CAPACITY),
        ] {
            let address = UnixAddr::from_kernel(&long[..len]);
            assert_eq!(address.as_pathname().unwrap().as_os_str().len(), wanted);
            assert!(address.kernel_bytes().len() <= UnixAddr::CAPACITY);
        }
        assert_eq!(UnixAddr::from_kernel(b""), UnixAddr::UNNAMED);
        assert_eq!(
            UnixAddr::from_kernel(b"/a\0").as_pathname(),
            Some(Path::new("/a"))
        );
    }

    #[test]
    fn debug_tells_the_three_kinds_apart() {
        let path = UnixAddr::from_pathname("/run/x").unwrap();
        assert_eq!(format!("{path:?}"), "\"/run/x\" (pathname)");
        assert_eq!(format!("{:?}", UnixAddr::UNNAMED), "(unnamed)");
    }

    #[test]
    fn the_standard_library_gets_and_gives_every_path() {
        for len in [1, UnixAddr::MAX_PATH - 1, UnixAddr::MAX_PATH] {
            let address = UnixAddr::from_pathname("p".repeat(len)).unwrap();
            let std = SocketAddr::try_from(&address).unwrap();
            assert_eq!(std.as_pathname(), address.as_pathname());
            assert_eq!(UnixAddr::try_from(&std), Ok(address));
        }
        let unnamed = SocketAddr::try_from(&UnixAddr::UNNAMED).unwrap();
        assert!(unnamed.is_unnamed());
        assert_eq!(UnixAddr::try_from(&unnamed), Ok(UnixAddr::UNNAMED));
    }

    #[test]
    fn abstract_names_keep_every_byte_and_their_length_is_checked() {
        if !target::ABSTRACT_NAMES {
            let refused = UnixAddr::from_abstract_name("a");
            assert_eq!(refused, Err(Errno::OPNOTSUPP));
            return;
        }
        let long = [7; UnixAddr::MAX_ABSTRACT_NAME + 1];
        for (name, wanted) in [
            (&b""[..], None),
            (b"a", None),
            (b"\0a\0", None),
            (&long[..UnixAddr::MAX_ABSTRACT_NAME], None),
            (&long, Some(Errno::NAMETOOLONG)),
        ] {
            let made = UnixAddr::from_abstract_name(name);
            assert_eq!(made.err(), wanted);
            if let Ok(address) = made {
                assert_eq!(address.as_abstract_name(), Some(name));
                assert_eq!(address.as_pathname(), None);
                let std = SocketAddr::try_from(&address).unwrap();
                assert_eq!(UnixAddr::try_from(&std), Ok(address));
                assert_eq!(UnixAddr::from_kernel(address.kernel_bytes()), address);
            }
        }
        let address = UnixAddr::from_abstract_name(b"a\0b").unwrap();
        assert_eq!(format!("{address:?}"), "\"a\\x00b\" (abstract)");
    }
}
