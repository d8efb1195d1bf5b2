//! The epoll instance.

use core::fmt;
use core::time::Duration;

use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;

use crate::event::{Event, Flags};
use crate::timeout::{Timeout, millis_rounded_up};
use crate::{BusyPoll, sys};

/// An epoll instance.
///
/// All methods take `&self`: the kernel serialises them, and any thread may register while
/// another one waits. The instance is itself a source that other pollers can watch.
///
/// # Examples
///
/// ```
/// use core::time::Duration;
/// use sys_epoll::{Epoll, Event, EventFd, Flags};
///
/// let epoll = Epoll::new()?;
/// let bell = EventFd::new()?;
/// epoll.add(&bell, Flags::IN | Flags::ET, 7)?;
/// bell.write(1)?;
///
/// let mut events = [Event::default(); 8];
/// let count = epoll.wait(&mut events, Some(Duration::from_secs(1)))?;
/// assert_eq!((count, events[0].data()), (1, 7));
/// # Ok::<(), sys_epoll::Errno>(())
/// ```
///
/// Manual: epoll(7)
pub struct Epoll {
    fd: OwnedFd,
}

impl Epoll {
    /// A new instance, close-on-exec.
    ///
    /// # Errors
    ///
    /// * `EMFILE`, `ENFILE`: the process or the system has no descriptor left.
    /// * `ENOMEM`: the kernel has no memory left.
    ///
    /// Manual: epoll_create1(2)
    #[doc(alias = "epoll_create1")]
    pub fn new() -> Result<Self, Errno> {
        sys::epoll_create1().map(|fd| Self { fd })
    }

    /// Registers `source`, level-triggered unless `flags` say otherwise.
    ///
    /// The source is borrowed for the call only; see the crate documentation for what follows
    /// from that. One system call.
    ///
    /// # Errors
    ///
    /// * `EEXIST`: the descriptor is registered already.
    /// * `EPERM`: the file cannot be polled, as regular files and directories.
    /// * `EINVAL`: the source is this instance, or `flags` has `EXCLUSIVE` beside a flag it
    ///   excludes.
    /// * `ELOOP`: instances would watch each other in a circle or more than five deep.
    /// * `ENOMEM`: the kernel has no memory left.
    /// * `ENOSPC`: the user's limit of registrations, `max_user_watches`, is reached.
    ///
    /// Manual: epoll_ctl(2)
    #[doc(alias = "epoll_ctl")]
    #[doc(alias = "EPOLL_CTL_ADD")]
    pub fn add(&self, source: impl AsFd, flags: Flags, data: u64) -> Result<(), Errno> {
        sys::epoll_ctl_add(self.fd.as_fd(), source.as_fd(), flags, data)
    }

    /// Registers `source` so that of all instances that watch it this way one or a few are woken
    /// for an event instead of all.
    ///
    /// The registration can be deleted and not modified. Only `IN`, `OUT`, `ERR`, `HUP`, `WAKEUP`
    /// and `ET` go with it. One system call.
    ///
    /// # Errors
    ///
    /// As for [`add`](Self::add); `EINVAL` also for a flag that does not go with it (`RDHUP` and
    /// `ONESHOT` among them) and for a source that is an epoll instance.
    ///
    /// # Platform notes
    ///
    /// Linux 4.5.
    ///
    /// Manual: epoll_ctl(2)
    #[doc(alias = "EPOLLEXCLUSIVE")]
    pub fn add_exclusive(&self, source: impl AsFd, flags: Flags, data: u64) -> Result<(), Errno> {
        self.add(source, flags | Flags::EXCLUSIVE, data)
    }

    /// Replaces flags and data of a registration and looks at its readiness anew, so that an
    /// edge is reported again. One system call.
    ///
    /// # Errors
    ///
    /// * `ENOENT`: the source is not registered.
    /// * `EINVAL`: the registration is exclusive, or would become so.
    /// * `ENOMEM`: the kernel has no memory left.
    ///
    /// Manual: epoll_ctl(2)
    #[doc(alias = "EPOLL_CTL_MOD")]
    pub fn modify(&self, source: impl AsFd, flags: Flags, data: u64) -> Result<(), Errno> {
        sys::epoll_ctl_mod(self.fd.as_fd(), source.as_fd(), flags, data)
    }

    /// Ends a registration. One system call.
    ///
    /// An event that another thread is harvesting at this moment may still be returned to it.
    ///
    /// # Errors
    ///
    /// * `ENOENT`: the source is not registered.
    ///
    /// Manual: epoll_ctl(2)
    #[doc(alias = "EPOLL_CTL_DEL")]
    pub fn delete(&self, source: impl AsFd) -> Result<(), Errno> {
        sys::epoll_ctl_del(self.fd.as_fd(), source.as_fd())
    }

    /// Waits for events, at most for `timeout`, and returns how many were put at the start of
    /// `events`.
    ///
    /// Zero looks and does not block, none waits for ever. The wait is never shorter than asked,
    /// but for timeouts over 24.8 days on a kernel without epoll_pwait2(2), which may return
    /// after that time with nothing.
    ///
    /// One system call, of the cheapest kind that can express the timeout: epoll_wait(2) for
    /// whole milliseconds, else epoll_pwait2(2) and, the first time that one turns out to be
    /// missing, both.
    ///
    /// # Errors
    ///
    /// * `EINTR`: a signal handler ran, or the process was stopped and continued.
    /// * `EINVAL`: `events` is empty.
    ///
    /// # Platform notes
    ///
    /// Without epoll_pwait2(2) (before Linux 5.11, or forbidden) the timeout is rounded up to
    /// whole milliseconds. The kernel adds the thread's timer slack, 50 µs by default.
    ///
    /// Manual: epoll_wait(2)
    #[doc(alias = "epoll_wait")]
    #[doc(alias = "epoll_pwait2")]
    #[inline]
    pub fn wait(&self, events: &mut [Event], timeout: Option<Duration>) -> Result<usize, Errno> {
        match Timeout::new(timeout) {
            Timeout::Millis(millis) => sys::epoll_wait(self.fd.as_fd(), events, millis),
            Timeout::Precise(timeout) => sys::epoll_pwait2(self.fd.as_fd(), events, timeout),
        }
    }

    /// Whether waits are exact to the nanosecond, as far as this process knows: true until one was
    /// refused epoll_pwait2(2), and false from then on. No system call.
    #[must_use]
    pub fn nanosecond_waits() -> bool {
        sys::has_epoll_pwait2()
    }

    /// Waits as [`wait`](Self::wait) does, with the thread's signal mask replaced by `mask` for
    /// as long as the wait lasts. The timeout is rounded up to whole milliseconds, at most 24.8
    /// days. One system call.
    ///
    /// # Errors
    ///
    /// As for [`wait`](Self::wait).
    ///
    /// Manual: epoll_pwait(2)
    #[doc(alias = "epoll_pwait")]
    pub fn wait_masked(
        &self,
        events: &mut [Event],
        timeout: Option<Duration>,
        mask: &libc::sigset_t,
    ) -> Result<usize, Errno> {
        let millis = timeout.map_or(-1, millis_rounded_up);
        sys::epoll_pwait(self.fd.as_fd(), events, millis, mask)
    }

    /// The busy-poll parameters. One system call.
    ///
    /// # Errors
    ///
    /// * `ENOTTY`, `EINVAL`: the kernel does not have them.
    ///
    /// # Platform notes
    ///
    /// Linux 6.9.
    ///
    /// Manual: ioctl_eventpoll(2)
    #[doc(alias = "EPIOCGPARAMS")]
    pub fn busy_poll(&self) -> Result<BusyPoll, Errno> {
        sys::busy_poll(self.fd.as_fd())
    }

    /// Sets the busy-poll parameters. One system call.
    ///
    /// # Errors
    ///
    /// * `EINVAL`: a parameter is out of its range.
    /// * `EPERM`: the budget is above 64 without `CAP_NET_ADMIN`.
    /// * `ENOTTY`, `EINVAL`, `EOPNOTSUPP`: the kernel does not have them.
    ///
    /// # Platform notes
    ///
    /// Linux 6.9.
    ///
    /// Manual: ioctl_eventpoll(2)
    #[doc(alias = "EPIOCSPARAMS")]
    pub fn set_busy_poll(&self, parameters: BusyPoll) -> Result<(), Errno> {
        sys::set_busy_poll(self.fd.as_fd(), parameters)
    }
}

impl AsFd for Epoll {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl From<OwnedFd> for Epoll {
    /// Takes a descriptor for an epoll instance; if it is not one, its methods return `EINVAL`.
    fn from(fd: OwnedFd) -> Self {
        Self { fd }
    }
}

impl From<Epoll> for OwnedFd {
    fn from(epoll: Epoll) -> Self {
        epoll.fd
    }
}

impl fmt::Debug for Epoll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Epoll")
            .field("fd", &self.fd.as_raw_fd())
            .finish()
    }
}

static_assertions::assert_impl_all!(Epoll: Send, Sync);
