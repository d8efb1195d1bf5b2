//! The handle that ends a wait, once for every engine.

use core::fmt;
use std::io;
use std::sync::Arc;

use poll_api::{Token, Wake};
use sys_poll::Errno;

use crate::backend::Backend;
use crate::registry::Registry;
use crate::trace::trace;
use crate::wake::Bit;
use crate::wakers::{Handle, Wakers};

/// The handle that ends a wait of its poller from anywhere; clones share one token.
///
/// On a poller that is awake a wake is an atomic exchange or two and no system call; it is
/// reported by the next wait, which then does not block. On a parked poller the first wake is one
/// system call and the others are none. It outlives its poller, and then does nothing.
///
/// [`wake`](Self::wake) takes no lock and allocates nothing: it may be called from a signal
/// handler.
pub struct Waker<B: Backend> {
    // These two stand beside the handle so that a wake follows one pointer.
    wakers: Arc<Wakers<B::Bell>>,
    bit: Bit,
    handle: Arc<Handle<B::Bell>>,
}

impl<B: Backend> Waker<B> {
    /// A new waker, whose events are readable and carry `token`. Two system calls (kqueue: one,
    /// poll(2): none).
    ///
    /// # Errors
    ///
    /// * `ENOSPC` (`StorageFull`): the poller has 61 wakers already (29 on 32-bit systems).
    /// * `EMFILE`, `ENFILE`, `ENOMEM`: no descriptor or no memory is left.
    ///
    /// # Platform notes
    ///
    /// Where eventfd(2) is forbidden, or `EVFILT_USER` does not exist, a pipe takes its place.
    pub fn new(registry: &Registry<B>, token: Token) -> io::Result<Self> {
        let shared = registry.shared();
        let make = |slot| shared.backend.bell(slot, token);
        let claimed = Handle::claim(&shared.wakers, token, make);
        let handle = claimed.unwrap_or_else(|| Err(Errno::NOSPC.into()))?;
        Ok(Self {
            wakers: Arc::clone(&shared.wakers),
            bit: handle.bit(),
            handle: Arc::new(handle),
        })
    }

    /// Ends the poller's present wait, or its next one.
    ///
    /// # Errors
    ///
    /// The kernel refused to be rung, for which it has no reason; the wake is still reported by
    /// the next wait that returns.
    #[inline]
    pub fn wake(&self) -> io::Result<()> {
        trace!("wake");
        self.wakers.wake(self.bit, || self.handle.bell())
    }
}

impl<B: Backend> Wake for Waker<B> {
    type Error = io::Error;

    fn wake(&self) -> io::Result<()> {
        self.wake()
    }
}

impl<B: Backend> Clone for Waker<B> {
    fn clone(&self) -> Self {
        Self {
            wakers: Arc::clone(&self.wakers),
            bit: self.bit,
            handle: Arc::clone(&self.handle),
        }
    }
}

impl<B: Backend> fmt::Debug for Waker<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waker").finish_non_exhaustive()
    }
}
