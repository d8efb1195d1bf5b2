//! The system calls, one function each; the only unsafe code of the crate.

use core::ffi::{c_int, c_long};
use core::ptr;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;

use rustix::event::{EventfdFlags, epoll};
use rustix::fd::{AsRawFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::ioctl::{Getter, Opcode, Setter, ioctl, opcode};

use crate::event::{Event, Flags};
use crate::timeout::{millis_rounded_up, seconds_and_nanos};
use crate::{BusyPoll, target};

/// Set once epoll_pwait2(2) was refused for good, so that it is not asked again.
static NO_PWAIT2: AtomicBool = AtomicBool::new(false);

// _IOW(0x8A, 0x01, struct epoll_params) and _IOR(0x8A, 0x02, ...), from <linux/eventpoll.h>.
const EPIOCSPARAMS: Opcode = opcode::write::<BusyPoll>(0x8A, 0x01);
const EPIOCGPARAMS: Opcode = opcode::read::<BusyPoll>(0x8A, 0x02);

pub(crate) fn epoll_create1() -> Result<OwnedFd, Errno> {
    count();
    epoll::create(epoll::CreateFlags::CLOEXEC)
}

pub(crate) fn epoll_ctl_add(
    epoll: BorrowedFd<'_>,
    source: BorrowedFd<'_>,
    flags: Flags,
    data: u64,
) -> Result<(), Errno> {
    count();
    let flags = epoll::EventFlags::from_bits_retain(flags.bits());
    epoll::add(epoll, source, epoll::EventData::new_u64(data), flags)
}

pub(crate) fn epoll_ctl_mod(
    epoll: BorrowedFd<'_>,
    source: BorrowedFd<'_>,
    flags: Flags,
    data: u64,
) -> Result<(), Errno> {
    count();
    let flags = epoll::EventFlags::from_bits_retain(flags.bits());
    epoll::modify(epoll, source, epoll::EventData::new_u64(data), flags)
}

pub(crate) fn epoll_ctl_del(epoll: BorrowedFd<'_>, source: BorrowedFd<'_>) -> Result<(), Errno> {
    count();
    epoll::delete(epoll, source)
}

pub(crate) fn eventfd() -> Result<OwnedFd, Errno> {
    count();
    rustix::event::eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)
}

pub(crate) fn eventfd_write(fd: BorrowedFd<'_>, value: u64) -> Result<(), Errno> {
    count();
    // eventfd(2): a write takes eight bytes or fails, so the count says nothing.
    rustix::io::write(fd, &value.to_ne_bytes()).map(drop)
}

pub(crate) fn eventfd_read(fd: BorrowedFd<'_>) -> Result<u64, Errno> {
    count();
    let mut value = [0; 8];
    rustix::io::read(fd, &mut value)?;
    Ok(u64::from_ne_bytes(value))
}

/// epoll_wait(2): `millis` -1 means for ever.
pub(crate) fn epoll_wait(
    epoll: BorrowedFd<'_>,
    events: &mut [Event],
    millis: c_int,
) -> Result<usize, Errno> {
    count();
    let capacity = clamped_len(events);
    let buffer = events.as_mut_ptr().cast::<libc::epoll_event>();
    // SAFETY: epoll_wait(2) writes at most `maxevents` entries of struct epoll_event from `events`.
    // - `events` is exclusively borrowed for the call and holds at least `capacity` entries:
    //   `clamped_len` above returns its length or less.
    // - `Event` has the size and field offsets of `libc::epoll_event` and at least its alignment:
    //   the assertions in event.rs.
    // - every bit pattern the kernel writes is a valid `Event`: its fields are integers.
    let count = unsafe { libc::epoll_wait(epoll.as_raw_fd(), buffer, capacity, millis) };
    returned_count(c_long::from(count))
}

/// epoll_pwait2(2), or epoll_wait(2) with the timeout rounded up where the former is missing.
pub(crate) fn epoll_pwait2(
    epoll: BorrowedFd<'_>,
    events: &mut [Event],
    timeout: Duration,
) -> Result<usize, Errno> {
    if !NO_PWAIT2.load(Ordering::Relaxed) {
        match epoll_pwait2_raw(epoll, events, timeout) {
            // ENOSYS: the kernel is older than 5.11. EPERM: a sandbox forbids what it does not
            // know. Neither is among the errors epoll_pwait2(2) has for its own reasons.
            Err(Errno::NOSYS | Errno::PERM) => NO_PWAIT2.store(true, Ordering::Relaxed),
            result => return result,
        }
    }
    epoll_wait(epoll, events, millis_rounded_up(timeout))
}

/// Whether epoll_pwait2(2) was never refused.
pub(crate) fn has_epoll_pwait2() -> bool {
    !NO_PWAIT2.load(Ordering::Relaxed)
}

fn epoll_pwait2_raw(
    epoll: BorrowedFd<'_>,
    events: &mut [Event],
    timeout: Duration,
) -> Result<usize, Errno> {
    count();
    let (seconds, nanos) = seconds_and_nanos(timeout);
    // `struct __kernel_timespec`: two 64-bit fields on every architecture.
    let timeout: [i64; 2] = [seconds, i64::from(nanos)];
    // SAFETY: epoll_pwait2(2) writes at most `maxevents` entries of struct epoll_event from
    // `events`, reads one struct __kernel_timespec from `timeout`, and reads no signal mask where
    // that pointer is null.
    // - `events` is exclusively borrowed for the call and holds at least `clamped_len` entries;
    //   layout and validity are those argued in `epoll_wait` above.
    // - `timeout` is a live local of two 64-bit integers, seconds and nanoseconds in this order.
    // - the mask pointer is null.
    // - syscall(2) takes its arguments as registers wide as `long`, which each one is or fits.
    let count = unsafe {
        libc::syscall(
            libc::SYS_epoll_pwait2,
            epoll.as_raw_fd(),
            events.as_mut_ptr(),
            clamped_len(events),
            timeout.as_ptr(),
            ptr::null::<libc::sigset_t>(),
            0_usize,
        )
    };
    returned_count(count)
}

// The kernel reads this much of a mask, which the C library's type may exceed.
static_assertions::const_assert!(size_of::<libc::sigset_t>() >= target::SIGNAL_SET_BYTES);

/// epoll_pwait(2): epoll_wait(2) under a signal mask.
pub(crate) fn epoll_pwait(
    epoll: BorrowedFd<'_>,
    events: &mut [Event],
    millis: c_int,
    mask: &libc::sigset_t,
) -> Result<usize, Errno> {
    count();
    // SAFETY: epoll_pwait(2), by its number as the libc crate lacks it for Android, writes as
    // epoll_wait(2) does and reads a signal set of the given size from `sigmask`.
    // - `events` is exclusively borrowed for the call and holds at least `clamped_len` entries;
    //   layout and validity are those argued in `epoll_wait` above.
    // - `mask` is a reference, so it points to an initialised sigset_t for the call, which begins
    //   with the kernel's set and is as large or larger: the assertion above.
    // - syscall(2) takes its arguments as registers wide as `long`, which each one is or fits.
    let count = unsafe {
        libc::syscall(
            libc::SYS_epoll_pwait,
            epoll.as_raw_fd(),
            events.as_mut_ptr(),
            clamped_len(events),
            millis,
            ptr::from_ref(mask),
            target::SIGNAL_SET_BYTES,
        )
    };
    returned_count(count)
}

pub(crate) fn set_busy_poll(epoll: BorrowedFd<'_>, parameters: BusyPoll) -> Result<(), Errno> {
    count();
    // SAFETY: `Setter::new` wants the opcode of a request that reads one `Input`.
    // - ioctl_eventpoll(2): EPIOCSPARAMS reads one struct epoll_params, whose layout busy_poll.rs
    //   pins for `BusyPoll`.
    let request = unsafe { Setter::<EPIOCSPARAMS, BusyPoll>::new(parameters) };
    // SAFETY: ioctl(2) wants a request that does on this descriptor what its type says.
    // - on an epoll instance it does: see `request` above.
    // - another kind of file does not know the number, 0x8A being the type letter of epoll, and
    //   answers ENOTTY or EINVAL.
    unsafe { ioctl(epoll, request) }
}

pub(crate) fn busy_poll(epoll: BorrowedFd<'_>) -> Result<BusyPoll, Errno> {
    count();
    // SAFETY: `Getter::new` wants the opcode of a request that writes one `Output`.
    // - ioctl_eventpoll(2): EPIOCGPARAMS writes one struct epoll_params, whose layout busy_poll.rs
    //   pins for `BusyPoll`; every bit pattern is valid for its integer fields.
    let request = unsafe { Getter::<EPIOCGPARAMS, BusyPoll>::new() };
    // SAFETY: ioctl(2) wants a request that does on this descriptor what its type says.
    // - on an epoll instance it does: see `request` above.
    // - another kind of file does not know the number, 0x8A being the type letter of epoll, and
    //   answers ENOTTY or EINVAL.
    unsafe { ioctl(epoll, request) }
}

/// The buffer's length as the kernel takes it; a longer buffer is filled in part.
fn clamped_len(events: &[Event]) -> c_int {
    c_int::try_from(events.len()).unwrap_or(c_int::MAX)
}

/// The result of a C call: a count, or the errno it left.
fn returned_count(result: c_long) -> Result<usize, Errno> {
    usize::try_from(result).map_err(|_negative| last_errno())
}

fn last_errno() -> Errno {
    // SAFETY: errno(3): the location function returns the address of the calling thread's errno.
    let location = unsafe { target::errno_location() };
    // SAFETY: reading through a pointer needs it to be valid, aligned and initialised.
    // - errno(3): errno is a modifiable lvalue of type int for the life of the thread, which is
    //   the one that runs here; `location` is its address, taken on the line above.
    let code = unsafe { location.read() };
    Errno::from_raw_os_error(code)
}

#[cfg(feature = "count")]
use crate::count::one as count;

#[cfg(not(feature = "count"))]
const fn count() {}
