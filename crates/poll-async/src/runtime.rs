//! Runtimes: what polls tasks, looks at sockets and fires timers.
//!
//! A [`Runtime`] has one thread or several, a [`LocalRuntime`] one that its tasks stay on. Both are
//! made by a [`Builder`]. Inside of one, [`spawn`](crate::spawn), sockets and timers find it by
//! themselves; elsewhere a [`Handle`] leads to it. There is no global one.

mod blocking;
mod builder;
mod caught;
mod clock;
pub(crate) mod context;
mod current;
mod ending;
mod handle;
mod idle;
mod in_place;
mod local;
mod metrics;
mod parker;
pub(crate) mod polling;
pub(crate) mod queue;
mod settings;
mod shared;
mod spawn;
mod tasks;
mod unfinished;
mod waiters;
pub(crate) mod wheel;
mod worker;

use core::fmt;
use core::future::Future;
use core::time::Duration;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use poll_os::Registry;

use crate::task::{JoinHandle, Spans};
use crate::time::Instant;
use current::Current;

pub use builder::Builder;
pub use current::Progress;
pub use handle::{EnterGuard, Handle, NoRuntime, RuntimeFlavor};
pub use in_place::block_in_place;
pub use local::{LocalRuntime, spawn_local};
pub use metrics::RuntimeMetrics;
pub use settings::{PanicHook, UnhandledPanic};
pub use unfinished::Unfinished;

pub(crate) use caught::caught;
pub(crate) use shared::{Lane, Shared};

/// A runtime of one thread or several: see [`Builder`].
///
/// Dropping it ends it: no task is polled any more; those that are left are dropped; closures that
/// have begun are waited for, as are polls that are under way. Where that would take too long, use
/// [`shutdown_background`](Self::shutdown_background); inside of its own tasks and closures nothing
/// is waited for.
///
/// The parameter is there so that it is [`AsFd`] on systems whose poller is a descriptor.
pub struct Runtime<R = Registry> {
    handle: Handle,
    kind: Kind,
    registry: R,
}

#[derive(Debug)]
pub(crate) enum Kind {
    Current(Arc<Current>),
    Several,
}

impl Runtime {
    /// A runtime of several threads, as many as there are processors.
    ///
    /// # Errors
    ///
    /// As [`Builder::build`].
    pub fn new() -> io::Result<Self> {
        Builder::new_multi_thread().build()
    }

    pub(crate) fn of(handle: Handle, kind: Kind) -> Self {
        let registry = handle.shared().registry.clone();
        Self {
            handle,
            kind,
            registry,
        }
    }

    /// Runs `future` on this thread until it ends, in this runtime. With one worker, this thread
    /// is the worker meanwhile, unless another thread is.
    ///
    /// Tasks that were spawned are not waited for.
    ///
    /// # Panics
    ///
    /// Inside a task, whose thread it would block; with the future; and, if
    /// [`UnhandledPanic::ShutdownRuntime`] says so, when a task has panicked.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.handle.block_on(future)
    }

    /// As [`Handle::spawn`].
    #[cfg_attr(feature = "tracing", track_caller)]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.handle.spawn(future)
    }

    /// As [`Handle::spawn_blocking`].
    #[cfg_attr(feature = "tracing", track_caller)]
    pub fn spawn_blocking<F, T>(&self, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.handle.spawn_blocking(f)
    }

    /// What other threads spawn with.
    #[must_use]
    pub const fn handle(&self) -> &Handle {
        &self.handle
    }

    /// As [`Handle::enter`].
    pub fn enter(&self) -> EnterGuard<'_> {
        self.handle.enter()
    }

    /// Figures of the runtime, as of now.
    #[must_use]
    pub fn metrics(&self) -> RuntimeMetrics {
        self.handle.metrics()
    }

    /// One turn for a host, on a runtime of one thread: as [`LocalRuntime::poll_once`].
    ///
    /// # Errors
    ///
    /// * `ResourceBusy`: another thread, or this one, drives the runtime already.
    /// * `Unsupported`: it has threads of its own.
    pub fn poll_once(&self, timeout: Option<Duration>) -> io::Result<Progress> {
        match &self.kind {
            Kind::Current(current) => current.poll_once(&self.handle, timeout),
            Kind::Several => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    /// When to call [`poll_once`](Self::poll_once) at the latest: as
    /// [`LocalRuntime::next_deadline`]. None on a runtime of several threads.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        match &self.kind {
            Kind::Current(current) => current.next_deadline().map(Instant::from),
            Kind::Several => None,
        }
    }

    /// Lets tasks run until none is left, at most for `timeout`, and ends the runtime. Whatever
    /// spawns meanwhile puts that off.
    ///
    /// # Errors
    ///
    /// How many tasks were left, which have been dropped.
    ///
    /// # Panics
    ///
    /// As [`block_on`](Self::block_on).
    pub fn shutdown_graceful(self, timeout: Duration) -> Result<(), Unfinished> {
        let shared = Arc::clone(self.handle.shared());
        let mut waiter = None;
        let idle = core::future::poll_fn(|context| {
            // Polled with this waker only.
            waiter.get_or_insert_with(|| shared.waiters.add_for_tasks(context.waker().clone()));
            match shared.has_tasks() {
                false => core::task::Poll::Ready(()),
                true => core::task::Poll::Pending,
            }
        });
        // The last one may have ended just when the time was over.
        let in_time = self.block_on(crate::time::timeout(timeout, idle));
        match self.handle.shared().tasks() {
            left if left > 0 && in_time.is_err() => Err(Unfinished::new(left)),
            _ => Ok(()),
        }
    }

    /// Ends the runtime as a drop does, but waits for closures and for polls that are under way
    /// no longer than `timeout`. Those that take longer go on without the runtime.
    pub fn shutdown_timeout(self, timeout: Duration) {
        self.end(Some(timeout));
    }

    /// Ends the runtime without waiting for anything.
    pub fn shutdown_background(self) {
        self.end(Some(Duration::ZERO));
    }
}

impl<R> Runtime<R> {
    fn end(&self, timeout: Option<Duration>) {
        let shared = self.handle.shared();
        shared.close();
        shared.pool.close();
        match &self.kind {
            Kind::Current(current) => current.drop_tasks(&self.handle),
            Kind::Several => shared.drain(),
        }
        // A thread does not wait for itself.
        let timeout = match context::is_inside(shared) || shared.pool.is_own_thread() {
            true => Some(Duration::ZERO),
            false => timeout,
        };
        if shared.pool.join(timeout) {
            // What the last polls made ready.
            shared.drop_tasks();
        }
    }
}

impl<R> Drop for Runtime<R> {
    fn drop(&mut self) {
        // It may be closing without that, because of a panic.
        if !self.handle.shared().is_drained() {
            self.end(None);
        }
    }
}

impl<R: AsFd> AsFd for Runtime<R> {
    /// The poller's descriptor: see [`LocalRuntime`]'s. It is of no use with several threads.
    fn as_fd(&self) -> BorrowedFd<'_> {
        if let Kind::Current(current) = &self.kind {
            current.lend();
        }
        self.registry.as_fd()
    }
}

impl<R> fmt::Debug for Runtime<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime")
            .field("handle", &self.handle)
            .finish_non_exhaustive()
    }
}

/// Runs `future` as a task of the runtime that this thread is in: as [`Handle::spawn`].
///
/// # Panics
///
/// Outside of a runtime; [`Handle::try_current`] tells without.
#[cfg_attr(feature = "tracing", track_caller)]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let spans = Spans::here("task");
    match context::with_current(|context| context.make(future, spans)) {
        Some(made) => made.start(),
        None => panic!("{NoRuntime}"),
    }
}

/// Runs `f` on a thread where it may block: as [`Handle::spawn_blocking`].
///
/// # Panics
///
/// Outside of a runtime.
#[cfg_attr(feature = "tracing", track_caller)]
pub fn spawn_blocking<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    Handle::current().spawn_blocking(f)
}
