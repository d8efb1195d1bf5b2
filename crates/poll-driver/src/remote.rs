//! The handle to a driver that other threads have.

use core::fmt;
use std::sync::Arc;

use poll_api::{Instant, Wake};

use crate::error::PostError;
use crate::mailbox::Mailbox;

/// The handle to a driver for other threads: it posts messages, and wakes the loop only if it has
/// to. Cheap to clone; it outlives its driver, and then posts nothing.
pub struct Remote<M, W: Wake> {
    mailbox: Arc<Mailbox<M, W>>,
}

impl<M, W: Wake> Remote<M, W> {
    pub(crate) const fn new(mailbox: Arc<Mailbox<M, W>>) -> Self {
        Self { mailbox }
    }

    /// Queues `message` for the loop, in order, and wakes the loop if it would otherwise sleep
    /// until later than `before`.
    ///
    /// A timer's message says its deadline, one that can wait for the next turn
    /// [`Instant::MAX`], one that cannot [`Instant::START`]. The instants are those of the
    /// driver's clock. Each 1024th message that waits wakes the loop whatever it says, so that the
    /// queue does not grow for as long as the loop sleeps.
    ///
    /// Locks a mutex and, now and then, grows a queue. A system call is made only if the loop
    /// sleeps, for too long, and nobody has woken it yet.
    ///
    /// # Errors
    ///
    /// * [`PostError::Closed`]: the driver is gone; the message comes back.
    /// * [`PostError::Unwoken`]: the system refused to wake the loop; the message is queued.
    pub fn post(&self, message: M, before: Instant) -> Result<(), PostError<M, W::Error>> {
        self.mailbox.post(message, before)
    }

    /// Whether the driver is gone, so that messages are refused. Locks a mutex.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.mailbox.is_closed()
    }

    /// Ends the driver's present turn, or its next one.
    ///
    /// # Errors
    ///
    /// As [`Wake::wake`].
    pub fn wake(&self) -> Result<(), W::Error> {
        self.mailbox.wake().wake()
    }
}

impl<M, W: Wake> Clone for Remote<M, W> {
    fn clone(&self) -> Self {
        let mailbox = Arc::clone(&self.mailbox);
        Self { mailbox }
    }
}

impl<M, W: Wake> fmt::Debug for Remote<M, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").finish_non_exhaustive()
    }
}
