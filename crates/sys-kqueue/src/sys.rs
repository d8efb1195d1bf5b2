//! The two system calls; the only unsafe code of the crate.

use core::mem::offset_of;
use core::ptr;
use core::time::Duration;

use rustix::fd::{AsRawFd, BorrowedFd, OwnedFd};
use rustix::io::{Errno, FdFlags};
use static_assertions::{assert_eq_align, assert_eq_size, const_assert, const_assert_eq};

use crate::target::{self, Count};
use crate::timeout::seconds_and_nanos;
use crate::{Change, Event};

// `Event` and `Change` stand for `struct kevent`: same size, same places, at least its alignment.
assert_eq_size!(Event, libc::kevent);
assert_eq_size!(Event, Change<'static>);
assert_eq_align!(Event, Change<'static>);
const_assert!(align_of::<Event>() >= align_of::<libc::kevent>());
const_assert_eq!(offset_of!(Event, ident), offset_of!(libc::kevent, ident));
const_assert_eq!(offset_of!(Event, filter), offset_of!(libc::kevent, filter));
const_assert_eq!(offset_of!(Event, flags), offset_of!(libc::kevent, flags));
const_assert_eq!(offset_of!(Event, fflags), offset_of!(libc::kevent, fflags));
const_assert_eq!(offset_of!(Event, data), offset_of!(libc::kevent, data));
const_assert_eq!(offset_of!(Event, udata), offset_of!(libc::kevent, udata));

/// A kqueue that is closed on exec.
pub(crate) fn kqueue() -> Result<OwnedFd, Errno> {
    count();
    let fd = rustix::event::kqueue::kqueue()?;
    count();
    rustix::io::fcntl_setfd(&fd, FdFlags::CLOEXEC)?;
    Ok(fd)
}

/// kevent(2): makes `changes`, then waits for what fits into `events`.
pub(crate) fn kevent(
    kqueue: BorrowedFd<'_>,
    changes: &[Change<'_>],
    events: &mut [Event],
    timeout: Option<Duration>,
) -> Result<usize, Errno> {
    count();
    let change_count = Count::try_from(changes.len()).map_err(|_too_many| Errno::INVAL)?;
    // A longer buffer is filled in part.
    let room = Count::try_from(events.len()).unwrap_or(Count::MAX);
    let timeout = timeout.map(timespec);
    let timeout = timeout.as_ref().map_or(ptr::null(), ptr::from_ref);
    let change_list = changes.as_ptr().cast::<libc::kevent>();
    let event_list = events.as_mut_ptr().cast::<libc::kevent>();
    let fd = kqueue.as_raw_fd();
    // SAFETY: kevent(2) reads `nchanges` entries of struct kevent from `changelist`, writes at
    // most `nevents` entries to `eventlist`, reads one struct timespec from `timeout` unless that
    // is null, and follows no pointer within an entry.
    // - `changes` is borrowed for the call and holds `change_count` entries; `events` is borrowed
    //   exclusively and holds `room` entries or more.
    // - `Change` and `Event` have the size and field offsets of `libc::kevent` and at least its
    //   alignment: the assertions above. All fields are integers, so any bits are valid.
    // - `timeout` is null or points to the local bound above, which lives until the end of the
    //   function.
    let result = unsafe { libc::kevent(fd, change_list, change_count, event_list, room, timeout) };
    returned_count(result)
}

/// kevent(2) without a wait, on one list: each change is replaced by its receipt.
pub(crate) fn kevent_in_place(kqueue: BorrowedFd<'_>, list: &mut [Event]) -> Result<usize, Errno> {
    count();
    let len = Count::try_from(list.len()).map_err(|_too_many| Errno::INVAL)?;
    let timeout = timespec(Duration::ZERO);
    let fd = kqueue.as_raw_fd();
    let entries = list.as_mut_ptr().cast::<libc::kevent>();
    // SAFETY: kevent(2) reads and writes as stated in `kevent` above, and permits that the same
    // array is used for both lists.
    // - `list` is exclusively borrowed for the call and holds `len` entries; both pointers derive
    //   from this one borrow. Layout and validity are those argued in `kevent`.
    // - `timeout` is a local that lives until the end of the function.
    let result = unsafe { libc::kevent(fd, entries, len, entries, len, &raw const timeout) };
    returned_count(result)
}

fn timespec(timeout: Duration) -> libc::timespec {
    let (seconds, nanos) = seconds_and_nanos(timeout, target::WAIT_UNIT);
    libc::timespec {
        tv_sec: seconds.into(),
        tv_nsec: nanos.into(),
    }
}

/// The result of a C call: a count, or the errno it left.
fn returned_count(result: i32) -> Result<usize, Errno> {
    usize::try_from(result).map_err(|_negative| last_errno())
}

fn last_errno() -> Errno {
    // SAFETY: errno(2): the location function returns the address of the calling thread's errno
    // and has no precondition.
    // - it is the function by which this system's own `errno` is defined: target.rs.
    let location = unsafe { target::errno_location() };
    // SAFETY: reading through a pointer needs it to be valid, aligned and initialised.
    // - errno(2): errno is a modifiable lvalue of type int for the life of the thread, which is
    //   the one that runs here; `location` is its address, taken on the line above.
    let code = unsafe { location.read() };
    Errno::from_raw_os_error(code)
}

#[cfg(feature = "count")]
use crate::count::one as count;

#[cfg(not(feature = "count"))]
const fn count() {}
