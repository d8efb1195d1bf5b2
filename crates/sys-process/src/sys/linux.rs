//! The system calls that only Linux has; unsafe as the rest of the folder.

use core::ffi::c_int;
use core::ptr;

use rustix::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use rustix::io::Errno;

use crate::signal::Signal;
use crate::signalfd::SignalInfo;
use crate::sys::last_errno;

/// signalfd(2): a new descriptor, or the same one with a new set.
pub(crate) fn signalfd(set: &libc::sigset_t) -> Result<OwnedFd, Errno> {
    let number = signalfd4(-1, set)?;
    // SAFETY: from_raw_fd wants an open descriptor that nobody else owns.
    // - signalfd(2) with -1 returned a new one just now.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// signalfd(2) for a descriptor that exists.
pub(crate) fn signalfd_set(fd: BorrowedFd<'_>, set: &libc::sigset_t) -> Result<(), Errno> {
    signalfd4(fd.as_raw_fd(), set).map(drop)
}

fn signalfd4(fd: c_int, set: &libc::sigset_t) -> Result<c_int, Errno> {
    let flags = libc::SFD_CLOEXEC | libc::SFD_NONBLOCK;
    // SAFETY: signalfd(2) reads one set from `mask` and changes the descriptor `fd` if that is
    // not -1.
    // - `set` is a reference to an initialised set.
    // - `fd` is -1 or borrowed by `signalfd_set` for the call.
    let number = unsafe { libc::signalfd(fd, set, flags) };
    if number < 0 {
        Err(last_errno())
    } else {
        Ok(number)
    }
}

/// read(2) from a signalfd: how many entries of `infos` were filled.
pub(crate) fn signalfd_read(fd: BorrowedFd<'_>, infos: &mut [SignalInfo]) -> Result<usize, Errno> {
    let size = size_of_val(infos);
    // SAFETY: read(2) writes at most `count` bytes to `buf`.
    // - `infos` is exclusively borrowed for the call and `size` bytes long.
    // - every bit pattern is a valid `SignalInfo`: its fields are integers (the assertion in
    //   signalfd.rs pins its layout to that of `libc::signalfd_siginfo`).
    let read = unsafe { libc::read(fd.as_raw_fd(), infos.as_mut_ptr().cast(), size) };
    // signalfd(2): it fills whole entries.
    usize::try_from(read)
        .map(|bytes| bytes / size_of::<SignalInfo>())
        .map_err(|_negative| last_errno())
}

/// pidfd_send_signal(2), without an info of the caller's own.
pub(crate) fn pidfd_send_signal(pidfd: BorrowedFd<'_>, signal: Signal) -> Result<(), Errno> {
    let info = ptr::null::<libc::siginfo_t>();
    let (fd, number, flags) = (pidfd.as_raw_fd(), signal.number(), 0_u32);
    // SAFETY: pidfd_send_signal(2) reads a siginfo_t from `info` if that is not null, and
    // sends `sig` to the process of `pidfd`.
    // - `info` is null.
    // - `Signal` holds no number that the C library uses between its threads: `from_number` there.
    let result = unsafe { libc::syscall(libc::SYS_pidfd_send_signal, fd, number, info, flags) };
    if result < 0 {
        Err(last_errno())
    } else {
        Ok(())
    }
}
