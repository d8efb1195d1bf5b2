//! The end of a child as a pidfd, or announced where there is none: Linux.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::process::ExitStatus;

use sys_process::{ChildState, Errno, PidFd};

use crate::child::{Reaping, pid};
use crate::child_announced as announced;
use crate::child_look::flags;

/// A descriptor of the child, or what stands in for it.
pub(crate) enum Watch {
    Process(PidFd),
    Announced(announced::Watch),
}

impl Watch {
    pub(crate) fn new(id: u32) -> io::Result<Self> {
        match PidFd::open(pid(id)?).and_then(a_child_only) {
            Ok(process) => Ok(Self::Process(process)),
            Err(error) if is_refused(error) => Ok(Self::Announced(announced::Watch::new(id)?)),
            // There is no such process, so it is no child either.
            Err(Errno::SRCH) => Err(Errno::CHILD.into()),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) fn status(&self, reaping: Reaping) -> io::Result<Option<ExitStatus>> {
        match self {
            Self::Process(process) => {
                let state = process.wait(flags(reaping))?;
                Ok(state.and_then(ChildState::exit_status))
            }
            Self::Announced(watch) => watch.status(reaping),
        }
    }
}

/// Every process has a pidfd; only a child can be asked for its end.
fn a_child_only(process: PidFd) -> Result<PidFd, Errno> {
    process.wait(flags(Reaping::Leave)).map(|_| process)
}

/// Whether a call does not exist or is forbidden, which none of these errors says otherwise.
///
/// `EINVAL`: Linux 5.3 has pidfds and cannot wait for them.
fn is_refused(error: Errno) -> bool {
    matches!(error, Errno::NOSYS | Errno::PERM | Errno::INVAL)
}

impl AsFd for Watch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Process(process) => process.as_fd(),
            Self::Announced(watch) => watch.as_fd(),
        }
    }
}
