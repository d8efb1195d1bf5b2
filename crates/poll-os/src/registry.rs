//! The registering half, once for every engine.

use core::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use poll_api::{Interest, Register, Token, Trigger};
use sys_poll::Errno;

use crate::backend::{Backend, Nestable};
use crate::change::{Change, Operation};
use crate::trace::trace;
use crate::wakers::Wakers;

/// The registering half of a poller: cheap to clone, usable from any thread at any time.
///
/// Each method borrows its source for the call only. A source that is closed while registered
/// stays registered as long as a duplicate of it is open, and reports under its old token (on
/// poll(2), which keeps a duplicate, until it is deregistered; on kqueue its registration ends):
/// deregister before closing, or let [`Registered`](poll_api::Registered) do it.
pub struct Registry<B: Backend> {
    shared: Arc<Shared<B>>,
}

/// What the two halves of a poller share.
#[derive(Debug)]
pub(crate) struct Shared<B: Backend> {
    pub(crate) backend: B,
    // Apart, so that a waker keeps neither the mechanism nor its descriptor alive.
    pub(crate) wakers: Arc<Wakers<B::Bell>>,
}

/// Whether a registration failed because its source never blocks, as a regular file: `EPERM`, for
/// which there is nothing to wait. `EACCES`, of the same [`ErrorKind`](io::ErrorKind), is not it.
#[must_use]
pub fn never_blocks(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::PERM.raw_os_error())
}

impl<B: Backend> Registry<B> {
    pub(crate) const fn new(shared: Arc<Shared<B>>) -> Self {
        Self { shared }
    }

    pub(crate) fn shared(&self) -> &Shared<B> {
        &self.shared
    }

    /// Starts to watch `source`. One system call (poll(2): two).
    ///
    /// # Errors
    ///
    /// * `EEXIST` (`AlreadyExists`): the source is registered already. kqueue cannot tell and
    ///   replaces the registration.
    /// * `EPERM` (`PermissionDenied`): it cannot be waited for, as regular files and directories:
    ///   [`never_blocks`]. kqueue accepts them.
    /// * `EOPNOTSUPP` (`Unsupported`): the engine cannot watch for this interest.
    /// * `EPIPE` (`BrokenPipe`): it is the writing end of a pipe without a reader (kqueue on some
    ///   systems; elsewhere that is reported).
    /// * `EINVAL`, `ELOOP`: it is this poller, or pollers would watch each other in a circle.
    /// * `ENOMEM`, `ENOSPC`, `EMFILE`: no memory or no descriptor, or the user's limit of
    ///   registrations is reached.
    ///
    /// Manual: epoll_ctl(2), kevent(2), poll(2)
    #[inline]
    pub fn register<S: AsFd + ?Sized>(
        &self,
        source: &S,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> io::Result<()> {
        self.change(source, Operation::Register(token, interest, trigger))
    }

    /// Replaces token, interest and trigger, and reports the present readiness again. One system
    /// call (poll(2): none).
    ///
    /// # Errors
    ///
    /// * `ENOENT` (`NotFound`): the source is not registered. kqueue cannot tell and registers it.
    /// * `EPIPE` (`BrokenPipe`): as for [`register`](Self::register).
    /// * `EOPNOTSUPP` (`Unsupported`): the engine cannot watch for this interest.
    /// * `EINVAL`: it is an exclusive registration of epoll.
    /// * `ENOMEM`: the kernel has no memory left.
    ///
    /// Manual: epoll_ctl(2), kevent(2), poll(2)
    #[inline]
    pub fn modify<S: AsFd + ?Sized>(
        &self,
        source: &S,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> io::Result<()> {
        self.change(source, Operation::Modify(token, interest, trigger))
    }

    /// Stops watching `source`. One system call (poll(2): none but the closing of its duplicate).
    ///
    /// # Errors
    ///
    /// * `ENOENT` (`NotFound`): the source is not registered.
    ///
    /// Manual: epoll_ctl(2), kevent(2), poll(2)
    #[inline]
    pub fn deregister<S: AsFd + ?Sized>(&self, source: &S) -> io::Result<()> {
        self.change(source, Operation::Deregister)
    }

    /// Applies a batch, in order, and returns how many of its entries failed; each entry has its
    /// result. One system call for the batch on kqueue, as many as for single calls elsewhere.
    pub fn apply(&self, batch: &mut [Change<'_>]) -> usize {
        let Shared { backend, wakers } = self.shared();
        backend.apply(wakers, batch);
        batch
            .iter()
            .filter(|entry| matches!(entry.result(), Some(Err(_))))
            .count()
    }

    #[inline]
    fn change<S: AsFd + ?Sized>(&self, source: &S, operation: Operation) -> io::Result<()> {
        let source = source.as_fd();
        let Shared { backend, wakers } = self.shared();
        let result = backend.change(wakers, source, operation);
        trace!(?source, ?operation, ?result, "change");
        result
    }
}

impl<B: Backend, S: AsFd + ?Sized> Register<S> for Registry<B> {
    type Error = io::Error;

    fn register(
        &self,
        source: &S,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> io::Result<()> {
        self.register(source, token, interest, trigger)
    }

    fn modify(
        &self,
        source: &S,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> io::Result<()> {
        self.modify(source, token, interest, trigger)
    }

    fn deregister(&self, source: &S) -> io::Result<()> {
        self.deregister(source)
    }

    fn rearm(
        &self,
        source: &S,
        _token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> io::Result<()> {
        if B::CAPABILITIES.edge || trigger != Trigger::Edge {
            return Ok(());
        }
        let Shared { backend, wakers } = self.shared();
        backend.rearm(wakers, source.as_fd(), interest)
    }
}

impl<B: Nestable> AsFd for Registry<B> {
    /// The poller's descriptor, as [`Poll`](crate::engine::Poll) lends it; any thread may ask, at
    /// any time.
    fn as_fd(&self) -> BorrowedFd<'_> {
        let Shared { backend, wakers } = self.shared();
        // Somebody is about to sleep on the poller, so wakes have to ring also between waits.
        wakers.hand_out();
        backend.descriptor()
    }
}

impl<B: Backend> Clone for Registry<B> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<B: Backend> fmt::Debug for Registry<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("backend", &self.shared.backend)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use core::panic::{RefUnwindSafe, UnwindSafe};
    use poll_api::Registered;
    use static_assertions::{assert_eq_size, assert_impl_all, assert_not_impl_any};
    use std::net::TcpStream;

    // What callers rely on, for the engines of the module given.
    macro_rules! rely_on {
        ($engine:ident) => {
            assert_impl_all!(crate::$engine::Poll: Send, Sync, UnwindSafe, RefUnwindSafe);
            assert_not_impl_any!(crate::$engine::Poll: Clone);
            assert_impl_all!(crate::$engine::Registry: Clone, Send, Sync, UnwindSafe);
            assert_eq_size!(crate::$engine::Registry, usize);
            assert_impl_all!(crate::$engine::Waker: Clone, Send, Sync, UnwindSafe);
            assert_impl_all!(crate::$engine::Events: Send, Sync, UnwindSafe);
            assert_impl_all!(
                Registered<TcpStream, crate::$engine::Registry>: Send, Sync, UnwindSafe
            );
        };
    }

    rely_on!(poll);
    rely_on!(native);
}
