//! The loop: one turn after another on the thread of whoever calls it.

use core::any::Any;
use core::fmt;
use core::panic::AssertUnwindSafe;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::panic::{catch_unwind, resume_unwind};

use poll_api::{Clock, Engine, Event, Instant, Register};
use poll_driver::{Driver, Due, Limit, TimerKey};
use poll_os::{Monotonic, Poll};

use crate::builder::Builder;
use crate::context::Context;
use crate::controller::Controller;
use crate::error::{Ended, RegisterError, RunError};
use crate::host::{Alarm, Message};
use crate::id::{AnyId, Id, TimerId};
use crate::metrics::Metrics;
use crate::resource::Resource;
use crate::resources::{Resources, Stop};
use crate::service::{Handle, Service};
use crate::settings::Settings;

/// So many waits in a row may fail before the runtime gives up.
const PATIENCE: u32 = 16;

/// Owns a service's resources and turns the loop, on the thread of whoever calls it.
///
/// [`run`](Self::run) stays until the service or a controller shuts the runtime down. Programs that
/// have a loop of their own call [`turn`](Self::turn) instead, whenever the runtime's descriptor is
/// readable or [`next_deadline`](Self::next_deadline) has come.
///
/// `E` is the engine, and `C` the clock; neither is known to the service.
///
/// # Examples
///
/// A program that draws a frame now and then, and leaves the time in between to the runtime:
///
/// ```
/// use core::time::Duration;
/// use poll_api::Clock;
/// use poll_reactor::{Context, Limit, Runtime, Service, TimerId};
///
/// struct Count(u32);
///
/// impl Service for Count {
///     type Command = u32;
///     type Timer = u32;
///
///     fn command(&mut self, count: u32, context: &mut Context<'_, Self>) {
///         context.set_timer(Duration::from_millis(1), count);
///     }
///
///     fn timer(&mut self, _: TimerId, count: u32, _: &mut Context<'_, Self>) {
///         self.0 += count;
///     }
/// }
///
/// let mut runtime = Runtime::new(Count(0))?;
/// runtime.controller().command(2)?;
///
/// while runtime.service().0 == 0 {
///     // A frame is drawn here.
///     let next = runtime.clock().now().saturating_add(Duration::from_millis(16));
///     while runtime.clock().now() < next {
///         let _ = runtime.turn(Limit::Until(next))?; // sleeps if there is nothing to do
///     }
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Runtime<S: Service, E: Engine = Poll, C = Monotonic> {
    service: S,
    // Before the engine, so that descriptors are closed while it still knows them.
    resources: Resources<S>,
    driver: Driver<E, C, Alarm<S::Timer>, Message<S::Command>>,
    controller: Controller<S::Command>,
    buffer: Box<[u8]>,
    is_started: bool,
    failures: u32,
}

/// Whether a runtime goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Status {
    /// There may be more to do.
    Running,
    /// It was shut down: all resources were handed over, and further turns do nothing.
    Stopped,
}

impl<S: Service> Runtime<S> {
    /// A runtime on the target's own engine and the monotonic clock; [`Builder`] sets more.
    ///
    /// # Errors
    ///
    /// As [`poll_os::engine::Poll::new`] and [`poll_os::engine::Waker::new`].
    pub fn new(service: S) -> io::Result<Self> {
        Builder::new().build(service)
    }
}

impl<S, E, C> Runtime<S, E, C>
where
    S: Service,
    E: Engine<Error = io::Error>,
    E::Registry: for<'fd> Register<BorrowedFd<'fd>, Error = io::Error>,
    E::Waker: 'static,
    C: Clock,
{
    pub(crate) fn with_parts(
        service: S,
        settings: Settings,
        driver: Driver<E, C, Alarm<S::Timer>, Message<S::Command>>,
        controller: Controller<S::Command>,
    ) -> Self {
        Self {
            service,
            resources: Resources::new(settings, E::CAPABILITIES),
            driver,
            controller,
            buffer: vec![0; settings.buffer].into_boxed_slice(),
            is_started: false,
            failures: 0,
        }
    }

    /// A handle for other threads.
    #[must_use]
    pub fn controller(&self) -> Controller<S::Command> {
        self.controller.clone()
    }

    /// Gives a resource to the runtime, as [`Context::register`] does.
    ///
    /// # Errors
    ///
    /// As for [`Context::register`].
    pub fn register<R: Resource>(&mut self, resource: R) -> Result<Id<R>, RegisterError<R>>
    where
        S: Handle<R>,
    {
        self.with(|_, context| context.register(resource))
    }

    /// Calls `work` with the service and the runtime, as in a callback: between two turns, for
    /// whoever steps the runtime.
    pub fn with<T>(&mut self, work: impl FnOnce(&mut S, &mut Context<'_, S>) -> T) -> T {
        let mut context = Context {
            resources: &mut self.resources,
            host: &mut self.driver,
        };
        let result = work(&mut self.service, &mut context);
        context.settle();
        result
    }

    /// Turns the loop until it is shut down, and returns the service.
    ///
    /// # Errors
    ///
    /// The engine has failed 16 times in a row.
    ///
    /// # Panics
    ///
    /// If the service does.
    pub fn run(mut self) -> Result<S, RunError<S>> {
        loop {
            match self.turn(Limit::Never) {
                Ok(Status::Running) => {}
                Ok(Status::Stopped) => return Ok(self.service),
                Err(error) => {
                    let service = self.service;
                    return Err(RunError { service, error });
                }
            }
        }
    }

    /// One wait, at most until `limit`, and everything it found: as much of each resource as the
    /// budget allows.
    ///
    /// # Errors
    ///
    /// The engine has failed 16 times in a row; a turn before that tells the service
    /// ([`Service::error`]) and goes on.
    ///
    /// # Panics
    ///
    /// If the service does. The runtime is of no use after that: controllers are told, and further
    /// turns return [`Status::Stopped`].
    pub fn turn(&mut self, limit: Limit) -> io::Result<Status> {
        if self.controller.shared().has_ended() {
            return Ok(Status::Stopped);
        }
        match catch_unwind(AssertUnwindSafe(|| self.take_turn(limit))) {
            Ok(turned) => turned,
            Err(payload) => {
                let message = message_of(&*payload);
                self.controller.shared().end(Ended::Panicked(message));
                resume_unwind(payload)
            }
        }
    }

    fn take_turn(&mut self, limit: Limit) -> io::Result<Status> {
        if !self.is_started {
            self.is_started = true;
            self.with(|service, context| service.started(context));
        }
        let waited = self.wait(limit);
        self.resources.counters.turns += 1;
        match waited {
            Ok(()) => self.failures = 0,
            Err(error) => self.endure(error)?,
        }
        self.with(|service, context| service.tick(context));
        if self.resources.is_busy() {
            self.notify_all();
            self.work_off_backlog();
        }
        while let Some(due) = self.driver.next_due() {
            match due {
                Due::Event(event) => self.report(event),
                Due::Timer(key, _, alarm) => self.ring(key, alarm),
                Due::Message(message) => self.obey(message),
                // Nothing here makes pings.
                Due::Ready(_) => {}
            }
        }
        self.resources.table.end_batch();
        if let Stop::Asked(_) = self.resources.stop {
            self.begin_stop();
        }
        if !self.resources.notices.is_empty() {
            self.notify_all();
        }
        self.controller.shared().publish(&self.resources);
        if self.resources.has_stopped() {
            self.controller.shared().end(Ended::Stopped);
            return Ok(Status::Stopped);
        }
        Ok(Status::Running)
    }

    fn wait(&mut self, limit: Limit) -> io::Result<()> {
        if self.resources.is_busy() || limit == Limit::Now {
            return self.driver.turn(Limit::Now);
        }
        if !self.resources.settings.measures_idle {
            return self.driver.turn(limit);
        }
        let before = self.driver.clock().now();
        let waited = self.driver.turn(limit);
        let idle = self.driver.now().saturating_duration_since(before);
        self.resources.counters.idle_ns += u64::try_from(idle.as_nanos()).unwrap_or(u64::MAX);
        waited
    }

    fn endure(&mut self, error: io::Error) -> io::Result<()> {
        self.failures += 1;
        self.with(|service, context| service.error(&error, context));
        if self.failures < PATIENCE {
            return Ok(());
        }
        let ended = Ended::Failed(error.to_string());
        self.controller.shared().end(ended);
        Err(error)
    }

    /// Tells the service what has changed, of as many resources as there are now.
    fn notify_all(&mut self) {
        for _ in 0..self.resources.notices.len() {
            let Some(id) = self.resources.notices.pop_front() else {
                return;
            };
            if let Some(occupied) = self.resources.table.get_mut(id) {
                occupied.state.in_notices = false;
                let kind = occupied.kind;
                self.with(|service, context| kind.notify(id, service, context));
            }
        }
    }

    /// Goes on with the resources that were ready for more than the last turn allowed.
    fn work_off_backlog(&mut self) {
        for _ in 0..self.resources.backlog.len() {
            let Some(id) = self.resources.backlog.pop_front() else {
                return;
            };
            if let Some(occupied) = self.resources.table.get_mut(id) {
                if occupied.state.is_new {
                    // The service has to be told of it first, which is due.
                    self.resources.backlog.push_back(id);
                    continue;
                }
                occupied.state.in_backlog = false;
                self.steps(id);
                self.resources.flush(id, &self.driver);
            }
        }
    }

    fn report(&mut self, event: Event) {
        let Some(id) = self.resources.table.id_of(event.token().0) else {
            return;
        };
        self.resources.counters.reports += 1;
        let Some(occupied) = self.resources.table.get_mut(id) else {
            return;
        };
        let state = &mut occupied.state;
        state.ready |= event.ready();
        let has_room = state.is_blocked && event.ready().wakes_writer();
        if has_room {
            state.is_blocked = false;
        }
        // One that was ready for more has had its turn.
        if !state.in_backlog {
            self.steps(id);
        }
        // After the steps: they may be what a connection needs to be written to.
        if has_room {
            self.resources.flush(id, &self.driver);
        }
    }

    fn steps(&mut self, id: AnyId) {
        let Some(occupied) = self.resources.table.get(id) else {
            return;
        };
        let kind = occupied.kind;
        let mut context = Context {
            resources: &mut self.resources,
            host: &mut self.driver,
        };
        kind.steps(id, &mut self.service, &mut context, &mut self.buffer);
    }

    fn ring(&mut self, key: TimerKey, alarm: Alarm<S::Timer>) {
        match alarm {
            Alarm::Service(timer) => {
                self.resources.counters.timers += 1;
                self.with(|service, context| service.timer(TimerId(key), timer, context));
            }
            Alarm::Step(id) => {
                if let Some(occupied) = self.resources.table.get_mut(id) {
                    occupied.state.alarm = None;
                    occupied.pretend_ready();
                    self.steps(id);
                }
            }
            Alarm::Close(id) => {
                if let Some(occupied) = self.resources.table.get_mut(id) {
                    occupied.state.alarm = None;
                    occupied.state.is_late = true;
                    self.resources.give_notice(id);
                }
            }
            Alarm::Stop => {
                self.resources.stop = Stop::Late;
                let ids: Vec<AnyId> = self.resources.table.ids().collect();
                for id in ids {
                    self.resources.give_notice(id);
                }
            }
        }
    }

    fn obey(&mut self, message: Message<S::Command>) {
        match message {
            Message::Command(command) => {
                self.resources.counters.commands += 1;
                self.with(|service, context| service.command(command, context));
            }
            Message::Shutdown(grace) => {
                self.with(|_, context| context.shut_down(grace));
            }
        }
    }

    /// Stops all reading and lets each resource go once what was sent to it is written.
    fn begin_stop(&mut self) {
        self.with(|service, context| service.stopping(context));
        // The service may have asked for less.
        let Stop::Asked(grace) = self.resources.stop else {
            return;
        };
        let end = self.driver.clock().now().saturating_add(grace);
        let alarm = self.driver.insert(end, Alarm::Stop);
        self.resources.stop = Stop::Draining(alarm, end);
        let ids: Vec<AnyId> = self.resources.table.ids().collect();
        self.with(|_, context| {
            for id in ids {
                context.begin_close(id);
            }
        });
    }

    /// When a host that sleeps on the runtime's descriptor has to come back at the latest, and take
    /// a turn with [`Limit::Now`]; none if only the descriptor will tell. Asked after each turn.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        if !self.is_started || self.resources.is_busy() {
            Some(Instant::START)
        } else {
            self.driver.next_deadline()
        }
    }

    /// The service.
    #[must_use]
    pub const fn service(&self) -> &S {
        &self.service
    }

    /// What the runtime has counted up to now.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.resources.metrics()
    }

    /// The clock.
    #[must_use]
    pub const fn clock(&self) -> &C {
        self.driver.clock()
    }

    /// The engine, for settings of its own. A wait on it would lose what it reports.
    pub const fn engine_mut(&mut self) -> &mut E {
        self.driver.engine_mut()
    }
}

impl<S: Service, E: Engine + AsFd, C> AsFd for Runtime<S, E, C> {
    /// The engine's descriptor, readable while a turn would find something other than a timer.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.driver.as_fd()
    }
}

impl<S: Service, E: Engine + fmt::Debug, C> fmt::Debug for Runtime<S, E, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime")
            .field("resources", &self.resources.table.len())
            .field("driver", &self.driver)
            .finish_non_exhaustive()
    }
}

/// What a panic said, as far as it is text.
pub(crate) fn message_of(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        String::from("a panic without text")
    }
}
