//! What differs between the systems: constants, function pointers, nothing else.

use core::ffi::c_int;

/// `accept4(2)` and `paccept`-like calls share this form.
type Accept4 =
    unsafe extern "C" fn(c_int, *mut libc::sockaddr, *mut libc::socklen_t, c_int) -> c_int;

/// `pipe2(2)`.
type Pipe2 = unsafe extern "C" fn(*mut c_int, c_int) -> c_int;

/// Systems where a descriptor can be born close-on-exec and non-blocking.
#[cfg(not(target_vendor = "apple"))]
mod birth {
    use super::{Accept4, Pipe2, c_int};

    pub(crate) const SOCKET_FLAGS: c_int = libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    pub(crate) const ACCEPT4: Option<Accept4> = Some(libc::accept4);
    pub(crate) const PIPE2: Option<Pipe2> = Some(libc::pipe2);
    /// No signal on a broken stream, asked for in each send.
    pub(crate) const NO_SIGNAL: c_int = libc::MSG_NOSIGNAL;
    /// The option that does the same for the whole life of a socket.
    pub(crate) const NO_SIGNAL_OPTION: Option<c_int> = None;
}

/// Systems where flags are set after the birth.
#[cfg(target_vendor = "apple")]
mod birth {
    use super::{Accept4, Pipe2, c_int};

    pub(crate) const SOCKET_FLAGS: c_int = 0;
    pub(crate) const ACCEPT4: Option<Accept4> = None;
    pub(crate) const PIPE2: Option<Pipe2> = None;
    pub(crate) const NO_SIGNAL: c_int = 0;
    pub(crate) const NO_SIGNAL_OPTION: Option<c_int> = Some(libc::SO_NOSIGPIPE);
}

/// Flags and names that Linux has and the others have not.
#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux {
    use super::c_int;

    pub(crate) const ABSTRACT_NAMES: bool = true;
    pub(crate) const MSG_MORE: c_int = libc::MSG_MORE;
    pub(crate) const MSG_CONFIRM: c_int = libc::MSG_CONFIRM;
    pub(crate) const MSG_FASTOPEN: c_int = libc::MSG_FASTOPEN;
    pub(crate) const MSG_ERRQUEUE: c_int = libc::MSG_ERRQUEUE;
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod linux {
    use super::c_int;

    pub(crate) const ABSTRACT_NAMES: bool = false;
    pub(crate) const MSG_MORE: c_int = 0;
    pub(crate) const MSG_CONFIRM: c_int = 0;
    pub(crate) const MSG_FASTOPEN: c_int = 0;
    pub(crate) const MSG_ERRQUEUE: c_int = 0;
}

/// Where the length byte of a socket address stands, on systems that have one.
#[cfg(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly"
))]
pub(crate) const ADDRESS_LENGTH_OFFSET: Option<usize> =
    Some(core::mem::offset_of!(libc::sockaddr, sa_len));

#[cfg(not(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly"
)))]
pub(crate) const ADDRESS_LENGTH_OFFSET: Option<usize> = None;

pub(crate) use birth::{ACCEPT4, NO_SIGNAL, NO_SIGNAL_OPTION, PIPE2, SOCKET_FLAGS};
pub(crate) use linux::{ABSTRACT_NAMES, MSG_CONFIRM, MSG_ERRQUEUE, MSG_FASTOPEN, MSG_MORE};
pub(crate) use std_abstract::{abstract_name_of, from_abstract_name};

/// The standard library's view of abstract names, which it has on Linux and Android only.
mod std_abstract {
    #[cfg(target_os = "android")]
    use std::os::android::net::SocketAddrExt;
    #[cfg(target_os = "linux")]
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::SocketAddr;

    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(crate) fn abstract_name_of(address: &SocketAddr) -> Option<&[u8]> {
        address.as_abstract_name()
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(crate) fn from_abstract_name(name: &[u8]) -> Option<SocketAddr> {
        SocketAddr::from_abstract_name(name).ok()
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub(crate) fn abstract_name_of(_address: &SocketAddr) -> Option<&[u8]> {
        None
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub(crate) fn from_abstract_name(_name: &[u8]) -> Option<SocketAddr> {
        None
    }
}
