//! What differs between the systems that have kqueue: the fields of `struct kevent`, the numbers,
//! and the making of a kqueue that is closed on exec.

use crate::tables::{Filters, FlagBits, IoBits, ProcessBits, Table, TimerBits, VnodeBits};

pub(crate) const FILTERS: Filters = NATIVE.filters;
pub(crate) const FLAGS: FlagBits = NATIVE.flags;
pub(crate) const IO: IoBits = NATIVE.io;
pub(crate) const VNODE: VnodeBits = NATIVE.vnode;
pub(crate) const PROCESS: ProcessBits = NATIVE.process;
pub(crate) const TIMER: TimerBits = NATIVE.timer;

#[cfg(any(target_vendor = "apple", kqueue_emulation = "apple"))]
const NATIVE: Table = crate::tables::APPLE;
#[cfg(target_os = "netbsd")]
const NATIVE: Table = crate::tables::NETBSD;
#[cfg(target_os = "openbsd")]
const NATIVE: Table = crate::tables::OPENBSD;
#[cfg(target_os = "dragonfly")]
const NATIVE: Table = crate::tables::DRAGONFLY;
// FreeBSD, and the emulation unless it shall be Apple's.
#[cfg(not(any(
    target_vendor = "apple",
    kqueue_emulation = "apple",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly"
)))]
const NATIVE: Table = crate::tables::FREEBSD;

/// The number of a filter as the system's field holds it: `u32` on NetBSD, `i16` elsewhere.
#[cfg(target_os = "netbsd")]
pub type RawFilter = u32;
/// The number of a filter as the system's field holds it: `u32` on NetBSD, `i16` elsewhere.
#[cfg(not(target_os = "netbsd"))]
pub type RawFilter = i16;

/// A number from the tables, all of which fit.
#[cfg(target_os = "netbsd")]
pub(crate) const fn raw_filter(number: i32) -> RawFilter {
    number.cast_unsigned()
}

/// A number from the tables, all of which fit.
#[cfg(not(target_os = "netbsd"))]
pub(crate) const fn raw_filter(number: i32) -> RawFilter {
    let [_, _, high, low] = number.to_be_bytes();
    i16::from_be_bytes([high, low])
}

#[cfg(target_os = "netbsd")]
pub(crate) type RawFlags = u32;
#[cfg(not(target_os = "netbsd"))]
pub(crate) type RawFlags = u16;

#[cfg(target_os = "netbsd")]
pub(crate) const fn flags_from_raw(raw: RawFlags) -> u32 {
    raw
}

#[cfg(not(target_os = "netbsd"))]
pub(crate) fn flags_from_raw(raw: RawFlags) -> u32 {
    u32::from(raw)
}

#[cfg(target_os = "netbsd")]
pub(crate) const fn flags_to_raw(bits: u32) -> RawFlags {
    bits
}

/// Drops the bits that the field does not have.
#[cfg(not(target_os = "netbsd"))]
pub(crate) const fn flags_to_raw(bits: u32) -> RawFlags {
    let [_, _, high, low] = bits.to_be_bytes();
    u16::from_be_bytes([high, low])
}

#[cfg(any(target_vendor = "apple", target_os = "dragonfly"))]
pub(crate) type RawData = isize;
#[cfg(not(any(target_vendor = "apple", target_os = "dragonfly")))]
pub(crate) type RawData = i64;

/// What the field can hold at most.
#[cfg(any(target_vendor = "apple", target_os = "dragonfly"))]
pub(crate) const DATA_MAX: u64 = {
    // Both are 64 bits wide or the `isize` is narrower.
    #[cfg(target_pointer_width = "64")]
    let max = i64::MAX;
    #[cfg(not(target_pointer_width = "64"))]
    let max = 0x7fff_ffff_i64;
    max.cast_unsigned()
};
/// What the field can hold at most.
#[cfg(not(any(target_vendor = "apple", target_os = "dragonfly")))]
pub(crate) const DATA_MAX: u64 = i64::MAX.cast_unsigned();

/// No system has an `isize` wider than 64 bits, so nothing is cut off.
#[cfg(any(target_vendor = "apple", target_os = "dragonfly"))]
pub(crate) fn data_from_raw(raw: RawData) -> i64 {
    i64::try_from(raw).unwrap_or(i64::MAX)
}

#[cfg(not(any(target_vendor = "apple", target_os = "dragonfly")))]
pub(crate) const fn data_from_raw(raw: RawData) -> i64 {
    raw
}

/// Saturates where the field is narrower.
#[cfg(any(target_vendor = "apple", target_os = "dragonfly"))]
pub(crate) fn data_to_raw(data: i64) -> RawData {
    let limit = if data < 0 { isize::MIN } else { isize::MAX };
    isize::try_from(data).unwrap_or(limit)
}

#[cfg(not(any(target_vendor = "apple", target_os = "dragonfly")))]
pub(crate) const fn data_to_raw(data: i64) -> RawData {
    data
}

// libc declares FreeBSD's `struct kevent` as of version 12 unless its build is told otherwise,
// which the assertions in sys.rs would notice.
#[cfg(target_os = "freebsd")]
pub(crate) type RawExt = [u64; 4];
// NetBSD 10 has extensions too; libc calls the entry point of the structure without them.
#[cfg(not(target_os = "freebsd"))]
pub(crate) type RawExt = [u8; 0];

#[cfg(target_os = "freebsd")]
pub(crate) const fn ext_from_raw(raw: RawExt) -> [u64; 4] {
    raw
}

#[cfg(not(target_os = "freebsd"))]
pub(crate) const fn ext_from_raw([]: RawExt) -> [u64; 4] {
    [0; 4]
}

#[cfg(target_os = "freebsd")]
pub(crate) const fn ext_to_raw(ext: [u64; 4]) -> Option<RawExt> {
    Some(ext)
}

#[cfg(not(target_os = "freebsd"))]
pub(crate) const fn ext_to_raw(_ext: [u64; 4]) -> Option<RawExt> {
    None
}

/// Whether the emulation says `ESRCH` of processes that have ended, as Apple's systems, NetBSD and
/// OpenBSD do.
#[cfg(all(
    target_os = "linux",
    any(kqueue_emulation = "apple", kqueue_emulation = "reap")
))]
pub(crate) const REFUSES_ENDED: bool = true;
/// Whether the emulation says `ESRCH` of processes that have ended.
#[cfg(all(
    target_os = "linux",
    not(any(kqueue_emulation = "apple", kqueue_emulation = "reap"))
))]
pub(crate) const REFUSES_ENDED: bool = false;

/// The nanoseconds that a wait is counted in; Apple's older kernels cut it to microseconds.
#[cfg(any(target_vendor = "apple", kqueue_emulation = "apple"))]
pub(crate) const WAIT_UNIT: u32 = 1_000;
/// The nanoseconds that a wait is counted in.
#[cfg(not(any(target_vendor = "apple", kqueue_emulation = "apple")))]
pub(crate) const WAIT_UNIT: u32 = 1;

/// The length of a list of events.
#[cfg(target_os = "netbsd")]
pub(crate) type Count = usize;
/// The length of a list of events.
#[cfg(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "openbsd",
    target_os = "dragonfly"
))]
pub(crate) type Count = core::ffi::c_int;

/// The address of the calling thread's errno, under the C library's own name.
#[cfg(any(target_os = "netbsd", target_os = "openbsd"))]
pub(crate) use libc::__errno as errno_location;
#[cfg(target_os = "dragonfly")]
pub(crate) use libc::__errno_location as errno_location;
#[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
pub(crate) use libc::__error as errno_location;
