//! Several messages with one call.

use core::ffi::{c_int, c_uint};
use core::ptr;
use std::io::IoSlice;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::transfer::{RawReceived, empty_header, gives_control, send_flags};
use super::{check, check_len, fit};
use crate::address::STORAGE;
use crate::target::{ManyFlags, MessageHeader};
use crate::{Address, Errno, target};

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
    let flags = send_flags(flags)?;
    if let Some(send_many) = target::SEND_MANY {
        let (start, count) = (entries.as_mut_ptr(), fit(entries.len())?);
        let flags: ManyFlags = fit(flags)?;
        // SAFETY: sendmmsg(2) reads `count` headers at `start`, and all that they point to, and
        // writes to the length in each header.
        // - `entries` is exclusively borrowed and has `count` elements.
        // - Each was filled above from slices that live for `'a`, which outlasts this function,
        //   with their lengths, or is null with length zero; `send_flags` lets nothing through
        //   that reads the buffers later.
        // - The buffers are `iovec`s of readable bytes: the standard library's promise for
        //   `IoSlice`.
        let returned = unsafe { send_many(fd.as_raw_fd(), start, count, flags) };
        return fit(check(returned)?);
    }
    one_by_one(entries, |entry| {
        // SAFETY: sendmsg(2) reads the header and all that it points to, and writes to nothing.
        // - The header was filled above from slices that live for `'a`, which outlasts this
        //   function, with their lengths, or is null with length zero; no system of this loop has
        //   a flag to read the buffers later.
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
        if !sink.control.is_empty() && gives_control(flags) {
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
