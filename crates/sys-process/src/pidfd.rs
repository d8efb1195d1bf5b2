//! A process as a descriptor: it cannot be mistaken for another one, and is readable once ended.

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, WaitId, pidfd_open};
use static_assertions::assert_impl_all;

use crate::signal::Signal;
use crate::sys_linux;
use crate::wait::{ChildState, WaitFlags, wait_id};

assert_impl_all!(PidFd: Send, Sync, Unpin);

/// A descriptor of a process, readable once the process has ended.
///
/// It means this process for ever, also after its id was given to another one. Closes on exec.
///
/// # Platform notes
///
/// Linux 5.3; waiting through it, 5.4.
///
/// # Examples
///
/// ```
/// use sys_process::{Pid, PidFd, Signal};
///
/// let mut child = std::process::Command::new("sleep").arg("60").spawn()?;
/// let pid = Pid::from_child(&child);
/// let process = PidFd::open(pid)?;
/// process.send(Signal::TERMINATE)?;
/// assert!(!child.wait()?.success());
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Manual: pidfd_open(2)
#[derive(Debug)]
pub struct PidFd {
    fd: OwnedFd,
}

impl PidFd {
    /// A descriptor of the process `pid`. Cost: one system call.
    ///
    /// It is the process that is meant if the caller knows that nobody has waited for it: for an
    /// own child that is always so, unless `SIGCHLD` is ignored.
    ///
    /// # Errors
    ///
    /// * `ESRCH`: there is no such process.
    /// * `EINVAL`: `pid` is a thread that leads no process.
    /// * `EMFILE`, `ENFILE`: no descriptors are left.
    /// * `ENOSYS`: the kernel is older than 5.3; `EPERM`: a sandbox forbids the call.
    ///
    /// Manual: pidfd_open(2)
    #[doc(alias = "pidfd_open")]
    pub fn open(pid: Pid) -> Result<Self, Errno> {
        pidfd_open(pid, PidfdFlags::empty()).map(|fd| Self { fd })
    }

    /// Sends `signal`. Cost: one system call.
    ///
    /// # Errors
    ///
    /// * `ESRCH`: the process was waited for.
    /// * `EPERM`: it belongs to someone else.
    /// * `EINVAL`: the system has no such signal.
    ///
    /// Manual: pidfd_send_signal(2)
    #[doc(alias = "pidfd_send_signal")]
    pub fn send(&self, signal: Signal) -> Result<(), Errno> {
        sys_linux::pidfd_send_signal(self.fd.as_fd(), signal)
    }

    /// Asks for a change of the process, which must be a child of this one; as
    /// [`wait`](fn@crate::wait).
    ///
    /// # Errors
    ///
    /// As for [`wait`](fn@crate::wait), and `EINVAL` before Linux 5.4.
    ///
    /// Manual: waitid(2)
    #[doc(alias = "waitid")]
    pub fn wait(&self, flags: WaitFlags) -> Result<Option<ChildState>, Errno> {
        wait_id(WaitId::PidFd(self.fd.as_fd()), flags)
    }
}

impl AsFd for PidFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl From<OwnedFd> for PidFd {
    /// A descriptor that came from elsewhere; if it is none of a process, each call says `EBADF`.
    fn from(fd: OwnedFd) -> Self {
        Self { fd }
    }
}

impl From<PidFd> for OwnedFd {
    fn from(pidfd: PidFd) -> Self {
        pidfd.fd
    }
}
