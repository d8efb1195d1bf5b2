//! Sending signals by process id.

use rustix::io::Errno;
use rustix::process::Pid;

use crate::signal::Signal;
use crate::sys;

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
