//! What a builder was told.

use core::any::Any;
use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::time::Duration;
use std::sync::Arc;

use crate::task::Id;

/// What is called with the name of a task and what it panicked with.
pub type PanicHook = Arc<dyn Fn(Id, &(dyn Any + Send)) + Send + Sync>;

/// What happens when a task panics and nobody joins it.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum UnhandledPanic {
    /// The panic hook has printed it; everything else goes on.
    #[default]
    Ignore,
    /// The runtime stops: [`Runtime::block_on`](super::Runtime::block_on) panics, and all tasks
    /// are dropped when the runtime is.
    ShutdownRuntime,
    /// This is called with the name of the task and what it panicked with, on whatever thread
    /// finds out.
    Call(PanicHook),
}

impl fmt::Debug for UnhandledPanic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ignore => "Ignore",
            Self::ShutdownRuntime => "ShutdownRuntime",
            Self::Call(_) => "Call",
        })
    }
}

/// What is told of a poll that took long.
pub(crate) type SlowPoll = Arc<dyn Fn(Duration, Id) + Send + Sync>;
/// What is called on each thread.
pub(crate) type ThreadHook = Arc<dyn Fn() + Send + Sync>;

#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) thread_name: Arc<str>,
    pub(crate) thread_stack_size: Option<usize>,
    /// How many tasks are polled between two looks at the engine.
    pub(crate) event_interval: u32,
    /// How many tasks are polled between two looks at the common queue.
    pub(crate) global_queue_interval: u32,
    /// How many operations a task may do in one poll.
    pub(crate) task_budget: Option<u32>,
    pub(crate) watch_interval: Option<Duration>,
    pub(crate) seed: Option<u64>,
    pub(crate) unhandled_panic: UnhandledPanic,
    pub(crate) slow_poll: Option<(Duration, SlowPoll)>,
    pub(crate) max_blocking_threads: usize,
    pub(crate) thread_keep_alive: Duration,
    pub(crate) on_thread_start: Option<ThreadHook>,
    pub(crate) on_thread_stop: Option<ThreadHook>,
}

// Hooks are called by many threads, and on after one of them has panicked: they see nothing through
// a runtime that crosses a `catch_unwind` that they would not see anyway.
impl UnwindSafe for Settings {}
impl RefUnwindSafe for Settings {}

impl Default for Settings {
    fn default() -> Self {
        Self {
            thread_name: Arc::from("poll-async"),
            thread_stack_size: None,
            event_interval: 61,
            global_queue_interval: 61,
            task_budget: Some(128),
            watch_interval: Some(Duration::from_micros(500)),
            seed: None,
            unhandled_panic: UnhandledPanic::Ignore,
            slow_poll: None,
            max_blocking_threads: 512,
            thread_keep_alive: Duration::from_secs(10),
            on_thread_start: None,
            on_thread_stop: None,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("thread_name", &self.thread_name)
            .field("event_interval", &self.event_interval)
            .field("global_queue_interval", &self.global_queue_interval)
            .field("task_budget", &self.task_budget)
            .field("watch_interval", &self.watch_interval)
            .field("seed", &self.seed)
            .field("unhandled_panic", &self.unhandled_panic)
            .field("max_blocking_threads", &self.max_blocking_threads)
            .finish_non_exhaustive()
    }
}
