//! What differs between systems: where errno lives, how a pipe is made, which numbers are taken.

use rustix::fd::OwnedFd;
use rustix::io::Errno;

#[cfg(any(target_os = "linux", target_os = "dragonfly", target_os = "hurd"))]
pub(crate) use libc::__errno_location as errno_location;

#[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
pub(crate) use libc::__error as errno_location;

#[cfg(any(target_os = "android", target_os = "netbsd", target_os = "openbsd"))]
pub(crate) use libc::__errno as errno_location;

#[cfg(any(target_os = "illumos", target_os = "solaris"))]
pub(crate) use libc::___errno as errno_location;

/// Whether kill(2) finds processes that have ended and were not waited for, as POSIX wants it.
#[cfg(not(target_os = "openbsd"))]
pub(crate) const KILL_FINDS_ENDED: bool = true;
/// Whether kill(2) finds processes that have ended and were not waited for, as POSIX wants it.
#[cfg(target_os = "openbsd")]
pub(crate) const KILL_FINDS_ENDED: bool = false;

/// Whether the C library keeps this number for itself.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn is_reserved(number: i32) -> bool {
    // The kernel's real-time signals start at 32; the C library takes the first few for its
    // threads and says so by a larger SIGRTMIN.
    (32..libc::SIGRTMIN()).contains(&number)
}

/// Whether the C library keeps this number for itself.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn is_reserved(number: i32) -> bool {
    RESERVED.contains(&number)
}

/// How the C library reaches its own threads.
#[cfg(target_os = "freebsd")]
const RESERVED: &[i32] = &[libc::SIGTHR, libc::SIGLIBRT];
/// How the C library reaches its own threads.
#[cfg(any(target_os = "openbsd", target_os = "dragonfly"))]
const RESERVED: &[i32] = &[SIGTHR];

/// `SIGTHR` of OpenBSD and DragonFly, which libc lacks.
#[cfg(any(target_os = "openbsd", target_os = "dragonfly", test))]
const SIGTHR: i32 = 32;

/// `SIGWAITING`, `SIGLWP` and `SIGCANCEL`: likewise.
#[cfg(any(target_os = "illumos", target_os = "solaris"))]
const RESERVED: &[i32] = &[32, 33, 36];

#[cfg(any(target_vendor = "apple", target_os = "netbsd", target_os = "hurd"))]
const RESERVED: &[i32] = &[];

/// A pipe, both ends close-on-exec and non-blocking: the read end, then the write end.
#[cfg(not(target_vendor = "apple"))]
pub(crate) fn pipe() -> Result<(OwnedFd, OwnedFd), Errno> {
    use rustix::pipe::{PipeFlags, pipe_with};
    pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)
}

/// A pipe, both ends close-on-exec and non-blocking: the read end, then the write end.
///
/// This system has no pipe2(2): a child that another thread starts between the calls inherits
/// both ends.
#[cfg(target_vendor = "apple")]
pub(crate) fn pipe() -> Result<(OwnedFd, OwnedFd), Errno> {
    use rustix::io::{FdFlags, fcntl_setfd, ioctl_fionbio};
    let (reader, writer) = rustix::pipe::pipe()?;
    for end in [&reader, &writer] {
        fcntl_setfd(end, FdFlags::CLOEXEC)?;
        ioctl_fionbio(end, true)?;
    }
    Ok((reader, writer))
}

#[cfg(test)]
mod tests {
    use super::SIGTHR;

    #[test]
    fn the_c_program_for_openbsd_asserts_the_same_number() {
        let line = std::format!("\n_Static_assert(SIGTHR == {SIGTHR}, \"\");\n");
        assert!(include_str!("../tests/abi/openbsd.c").contains(&line));
    }
}
