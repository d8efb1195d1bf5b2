//! Moving bytes: sends, receives, reads, writes, and messages with control data.

use core::ffi::c_int;
use core::mem;
use core::ptr;
use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsRawFd, BorrowedFd};

use rustix::net::{RecvFlags, SendFlags};

use super::{check_len, count, fit, room_of};
use crate::address::STORAGE;
use crate::{Address, Errno, target};

// The standard library documents `IoSlice` and `IoSliceMut` as ABI-compatible with `iovec` on
// Unix; the sizes are pinned here all the same.
const _: () = {
    assert!(size_of::<IoSlice<'_>>() == size_of::<libc::iovec>());
    assert!(align_of::<IoSlice<'_>>() == align_of::<libc::iovec>());
    assert!(size_of::<IoSliceMut<'_>>() == size_of::<libc::iovec>());
    assert!(align_of::<IoSliceMut<'_>>() == align_of::<libc::iovec>());
};

/// The flags of a send as the kernel gets them.
///
/// Refused is what would have the kernel read the buffers after the call: they are borrowed until
/// it returns, and may hold other data by then.
#[inline]
pub(super) fn send_flags(flags: c_int) -> Result<c_int, Errno> {
    if target::READS_LATER.is_some_and(|later| flags & later != 0) {
        return Err(Errno::OPNOTSUPP);
    }
    Ok(flags | target::NO_SIGNAL)
}

// rustix's calls for the two that run for every message of a stream: on Linux they are the system
// call itself, without the C library's wrapper around it.

#[inline]
pub(crate) fn send(fd: BorrowedFd<'_>, buffer: &[u8], flags: c_int) -> Result<usize, Errno> {
    let flags = send_flags(flags)?.cast_unsigned();
    count();
    rustix::net::send(fd, buffer, SendFlags::from_bits_retain(flags))
}

#[inline]
pub(crate) fn recv(fd: BorrowedFd<'_>, buffer: &mut [u8], flags: c_int) -> Result<usize, Errno> {
    count();
    let flags = RecvFlags::from_bits_retain(flags.cast_unsigned());
    // The second is the length as the system has it, which `MSG_TRUNC` makes longer than the
    // buffer.
    rustix::net::recv(fd, buffer, flags).map(|(_filled, length)| length)
}

pub(crate) fn send_to(
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
    let flags = send_flags(flags)?;
    let (start, size) = (buffer.as_ptr().cast(), buffer.len());
    // SAFETY: sendto(2) reads `size` bytes at `start` and `len` bytes at `to`, which may be null
    // for no address.
    // - `buffer` is borrowed for the call and has `size` bytes; `send_flags` lets nothing through
    //   that reads it later.
    // - `to` is null with a length of zero, or `address`, borrowed, aligned, of `len` bytes.
    let returned = unsafe { libc::sendto(fd.as_raw_fd(), start, size, flags, to, len) };
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
pub(super) fn empty_header() -> libc::msghdr {
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
    let flags = send_flags(flags)?;
    // SAFETY: sendmsg(2) reads the header, the name, the array of buffers, each buffer and the
    // control data, and writes to none of them.
    // - Name, array and control data are set above to borrowed slices with their lengths, or are
    //   null with length zero; the borrows outlast the call, and `send_flags` lets nothing through
    //   that reads the buffers later.
    // - The elements of the array are `iovec`s of readable bytes: the standard library's promise
    //   for `IoSlice`.
    let returned = unsafe { libc::sendmsg(fd.as_raw_fd(), &raw const header, flags) };
    check_len(returned)
}

/// Whether a receive with these flags may be given room for control data: a peek may not on systems
/// that would copy descriptors into it as numbers that are none.
pub(super) fn gives_control(flags: c_int) -> bool {
    target::PEEK_OPENS_DESCRIPTORS || flags & libc::MSG_PEEK == 0
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
    if !control.is_empty() && gives_control(flags) {
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

#[inline]
pub(crate) fn read(fd: BorrowedFd<'_>, buffer: &mut [u8]) -> Result<usize, Errno> {
    let (start, size) = (buffer.as_mut_ptr().cast(), buffer.len());
    // SAFETY: read(2) writes at most `size` bytes at `start`.
    // - `buffer` is exclusively borrowed for the call and has `size` bytes.
    let returned = unsafe { libc::read(fd.as_raw_fd(), start, size) };
    check_len(returned)
}

#[inline]
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
