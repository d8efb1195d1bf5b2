//! Sleeping where the runtime's poller is no descriptor.

use core::time::Duration;
use std::io;

use poll_async::runtime::LocalRuntime;

/// Sleeps in the guest's own wait, which ends when it is to be called, at most for `limit`.
pub(crate) fn sleep(guest: &LocalRuntime, limit: Duration) -> io::Result<()> {
    guest.poll_once(Some(limit)).map(drop)
}
