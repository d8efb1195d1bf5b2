//! The eventfd: a counter in the kernel that wakes whoever polls it.

use core::fmt;

use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;

use crate::sys;

/// A counter in the kernel that is readable while it is not zero.
///
/// Watched edge-triggered, each write is an edge, also when the counter was not zero before: a
/// poller that is woken this way need never read it.
///
/// Manual: eventfd(2)
pub struct EventFd {
    fd: OwnedFd,
}

impl EventFd {
    /// A new counter at zero, close-on-exec and non-blocking. One system call.
    ///
    /// # Errors
    ///
    /// * `EMFILE`, `ENFILE`: the process or the system has no descriptor left.
    /// * `ENOMEM`: the kernel has no memory left.
    /// * `ENOSYS`, `EPERM`: a sandbox forbids it.
    ///
    /// Manual: eventfd(2)
    #[doc(alias = "eventfd")]
    pub fn new() -> Result<Self, Errno> {
        sys::eventfd().map(|fd| Self { fd })
    }

    /// Adds `value` to the counter. One system call.
    ///
    /// # Errors
    ///
    /// * `EAGAIN`: the sum would exceed `u64::MAX - 1`; it is readable, so whoever polls it wakes.
    /// * `EINVAL`: `value` is `u64::MAX`.
    ///
    /// Manual: eventfd(2)
    pub fn write(&self, value: u64) -> Result<(), Errno> {
        sys::eventfd_write(self.fd.as_fd(), value)
    }

    /// Takes the counter's value and sets it to zero. One system call.
    ///
    /// # Errors
    ///
    /// * `EAGAIN`: it is zero.
    ///
    /// Manual: eventfd(2)
    pub fn read(&self) -> Result<u64, Errno> {
        sys::eventfd_read(self.fd.as_fd())
    }
}

impl AsFd for EventFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl From<EventFd> for OwnedFd {
    fn from(event_fd: EventFd) -> Self {
        event_fd.fd
    }
}

impl fmt::Debug for EventFd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventFd")
            .field("fd", &self.fd.as_raw_fd())
            .finish()
    }
}

static_assertions::assert_impl_all!(EventFd: Send, Sync);
