//! A kqueue for Linux, over epoll, for tests only: what runs in the place of the two system calls
//! where there is no kqueue.
//!
//! It is our reading of the manuals, so it proves the code above it and says nothing of a kernel.
//! The unit tests of this crate use it, and with `--cfg kqueue_emulation` the crates above as well;
//! users of this crate never have it.
//!
//! The descriptor of an emulated kqueue is that of an epoll instance, so it can be polled and
//! nested like a real one. Behind it stands a queue of knotes. Sources are known by their
//! numbers, as for a kernel; pidfd_getfd(2) on this very process turns a number into a descriptor.
//!
//! What differs from the real ones, because Linux does not tell:
//!
//! * Which error a socket has is unknown until the program takes it: `fflags` says `ECONNRESET`.
//! * The room in a send buffer is its whole size, and the length of a listener's queue is one.
//! * A writing end of a pipe whose reader is gone can be watched; FreeBSD and DragonFly say
//!   `EPIPE`, NetBSD `EBADF`.
//! * A kqueue in another one is an edge of that again with whatever is posted to it, also if that
//!   is posted already; kernels may say nothing until it was taken.
//! * A descriptor that is closed while its duplicate comes back under the same number is the same.
//! * A file that has been read to its end says nothing when it grows.
//! * There is no `EVFILT_SIGNAL`, `EVFILT_VNODE` or `EVFILT_AIO`: `EINVAL`.

mod knote;
mod queue;
mod registry;
mod script;
mod watch;

use core::time::Duration;
use std::vec::Vec;

use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::io::Errno;

use crate::{Change, Event};

pub use script::{
    Exits, Profile, ReceiptFlags, Step, Zombies, at_next_change, at_next_wait, event, recorded,
    set_profile,
};

/// A kqueue that is closed on exec.
pub(crate) fn kqueue() -> Result<OwnedFd, Errno> {
    count();
    count();
    registry::create(script::profile())
}

/// kevent(2): makes `changes`, then waits for what fits into `events`.
pub(crate) fn kevent(
    kqueue: BorrowedFd<'_>,
    changes: &[Change<'_>],
    events: &mut [Event],
    timeout: Option<Duration>,
) -> Result<usize, Errno> {
    let changes: Vec<Event> = changes.iter().map(|it| *it.as_event()).collect();
    call(kqueue, &changes, events, timeout)
}

/// kevent(2) without a wait, on one list: each change is replaced by its receipt.
pub(crate) fn kevent_in_place(kqueue: BorrowedFd<'_>, list: &mut [Event]) -> Result<usize, Errno> {
    let changes = list.to_vec();
    call(kqueue, &changes, list, Some(Duration::ZERO))
}

fn call(
    kqueue: BorrowedFd<'_>,
    changes: &[Event],
    events: &mut [Event],
    timeout: Option<Duration>,
) -> Result<usize, Errno> {
    count();
    let queue = registry::find(kqueue)?;
    let step = script::next(changes);
    if let Step::Fail(error) = step {
        return Err(error);
    }
    let refused = match &step {
        Step::Refuse(refused) => refused.as_slice(),
        _ => &[],
    };
    let receipts = queue.apply(kqueue, changes, refused, events)?;
    match step {
        Step::FailAfterChanges(error) => Err(error),
        _ if receipts > 0 => Ok(receipts),
        Step::Report(reports) => Ok(script::report(&reports, events)),
        _ => queue.wait(kqueue, events, timeout),
    }
}

#[cfg(feature = "count")]
use crate::count::one as count;

#[cfg(not(feature = "count"))]
const fn count() {}
