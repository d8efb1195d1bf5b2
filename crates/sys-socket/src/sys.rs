//! The system calls themselves: every unsafe operation of this crate and nothing else.

use core::ffi::{c_int, c_uint};
use core::mem;
use core::ops::Range;
use core::ptr;
use core::slice;
use core::sync::atomic::{AtomicBool, Ordering};
use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use crate::address::STORAGE;
use crate::target::{ManyFlags, MessageHeader};
use crate::{Address, Errno, control_space, target};

// The standard library documents `IoSlice` and `IoSliceMut` as ABI-compatible with `iovec` on
// Unix; the sizes are pinned here all the same.
const _: () = {
    assert!(size_of::<IoSlice<'_>>() == size_of::<libc::iovec>());
    assert!(align_of::<IoSlice<'_>>() == align_of::<libc::iovec>());
    assert!(size_of::<IoSliceMut<'_>>() == size_of::<libc::iovec>());
    assert!(align_of::<IoSliceMut<'_>>() == align_of::<libc::iovec>());
};

/// The length of a control message's header with the padding after it.
pub(crate) const CONTROL_HEADER: usize = {
    // SAFETY: `CMSG_LEN` is marked unsafe only because it comes from C; it computes with integers.
    // - Its argument is a constant, far from overflow.
    let header = unsafe { libc::CMSG_LEN(0) };
    widen(header)
};

/// What the length of a control message is rounded up to: the step of the space it takes.
pub(crate) const CONTROL_ALIGN: usize = {
    // SAFETY: `CMSG_SPACE` is marked unsafe only because it comes from C; it computes with
    // integers.
    // - Its argument is a constant, far from overflow.
    let with_one = unsafe { libc::CMSG_SPACE(1) };
    // SAFETY: as above.
    let with_none = unsafe { libc::CMSG_SPACE(0) };
    widen(with_one - with_none)
};

// The arithmetic of this crate is that of the C macros, on every target that this compiles for.
const _: () = {
    let mut len = 0;
    while len < 40 {
        // SAFETY: `CMSG_SPACE` is marked unsafe only because it comes from C; it computes with
        // integers.
        // - Its argument is below 40, far from overflow.
        let space = unsafe { libc::CMSG_SPACE(len) };
        assert!(control_space(widen(len)) == widen(space));
        len += 1;
    }
};

/// A small constant as `usize`, for want of a conversion that works in constants.
const fn widen(small: u32) -> usize {
    let (mut wide, mut left) = (0, small);
    while left > 0 {
        wide += 1;
        left -= 1;
    }
    wide
}

#[cfg(feature = "count")]
static CALLS: core::sync::atomic::AtomicU64 = core::sync::atomic::AtomicU64::new(0);

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
fn errno() -> Errno {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place where errno is read, right after the call"
    )]
    let error = std::io::Error::last_os_error();
    // `last_os_error` always has a number.
    Errno::from_raw_os_error(error.raw_os_error().unwrap_or_default())
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
fn fit<T, U: TryFrom<T>>(number: T) -> Result<U, Errno> {
    U::try_from(number).map_err(|_too_large| Errno::INVAL)
}

/// Takes ownership of a descriptor that a call has just returned.
fn own(descriptor: c_int) -> OwnedFd {
    // SAFETY: `from_raw_fd` requires an open descriptor that nobody else owns.
    // - It is private to this file, and every call passes the result of a system call that
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

/// Sets the option against `SIGPIPE` on systems where sends have no flag for it.
pub(crate) fn suppress_signal(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    match target::NO_SIGNAL_OPTION {
        Some(name) => set_option(fd, libc::SOL_SOCKET, name, &1_i32.to_ne_bytes()),
        None => Ok(()),
    }
}

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
    finish_birth(&socket)?;
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

pub(crate) fn send(
    fd: BorrowedFd<'_>,
    buffer: &[u8],
    to: &Address,
    flags: c_int,
) -> Result<usize, Errno> {
    let address = to.as_bytes();
    let len = fit(address.len())?;
    let to = if address.is_empty() {
        ptr::null()
    } else {
        address.as_ptr().cast()
    };
    let flags = flags | target::NO_SIGNAL;
    let (start, size) = (buffer.as_ptr().cast(), buffer.len());
    // SAFETY: sendto(2) reads `size` bytes at `start` and `len` bytes at `to`, which may be null
    // for no address.
    // - `buffer` is borrowed for the call and has `size` bytes.
    // - `to` is null with a length of zero, or `address`, borrowed, aligned, of `len` bytes.
    let returned = unsafe { libc::sendto(fd.as_raw_fd(), start, size, flags, to, len) };
    check_len(returned)
}

pub(crate) fn recv(fd: BorrowedFd<'_>, buffer: &mut [u8], flags: c_int) -> Result<usize, Errno> {
    let (start, size) = (buffer.as_mut_ptr().cast(), buffer.len());
    // SAFETY: recv(2) writes at most `size` bytes at `start`.
    // - `buffer` is exclusively borrowed for the call and has `size` bytes.
    let returned = unsafe { libc::recv(fd.as_raw_fd(), start, size, flags) };
    check_len(returned)
}

pub(crate) fn recv_from(
    fd: BorrowedFd<'_>,
    buffer: &mut [u8],
    flags: c_int,
) -> Result<(usize, Address), Errno> {
    let mut address = Address::EMPTY;
    let (room, mut len) = room_of(&mut address)?;
    let (start, size) = (buffer.as_mut_ptr().cast(), buffer.len());
    // SAFETY: recvfrom(2) writes at most `size` bytes at `start`, at most `len` bytes at `room`,
    // and the address's length to `len`.
    // - `buffer` is exclusively borrowed for the call and has `size` bytes.
    // - `room` points to at least `len` writable bytes, aligned for every address: `room_of`.
    // - `address` is not used between `room_of` and the end of the call.
    let returned =
        unsafe { libc::recvfrom(fd.as_raw_fd(), start, size, flags, room, &raw mut len) };
    let received = check_len(returned)?;
    address.set_len(fit(len)?);
    Ok((received, address))
}

/// A message header whose fields are all zero: no name, no buffers, no control data.
fn empty_header() -> libc::msghdr {
    // SAFETY: `zeroed` requires that all bytes zero is a valid value of the type.
    // - `msghdr` consists of pointers, which may be null, of integers and of padding.
    unsafe { mem::zeroed() }
}

pub(crate) fn send_message(
    fd: BorrowedFd<'_>,
    buffers: &[IoSlice<'_>],
    to: &Address,
    control: &[u8],
    flags: c_int,
) -> Result<usize, Errno> {
    let mut header = empty_header();
    let address = to.as_bytes();
    if !address.is_empty() {
        header.msg_name = address.as_ptr().cast_mut().cast();
        header.msg_namelen = fit(address.len())?;
    }
    header.msg_iov = buffers.as_ptr().cast_mut().cast();
    header.msg_iovlen = fit(buffers.len())?;
    if !control.is_empty() {
        header.msg_control = control.as_ptr().cast_mut().cast();
        header.msg_controllen = fit(control.len())?;
    }
    let flags = flags | target::NO_SIGNAL;
    // SAFETY: sendmsg(2) reads the header, the name, the array of buffers, each buffer and the
    // control data, and writes to none of them.
    // - Name, array and control data are set above to borrowed slices with their lengths, or are
    //   null with length zero; the borrows outlast the call.
    // - The elements of the array are `iovec`s of readable bytes: the standard library's promise
    //   for `IoSlice`.
    let returned = unsafe { libc::sendmsg(fd.as_raw_fd(), &raw const header, flags) };
    check_len(returned)
}

/// What a receive reports besides the bytes themselves.
pub(crate) struct RawReceived {
    pub(crate) len: usize,
    pub(crate) control_len: usize,
    pub(crate) flags: c_int,
}

pub(crate) fn receive_message(
    fd: BorrowedFd<'_>,
    buffers: &mut [IoSliceMut<'_>],
    from: &mut Address,
    control: &mut [u8],
    flags: c_int,
) -> Result<RawReceived, Errno> {
    let mut header = empty_header();
    let room = from.storage();
    header.msg_name = room.as_mut_ptr().cast();
    header.msg_namelen = fit(room.len())?;
    header.msg_iov = buffers.as_mut_ptr().cast();
    header.msg_iovlen = fit(buffers.len())?;
    if !control.is_empty() {
        header.msg_control = control.as_mut_ptr().cast();
        header.msg_controllen = fit(control.len())?;
    }
    let flags = flags | target::CONTROL_CLOSE_ON_EXEC;
    // SAFETY: recvmsg(2) reads and writes the header, reads the array of buffers, and writes to
    // the name, the buffers and the control data, at most as much as the lengths allow.
    // - Name, array and control data are set above to exclusively borrowed memory with its
    //   length, or are null with length zero; the borrows outlast the call.
    // - The elements of the array are `iovec`s of writable bytes: the standard library's promise
    //   for `IoSliceMut`.
    let returned = unsafe { libc::recvmsg(fd.as_raw_fd(), &raw mut header, flags) };
    let len = check_len(returned)?;
    // From here on nothing may fail: the control data may hold descriptors that need an owner.
    from.set_len(fit(header.msg_namelen).unwrap_or(STORAGE));
    let control_len = fit(header.msg_controllen).unwrap_or(usize::MAX);
    Ok(RawReceived {
        len,
        control_len: control_len.min(control.len()),
        flags: header.msg_flags,
    })
}

pub(crate) fn read(fd: BorrowedFd<'_>, buffer: &mut [u8]) -> Result<usize, Errno> {
    let (start, size) = (buffer.as_mut_ptr().cast(), buffer.len());
    // SAFETY: read(2) writes at most `size` bytes at `start`.
    // - `buffer` is exclusively borrowed for the call and has `size` bytes.
    let returned = unsafe { libc::read(fd.as_raw_fd(), start, size) };
    check_len(returned)
}

pub(crate) fn write(fd: BorrowedFd<'_>, buffer: &[u8]) -> Result<usize, Errno> {
    let (start, size) = (buffer.as_ptr().cast(), buffer.len());
    // SAFETY: write(2) reads `size` bytes at `start`.
    // - `buffer` is borrowed for the call and has `size` bytes.
    let returned = unsafe { libc::write(fd.as_raw_fd(), start, size) };
    check_len(returned)
}

pub(crate) fn readv(fd: BorrowedFd<'_>, buffers: &mut [IoSliceMut<'_>]) -> Result<usize, Errno> {
    let (start, count) = (buffers.as_mut_ptr().cast(), fit(buffers.len())?);
    // SAFETY: readv(2) reads `count` `iovec`s at `start` and writes to the buffers they describe.
    // - `buffers` is exclusively borrowed for the call and has `count` elements.
    // - Each is an `iovec` of writable bytes: the standard library's promise for `IoSliceMut`.
    let returned = unsafe { libc::readv(fd.as_raw_fd(), start, count) };
    check_len(returned)
}

pub(crate) fn writev(fd: BorrowedFd<'_>, buffers: &[IoSlice<'_>]) -> Result<usize, Errno> {
    let (start, count) = (buffers.as_ptr().cast(), fit(buffers.len())?);
    // SAFETY: writev(2) reads `count` `iovec`s at `start` and the buffers they describe.
    // - `buffers` is borrowed for the call and has `count` elements.
    // - Each is an `iovec` of readable bytes: the standard library's promise for `IoSlice`.
    let returned = unsafe { libc::writev(fd.as_raw_fd(), start, count) };
    check_len(returned)
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

/// The words of a control buffer as bytes.
pub(crate) fn bytes(words: &[u64]) -> &[u8] {
    let (start, len) = (words.as_ptr().cast(), size_of_val(words));
    // SAFETY: `from_raw_parts` requires `len` readable, initialised bytes that nobody writes to as
    // long as the result lives.
    // - They are the memory of `words`, which has `size_of_val` bytes, is borrowed for as long as
    //   the result, and has no padding.
    // - Bytes have no alignment and every one is valid.
    unsafe { slice::from_raw_parts(start, len) }
}

/// The words of a control buffer as bytes to write to.
pub(crate) fn bytes_mut(words: &mut [u64]) -> &mut [u8] {
    let (start, len) = (words.as_mut_ptr().cast(), size_of_val(words));
    // SAFETY: `from_raw_parts_mut` requires `len` initialised bytes that nobody else reads or
    // writes as long as the result lives.
    // - They are the memory of `words`, which has `size_of_val` bytes, is exclusively borrowed for
    //   as long as the result, and has no padding.
    // - Bytes have no alignment, every one is valid, and whatever is written is valid in a `u64`.
    unsafe { slice::from_raw_parts_mut(start, len) }
}

/// Takes the descriptor out of a place in received control data; the place is empty afterwards.
///
/// Only for places of `SCM_RIGHTS` data in bytes that recvmsg(2) has written.
pub(crate) fn take_descriptor(place: &mut [u8; 4]) -> Option<OwnedFd> {
    let descriptor = c_int::from_ne_bytes(mem::replace(place, [0xff; 4]));
    if descriptor < 0 {
        return None;
    }
    // SAFETY: `from_raw_fd` requires an open descriptor that nobody else owns.
    // - The callers are `ReceivedFds::next` and `close_received`; both get their places from the
    //   walk over an `IncomingControl` or a batch, whose bytes up to `len` only recvmsg(2) and
    //   recvmmsg(2) write. Such a place holds a descriptor that the call opened for this process
    //   (unix(7)), and that no other code has been told of.
    // - It is taken once: the place was overwritten above.
    Some(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

/// Makes a received descriptor close-on-exec, where receiving cannot do that.
pub(crate) fn set_received_close_on_exec(place: [u8; 4]) -> Result<(), Errno> {
    let descriptor = c_int::from_ne_bytes(place);
    // SAFETY: fcntl(2) with F_SETFD takes an integer and touches no memory of the process.
    let returned = unsafe { libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC) };
    check(returned).map(drop)
}

/// Room for the headers of a batch of messages, reused from call to call.
///
/// The pointers in it are written at the start of each call and read by no other code, so that
/// outside of a call they mean nothing.
pub(crate) struct Headers {
    entries: Box<[MessageHeader]>,
    vectors: Box<[libc::iovec]>,
}

// SAFETY: `Headers` is not `Send` by itself because of the raw pointers in `msghdr` and `iovec`.
// - They are followed by the kernel only, in the calls of `send_many` and `receive_many`, which
//   overwrite them first with pointers to memory that is borrowed for the call; in between nobody
//   reads them (both fields are private to this file).
unsafe impl Send for Headers {}

// SAFETY: `Headers` is not `Sync` by itself because of the raw pointers in `msghdr` and `iovec`.
// - Every use of the pointers needs `&mut Headers`; the shared reference gives access to numbers.
unsafe impl Sync for Headers {}

impl Headers {
    pub(crate) fn new(capacity: usize) -> Self {
        let entry = || MessageHeader {
            msg_hdr: empty_header(),
            msg_len: 0,
        };
        let vector = libc::iovec {
            iov_base: ptr::null_mut(),
            iov_len: 0,
        };
        Self {
            entries: (0..capacity).map(|_| entry()).collect(),
            vectors: vec![vector; capacity].into_boxed_slice(),
        }
    }

    pub(crate) fn capacity(&self) -> usize {
        self.entries.len()
    }

    /// What the last `receive_many` reported, header by header, with the length of each address.
    pub(crate) fn reports(&self) -> impl Iterator<Item = (RawReceived, usize)> {
        self.entries.iter().map(|entry| {
            let report = RawReceived {
                len: fit(entry.msg_len).unwrap_or(usize::MAX),
                control_len: fit(entry.msg_hdr.msg_controllen).unwrap_or(usize::MAX),
                flags: entry.msg_hdr.msg_flags,
            };
            (report, fit(entry.msg_hdr.msg_namelen).unwrap_or(STORAGE))
        })
    }
}

/// The memory that one message of a batch is sent from.
pub(crate) struct Source<'a> {
    pub(crate) buffers: &'a [IoSlice<'a>],
    pub(crate) to: &'a [u8],
    pub(crate) control: &'a [u8],
}

/// Sends messages from the front, as many as there are headers, and returns how many were sent.
pub(crate) fn send_many<'a>(
    fd: BorrowedFd<'_>,
    headers: &mut Headers,
    messages: impl Iterator<Item = Source<'a>>,
    flags: c_int,
) -> Result<usize, Errno> {
    let mut filled = 0;
    for (entry, message) in headers.entries.iter_mut().zip(messages) {
        let mut header = empty_header();
        if !message.to.is_empty() {
            header.msg_name = message.to.as_ptr().cast_mut().cast();
            header.msg_namelen = fit(message.to.len())?;
        }
        header.msg_iov = message.buffers.as_ptr().cast_mut().cast();
        header.msg_iovlen = fit(message.buffers.len())?;
        if !message.control.is_empty() {
            header.msg_control = message.control.as_ptr().cast_mut().cast();
            header.msg_controllen = fit(message.control.len())?;
        }
        entry.msg_hdr = header;
        filled += 1;
    }
    let entries = headers.entries.get_mut(..filled).unwrap_or_default();
    let flags = flags | target::NO_SIGNAL;
    if let Some(send_many) = target::SEND_MANY {
        let (start, count) = (entries.as_mut_ptr(), fit(entries.len())?);
        let flags: ManyFlags = fit(flags)?;
        // SAFETY: sendmmsg(2) reads `count` headers at `start`, and all that they point to, and
        // writes to the length in each header.
        // - `entries` is exclusively borrowed and has `count` elements.
        // - Each was filled above from slices that live for `'a`, which outlasts this function,
        //   with their lengths, or is null with length zero.
        // - The buffers are `iovec`s of readable bytes: the standard library's promise for
        //   `IoSlice`.
        let returned = unsafe { send_many(fd.as_raw_fd(), start, count, flags) };
        return fit(check(returned)?);
    }
    one_by_one(entries, |entry| {
        // SAFETY: sendmsg(2) reads the header and all that it points to, and writes to nothing.
        // - The header was filled above from slices that live for `'a`, which outlasts this
        //   function, with their lengths, or is null with length zero.
        // - The buffers are `iovec`s of readable bytes: the standard library's promise for
        //   `IoSlice`.
        let returned = unsafe { libc::sendmsg(fd.as_raw_fd(), &raw const entry.msg_hdr, flags) };
        check_len(returned)
    })
}

/// The memory that one message of a batch is received into.
pub(crate) struct Sink<'a> {
    pub(crate) buffer: &'a mut [u8],
    pub(crate) from: &'a mut Address,
    pub(crate) control: &'a mut [u8],
}

/// Receives messages, as many as there are sinks and headers, and returns how many there were.
pub(crate) fn receive_many<'a>(
    fd: BorrowedFd<'_>,
    headers: &mut Headers,
    sinks: impl Iterator<Item = Sink<'a>>,
    flags: c_int,
) -> Result<usize, Errno> {
    let mut filled = 0;
    let rooms = headers.entries.iter_mut().zip(&mut headers.vectors);
    for ((entry, vector), sink) in rooms.zip(sinks) {
        vector.iov_base = sink.buffer.as_mut_ptr().cast();
        vector.iov_len = sink.buffer.len();
        let mut header = empty_header();
        let room = sink.from.storage();
        header.msg_name = room.as_mut_ptr().cast();
        header.msg_namelen = fit(room.len())?;
        header.msg_iov = vector;
        header.msg_iovlen = 1;
        if !sink.control.is_empty() {
            header.msg_control = sink.control.as_mut_ptr().cast();
            header.msg_controllen = fit(sink.control.len())?;
        }
        entry.msg_hdr = header;
        entry.msg_len = 0;
        filled += 1;
    }
    let entries = headers.entries.get_mut(..filled).unwrap_or_default();
    let flags = flags | target::CONTROL_CLOSE_ON_EXEC;
    if let Some(receive_many) = target::RECEIVE_MANY {
        let (start, count) = (entries.as_mut_ptr(), fit(entries.len())?);
        let flags: ManyFlags = fit(flags)?;
        let forever = ptr::null_mut();
        // SAFETY: recvmmsg(2) reads and writes `count` headers at `start`, reads the `iovec` of
        // each, and writes to the name, the buffer and the control data, at most as much as the
        // lengths allow. The timeout may be null.
        // - `entries` is exclusively borrowed and has `count` elements.
        // - Each was filled above from memory that is exclusively borrowed for `'a`, which
        //   outlasts this function, with its length, or is null with length zero; its `iovec` is
        //   in `headers`, borrowed as well.
        let returned = unsafe { receive_many(fd.as_raw_fd(), start, count, flags, forever) };
        return fit(check(returned)?);
    }
    one_by_one(entries, |entry| {
        // SAFETY: recvmsg(2) reads and writes the header, reads its `iovec`, and writes to the
        // name, the buffer and the control data, at most as much as the lengths allow.
        // - The header was filled above from memory that is exclusively borrowed for `'a`, which
        //   outlasts this function, with its length, or is null with length zero; its `iovec` is
        //   in `headers`, borrowed as well.
        let returned = unsafe { libc::recvmsg(fd.as_raw_fd(), &raw mut entry.msg_hdr, flags) };
        check_len(returned)
    })
}

/// What a call for several messages does on systems that have none: stops at the first failure,
/// and reports it only if nothing was done.
fn one_by_one(
    entries: &mut [MessageHeader],
    mut call: impl FnMut(&mut MessageHeader) -> Result<usize, Errno>,
) -> Result<usize, Errno> {
    let mut done = 0;
    for entry in entries {
        match call(entry) {
            // No message is longer than a C `unsigned` can say.
            Ok(len) => entry.msg_len = fit(len).unwrap_or(c_uint::MAX),
            Err(error) if done == 0 => return Err(error),
            Err(_later) => break,
        }
        done += 1;
    }
    Ok(done)
}

/// Takes ownership of inherited sockets, once in the life of the process: all of them or none.
pub(crate) fn adopt(descriptors: Range<c_int>) -> Result<Vec<OwnedFd>, Errno> {
    static ADOPTED: AtomicBool = AtomicBool::new(false);
    if ADOPTED.swap(true, Ordering::AcqRel) {
        return Err(Errno::ALREADY);
    }
    if let Err(error) = descriptors.clone().try_for_each(check_inherited) {
        ADOPTED.store(false, Ordering::Release);
        return Err(error);
    }
    let owned: Vec<OwnedFd> = descriptors
        // SAFETY: `from_raw_fd` requires an open descriptor that nobody else owns.
        // - `check_inherited` above has seen each one open and without close-on-exec. Everything
        //   that the standard library, rustix and this crate open is close-on-exec, so that it
        //   was here when the process started; the environment says that it is meant for this
        //   process (sd_listen_fds(3)), as descriptors 0 to 2 are.
        // - Nobody got it here before: `ADOPTED` was false, and lets one caller through.
        .map(|descriptor| unsafe { OwnedFd::from_raw_fd(descriptor) })
        .collect();
    owned.iter().try_for_each(set_close_on_exec)?;
    Ok(owned)
}

/// Whether a descriptor is open, may have come through an `exec`, and is a socket.
fn check_inherited(descriptor: c_int) -> Result<(), Errno> {
    // SAFETY: fcntl(2) with F_GETFD takes no argument and touches no memory of the process; what
    // is not open is an error.
    let flags = check(unsafe { libc::fcntl(descriptor, libc::F_GETFD) })?;
    if flags & libc::FD_CLOEXEC != 0 {
        return Err(Errno::BADF);
    }
    // SAFETY: `borrow_raw` requires that the descriptor stays open as long as the result lives.
    // - The call above has seen it open. It is private to no other part of this process, as the
    //   proof in `adopt` says, so that nobody closes it before the next call returns.
    let borrowed = unsafe { BorrowedFd::borrow_raw(descriptor) };
    let mut kind = [0; size_of::<c_int>()];
    option(borrowed, libc::SOL_SOCKET, libc::SO_TYPE, &mut kind).map(drop)
}
