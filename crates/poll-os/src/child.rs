//! The end of a child process as a source.

use core::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::process::{Child, ExitStatus};
use std::sync::OnceLock;

use sys_process::{Errno, Pid};

use crate::child_watch::Watch;

/// The end of one child process as a source: readable once the child has ended, also if that was
/// before.
///
/// Nothing is taken away from anyone: the child is not reaped, so that [`Child::wait`] works as
/// ever, and no other child is touched. A program that ignores `SIGCHLD` has no children to look
/// at, as the system reaps them itself: [`try_status`](Self::try_status) then says `ECHILD`.
///
/// Register it with [`Interest::READABLE`](crate::Interest::READABLE). It stays readable until
/// [`try_status`](Self::try_status) has told the end, and may be readable before it, above all
/// where it shares the signal `SIGCHLD` with other children (see below): `try_status` has the last
/// word, and after a `None` of its there is another edge. With the poll(2) engine and
/// [`Trigger::Edge`](crate::Trigger::Edge), call [`Registered::rearm`](crate::Registered::rearm)
/// after it.
///
/// # Platform notes
///
/// * Linux 5.4: a pidfd. macOS and the BSDs: a kqueue of its own.
/// * Where a sandbox forbids pidfds, and on Android and illumos: `SIGCHLD`, as
///   [`Signals`](crate::Signals) takes it.
/// * NetBSD, OpenBSD: if the child ended before the source was made, the source is readable, but
///   `try_status` says `EOPNOTSUPP`, and only waiting or [`try_reap`](Self::try_reap) tells more.
///
/// # Examples
///
/// ```
/// use poll_os::{ChildExit, Events, Interest, Poll, Token, Trigger};
///
/// let mut child = std::process::Command::new("true").spawn()?;
/// let exit = ChildExit::new(&child)?;
///
/// let mut poll = Poll::new()?;
/// let mut events = Events::with_capacity(8);
/// poll.registry().register(&exit, Token(1), Interest::READABLE, Trigger::Level)?;
/// let status = loop {
///     poll.wait(&mut events, None)?;
///     if let Some(status) = exit.try_status()? {
///         break status;
///     }
/// };
/// assert!(status.success());
/// assert_eq!(child.wait()?, status);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct ChildExit {
    watch: Watch,
    id: u32,
    /// The first answer, which holds for ever, also when the child has been reaped.
    status: OnceLock<ExitStatus>,
}

/// Whether a child that has ended is left for others to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reaping {
    Leave,
    Reap,
}

impl ChildExit {
    /// A source for the end of `child`. Two system calls (kqueue: four or five;
    /// `SIGCHLD`: up to six).
    ///
    /// # Errors
    ///
    /// * `ECHILD`: `child` was waited for, or `SIGCHLD` is ignored.
    /// * `EMFILE`, `ENFILE`: no descriptors are left.
    ///
    /// Manual: pidfd_open(2), sigaction(2), waitid(2)
    pub fn new(child: &Child) -> io::Result<Self> {
        Self::from_id(child.id())
    }

    /// A source for the end of the child with this process id.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new); `ECHILD` also if the process is none of this process's children.
    ///
    /// # Platform notes
    ///
    /// NetBSD, OpenBSD: a stranger is not told from a child here, only by
    /// [`try_reap`](Self::try_reap), or by `EACCES` if it belongs to someone else. OpenBSD does not
    /// tell either that a child was waited for already: the source is readable.
    ///
    /// Manual: pidfd_open(2), sigaction(2), waitid(2)
    pub fn from_id(id: u32) -> io::Result<Self> {
        Ok(Self {
            watch: Watch::new(id)?,
            id,
            status: OnceLock::new(),
        })
    }

    /// The process id of the child.
    #[must_use]
    pub const fn id(&self) -> u32 {
        self.id
    }

    /// How the child ended; `None` while it runs. Never blocks, never reaps.
    ///
    /// One system call until it has ended, none afterwards. While it runs, a kqueue takes one more,
    /// and a third if the kernel noted the end before it can be waited for; `SIGCHLD`: up to four.
    ///
    /// # Errors
    ///
    /// * `ECHILD`: someone has waited for the child before this source was asked.
    /// * `EOPNOTSUPP` (NetBSD, OpenBSD): the child ended before this source was made.
    ///
    /// # Platform notes
    ///
    /// NetBSD, OpenBSD: a source that was made in time knows the end also after someone has waited.
    ///
    /// Manual: waitid(2)
    pub fn try_status(&self) -> io::Result<Option<ExitStatus>> {
        if let Some(status) = self.status.get() {
            return Ok(Some(*status));
        }
        self.ask(Reaping::Leave)
    }

    /// As [`try_status`](Self::try_status), and reaps the child once it has ended: for children
    /// that nobody else waits for. Nobody can wait for it afterwards.
    ///
    /// Reaped or not, the status stays known here.
    ///
    /// # Errors
    ///
    /// `ECHILD`: someone has waited for the child already; a second call says so too.
    ///
    /// Manual: waitid(2)
    pub fn try_reap(&self) -> io::Result<Option<ExitStatus>> {
        self.ask(Reaping::Reap)
    }

    fn ask(&self, reaping: Reaping) -> io::Result<Option<ExitStatus>> {
        let status = self.watch.status(reaping)?;
        Ok(status.map(|status| *self.status.get_or_init(|| status)))
    }
}

impl AsFd for ChildExit {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.watch.as_fd()
    }
}

impl fmt::Debug for ChildExit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChildExit")
            .field("id", &self.id)
            .field("status", &self.status.get())
            .finish_non_exhaustive()
    }
}

/// The process id, which is no child's if it is zero or out of range.
pub(crate) fn pid(id: u32) -> io::Result<Pid> {
    let pid = i32::try_from(id).ok().and_then(Pid::from_raw);
    Ok(pid.ok_or(Errno::CHILD)?)
}
