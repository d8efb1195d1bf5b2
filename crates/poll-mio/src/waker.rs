//! The handle that ends a wait.

use core::fmt;
use std::io;

use poll_api::Token;

use crate::mechanism::Mechanism;
use crate::registry::Registry;

/// Ends a wait of its [`Poll`](crate::Poll) from any thread, with a readable event.
///
/// Wakes merge: those between two waits are one event. A wake is not lost when the waker is dropped
/// before the wait that reports it, and does nothing once the poller is gone.
///
/// On a poller that is awake, or was woken already, a wake is an atomic exchange or two and no
/// system call.
///
/// # Examples
///
#[cfg_attr(feature = "os-poll", doc = "```")]
#[cfg_attr(not(feature = "os-poll"), doc = "```ignore")]
/// use poll_mio::{Events, Poll, Token, Waker};
/// use std::thread;
///
/// let mut poll = Poll::new()?;
/// let mut events = Events::with_capacity(2);
/// let waker = Waker::new(poll.registry(), Token(10))?;
/// let thread = thread::spawn(move || waker.wake());
///
/// poll.poll(&mut events, None)?;
/// let event = events.iter().next().unwrap();
/// assert_eq!(event.token(), Token(10));
/// assert!(event.is_readable());
/// thread.join().unwrap()?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Waker {
    waker: poll_os::engine::Waker<Mechanism>,
    #[cfg(debug_assertions)]
    _claim: crate::home::WakerClaim,
}

impl Waker {
    /// A waker whose events carry `token`.
    ///
    /// A poller has one at a time; share it in an `Arc`. Release builds do not count.
    ///
    /// # Errors
    ///
    /// `EMFILE`, `ENFILE`, `ENOMEM`: no descriptor or no memory is left.
    ///
    /// # Platform notes
    ///
    /// Where eventfd(2) is forbidden, or `EVFILT_USER` does not exist, a pipe takes its place.
    ///
    /// # Panics
    ///
    /// In debug builds, if the poller has a waker already.
    pub fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        #[cfg(debug_assertions)]
        let _claim = registry.home().claim_waker();
        Ok(Self {
            waker: poll_os::engine::Waker::new(registry.engine(), token)?,
            #[cfg(debug_assertions)]
            _claim,
        })
    }

    /// Ends the poller's present wait, or its next one.
    ///
    /// # Errors
    ///
    /// The kernel refused to be rung, for which it has no reason; the wake is still reported by the
    /// next wait that returns.
    #[inline]
    pub fn wake(&self) -> io::Result<()> {
        self.waker.wake()
    }
}

impl fmt::Debug for Waker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.waker.fmt(f)
    }
}
