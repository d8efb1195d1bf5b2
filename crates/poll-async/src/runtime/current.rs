//! A runtime of one worker, which is whatever thread drives it.

use core::future::Future;
use core::pin::pin;
use core::sync::atomic::AtomicBool;
use core::sync::atomic::Ordering::{Relaxed, SeqCst};
use core::task::{Context as TaskContext, Poll, Waker};
use core::time::Duration;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Wake;
use std::thread::{self, Thread};

use poll_api::Instant;
use poll_driver::Limit;

use super::context::{self, Context};
use super::handle::Handle;
use super::idle::Risen;
use super::parker::Token;
use super::polling::{self, Polling};
use super::shared::{Engine, Lane, Shared};
use super::worker::{self, Core, Next};
use crate::task::{JoinHandle, Spans, budget, running};
use crate::threads::{Mutex, MutexGuard, lock};

/// What makes a thread the worker, while no thread is.
#[derive(Debug)]
pub(crate) struct Current {
    lane: Arc<Lane>,
    rest: Mutex<Rest>,
    is_local: bool,
}

#[derive(Debug)]
struct Rest {
    core: Option<Box<Core>>,
    /// Threads that would drive the runtime if nobody else did.
    waiting: Vec<Thread>,
}

/// What [`poll_once`](super::LocalRuntime::poll_once) has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// How many tasks were polled.
    pub polled: usize,
    /// Whether tasks are ready to be polled now.
    pub is_ready: bool,
}

/// The worker, until it is dropped.
struct Driving<'a> {
    current: &'a Current,
    context: Rc<Context>,
    _entered: context::Entered,
    _polling: Polling,
}

impl Drop for Driving<'_> {
    fn drop(&mut self) {
        self.context.drop_drained();
        // Whoever searches while it sleeps would keep others from waking it.
        let is_searching = self.context.stop_searching();
        let core = self.context.core.take();
        self.current.sleep(is_searching);
        let mut rest = lock(&self.current.rest);
        rest.core = core;
        let waiting = core::mem::take(&mut rest.waiting);
        drop(rest);
        for thread in waiting {
            thread.unpark();
        }
        // Whoever has ended the runtime meanwhile did not find the core.
        if self.current.shared().is_drained() {
            self.current.drop_left();
        }
    }
}

impl Current {
    pub(crate) fn new(lane: Arc<Lane>, core: Box<Core>, is_local: bool) -> Self {
        let current = Self {
            lane,
            rest: Mutex::new(Rest {
                core: Some(core),
                waiting: Vec::new(),
            }),
            is_local,
        };
        current.sleep(false);
        current
    }

    fn shared(&self) -> &Arc<Shared> {
        self.lane.shared()
    }

    fn context(&self, handle: &Handle, core: Option<Box<Core>>) -> Rc<Context> {
        Context::new(Arc::clone(&self.lane), handle.clone(), core, self.is_local)
    }

    /// While nobody drives the runtime it counts as asleep on the engine, so that what happens
    /// meanwhile makes the engine's descriptor readable.
    fn sleep(&self, is_searching: bool) {
        let shared = self.shared();
        let parker = &shared.seat(0).parker;
        // What was left for this sleep is found without it.
        while parker.enter_engine() != Token::None {}
        // There is nobody to watch.
        let _watches = shared.idle.sleep(0, is_searching);
    }

    /// Makes this thread the worker; none if another one is.
    fn drive(&self, handle: &Handle) -> Option<Driving<'_>> {
        let core = lock(&self.rest).core.take()?;
        let context = self.context(handle, Some(core));
        let entered = context::enter(Rc::clone(&context));
        let polling = polling::work(Rc::clone(&context));
        let driving = Driving {
            current: self,
            context,
            _entered: entered,
            _polling: polling,
        };
        driving.awake();
        Some(driving)
    }

    pub(crate) fn block_on<F: Future>(&self, future: F, handle: &Handle) -> F::Output {
        context::assert_may_block();
        // Before the future, so that it is dropped in the runtime.
        let mut driving = None;
        let mut _entered;
        let mut future = pin!(future);
        let main = Arc::new(Main {
            is_woken: AtomicBool::new(true),
            is_driven: AtomicBool::new(false),
            shared: Arc::clone(self.shared()),
            thread: thread::current(),
        });
        let waker = Waker::from(Arc::clone(&main));
        let mut task = TaskContext::from_waker(&waker);
        let mut poll = || {
            let budget = self.shared().settings.task_budget;
            budget::with(budget, || future.as_mut().poll(&mut task))
        };
        loop {
            if let Some(started) = self.drive(handle) {
                main.is_driven.store(true, Relaxed);
                return driving.insert(started).block_on(&main, poll);
            }
            // Another thread drives the runtime; this one polls its own future meanwhile.
            _entered = Some(context::enter(self.context(handle, None)));
            if main.is_woken.swap(false, SeqCst)
                && let Poll::Ready(output) = poll()
            {
                return output;
            }
            _entered = None;
            let mut rest = lock(&self.rest);
            if rest.core.is_none() {
                let this = thread::current();
                if rest.waiting.iter().all(|waiting| waiting.id() != this.id()) {
                    rest.waiting.push(this);
                }
                drop(rest);
                if !main.is_woken.load(SeqCst) {
                    thread::park();
                }
            }
        }
    }

    /// One turn for a host.
    pub(crate) fn poll_once(
        &self,
        handle: &Handle,
        timeout: Option<Duration>,
    ) -> io::Result<Progress> {
        let driving = self.drive(handle).ok_or(io::ErrorKind::ResourceBusy)?;
        Ok(driving.poll_once(timeout))
    }

    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let shared = self.shared();
        let rest = lock(&self.rest);
        let is_ready = rest.core.as_ref().is_some_and(|core| core.has_tasks());
        drop(rest);
        if is_ready || shared.has_queued() {
            return Some(Instant::START);
        }
        worker::next_deadline(shared, &self.engine())
    }

    fn engine(&self) -> MutexGuard<'_, Engine> {
        lock(&self.shared().engine)
    }

    /// From here on, until the value is dropped, this thread is in the runtime.
    pub(crate) fn enter(&self, handle: &Handle) -> context::Entered {
        context::enter(self.context(handle, None))
    }

    pub(crate) fn spawn_local<F>(&self, future: F, spans: Spans) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let place = self.lane.begin_outside();
        self.lane.make_local(place, future, spans).start()
    }

    /// From here on the engine's descriptor may be waited on by others.
    pub(crate) fn lend(&self) {
        self.engine().lend();
    }

    /// Drops all tasks on this thread.
    pub(crate) fn drop_tasks(&self, handle: &Handle) {
        // As the worker, so that what destructors make ready or spawn is found here.
        let driving = self.drive(handle);
        match self.is_local {
            // No other thread may drop them, as those would that make one ready.
            true => self.shared().drop_tasks(),
            false => self.shared().drain(),
        }
        match driving {
            Some(driving) => driving.context.drop_queued(),
            // Another thread is the worker, or was a moment ago and has not seen the end.
            None => self.drop_left(),
        }
    }

    /// Drops what waits for the worker, unless a thread is: then that does it when it leaves.
    fn drop_left(&self) {
        loop {
            let rest = lock(&self.rest);
            let Some(left) = rest.core.as_ref().and_then(|core| core.take()) else {
                return;
            };
            drop(rest);
            // Its destructor may wake others, which are queued elsewhere.
            running::cancel(left);
        }
    }

    /// Drops on this thread what others have woken meanwhile. They may be about to queue it, which
    /// takes them a few instructions.
    pub(crate) fn drop_woken(&self, handle: &Handle) {
        let Some(driving) = self.drive(handle) else {
            return;
        };
        while self.shared().has_tasks() {
            self.shared().drop_tasks();
            driving.context.drop_queued();
            thread::yield_now();
        }
    }
}

impl Driving<'_> {
    fn shared(&self) -> &Shared {
        self.current.shared()
    }

    /// Ends the sleep between two drivers.
    fn awake(&self) {
        self.rise(self.shared().seat(0).parker.leave_engine());
    }

    /// Is no sleeper any more; `token` has ended the sleep. That of the end of the runtime comes
    /// without anybody having risen this worker.
    fn rise(&self, token: Token) {
        let shared = self.shared();
        if shared.rise(0, false) == Risen::ByAnother {
            if token != Token::Work {
                while shared.seat(0).parker.park(None) != Token::Work {}
            }
            self.context.set_searching();
        }
    }

    fn block_on<T>(&self, main: &Main, mut poll: impl FnMut() -> Poll<T>) -> T {
        let shared = self.shared();
        loop {
            if main.is_woken.swap(false, SeqCst)
                && let Poll::Ready(output) = poll()
            {
                return output;
            }
            shared.assert_not_stopped();
            if !self.run_ready(|| main.is_woken.load(SeqCst)).1 {
                self.wait(Limit::Never, || main.is_woken.load(SeqCst));
            }
        }
    }

    /// Polls tasks until it is time for something else: how many, and whether some are left or
    /// `is_over` says so.
    fn run_ready(&self, is_over: impl Fn() -> bool) -> (usize, bool) {
        let mut polled = 0;
        for _ in 0..self.shared().settings.event_interval {
            // Not before the first: a main future that is always woken would keep all others out.
            if polled > 0 && is_over() {
                return (polled, true);
            }
            match self.context.next() {
                Some(Next::Run(runnable)) => {
                    self.context.run(runnable);
                    polled += 1;
                }
                Some(Next::Look) => self.context.look(),
                Some(Next::End) => {
                    // Somebody may join one of those that would be left here.
                    self.context.drop_queued();
                    return (polled, false);
                }
                Some(Next::Nothing) | None => return (polled, false),
            }
        }
        (polled, true)
    }

    /// Sleeps until the engine has something, or somebody wakes this worker.
    fn wait(&self, limit: Limit, is_over: impl Fn() -> bool) {
        let shared = self.shared();
        let parker = &shared.seat(0).parker;
        let limit = self.advanced(limit);
        let _watches = shared.idle.sleep(0, self.context.stop_searching());
        shared.tell_if_over();
        let mut token = Token::None;
        if !shared.has_queued() && !is_over() {
            let mut engine = self.current.engine();
            token = parker.enter_engine();
            if token == Token::None {
                self.context.wait_on(&mut engine, limit);
                token = parker.leave_engine();
            }
        }
        self.rise(token);
        self.context.wake_found();
    }

    /// A clock that stands is moved to the next timer instead of sleeping, unless a thread of the
    /// runtime is at work.
    fn advanced(&self, limit: Limit) -> Limit {
        let shared = self.shared();
        if limit == Limit::Now || !shared.clock.is_paused() || shared.pool.is_busy() {
            return limit;
        }
        match shared.next_deadline() {
            Some(deadline) => {
                shared.clock.advance_to(deadline);
                Limit::Now
            }
            None => limit,
        }
    }

    fn poll_once(&self, timeout: Option<Duration>) -> Progress {
        let (mut polled, mut is_ready) = self.run_ready(|| false);
        let limit = match is_ready || polled > 0 {
            true => Limit::Now,
            false => Limit::from(timeout),
        };
        self.wait(limit, || false);
        let (more, is_left) = self.run_ready(|| false);
        polled += more;
        is_ready = is_left && self.context.has_tasks() || self.shared().has_queued();
        Progress { polled, is_ready }
    }
}

/// The future of `block_on`.
#[derive(Debug)]
struct Main {
    is_woken: AtomicBool,
    /// Whether the thread that waits for it is the worker, from some time on.
    is_driven: AtomicBool,
    shared: Arc<Shared>,
    thread: Thread,
}

impl Wake for Main {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.is_woken.swap(true, SeqCst) {
            return;
        }
        // Its thread drives the runtime and is this one: it looks before it sleeps.
        if !self.is_driven.load(Relaxed) || !context::is_core_of(&self.shared) {
            self.shared.notify();
            // For a thread that waits until it may drive.
            self.thread.unpark();
        }
    }
}
