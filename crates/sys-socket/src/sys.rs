//! The system calls themselves: all unsafe operations of this crate are here and in the modules
//! below, and nothing else is.

mod batch;
mod control;
mod inherit;
mod transfer;

use core::ffi::c_int;
#[cfg(feature = "count")]
use core::sync::atomic::{AtomicU64, Ordering};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use crate::{Address, Errno, target};

pub(crate) use batch::{Headers, Sink, Source, receive_many, send_many};
pub(crate) use control::{
    CONTROL_ALIGN, CONTROL_HEADER, bytes, bytes_mut, set_received_close_on_exec, take_descriptor,
};
pub(crate) use inherit::adopt;
pub(crate) use transfer::{
    RawReceived, read, readv, receive_message, recv, recv_from, send, send_message, send_to, write,
    writev,
};

#[cfg(feature = "count")]
static CALLS: AtomicU64 = AtomicU64::new(0);

/// The number of system calls that this crate has made in this process.
///
/// Only with the feature `count`, which adds one relaxed atomic increment to each call.
#[cfg(feature = "count")]
#[must_use]
pub fn system_calls() -> u64 {
    CALLS.load(Ordering::Relaxed)
}

/// One system call was made.
#[inline]
fn count() {
    #[cfg(feature = "count")]
    CALLS.fetch_add(1, Ordering::Relaxed);
}

/// The errno of the call that has just failed on this thread.
#[cold]
fn errno() -> Errno {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place where errno is read, right after the call"
    )]
    let error = std::io::Error::last_os_error();
    // `last_os_error` always has a number.
    errno_from(error.raw_os_error().unwrap_or_default()).unwrap_or(Errno::IO)
}

/// The errno that a number stands for; `None` if it is no errno, on which rustix would panic.
pub(crate) fn errno_from(number: c_int) -> Option<Errno> {
    (1..4096)
        .contains(&number)
        .then(|| Errno::from_raw_os_error(number))
}

/// The result of a call that returns -1 on failure and is counted here.
#[inline]
fn check(returned: c_int) -> Result<c_int, Errno> {
    count();
    if returned == -1 {
        Err(errno())
    } else {
        Ok(returned)
    }
}

/// The result of a call that returns a number of bytes, or -1 on failure, and is counted here.
#[inline]
fn check_len(returned: isize) -> Result<usize, Errno> {
    count();
    // The only negative value these calls return is -1.
    usize::try_from(returned).map_err(|_negative| errno())
}

/// A number in the type that a C interface wants; what does not fit is an invalid argument.
#[inline]
fn fit<T, U: TryFrom<T>>(number: T) -> Result<U, Errno> {
    U::try_from(number).map_err(|_too_large| Errno::INVAL)
}

/// Takes ownership of a descriptor that a call has just returned.
fn own(descriptor: c_int) -> OwnedFd {
    // SAFETY: `from_raw_fd` requires an open descriptor that nobody else owns.
    // - It is private to this file; every call passes the result of a system call that
    //   creates a descriptor, after `check` has seen that it succeeded, once.
    unsafe { OwnedFd::from_raw_fd(descriptor) }
}

pub(crate) fn socket(domain: c_int, kind: c_int, protocol: c_int) -> Result<OwnedFd, Errno> {
    // SAFETY: socket(2) takes three integers and touches no memory of the process.
    let returned = unsafe { libc::socket(domain, kind | target::SOCKET_FLAGS, protocol) };
    let socket = own(check(returned)?);
    finish_birth(&socket)?;
    Ok(socket)
}

pub(crate) fn socketpair(
    domain: c_int,
    kind: c_int,
    protocol: c_int,
) -> Result<(OwnedFd, OwnedFd), Errno> {
    let mut pair = [-1; 2];
    let kind = kind | target::SOCKET_FLAGS;
    // SAFETY: socketpair(2) writes two integers to its last argument.
    // - `pair` is an array of two `c_int`, alive and exclusively borrowed for the call.
    let returned = unsafe { libc::socketpair(domain, kind, protocol, pair.as_mut_ptr()) };
    check(returned)?;
    let pair = (own(pair[0]), own(pair[1]));
    finish_birth(&pair.0)?;
    finish_birth(&pair.1)?;
    Ok(pair)
}

/// Does what the creating call could not do on systems that lack the flags for it.
fn finish_birth(socket: &OwnedFd) -> Result<(), Errno> {
    if target::SOCKET_FLAGS == 0 {
        set_close_on_exec(socket)?;
        set_non_blocking(socket.as_fd(), true)?;
    }
    suppress_signal(socket.as_fd())
}

/// What it means that an accepted connection refuses the rest of its birth.
///
/// Apple's systems answer `EINVAL` once the peer has reset the connection. From accept(2) that
/// number says that the listener is none, and any peer could make a server believe it.
fn gone_at_birth(error: Errno) -> Errno {
    match error {
        Errno::INVAL => Errno::CONNABORTED,
        other => other,
    }
}

/// Sets the option against `SIGPIPE` on systems where sends have no flag for it.
pub(crate) fn suppress_signal(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    match target::NO_SIGNAL_OPTION {
        Some(name) => set_option(fd, libc::SOL_SOCKET, name, &1_i32.to_ne_bytes()),
        None => Ok(()),
    }
}

// Pipes and duplicates are here and in other sys crates too: those depend on no crate of the
// workspace, so that each can be used and audited alone.
pub(crate) fn pipe() -> Result<(OwnedFd, OwnedFd), Errno> {
    let mut ends = [-1; 2];
    let returned = match target::PIPE2 {
        // SAFETY: pipe2(2) writes two integers to its first argument.
        // - `ends` is an array of two `c_int`, alive and exclusively borrowed for the call.
        Some(pipe2) => unsafe { pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC | libc::O_NONBLOCK) },
        // SAFETY: pipe(2) writes two integers to its argument.
        // - `ends` is an array of two `c_int`, alive and exclusively borrowed for the call.
        None => unsafe { libc::pipe(ends.as_mut_ptr()) },
    };
    check(returned)?;
    let ends = (own(ends[0]), own(ends[1]));
    if target::PIPE2.is_none() {
        for end in [&ends.0, &ends.1] {
            set_close_on_exec(end)?;
            set_non_blocking(end.as_fd(), true)?;
        }
    }
    Ok(ends)
}

pub(crate) fn bind(fd: BorrowedFd<'_>, address: &Address) -> Result<(), Errno> {
    let bytes = address.as_bytes();
    let len = fit(bytes.len())?;
    // SAFETY: bind(2) reads `len` bytes at its second argument.
    // - `bytes` is borrowed for the call and has `len` bytes: `fit` keeps the value.
    // - It is aligned for `sockaddr_storage`: `Address` is, and its bytes are its first field.
    let returned = unsafe { libc::bind(fd.as_raw_fd(), bytes.as_ptr().cast(), len) };
    check(returned).map(drop)
}

pub(crate) fn connect(fd: BorrowedFd<'_>, address: &Address) -> Result<(), Errno> {
    let bytes = address.as_bytes();
    let len = fit(bytes.len())?;
    // SAFETY: connect(2) reads `len` bytes at its second argument.
    // - `bytes` is borrowed for the call and has `len` bytes: `fit` keeps the value.
    // - It is aligned for `sockaddr_storage`: `Address` is, and its bytes are its first field.
    let returned = unsafe { libc::connect(fd.as_raw_fd(), bytes.as_ptr().cast(), len) };
    check(returned).map(drop)
}

pub(crate) fn listen(fd: BorrowedFd<'_>, backlog: c_int) -> Result<(), Errno> {
    // SAFETY: listen(2) takes two integers and touches no memory of the process.
    let returned = unsafe { libc::listen(fd.as_raw_fd(), backlog) };
    check(returned).map(drop)
}

pub(crate) fn accept(fd: BorrowedFd<'_>) -> Result<(OwnedFd, Address), Errno> {
    let mut address = Address::EMPTY;
    let (room, mut len) = room_of(&mut address)?;
    let returned = match target::ACCEPT4 {
        // SAFETY: accept4(2) writes at most `len` bytes at `room`, and the address's length to
        // `len`.
        // - `room` points to at least `len` writable bytes, aligned for every address: `room_of`.
        // - `address` is not used between `room_of` and the end of the call.
        Some(accept4) => unsafe {
            accept4(fd.as_raw_fd(), room, &raw mut len, target::SOCKET_FLAGS)
        },
        // SAFETY: accept(2) writes at most `len` bytes at `room`, and the address's length to
        // `len`.
        // - `room` points to at least `len` writable bytes, aligned for every address: `room_of`.
        // - `address` is not used between `room_of` and the end of the call.
        None => unsafe { libc::accept(fd.as_raw_fd(), room, &raw mut len) },
    };
    let socket = own(check(returned)?);
    finish_birth(&socket).map_err(gone_at_birth)?;
    address.set_len(fit(len)?);
    Ok((socket, address))
}

pub(crate) fn local_address(fd: BorrowedFd<'_>) -> Result<Address, Errno> {
    let mut address = Address::EMPTY;
    let (room, mut len) = room_of(&mut address)?;
    // SAFETY: getsockname(2) writes at most `len` bytes at `room`, and the address's length to
    // `len`.
    // - `room` points to at least `len` writable bytes, aligned for every address: `room_of`.
    // - `address` is not used between `room_of` and the end of the call.
    let returned = unsafe { libc::getsockname(fd.as_raw_fd(), room, &raw mut len) };
    check(returned)?;
    address.set_len(fit(len)?);
    Ok(address)
}

pub(crate) fn peer_address(fd: BorrowedFd<'_>) -> Result<Address, Errno> {
    let mut address = Address::EMPTY;
    let (room, mut len) = room_of(&mut address)?;
    // SAFETY: getpeername(2) writes at most `len` bytes at `room`, and the address's length to
    // `len`.
    // - `room` points to at least `len` writable bytes, aligned for every address: `room_of`.
    // - `address` is not used between `room_of` and the end of the call.
    let returned = unsafe { libc::getpeername(fd.as_raw_fd(), room, &raw mut len) };
    check(returned)?;
    address.set_len(fit(len)?);
    Ok(address)
}

/// The room of an address as the C interface wants it: a pointer and the number of bytes there.
fn room_of(address: &mut Address) -> Result<(*mut libc::sockaddr, libc::socklen_t), Errno> {
    let room = address.storage();
    Ok((room.as_mut_ptr().cast(), fit(room.len())?))
}

pub(crate) fn shutdown(fd: BorrowedFd<'_>, how: c_int) -> Result<(), Errno> {
    // SAFETY: shutdown(2) takes two integers and touches no memory of the process.
    let returned = unsafe { libc::shutdown(fd.as_raw_fd(), how) };
    check(returned).map(drop)
}

/// Makes a descriptor close-on-exec.
pub(crate) fn set_close_on_exec(fd: &OwnedFd) -> Result<(), Errno> {
    // SAFETY: fcntl(2) with F_SETFD takes an integer and touches no memory of the process.
    let returned = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFD, libc::FD_CLOEXEC) };
    check(returned).map(drop)
}

pub(crate) fn status_flags(fd: BorrowedFd<'_>) -> Result<c_int, Errno> {
    // SAFETY: fcntl(2) with F_GETFL takes no argument and touches no memory of the process.
    let returned = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) };
    check(returned)
}

pub(crate) fn set_non_blocking(fd: BorrowedFd<'_>, non_blocking: bool) -> Result<(), Errno> {
    let old = status_flags(fd)?;
    let new = if non_blocking {
        old | libc::O_NONBLOCK
    } else {
        old & !libc::O_NONBLOCK
    };
    if new == old {
        return Ok(());
    }
    // SAFETY: fcntl(2) with F_SETFL takes an integer and touches no memory of the process.
    let returned = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, new) };
    check(returned).map(drop)
}

pub(crate) fn unread(fd: BorrowedFd<'_>) -> Result<u64, Errno> {
    count();
    rustix::io::ioctl_fionread(fd)
}

pub(crate) fn duplicate(fd: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    // The standard library's lowest number too: 0 to 2 stay what programs take them for.
    let lowest: c_int = 3;
    // SAFETY: fcntl(2) with F_DUPFD_CLOEXEC takes an integer and touches no memory of the process.
    let returned = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_DUPFD_CLOEXEC, lowest) };
    check(returned).map(own)
}

/// Reads a socket option into `value` and returns how many bytes there are.
///
/// Only for options whose value holds no address of memory; the callers are the table of options
/// and `take_error`.
pub(crate) fn option(
    fd: BorrowedFd<'_>,
    level: c_int,
    name: c_int,
    value: &mut [u8],
) -> Result<usize, Errno> {
    let start = value.as_mut_ptr().cast();
    let mut len = fit(value.len())?;
    // SAFETY: getsockopt(2) writes at most `len` bytes at `start`, and the value's length to `len`.
    // - `value` is exclusively borrowed for the call and has `len` bytes.
    // - No option leads to other memory: values that hold addresses (`TCP_ZEROCOPY_RECEIVE` and
    //   its like) are not in the table, whose entries only this crate can make, and not among the
    //   names that `create`, `credentials`, `tcp_info` and `inherit` pass.
    let returned = unsafe { libc::getsockopt(fd.as_raw_fd(), level, name, start, &raw mut len) };
    check(returned)?;
    Ok(fit::<_, usize>(len)?.min(value.len()))
}

/// Sets a socket option to the bytes of `value`.
pub(crate) fn set_option(
    fd: BorrowedFd<'_>,
    level: c_int,
    name: c_int,
    value: &[u8],
) -> Result<(), Errno> {
    let (start, len) = (value.as_ptr().cast(), fit(value.len())?);
    // SAFETY: setsockopt(2) reads `len` bytes at `start`.
    // - `value` is borrowed for the call and has `len` bytes.
    // - No option leads to other memory: values that hold addresses (`SO_ATTACH_FILTER` and its
    //   like) are not in the table, whose entries only this crate can make, and not among the
    //   names that `multicast` and this file pass.
    let returned = unsafe { libc::setsockopt(fd.as_raw_fd(), level, name, start, len) };
    check(returned).map(drop)
}

/// The peer's user and group, on systems that have a function for it.
pub(crate) fn peer_ids(fd: BorrowedFd<'_>) -> Option<Result<(u32, u32), Errno>> {
    let peer_ids = target::PEER_IDS?;
    let (mut uid, mut gid) = (0, 0);
    // SAFETY: getpeereid(3) writes a user to its second argument and a group to its third.
    // - `uid` and `gid` are variables of these types, exclusively borrowed for the call.
    let returned = unsafe { peer_ids(fd.as_raw_fd(), &raw mut uid, &raw mut gid) };
    Some(check(returned).map(|_zero| (uid, gid)))
}

#[cfg(test)]
mod tests {
    use super::{errno_from, gone_at_birth};
    use crate::Errno;

    #[test]
    fn a_connection_reset_before_it_was_accepted_is_not_blamed_on_the_listener() {
        assert_eq!(gone_at_birth(Errno::INVAL), Errno::CONNABORTED);
        assert_eq!(gone_at_birth(Errno::MFILE), Errno::MFILE);
    }

    #[test]
    fn a_number_that_is_no_errno_is_none_and_no_panic() {
        for number in [i32::MIN, -1, 0, 4096, 0x1_0000, i32::MAX] {
            assert_eq!(errno_from(number), None, "{number}");
        }
        for number in [1, libc::EAGAIN, 4095] {
            assert_eq!(errno_from(number).map(Errno::raw_os_error), Some(number));
        }
    }
}
