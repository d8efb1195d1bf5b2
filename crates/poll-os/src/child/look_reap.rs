//! What became of a child, asked of waitpid(2), which cannot leave it as it is.

use std::io;
use std::process::ExitStatus;

use sys_process::{Errno, Pid, reap};

use crate::child::Reaping;

/// How the child ended; `None` while it runs.
pub(crate) fn look(pid: Pid, reaping: Reaping) -> io::Result<Option<ExitStatus>> {
    match reaping {
        Reaping::Leave => Err(Errno::OPNOTSUPP.into()),
        Reaping::Reap => Ok(reap(pid)?),
    }
}
