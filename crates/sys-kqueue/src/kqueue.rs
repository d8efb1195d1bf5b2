//! Registration and waiting.

use core::fmt;
use core::time::Duration;

use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;

use crate::sys;
use crate::{Change, Event};

/// A kqueue.
///
/// All methods take `&self`: the kernel serialises them, and any thread may register while
/// another one waits. The kqueue is itself a source that other pollers can watch.
///
/// # Examples
///
/// ```
/// # #[cfg(any(target_vendor = "apple", target_os = "freebsd", target_os = "netbsd",
/// #     target_os = "openbsd", target_os = "dragonfly"))]
/// # fn main() -> Result<(), sys_kqueue::Errno> {
/// use core::time::Duration;
/// use sys_kqueue::{Event, Kqueue, UserEvent};
///
/// let kqueue = Kqueue::new()?;
/// let bell = UserEvent::new(0, 7);
/// bell.register(&kqueue)?;
/// bell.trigger(&kqueue)?;
///
/// let mut events = [Event::default(); 8];
/// let count = kqueue.wait(&mut events, Some(Duration::from_secs(1)))?;
/// assert_eq!((count, events[0].udata()), (1, 7));
/// # Ok(())
/// # }
/// # #[cfg(not(any(target_vendor = "apple", target_os = "freebsd", target_os = "netbsd",
/// #     target_os = "openbsd", target_os = "dragonfly")))]
/// # fn main() {}
/// ```
///
/// Manual: kqueue(2)
pub struct Kqueue {
    fd: OwnedFd,
}

impl Kqueue {
    /// A new kqueue, close-on-exec. Two system calls.
    ///
    /// Between the two, the descriptor is not yet close-on-exec. A process that another thread
    /// forks at that moment does not inherit it, as kqueues are never inherited; only another
    /// thread that replaces this very process by exec, without a fork, takes it along.
    ///
    /// # Errors
    ///
    /// * `EMFILE`, `ENFILE`: the process or the system has no descriptor left.
    /// * `ENOMEM`: the kernel has no memory left, or the user no kqueue (FreeBSD).
    ///
    /// Manual: kqueue(2)
    #[doc(alias = "kqueue")]
    pub fn new() -> Result<Self, Errno> {
        sys::kqueue().map(|fd| Self { fd })
    }

    /// Makes changes, each of which is answered by a receipt at the same place of `receipts`, and
    /// returns the number of receipts. Nothing is waited for and no event is taken.
    ///
    /// A change that fails does not keep the others from being made:
    /// [`Event::receipt`] tells them apart. The changes are copied into `receipts`, with
    /// [`Flags::RECEIPT`](crate::Flags::RECEIPT) set. One system call.
    ///
    /// # Errors
    ///
    /// * `EINVAL`: `receipts` is shorter than `changes`, and nothing was changed.
    /// * `EINTR`: a signal handler ran; the changes were made.
    /// * `ENOMEM`: the kernel has no memory left.
    ///
    /// In a receipt:
    ///
    /// * `ENOENT`: what shall be changed or deleted is not registered.
    /// * `EBADF`: the descriptor is not open.
    /// * `EINVAL`: the kernel does not know the filter, or the filter does not take this kind of
    ///   file or these values.
    /// * `ESRCH`: there is no such process.
    /// * `EPERM`, `EACCES`: the process may not be watched.
    /// * `EPIPE`: the other end of the pipe is closed (FreeBSD, DragonFly, older systems of
    ///   Apple's; NetBSD says `EBADF`).
    /// * `ENOMEM`: the kernel has no memory left.
    ///
    /// Manual: kevent(2)
    #[doc(alias = "kevent")]
    #[doc(alias = "EV_RECEIPT")]
    pub fn apply(&self, changes: &[Change<'_>], receipts: &mut [Event]) -> Result<usize, Errno> {
        let list = receipts.get_mut(..changes.len()).ok_or(Errno::INVAL)?;
        for (entry, change) in list.iter_mut().zip(changes) {
            *entry = change.with_receipt();
        }
        sys::kevent_in_place(self.fd.as_fd(), list)
    }

    /// Makes one change. One system call.
    ///
    /// # Errors
    ///
    /// As for [`apply`](Self::apply), those of a receipt included.
    ///
    /// Manual: kevent(2)
    pub fn apply_one(&self, change: &Change<'_>) -> Result<(), Errno> {
        let mut list = [change.with_receipt()];
        sys::kevent_in_place(self.fd.as_fd(), &mut list)?;
        let [receipt] = list;
        // What is not a receipt says nothing against the change.
        receipt.receipt().unwrap_or(Ok(()))
    }

    /// Waits for events, at most for `timeout`, and returns how many were put at the start of
    /// `events`.
    ///
    /// Zero looks and does not block, none waits for ever. The wait is never shorter than asked,
    /// but for timeouts over 100 000 000 seconds (three years), which may return after that time
    /// with nothing. With no room in `events` it returns at once.
    ///
    /// The filters of a descriptor report apart: one that can be read and written gives two
    /// events. One system call.
    ///
    /// # Errors
    ///
    /// * `EINTR`: a signal handler ran, or the process was stopped and continued.
    ///
    /// # Platform notes
    ///
    /// The timeout has nanoseconds; how exact it is is up to the kernel, which rounds up. Apple's
    /// older kernels cut it to microseconds, so there it is rounded up to those before.
    ///
    /// Manual: kevent(2)
    #[doc(alias = "kevent")]
    #[inline]
    pub fn wait(&self, events: &mut [Event], timeout: Option<Duration>) -> Result<usize, Errno> {
        sys::kevent(self.fd.as_fd(), &[], events, timeout)
    }

    /// Makes changes and then waits as [`wait`](Self::wait) does, in one system call.
    ///
    /// A change that fails, or that has [`Flags::RECEIPT`](crate::Flags::RECEIPT), puts a receipt
    /// into `events`; if there is any, the call returns with receipts only and does not wait.
    ///
    /// # Errors
    ///
    /// * `EINTR`: as for [`wait`](Self::wait); the changes were made.
    /// * `EINVAL`: there are more changes than the kernel counts.
    /// * What a receipt would say (see [`apply`](Self::apply)), where `events` has no room for
    ///   one: the changes before that one were made and those after it were not.
    ///
    /// Manual: kevent(2)
    #[doc(alias = "kevent")]
    pub fn apply_and_wait(
        &self,
        changes: &[Change<'_>],
        events: &mut [Event],
        timeout: Option<Duration>,
    ) -> Result<usize, Errno> {
        sys::kevent(self.fd.as_fd(), changes, events, timeout)
    }
}

impl AsFd for Kqueue {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl From<OwnedFd> for Kqueue {
    /// Takes a descriptor for a kqueue; if it is not one, its methods return `EBADF`.
    fn from(fd: OwnedFd) -> Self {
        Self { fd }
    }
}

impl From<Kqueue> for OwnedFd {
    fn from(kqueue: Kqueue) -> Self {
        kqueue.fd
    }
}

impl fmt::Debug for Kqueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kqueue")
            .field("fd", &self.fd.as_raw_fd())
            .finish()
    }
}

static_assertions::assert_impl_all!(Kqueue: Send, Sync);

#[cfg(test)]
mod tests {
    use super::Kqueue;
    use crate::{Change, Event, Filter, Flags, UserNotes};
    use core::time::Duration;
    use rustix::io::Errno;

    const NOW: Option<Duration> = Some(Duration::ZERO);

    fn add(ident: usize) -> Change<'static> {
        Change::user(ident, UserNotes::EMPTY, Flags::ADD | Flags::CLEAR, 9)
    }

    #[test]
    fn each_change_has_its_receipt_at_its_place() {
        let kqueue = Kqueue::new().unwrap();
        let missing = Change::user(2, UserNotes::EMPTY, Flags::DELETE, 0);
        let mut receipts = [Event::default(); 4];
        let changes = [add(1), missing, add(3)];
        assert_eq!(kqueue.apply(&changes, &mut receipts), Ok(3));
        let results = receipts.map(|it| it.receipt());
        let expected = [Some(Ok(())), Some(Err(Errno::NOENT)), Some(Ok(())), None];
        assert_eq!(results, expected);
    }

    #[test]
    fn too_few_receipts_are_refused_before_anything_is_changed() {
        let kqueue = Kqueue::new().unwrap();
        let mut receipts = [Event::default(); 1];
        let changes = [add(1), add(2)];
        assert_eq!(kqueue.apply(&changes, &mut receipts), Err(Errno::INVAL));
        let delete = Change::user(1, UserNotes::EMPTY, Flags::DELETE, 0);
        assert_eq!(kqueue.apply_one(&delete), Err(Errno::NOENT));
        assert_eq!(kqueue.apply(&[], &mut []), Ok(0));
    }

    #[test]
    fn applying_takes_no_event() {
        let kqueue = Kqueue::new().unwrap();
        kqueue.apply_one(&add(1)).unwrap();
        let trigger = Change::user(1, UserNotes::TRIGGER, Flags::EMPTY, 9);
        kqueue.apply_one(&trigger).unwrap();
        let mut receipts = [Event::default(); 4];
        assert_eq!(kqueue.apply(&[add(2)], &mut receipts), Ok(1));
        assert_eq!(receipts[0].receipt(), Some(Ok(())));
        let mut events = [Event::default(); 4];
        assert_eq!(kqueue.wait(&mut events, NOW), Ok(1));
        let event = events[0];
        assert_eq!((event.filter(), event.ident()), (Filter::USER, 1));
    }

    #[test]
    fn a_failed_change_is_a_receipt_among_the_events_or_the_error_without_room() {
        let kqueue = Kqueue::new().unwrap();
        let missing = [Change::user(2, UserNotes::EMPTY, Flags::DELETE, 0)];
        let mut events = [Event::default(); 2];
        assert_eq!(kqueue.apply_and_wait(&missing, &mut events, NOW), Ok(1));
        assert_eq!(events[0].receipt(), Some(Err(Errno::NOENT)));
        let result = kqueue.apply_and_wait(&missing, &mut [], NOW);
        assert_eq!(result, Err(Errno::NOENT));
    }
}
