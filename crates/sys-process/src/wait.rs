//! What became of one child.

use core::ops::BitOr;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use rustix::io::Errno;
use rustix::process::{Pid, WaitId, WaitIdOptions, WaitIdStatus, waitid};

/// Which changes [`wait`] asks for, and how.
///
/// Manual: waitid(2)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitFlags(WaitIdOptions);

impl WaitFlags {
    /// Children that have ended.
    #[doc(alias = "WEXITED")]
    pub const EXITED: Self = Self(WaitIdOptions::EXITED);
    /// Children that were stopped by a signal.
    #[doc(alias = "WSTOPPED")]
    pub const STOPPED: Self = Self(WaitIdOptions::STOPPED);
    /// Children that were stopped and continue.
    #[doc(alias = "WCONTINUED")]
    pub const CONTINUED: Self = Self(WaitIdOptions::CONTINUED);
    /// Look and do not block.
    #[doc(alias = "WNOHANG")]
    pub const NO_HANG: Self = Self(WaitIdOptions::NOHANG);
    /// Leave the child as it is: the change can be asked for again, and a child that has ended is
    /// not reaped.
    #[doc(alias = "WNOWAIT")]
    pub const NO_REAP: Self = Self(WaitIdOptions::NOWAIT);
}

impl BitOr for WaitFlags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// What became of a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChildState {
    /// It ended by itself with this code, of which the parent sees eight bits.
    #[doc(alias = "CLD_EXITED")]
    Exited(i32),
    /// A signal ended it.
    #[doc(alias = "CLD_KILLED")]
    Killed(i32),
    /// A signal ended it, and its memory was written to a core file.
    #[doc(alias = "CLD_DUMPED")]
    Dumped(i32),
    /// A signal stopped it.
    #[doc(alias = "CLD_STOPPED")]
    Stopped(i32),
    /// A traced child has trapped.
    #[doc(alias = "CLD_TRAPPED")]
    Trapped(i32),
    /// It was stopped and continues.
    #[doc(alias = "CLD_CONTINUED")]
    Continued,
    /// A code that this crate does not know.
    Other(i32),
}

impl ChildState {
    fn new(status: &WaitIdStatus) -> Self {
        if let Some(code) = status.exit_status() {
            Self::Exited(code)
        } else if let Some(signal) = status.terminating_signal() {
            if status.dumped() {
                Self::Dumped(signal)
            } else {
                Self::Killed(signal)
            }
        } else if let Some(signal) = status.stopping_signal() {
            Self::Stopped(signal)
        } else if let Some(signal) = status.trapping_signal() {
            Self::Trapped(signal)
        } else if status.continued() {
            Self::Continued
        } else {
            Self::Other(status.raw_code())
        }
    }

    /// The standard library's exit status, if the child has ended.
    #[must_use]
    pub fn exit_status(self) -> Option<ExitStatus> {
        // The layout of a wait(2) status, the same on every Unix: the code in bits 8 to 15, the
        // signal in bits 0 to 6, bit 7 for the core file.
        match self {
            Self::Exited(code) => Some(ExitStatus::from_raw((code & 0xFF) << 8)),
            Self::Killed(signal) => Some(ExitStatus::from_raw(signal & 0x7F)),
            Self::Dumped(signal) => Some(ExitStatus::from_raw((signal & 0x7F) | 0x80)),
            _ => None,
        }
    }
}

/// Asks for a change of the child `pid`; `None` if there was none and [`WaitFlags::NO_HANG`] is
/// set.
///
/// Only this child is looked at, and without [`WaitFlags::NO_REAP`] only this one is reaped.
/// Cost: one system call.
///
/// # Errors
///
/// * `ECHILD`: `pid` is no child of this process, or was waited for, or `SIGCHLD` is ignored.
/// * `EINTR`: a signal ended a blocking wait.
/// * `EINVAL`: `flags` names no change.
///
/// # Platform notes
///
/// Not on NetBSD and OpenBSD, where rustix has no complete waitid(2): take the status from kqueue's
/// `NOTE_EXIT`.
///
/// # Examples
///
/// ```
/// use sys_process::{ChildState, Pid, WaitFlags, wait};
///
/// let mut child = std::process::Command::new("true").spawn()?;
/// let pid = Pid::from_child(&child);
/// let state = wait(pid, WaitFlags::EXITED | WaitFlags::NO_REAP)?;
/// assert_eq!(state, Some(ChildState::Exited(0)));
/// // The child is still there for the standard library.
/// assert!(child.wait()?.success());
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Manual: waitid(2)
#[doc(alias = "waitid")]
pub fn wait(pid: Pid, flags: WaitFlags) -> Result<Option<ChildState>, Errno> {
    wait_id(WaitId::Pid(pid), flags)
}

pub(crate) fn wait_id(id: WaitId<'_>, flags: WaitFlags) -> Result<Option<ChildState>, Errno> {
    let status = waitid(id, flags.0)?;
    Ok(status.as_ref().map(ChildState::new))
}

#[cfg(test)]
mod tests {
    use super::ChildState;
    use std::os::unix::process::ExitStatusExt;

    #[test]
    fn an_end_is_an_exit_status_and_a_pause_is_none() {
        for (state, code, signal, core) in [
            (ChildState::Exited(0), Some(0), None, false),
            (ChildState::Exited(1), Some(1), None, false),
            (ChildState::Exited(255), Some(255), None, false),
            (ChildState::Exited(256), Some(0), None, false),
            (ChildState::Exited(-1), Some(255), None, false),
            (ChildState::Killed(9), None, Some(9), false),
            (ChildState::Dumped(6), None, Some(6), true),
        ] {
            let status = state.exit_status().unwrap();
            assert_eq!(status.code(), code, "{state:?}");
            assert_eq!(status.signal(), signal, "{state:?}");
            assert_eq!(status.core_dumped(), core, "{state:?}");
        }
        for state in [
            ChildState::Stopped(19),
            ChildState::Trapped(5),
            ChildState::Continued,
            ChildState::Other(99),
        ] {
            assert!(state.exit_status().is_none(), "{state:?}");
        }
    }
}
