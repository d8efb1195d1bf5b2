//! What differs between the systems that have poll.

use rustix::fd::OwnedFd;
use rustix::io::Errno;

/// POLLRDHUP, or nothing where the system has no such flag.
#[cfg(any(
    target_os = "linux",
    target_os = "android",
    target_os = "freebsd",
    target_os = "illumos"
))]
pub(crate) const POLLRDHUP: u16 = libc::POLLRDHUP.cast_unsigned();
#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_os = "freebsd",
    target_os = "illumos"
)))]
pub(crate) const POLLRDHUP: u16 = 0;

/// Whether waits are exact to the nanosecond (ppoll), or rounded up to a millisecond (poll).
#[cfg(not(any(target_vendor = "apple", target_os = "illumos", target_os = "solaris")))]
pub const NANOSECOND_WAITS: bool = true;
/// Whether waits are exact to the nanosecond (ppoll), or rounded up to a millisecond (poll).
#[cfg(any(target_vendor = "apple", target_os = "illumos", target_os = "solaris"))]
pub const NANOSECOND_WAITS: bool = false;

/// Whether POLLHUP says that both directions of a stream are closed; elsewhere it may be the end
/// of either one.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub const HANGUPS: bool = true;
/// Whether POLLHUP says that both directions of a stream are closed; elsewhere it may be the end
/// of either one.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub const HANGUPS: bool = false;

/// A pipe, close-on-exec and non-blocking from birth: the reading end, then the writing end.
#[cfg(not(target_vendor = "apple"))]
pub(crate) fn pipe() -> Result<(OwnedFd, OwnedFd), Errno> {
    use rustix::pipe::{PipeFlags, pipe_with};

    crate::sys::count();
    pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)
}

/// A pipe made close-on-exec and non-blocking before anyone else sees it; a program that forks
/// and executes on another thread at that moment can inherit it all the same.
#[cfg(target_vendor = "apple")]
pub(crate) fn pipe() -> Result<(OwnedFd, OwnedFd), Errno> {
    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
    use rustix::io::{FdFlags, fcntl_setfd};

    crate::sys::count();
    let (reader, writer) = rustix::pipe::pipe()?;
    for end in [&reader, &writer] {
        crate::sys::count();
        fcntl_setfd(end, FdFlags::CLOEXEC)?;
        crate::sys::count();
        let flags = fcntl_getfl(end)?;
        crate::sys::count();
        fcntl_setfl(end, flags | OFlags::NONBLOCK)?;
    }
    Ok((reader, writer))
}
