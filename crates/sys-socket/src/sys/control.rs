//! The layout of control data, its bytes, and the descriptors in it.

use core::ffi::c_int;
use core::mem;
use core::slice;
use std::os::fd::{FromRawFd, OwnedFd};

use super::check;
use crate::{Errno, control_space};

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
    // SAFETY: `CMSG_SPACE` is marked unsafe only because it comes from C; it computes with
    // integers.
    // - Its argument is a constant, far from overflow.
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
/// Only for the data of messages that `brings_descriptors`, in bytes that recvmsg(2) has written.
pub(crate) fn take_descriptor(place: &mut [u8; 4]) -> Option<OwnedFd> {
    let descriptor = c_int::from_ne_bytes(mem::replace(place, [0xff; 4]));
    if descriptor < 0 {
        return None;
    }
    // SAFETY: `from_raw_fd` requires an open descriptor that nobody else owns.
    // - The callers are `ReceivedFds::next` and `close_received`; both get their places from the
    //   walk over an `IncomingControl` or a batch, whose bytes up to `len` only recvmsg(2) and
    //   recvmmsg(2) write. Such a place holds a descriptor that the call opened for this process
    //   (unix(7) for SCM_RIGHTS; SCM_PIDFD is likewise made for the receiver, or is a negative
    //   errno), and that no other code has been told of.
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
