//! The unsafe code of this crate: a view of the events, and raw descriptors, which mio's interface
//! takes and returns.
#![expect(
    unsafe_code,
    reason = "mio's interface has raw descriptors and events by reference"
)]

use crate::event::Event;
use crate::mechanism::Raw;

#[cfg(any(feature = "net", feature = "os-ext"))]
use std::os::fd::{AsFd, AsRawFd, FromRawFd, IntoRawFd, OwnedFd};

/// The reports of the system as events, without a copy.
#[inline]
pub(crate) fn events(reports: &[Raw]) -> &[Event] {
    let events: *const [Event] = core::ptr::from_ref(reports) as *const [Event];
    // SAFETY: a reference made of a pointer needs one that is valid and aligned for its type, and
    // memory that nobody writes to while it lives:
    // - `Event` is `repr(transparent)` over `Raw`, so the slices have one layout and one length;
    // - the pointer comes from a shared reference, whose lifetime the result has by the signature.
    unsafe { &*events }
}

/// Raw descriptors out of and into a source.
#[cfg(any(feature = "net", feature = "os-ext"))]
macro_rules! raw_descriptor {
    ($($type:ty),*) => { $(
        #[expect(clippy::disallowed_types, reason = "the interface of mio")]
        impl AsRawFd for $type {
            fn as_raw_fd(&self) -> std::os::fd::RawFd {
                self.as_fd().as_raw_fd()
            }
        }

        #[expect(clippy::disallowed_types, reason = "the interface of mio")]
        impl IntoRawFd for $type {
            fn into_raw_fd(self) -> std::os::fd::RawFd {
                OwnedFd::from(self).into_raw_fd()
            }
        }

        #[expect(clippy::disallowed_types, reason = "the interface of mio")]
        impl FromRawFd for $type {
            /// Takes the descriptor as it is: it is of this kind and non-blocking.
            ///
            /// # Safety
            ///
            /// It is open, and nobody else owns it.
            unsafe fn from_raw_fd(fd: std::os::fd::RawFd) -> Self {
                // SAFETY: the descriptor is open and owned by nobody else, which is what this
                // function demands in turn.
                unsafe { OwnedFd::from_raw_fd(fd) }.into()
            }
        }
    )* };
}

#[cfg(feature = "net")]
raw_descriptor!(
    crate::net::TcpListener,
    crate::net::TcpStream,
    crate::net::UdpSocket,
    crate::net::UnixDatagram,
    crate::net::UnixListener,
    crate::net::UnixStream
);
#[cfg(feature = "os-ext")]
raw_descriptor!(crate::unix::pipe::Receiver, crate::unix::pipe::Sender);

/// Lends the descriptor of this number to `operation`; a negative one is refused, as the kernel
/// does.
#[cfg(feature = "os-ext")]
#[expect(clippy::disallowed_types, reason = "the interface of mio")]
pub(crate) fn with_borrowed<T>(
    fd: std::os::fd::RawFd,
    operation: impl FnOnce(std::os::fd::BorrowedFd<'_>) -> std::io::Result<T>,
) -> std::io::Result<T> {
    if fd < 0 {
        return Err(sys_socket::Errno::BADF.into());
    }
    // SAFETY: the number is not -1, and the descriptor is open for as long as it is borrowed:
    // - negative numbers were refused above;
    // - the borrow ends with this function, and the registry that gets it keeps none: poll-os
    //   borrows a source for the call only, and its poll(2) engine makes a duplicate;
    // - that it is open is a fact of the caller's program, by the contract of `SourceFd`, and no
    //   memory depends on it: of a number that is not open the kernel says `EBADF` in each of the
    //   calls made with it, and none of them reads, writes or closes what the number means.
    operation(unsafe { std::os::fd::BorrowedFd::borrow_raw(fd) })
}

#[cfg(all(test, feature = "os-ext"))]
mod tests {
    use super::{AsRawFd, with_borrowed};

    #[test]
    fn numbers_are_lent_from_zero_on() {
        for number in [0, 1, i32::MAX] {
            let lent = with_borrowed(number, |fd| Ok(fd.as_raw_fd()));
            assert_eq!(lent.unwrap(), number);
        }
        for number in [-1, -2, i32::MIN] {
            let refused = with_borrowed(number, |_fd| Ok(())).unwrap_err();
            let bad = std::io::Error::from(sys_socket::Errno::BADF);
            assert_eq!(refused.raw_os_error(), bad.raw_os_error());
        }
    }
}
