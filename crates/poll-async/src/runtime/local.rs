//! A runtime of one thread, for futures that stay on it.

use core::fmt;
use core::future::Future;
use core::marker::PhantomData;
use core::time::Duration;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use poll_os::Registry;

use super::current::{Current, Progress};
use super::handle::{EnterGuard, Handle};
use super::{Builder, RuntimeMetrics, context};
use crate::task::{JoinHandle, Spans};
use crate::time::Instant;

/// A runtime of one thread, whose tasks need not be `Send`.
///
/// It can be a guest in a foreign loop: see [`poll_once`](Self::poll_once). Dropping it drops its
/// tasks first, on this thread; a waker of one of them that is left elsewhere does nothing.
///
/// The parameter is there so that it is [`AsFd`] on systems whose poller is a descriptor.
///
/// ```
/// use std::rc::Rc;
/// use poll_async::runtime::LocalRuntime;
///
/// let runtime = LocalRuntime::new()?;
/// let text = Rc::new(String::from("not Send"));
/// let length = runtime.block_on(async {
///     let text = Rc::clone(&text);
///     poll_async::spawn_local(async move { text.len() }).await
/// })?;
/// assert_eq!(length, 8);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct LocalRuntime<R = Registry> {
    handle: Handle,
    current: Arc<Current>,
    registry: R,
    // It stays on its thread.
    _local: PhantomData<*const ()>,
}

impl LocalRuntime {
    /// A runtime as [`Builder::new_current_thread`] makes it.
    ///
    /// # Errors
    ///
    /// As [`Builder::build_local`].
    pub fn new() -> io::Result<Self> {
        Builder::new_current_thread().build_local()
    }

    pub(super) fn of(handle: Handle, current: Arc<Current>) -> Self {
        let registry = handle.shared().registry.clone();
        Self {
            handle,
            current,
            registry,
            _local: PhantomData,
        }
    }

    /// As [`Runtime::block_on`](super::Runtime::block_on).
    ///
    /// # Panics
    ///
    /// Inside a task, whose thread it would block; and with the future.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.current.block_on(future, &self.handle)
    }

    /// Runs `future` as a task on this thread: as [`Handle::spawn`].
    #[cfg_attr(feature = "tracing", track_caller)]
    pub fn spawn_local<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.current.spawn_local(future, Spans::here("local"))
    }

    /// What other threads spawn with. Its [`block_on`](Handle::block_on) polls its own future
    /// only: tasks are polled while this thread drives the runtime.
    #[must_use]
    pub const fn handle(&self) -> &Handle {
        &self.handle
    }

    /// As [`Handle::enter`]; [`spawn_local`] works too.
    pub fn enter(&self) -> EnterGuard<'_> {
        EnterGuard::new(self.current.enter(&self.handle))
    }

    /// One turn for a host: polls tasks that are ready; looks at the engine and the timers, and
    /// waits for them, at most for `timeout`, if no task was ready; then polls tasks again. Each
    /// time a bounded number of them.
    ///
    /// A host calls it when the descriptor is readable, or [`next_deadline`](Self::next_deadline)
    /// has come, whichever is earlier; then with a `timeout` of zero.
    ///
    /// # Errors
    ///
    /// `ResourceBusy`: the runtime is being driven already; this is called inside of a task.
    pub fn poll_once(&self, timeout: Option<Duration>) -> io::Result<Progress> {
        self.current.poll_once(&self.handle, timeout)
    }

    /// When to call [`poll_once`](Self::poll_once) at the latest: an instant in the past while
    /// tasks are ready, none if only the descriptor will tell.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.current.next_deadline().map(Instant::from)
    }

    /// Figures of the runtime, as of now.
    #[must_use]
    pub fn metrics(&self) -> RuntimeMetrics {
        self.handle.metrics()
    }
}

impl<R: AsFd> AsFd for LocalRuntime<R> {
    /// The poller's descriptor: readable while [`poll_once`](LocalRuntime::poll_once) would find an
    /// event, or a task that another thread has made ready. It does not tell of deadlines.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.current.lend();
        self.registry.as_fd()
    }
}

impl<R> Drop for LocalRuntime<R> {
    fn drop(&mut self) {
        let shared = self.handle.shared();
        shared.close();
        shared.pool.close();
        self.current.drop_tasks(&self.handle);
        shared.pool.join(None);
        self.current.drop_woken(&self.handle);
    }
}

impl<R> fmt::Debug for LocalRuntime<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalRuntime")
            .field("handle", &self.handle)
            .finish_non_exhaustive()
    }
}

/// Runs `future` as a task on this thread, in its [`LocalRuntime`].
///
/// # Panics
///
/// Outside of a [`LocalRuntime`].
#[cfg_attr(feature = "tracing", track_caller)]
pub fn spawn_local<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    let spans = Spans::here("local");
    let made = context::with_current(|context| {
        let is_local = context.is_local;
        is_local.then(|| context.make_local(future, spans))
    });
    match made.flatten() {
        Some(made) => made.start(),
        None => panic!("spawn_local outside of a LocalRuntime"),
    }
}
