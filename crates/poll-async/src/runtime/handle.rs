//! The way into a runtime from anywhere.

use core::fmt;
use core::future::Future;
use core::marker::PhantomData;
use core::pin::pin;
use core::sync::atomic::AtomicBool;
use core::sync::atomic::Ordering::SeqCst;
use core::task::{Context as TaskContext, Poll, Waker};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Wake;
use std::thread::{self, Thread};

use super::context::{self, Context};
use super::current::Current;
use super::metrics::RuntimeMetrics;
use super::shared::{Lane, Shared};
use crate::task::{JoinHandle, Place, Spans, budget};

/// A handle to a runtime: it spawns tasks from any thread, and makes threads know the runtime.
///
/// It does not keep the runtime going: after its end tasks are not run, and joining them says that
/// they were cancelled.
#[derive(Clone)]
pub struct Handle {
    /// The seat of those threads that are no workers.
    lane: Arc<Lane>,
    flavor: Flavor,
}

/// How a runtime runs its tasks.
#[derive(Clone, Debug)]
enum Flavor {
    Current(Arc<Current>),
    /// By one thread too, and what others block on is polled by them alone.
    Local,
    Several,
}

/// What kind of runtime it is: see [`Handle::runtime_flavor`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RuntimeFlavor {
    /// Tasks are polled by the one thread that drives the runtime; a
    /// [`LocalRuntime`](super::LocalRuntime) is of this kind too.
    CurrentThread,
    /// It has threads of its own.
    MultiThread,
}

/// There is no runtime here: see [`Handle::try_current`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRuntime;

impl fmt::Display for NoRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "this thread is in no runtime: call this inside of block_on or of a task, or hold the \
             guard of Handle::enter",
        )
    }
}

impl core::error::Error for NoRuntime {}

impl From<NoRuntime> for std::io::Error {
    fn from(error: NoRuntime) -> Self {
        Self::other(error)
    }
}

/// While it lives, the thread is in the runtime that was [entered](Handle::enter).
#[derive(Debug)]
#[must_use = "the thread leaves the runtime when this is dropped"]
pub struct EnterGuard<'a> {
    _entered: context::Entered,
    _handle: PhantomData<&'a Handle>,
}

impl EnterGuard<'_> {
    pub(super) const fn new(entered: context::Entered) -> Self {
        Self {
            _entered: entered,
            _handle: PhantomData,
        }
    }
}

impl Handle {
    pub(super) const fn current_thread(lane: Arc<Lane>, current: Arc<Current>) -> Self {
        let flavor = Flavor::Current(current);
        Self { lane, flavor }
    }

    pub(super) const fn local(lane: Arc<Lane>) -> Self {
        let flavor = Flavor::Local;
        Self { lane, flavor }
    }

    pub(super) const fn several(lane: Arc<Lane>) -> Self {
        let flavor = Flavor::Several;
        Self { lane, flavor }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        self.lane.shared()
    }

    /// The runtime that this thread is in.
    ///
    /// # Errors
    ///
    /// [`NoRuntime`] outside of one.
    pub fn try_current() -> Result<Self, NoRuntime> {
        context::with_current(|context| context.handle.clone()).ok_or(NoRuntime)
    }

    /// The runtime that this thread is in.
    ///
    /// # Panics
    ///
    /// Outside of one.
    #[must_use]
    pub fn current() -> Self {
        match Self::try_current() {
            Ok(handle) => handle,
            Err(error) => panic!("{error}"),
        }
    }

    /// What kind of runtime it is, for code that has to know before it blocks: one thread that is
    /// blocked blocks all tasks there is, or one of several.
    #[must_use]
    pub const fn runtime_flavor(&self) -> RuntimeFlavor {
        match self.flavor {
            Flavor::Current(_) | Flavor::Local => RuntimeFlavor::CurrentThread,
            Flavor::Several => RuntimeFlavor::MultiThread,
        }
    }

    /// Makes this thread know the runtime, so that [`spawn`](crate::spawn), sockets and timers
    /// work on it. Of those whose guards live, what was entered last counts: they may be dropped in
    /// any order.
    pub fn enter(&self) -> EnterGuard<'_> {
        EnterGuard::new(context::enter(self.context()))
    }

    /// What a thread that is no worker is given.
    fn context(&self) -> Rc<Context> {
        Context::new(Arc::clone(&self.lane), self.clone(), None, false)
    }

    /// Runs `future` as a task of its own, beside the others.
    ///
    /// It is polled for the first time when a worker comes to it; the handle joins it, and dropping
    /// that leaves the task alone. One allocation. After the end of the runtime the future is
    /// dropped at once, and joining says that it was cancelled.
    #[cfg_attr(feature = "tracing", track_caller)]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let spans = Spans::here("task");
        self.with_lane(|lane, place| lane.make(place, future, spans))
            .start()
    }

    /// Runs `f` on a thread where it may block: on one of its own, but for a limit
    /// ([`Builder::max_blocking_threads`](super::Builder::max_blocking_threads)).
    ///
    /// A closure that has begun is not stopped by [`JoinHandle::abort`]; one that has not is
    /// dropped. If the system refuses the first of those threads, joining says that the task was
    /// cancelled.
    #[cfg_attr(feature = "tracing", track_caller)]
    pub fn spawn_blocking<F, T>(&self, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let spans = Spans::here("blocking");
        let handle = self.clone();
        let inside = move || {
            let _entered = handle.enter();
            f()
        };
        self.with_lane(|lane, place| lane.make_blocking(place, inside, spans))
            .start()
    }

    /// The own lane of the worker that this thread is, if it is one of this runtime, and a place
    /// for a task.
    fn with_lane<R>(&self, f: impl FnOnce(&Arc<Lane>, Place) -> R) -> R {
        let own = context::with_current(|context| {
            let is_own = Arc::ptr_eq(context.lane.shared(), self.shared());
            is_own.then(|| (Arc::clone(&context.lane), context.begin()))
        });
        match own.flatten() {
            Some((lane, place)) => f(&lane, place),
            None => f(&self.lane, self.lane.begin_outside()),
        }
    }

    /// Runs `future` to its end on this thread, in this runtime: see
    /// [`Runtime::block_on`](super::Runtime::block_on).
    ///
    /// # Panics
    ///
    /// Inside a task, whose thread it would block; and with the future.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        match &self.flavor {
            Flavor::Current(current) => current.block_on(future, self),
            Flavor::Local | Flavor::Several => self.block_on_this_thread(future),
        }
    }

    fn block_on_this_thread<F: Future>(&self, future: F) -> F::Output {
        context::assert_may_block();
        // Before the future, so that it is dropped in the runtime.
        let _entered = context::enter(self.context());
        let mut future = pin!(future);
        let main = Arc::new(Unparker {
            is_woken: AtomicBool::new(true),
            thread: thread::current(),
        });
        let waker = Waker::from(Arc::clone(&main));
        let mut task = TaskContext::from_waker(&waker);
        let budget = self.shared().settings.task_budget;
        let _waiter = self.shared().tell_stop(&waker);
        loop {
            if main.is_woken.swap(false, SeqCst) {
                let polled = budget::with(budget, || future.as_mut().poll(&mut task));
                if let Poll::Ready(output) = polled {
                    return output;
                }
            } else {
                self.shared().assert_not_stopped();
                thread::park();
            }
        }
    }

    /// Fires timers that are due, on the worker that this thread is.
    pub(crate) fn fire_timers(&self) {
        if let Some(context) = context::current() {
            context.look();
        }
    }

    /// Gives back the memory that a burst of tasks or timers needed, where that can be done. Locks
    /// the tables of all workers, one after the other.
    pub fn shrink_to_fit(&self) {
        for seat in self.shared().seats() {
            seat.tasks.shrink_to_fit();
            seat.wheel.shrink_to_fit();
        }
    }

    /// Figures of the runtime, as of now.
    #[must_use]
    pub fn metrics(&self) -> RuntimeMetrics {
        RuntimeMetrics::new(self.shared())
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("workers", &self.shared().workers())
            .finish_non_exhaustive()
    }
}

/// Wakes a thread that is no worker.
#[derive(Debug)]
struct Unparker {
    is_woken: AtomicBool,
    thread: Thread,
}

impl Wake for Unparker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.is_woken.swap(true, SeqCst) {
            self.thread.unpark();
        }
    }
}
