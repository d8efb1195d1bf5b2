//! What a poller has to know of a source before it keeps it.

use rustix::fd::{AsFd, OwnedFd};
use rustix::io::Errno;

use crate::sys;

/// Whether poll(2) calls the source ready whatever happens to it: regular files and directories.
///
/// epoll refuses these with `EPERM`; poll(2) accepts them and never waits for them. One system
/// call.
///
/// # Errors
///
/// * `EBADF`: the descriptor is not open.
///
/// Manual: fstat(2)
#[doc(alias = "fstat")]
pub fn is_always_ready(source: impl AsFd) -> Result<bool, Errno> {
    sys::is_file_or_directory(source.as_fd())
}

/// Whether both descriptors mean the same file: one is a duplicate of the other, or both opened
/// the same thing. Linux gives all anonymous files (eventfd, timerfd, epoll) one inode, so any two
/// of these are the same by this test. Two system calls.
///
/// # Errors
///
/// * `EBADF`: a descriptor is not open.
///
/// Manual: fstat(2)
#[doc(alias = "fstat")]
pub fn is_same_file(one: impl AsFd, other: impl AsFd) -> Result<bool, Errno> {
    sys::is_same_inode(one.as_fd(), other.as_fd())
}

/// A duplicate of the descriptor, close-on-exec from birth. One system call.
///
/// # Errors
///
/// * `EMFILE`: the process has no descriptor left.
/// * `EBADF`: the descriptor is not open.
///
/// Manual: fcntl(2), `F_DUPFD_CLOEXEC`
#[doc(alias = "F_DUPFD_CLOEXEC")]
pub fn duplicate(source: impl AsFd) -> Result<OwnedFd, Errno> {
    sys::duplicate(source.as_fd())
}
