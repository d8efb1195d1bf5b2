//! The set of descriptors that one poll watches.

use core::time::Duration;

use rustix::fd::{BorrowedFd, OwnedFd};
use rustix::io::Errno;

use crate::event::Flags;
use crate::sys::Array;
use crate::timeout::timespec;

/// Descriptors to poll, owned, each with the flags it is polled for.
///
/// A set addresses its descriptors by index: a push appends, a removal moves the last one into
/// the gap.
///
/// # Examples
///
/// ```
/// use core::time::Duration;
/// use sys_poll::{Flags, PollSet, WakePipe};
///
/// let pipe = WakePipe::new()?;
/// let mut set = PollSet::new();
/// set.push(pipe.reader().try_clone_to_owned().expect("a descriptor"), Flags::IN);
/// pipe.wake()?;
/// assert_eq!(set.poll(Some(Duration::from_secs(1)))?, 1);
/// assert!(set.reported(0).contains(Flags::IN));
/// # Ok::<(), sys_poll::Errno>(())
/// ```
///
/// Manual: poll(2)
#[derive(Debug, Default)]
pub struct PollSet {
    array: Array,
}

impl PollSet {
    /// An empty set; allocates nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many descriptors there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.array.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends a descriptor; its index is the length before. May grow the set's two vectors.
    pub fn push(&mut self, fd: OwnedFd, flags: Flags) {
        self.array.push(fd, flags);
    }

    /// The descriptor at `index`.
    ///
    /// # Panics
    ///
    /// If `index` is not below [`len`](Self::len).
    #[must_use]
    pub fn fd(&self, index: usize) -> BorrowedFd<'_> {
        self.array.fd(index)
    }

    /// Replaces the flags that the descriptor at `index` is polled for, and forgets its report.
    ///
    /// # Panics
    ///
    /// If `index` is not below [`len`](Self::len).
    pub fn set_flags(&mut self, index: usize, flags: Flags) {
        self.array.set_flags(index, flags);
    }

    /// Forgets the report of the descriptor at `index`.
    ///
    /// # Panics
    ///
    /// If `index` is not below [`len`](Self::len).
    pub fn clear_report(&mut self, index: usize) {
        self.array.clear_report(index);
    }

    /// Takes out the descriptor at `index`; the last one moves to that index.
    ///
    /// # Panics
    ///
    /// If `index` is not below [`len`](Self::len).
    pub fn swap_remove(&mut self, index: usize) -> OwnedFd {
        self.array.swap_remove(index)
    }

    /// What the last poll reported for the descriptor at `index`; nothing if it failed.
    ///
    /// # Panics
    ///
    /// If `index` is not below [`len`](Self::len).
    #[must_use]
    pub fn reported(&self, index: usize) -> Flags {
        self.array.reported(index)
    }

    /// Waits until a descriptor has something to report, at most for `timeout`, and returns how
    /// many have.
    ///
    /// Zero looks and does not block, none waits for ever. The wait is never shorter than asked,
    /// but for timeouts over 24.8 days, which may return after that time with nothing. One system
    /// call; time proportional to the set.
    ///
    /// # Errors
    ///
    /// * `EINTR`: a signal handler ran. Reports of an earlier poll may still stand: do not read
    ///   them.
    /// * `EINVAL`: the set is larger than the process may have descriptors.
    /// * `ENOMEM`: the kernel has no memory left.
    ///
    /// # Platform notes
    ///
    /// Without ppoll(2) the timeout is rounded up to whole milliseconds.
    ///
    /// Manual: poll(2)
    #[doc(alias = "ppoll")]
    pub fn poll(&mut self, timeout: Option<Duration>) -> Result<usize, Errno> {
        self.array.poll(timespec(timeout).as_ref())
    }
}

static_assertions::assert_impl_all!(PollSet: Send, Sync);
