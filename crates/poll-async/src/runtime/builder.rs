//! How a runtime is made.

use core::num::NonZeroUsize;
use core::time::Duration;
use std::io;
use std::sync::Arc;
use std::thread;

use poll_api::Clock;

use super::clock::{Origin, RuntimeClock};
use super::context::Context;
use super::current::Current;
use super::handle::Handle;
use super::local::LocalRuntime;
use super::settings::{Settings, UnhandledPanic};
use super::shared::{Lane, Shared};
use super::worker::{self, Core};
use super::{Kind, Runtime};
use crate::random;
use crate::task::Id;

/// The largest number of workers.
const WORKERS: usize = 1 << 12;

/// What a runtime is to be like.
///
/// ```
/// use poll_async::runtime::Builder;
///
/// let runtime = Builder::new_multi_thread().worker_threads(2).thread_name("web").build()?;
/// assert_eq!(runtime.block_on(async { 6 * 7 }), 42);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until build is called"]
pub struct Builder {
    /// Whether the workers are threads of its own, or one, which is the thread that drives it.
    is_several: bool,
    worker_threads: Option<usize>,
    settings: Settings,
    origin: Origin,
    is_paused: bool,
}

impl Builder {
    /// A runtime of one thread: that which calls [`Runtime::block_on`].
    pub fn new_current_thread() -> Self {
        Self::new(false)
    }

    /// A runtime of several threads of its own: as many as there are processors, unless
    /// [`worker_threads`](Self::worker_threads) says otherwise.
    pub fn new_multi_thread() -> Self {
        Self::new(true)
    }

    fn new(is_several: bool) -> Self {
        Self {
            is_several,
            worker_threads: None,
            settings: Settings::default(),
            origin: Origin::System,
            is_paused: false,
        }
    }

    /// How many workers a runtime of several threads has, from 1 to 4096. One of one thread is not
    /// built if this was called.
    pub const fn worker_threads(mut self, workers: usize) -> Self {
        self.worker_threads = Some(workers);
        self
    }

    /// The name of the threads, without zero bytes; `poll-async` by default.
    pub fn thread_name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.settings.thread_name = name.into();
        self
    }

    /// The size of the threads' stacks, in bytes.
    pub const fn thread_stack_size(mut self, size: usize) -> Self {
        self.settings.thread_stack_size = Some(size);
        self
    }

    /// Sockets and other sources: they are always there, and this says so for those who come from
    /// tokio.
    pub const fn enable_io(self) -> Self {
        self
    }

    /// Timers: as [`enable_io`](Self::enable_io).
    pub const fn enable_time(self) -> Self {
        self
    }

    /// Both: as [`enable_io`](Self::enable_io).
    pub const fn enable_all(self) -> Self {
        self
    }

    /// How many tasks a worker polls before it looks at the engine and at timers, even if more are
    /// ready; 61 by default, and at least 1.
    pub fn event_interval(mut self, polls: u32) -> Self {
        self.settings.event_interval = polls.max(1);
        self
    }

    /// How many tasks a worker polls before it takes one that another thread made ready, even if
    /// it has its own; 61 by default, and at least 1.
    pub fn global_queue_interval(mut self, polls: u32) -> Self {
        self.settings.global_queue_interval = polls.max(1);
        self
    }

    /// How many operations of this crate a task may do in one poll before others have their turn;
    /// 128 by default. None is as many as it likes.
    pub const fn task_budget(mut self, operations: Option<u32>) -> Self {
        self.settings.task_budget = operations;
        self
    }

    /// How often a sleeping worker of several looks after those that run, to take over what one
    /// that does not come back has left behind: its tasks, its timers and the sockets. 0.5 ms by
    /// default; none is never. What is left behind waits for one to three intervals.
    ///
    /// It costs a wake-up each time, while a worker runs and another sleeps. Without it a task that
    /// blocks its thread may hold up everything else.
    pub const fn watch_interval(mut self, interval: Option<Duration>) -> Self {
        self.settings.watch_interval = interval;
        self
    }

    /// What the workers' random choices begin with: whom to steal from, and with which branch
    /// [`select!`](crate::select!) starts. Each runtime's own by default.
    ///
    /// With one worker, and if nothing else comes from outside, a seed gives a run again. The
    /// future of `block_on` on a runtime of several threads is polled by no worker.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.settings.seed = Some(seed);
        self
    }

    /// The clock of timers; that of the system by default. It must not go back, and sleeps are as
    /// long as it says when they begin. It may be asked while the runtime is locked, so it must not
    /// use that.
    pub fn clock(mut self, clock: Arc<dyn Clock + Send + Sync>) -> Self {
        self.origin = Origin::Other(clock);
        self
    }

    /// Begins with the clock standing, for tests: see [`time::pause`](crate::time::pause). For
    /// runtimes of one thread.
    pub const fn start_paused(mut self, is_paused: bool) -> Self {
        self.is_paused = is_paused;
        self
    }

    /// What happens when a task panics and nobody joins it; nothing more by default.
    pub fn unhandled_panic(mut self, policy: UnhandledPanic) -> Self {
        self.settings.unhandled_panic = policy;
        self
    }

    /// Calls `f` with the name of a task and the time its poll took, on the worker, whenever that
    /// is `limit` or more. It costs two looks at the clock for each poll.
    pub fn on_slow_poll(
        mut self,
        limit: Duration,
        f: impl Fn(Duration, Id) + Send + Sync + 'static,
    ) -> Self {
        self.settings.slow_poll = Some((limit, Arc::new(f)));
        self
    }

    /// How many threads there may be for closures that block; 512 by default, and at least 1.
    pub fn max_blocking_threads(mut self, threads: usize) -> Self {
        self.settings.max_blocking_threads = threads.max(1);
        self
    }

    /// How long such a thread waits for another closure before it ends; 10 s by default.
    pub const fn thread_keep_alive(mut self, time: Duration) -> Self {
        self.settings.thread_keep_alive = time;
        self
    }

    /// Calls `f` on each thread of the runtime when it starts. If `f` panics, the thread goes on,
    /// as after a panic in the other functions that are given here.
    pub fn on_thread_start(mut self, f: impl Fn() + Send + Sync + 'static) -> Self {
        self.settings.on_thread_start = Some(Arc::new(f));
        self
    }

    /// Calls `f` on each thread of the runtime before it ends.
    pub fn on_thread_stop(mut self, f: impl Fn() + Send + Sync + 'static) -> Self {
        self.settings.on_thread_stop = Some(Arc::new(f));
        self
    }

    /// Makes the runtime, and starts its workers.
    ///
    /// # Errors
    ///
    /// * `InvalidInput`: no workers or more than 4096, a clock that stands with several threads,
    ///   [`worker_threads`](Self::worker_threads) for one, or a thread's name with a zero byte.
    /// * Those of making a poller (`EMFILE`, `ENFILE`, `ENOMEM`), and of starting a thread
    ///   (`EAGAIN`).
    pub fn build(self) -> io::Result<Runtime> {
        self.check()?;
        if self.is_several {
            return self.several();
        }
        let (handle, current) = self.current(false)?;
        Ok(Runtime::of(handle, Kind::Current(current)))
    }

    /// Makes a runtime of this thread alone, for futures that cannot move to another one.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build); and `InvalidInput` for several threads.
    pub fn build_local(self) -> io::Result<LocalRuntime> {
        self.check()?;
        if self.is_several {
            return Err(invalid("a runtime of several threads is not local to one"));
        }
        let (handle, current) = self.current(true)?;
        Ok(LocalRuntime::of(handle, current))
    }

    /// What no kind of runtime can be.
    fn check(&self) -> io::Result<()> {
        if !self.is_several && self.worker_threads.is_some() {
            return Err(invalid(
                "worker_threads is for a runtime of several threads",
            ));
        }
        // The standard library panics there.
        if self.settings.thread_name.contains('\0') {
            return Err(invalid("a thread's name has no zero bytes"));
        }
        Ok(())
    }

    fn current(self, is_local: bool) -> io::Result<(Handle, Arc<Current>)> {
        let seed = self.settings.seed.unwrap_or_else(random::seed);
        let clock = self.started_clock();
        let (shared, queues) = Shared::new(1, clock, self.settings)?;
        let queue = queues.into_iter().next();
        let core = Core::new(queue.ok_or(io::ErrorKind::Other)?, seed);
        let lane = Lane::new(Arc::clone(&shared), 0);
        let current = Arc::new(Current::new(lane, core, is_local));
        let outside = Lane::new(shared, 1);
        let handle = match is_local {
            // Its tasks stay on one thread, so that others can only wait.
            true => Handle::local(outside),
            false => Handle::current_thread(outside, Arc::clone(&current)),
        };
        Ok((handle, current))
    }

    fn started_clock(&self) -> RuntimeClock {
        let clock = RuntimeClock::new(self.origin.clone());
        if self.is_paused {
            clock.pause();
        }
        clock
    }

    fn several(self) -> io::Result<Runtime> {
        let workers = match self.worker_threads {
            Some(workers) => workers,
            None => thread::available_parallelism()
                .map_or(1, NonZeroUsize::get)
                .min(WORKERS),
        };
        if workers == 0 || workers > WORKERS {
            return Err(invalid("a runtime has 1 to 4096 workers"));
        }
        if self.is_paused {
            return Err(invalid("the clock of several threads cannot stand"));
        }
        let seed = self.settings.seed.unwrap_or_else(random::seed);
        let clock = self.started_clock();
        let (shared, queues) = Shared::new(workers, clock, self.settings)?;
        let handle = Handle::several(Lane::new(Arc::clone(&shared), workers));
        // Whatever fails from here on, dropping it ends the workers that have been started.
        let runtime = Runtime::of(handle.clone(), Kind::Several);
        for (seat, queue) in queues.into_iter().enumerate() {
            let core = Core::new(queue, mixed(seed, seat));
            let lane = Lane::new(Arc::clone(&shared), seat);
            let handle = handle.clone();
            shared.pool.start(&shared, move || {
                worker::work(Context::new(lane, handle, Some(core), false));
            })?;
        }
        Ok(runtime)
    }
}

/// Another seed for each seat.
fn mixed(seed: u64, seat: usize) -> u64 {
    let seat = u64::try_from(seat).unwrap_or(0);
    (seed ^ seat.wrapping_add(1)).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

fn invalid(message: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}
