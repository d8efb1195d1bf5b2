//! The waiting half.

use core::fmt;
use core::time::Duration;
use std::io::{Error, ErrorKind, Result};
use std::sync::Arc;

use poll_loop::{Clock, Engine, Instant, Notifications};
use poll_os::Poll;

use crate::event::Notification;
use crate::registrar::Registrar;
use crate::registrations::Registrations;

/// The most notifications of one wait, as in amy.
const NOTIFICATIONS_MAX: usize = 1024;

/// Waits on one thread for what is registered on any; [`poll_loop::Poller`] with amy's methods.
pub struct Poller {
    inner: poll_loop::Poller,
    registrar: Registrar,
    found: Notifications,
}

impl Poller {
    /// A new poller. Dropping it closes what it has opened.
    ///
    /// # Errors
    ///
    /// * The system has no descriptor or memory left.
    /// * `Unsupported`: this system has poll(2) only. There an edge comes again when whoever reads
    ///   asks for it, and amy's interface has no place for that.
    pub fn new() -> Result<Self> {
        if !Poll::CAPABILITIES.edge {
            let text = "amy's interface needs epoll or kqueue: poll(2) has no edges of its own";
            return Err(Error::new(ErrorKind::Unsupported, text));
        }
        let inner = poll_loop::Poller::new()?;
        let registrations = Arc::new(Registrations::default());
        Ok(Self {
            registrar: Registrar::new(inner.registrar().clone(), registrations),
            inner,
            found: Notifications::with_capacity(NOTIFICATIONS_MAX),
        })
    }

    /// The registering half, for any thread.
    #[must_use]
    pub fn get_registrar(&self) -> Registrar {
        self.registrar.clone()
    }

    /// Waits for notifications, for at most so many milliseconds, and returns up to 1024 of them;
    /// none only when the time is over. Zero does not block; [`usize::MAX`] waits for ever.
    ///
    /// Neither a signal nor anything that another thread registers, sets or cancels ends it.
    ///
    /// # Errors
    ///
    /// The engine is broken, or the system has no memory left. Nothing is lost that was found.
    pub fn wait(&mut self, timeout_ms: usize) -> Result<Vec<Notification>> {
        let deadline = match timeout_ms {
            usize::MAX => Instant::MAX,
            _ => self.inner.clock().now().saturating_add(millis(timeout_ms)),
        };
        loop {
            self.inner.wait_until(&mut self.found, deadline)?;
            let told = self.registrar.translate(&self.found);
            // All of it may be for channels and sources that have fallen silent meanwhile.
            if !told.is_empty() || self.found.is_empty() || self.inner.clock().now() >= deadline {
                return Ok(told);
            }
        }
    }
}

impl fmt::Debug for Poller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// No system counts more milliseconds than 64 bits can.
pub(crate) fn millis(ms: usize) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(u64::MAX))
}
