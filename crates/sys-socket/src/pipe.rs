//! Pipes, and what pipes and sockets share: reading, writing, duplicates, the blocking mode.

use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsFd, OwnedFd};

use crate::{Errno, sys};

/// Creates a pipe, both ends close-on-exec and non-blocking: the end to read from, the end to
/// write to.
///
/// One system call.
///
/// # Errors
///
/// `EMFILE`, `ENFILE`: no descriptors are left in the process or the system, or the user's limit
/// for pipes is reached.
///
/// # Platform notes
///
/// Apple's systems set both properties by fcntl(2) after the creation; see
/// [`socket`](crate::socket).
///
/// Manual: pipe2(2)
#[doc(alias = "pipe2")]
pub fn pipe() -> Result<(OwnedFd, OwnedFd), Errno> {
    sys::pipe()
}

/// Reads bytes and returns how many; zero is the end.
///
/// # Errors
///
/// * `EAGAIN`: nothing is there.
/// * `EINTR`: a signal handler ran before anything was read.
/// * `EBADF`: the descriptor is not open for reading.
///
/// Manual: read(2)
pub fn read(fd: impl AsFd, buffer: &mut [u8]) -> Result<usize, Errno> {
    sys::read(fd.as_fd(), buffer)
}

/// How many bytes a read would find now; of a datagram socket, those of the next datagram on Linux.
///
/// Zero also at the end, and when nothing is there.
///
/// # Errors
///
/// * `ENOTTY`: the descriptor is of a kind that cannot tell.
/// * `EINVAL`: a socket that listens.
///
/// Manual: ioctl_tty(2)
#[doc(alias = "FIONREAD")]
pub fn unread(fd: impl AsFd) -> Result<u64, Errno> {
    sys::unread(fd.as_fd())
}

/// Writes bytes and returns how many were taken.
///
/// On a pipe, up to `PIPE_BUF` bytes (4096 on Linux) are taken together or not at all. A write to
/// a pipe that nobody reads raises `SIGPIPE`, and there is no flag against it: the standard
/// library ignores that signal from the start, other programs must do it themselves. On sockets,
/// use [`send`](crate::send).
///
/// # Errors
///
/// * `EAGAIN`: there is no room.
/// * `EPIPE`: nobody can read any more.
/// * `EINTR`: a signal handler ran before anything was written.
/// * `EBADF`: the descriptor is not open for writing.
///
/// Manual: write(2)
pub fn write(fd: impl AsFd, buffer: &[u8]) -> Result<usize, Errno> {
    sys::write(fd.as_fd(), buffer)
}

/// Reads into several buffers, one after the other, with one system call.
///
/// # Errors
///
/// * `EINVAL`: more than [`MAX_BUFFERS`](crate::MAX_BUFFERS) buffers.
/// * As [`read`](fn@read).
///
/// Manual: readv(2)
#[doc(alias = "readv")]
pub fn read_vectored(fd: impl AsFd, buffers: &mut [IoSliceMut<'_>]) -> Result<usize, Errno> {
    sys::readv(fd.as_fd(), buffers)
}

/// Writes the bytes of several buffers, in order, with one system call.
///
/// # Errors
///
/// * `EINVAL`: more than [`MAX_BUFFERS`](crate::MAX_BUFFERS) buffers.
/// * As [`write`](fn@write).
///
/// Manual: writev(2)
#[doc(alias = "writev")]
pub fn write_vectored(fd: impl AsFd, buffers: &[IoSlice<'_>]) -> Result<usize, Errno> {
    sys::writev(fd.as_fd(), buffers)
}

/// Makes operations on the descriptor return `EAGAIN` instead of waiting, or wait again.
///
/// The mode belongs to the open file and so to all duplicates. One system call, or two when the
/// mode changes. Another thread that changes the mode in between may undo this call.
///
/// # Errors
///
/// None on an open descriptor.
///
/// Manual: fcntl(2)
#[doc(alias = "O_NONBLOCK")]
pub fn set_non_blocking(fd: impl AsFd, non_blocking: bool) -> Result<(), Errno> {
    sys::set_non_blocking(fd.as_fd(), non_blocking)
}

/// Whether operations on the descriptor return `EAGAIN` instead of waiting.
///
/// # Errors
///
/// None on an open descriptor.
///
/// Manual: fcntl(2)
#[doc(alias = "O_NONBLOCK")]
pub fn is_non_blocking(fd: impl AsFd) -> Result<bool, Errno> {
    Ok(sys::status_flags(fd.as_fd())? & libc::O_NONBLOCK != 0)
}

/// A second descriptor, close-on-exec, for the same open file.
///
/// # Errors
///
/// `EMFILE`: no descriptor is left in the process.
///
/// Manual: fcntl(2)
#[doc(alias = "dup")]
#[doc(alias = "F_DUPFD_CLOEXEC")]
pub fn duplicate(fd: impl AsFd) -> Result<OwnedFd, Errno> {
    sys::duplicate(fd.as_fd())
}
