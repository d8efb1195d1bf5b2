//! Sleeping where the runtime's poller is a descriptor.

use core::time::Duration;
use std::io;

use poll_async::runtime::LocalRuntime;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Sleeps in poll(2) until the guest is to be called, at most for `limit`: here a game has its
/// window and its devices, too.
pub(crate) fn sleep(guest: &LocalRuntime, limit: Duration) -> io::Result<()> {
    let mut watched = [PollFd::new(guest, PollFlags::IN)];
    let limit = Timespec::try_from(limit).map_err(io::Error::other)?;
    match poll(&mut watched, Some(&limit)) {
        // After a signal, the loop looks at its clock and comes again.
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
