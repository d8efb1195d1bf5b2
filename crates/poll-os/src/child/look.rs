//! What became of a child, asked of waitid(2), which can leave it as it is.

use std::io;
use std::process::ExitStatus;

use sys_process::{ChildState, Pid, WaitFlags, wait};

use crate::child::Reaping;

/// How the child ended; `None` while it runs.
pub(crate) fn look(pid: Pid, reaping: Reaping) -> io::Result<Option<ExitStatus>> {
    let state = wait(pid, flags(reaping))?;
    Ok(state.and_then(ChildState::exit_status))
}

/// The flags of a question that never blocks.
pub(crate) fn flags(reaping: Reaping) -> WaitFlags {
    let look = WaitFlags::EXITED | WaitFlags::NO_HANG;
    match reaping {
        Reaping::Leave => look | WaitFlags::NO_REAP,
        Reaping::Reap => look,
    }
}
