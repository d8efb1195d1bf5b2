//! Sending signals by process id.

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

use crate::signal::Signal;
use crate::{sys, target};

/// Sends `signal` to the process `pid`.
///
/// A process id says who is meant only while the process has not been waited for; after that it
/// may belong to another one. On Linux [`PidFd`](crate::PidFd) has no such doubt.
///
/// # Errors
///
/// * `ESRCH`: there is no such process.
/// * `EPERM`: it belongs to someone else.
/// * `EINVAL`: the system has no such signal.
///
/// # Examples
///
/// ```
/// use sys_process::{Signal, kill};
///
/// // Being ignored is the default action of SIGWINCH.
/// kill(rustix::process::getpid(), Signal::WINDOW_CHANGE)?;
/// # Ok::<(), sys_process::Errno>(())
/// ```
///
/// Manual: kill(2)
pub fn kill(pid: Pid, signal: Signal) -> Result<(), Errno> {
    sys::kill(pid, signal)
}

/// Sends `signal` to every process of the process group `group`.
///
/// # Errors
///
/// As for [`kill`]; `EPERM` only if no process of the group may be signalled.
///
/// Manual: killpg(3)
#[doc(alias = "killpg")]
pub fn kill_group(group: Pid, signal: Signal) -> Result<(), Errno> {
    sys::kill_group(group, signal)
}

/// Whether there is certainly no process `pid`: none runs, and none has ended and is still to be
/// waited for. One system call, which sends nothing.
///
/// # Platform notes
///
/// OpenBSD: always false, as kill(2) does not find there what is to be waited for.
///
/// Manual: kill(2)
#[must_use]
pub fn is_gone(pid: Pid) -> bool {
    // EPERM: there is one, and it belongs to someone else.
    target::KILL_FINDS_ENDED && test_kill_process(pid) == Err(Errno::SRCH)
}
