//! Taking the status of one child that has ended, on every Unix.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use rustix::io::Errno;
use rustix::process::{Pid, WaitOptions, waitpid};

/// Reaps the child `pid` if it has ended, and returns how; `None` while it runs.
///
/// Only this child is reaped. Never blocks. Cost: one system call.
///
/// # Errors
///
/// `ECHILD`: `pid` is no child of this process, or was waited for, or `SIGCHLD` is ignored.
///
/// # Examples
///
/// ```
/// use sys_process::{Pid, reap};
///
/// let child = std::process::Command::new("true").spawn()?;
/// let pid = Pid::from_child(&child);
/// let status = loop {
///     if let Some(status) = reap(pid)? {
///         break status;
///     }
/// };
/// assert!(status.success());
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Manual: waitpid(2)
#[doc(alias = "waitpid")]
pub fn reap(pid: Pid) -> Result<Option<ExitStatus>, Errno> {
    let ended = waitpid(Some(pid), WaitOptions::NOHANG)?;
    Ok(ended.map(|(_, status)| ExitStatus::from_raw(status.as_raw())))
}
