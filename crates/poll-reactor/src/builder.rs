//! The settings of a runtime, and where it runs.

use core::num::NonZeroU32;
use std::io;
use std::os::fd::BorrowedFd;

use poll_api::{Clock, Engine, Register, Token};
use poll_driver::{Budget, Driver};
use poll_os::{Monotonic, Poll};

use crate::controller::Controller;
use crate::outbox::Marks;
use crate::reactor::Reactor;
use crate::runtime::Runtime;
use crate::service::Service;
use crate::settings::Settings;

/// Makes runtimes.
///
/// # Examples
///
/// ```
/// use poll_reactor::{Builder, Marks, Service};
/// struct Idle;
/// impl Service for Idle {
///     type Command = ();
///     type Timer = ();
/// }
///
/// let marks = Marks { limit: 1 << 20, ..Marks::default() };
/// let runtime = Builder::new().marks(marks).buffer_size(16 << 10).build(Idle)?;
/// # drop(runtime);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Builder {
    settings: Settings,
    budget: Budget,
    name: Option<String>,
}

impl Builder {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// The marks of each resource's write queue, until it gets its own
    /// ([`Context::set_marks`](crate::Context::set_marks)).
    pub const fn marks(mut self, marks: Marks) -> Self {
        self.settings.marks = marks;
        self
    }

    /// How many steps of one resource a turn takes before others have theirs: 16 unless set.
    pub const fn steps(mut self, steps: NonZeroU32) -> Self {
        self.settings.steps = steps;
        self
    }

    /// The bytes of the buffer that all resources read into: 64 KiB unless set, at least one.
    pub fn buffer_size(mut self, bytes: usize) -> Self {
        self.settings.buffer = bytes.max(1);
        self
    }

    /// How much of a kind one turn handles before the next look at the engine.
    pub const fn budget(mut self, budget: Budget) -> Self {
        self.budget = budget;
        self
    }

    /// Lets [`Metrics::idle`](crate::Metrics::idle) be measured, which costs two readings of the
    /// clock for each wait.
    pub const fn measure_idle(mut self) -> Self {
        self.settings.measures_idle = true;
        self
    }

    /// The name of the thread of a [`Reactor`].
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// A runtime for this thread, on the target's own engine and the monotonic clock.
    ///
    /// # Errors
    ///
    /// As [`poll_os::engine::Poll::new`] and [`poll_os::engine::Waker::new`].
    pub fn build<S: Service>(self, service: S) -> io::Result<Runtime<S>> {
        self.build_on(service, Poll::new()?, Monotonic)
    }

    /// A runtime for this thread, on `engine` and `clock`.
    ///
    /// # Errors
    ///
    /// As [`Engine::waker`].
    pub fn build_on<S, E, C>(self, service: S, engine: E, clock: C) -> io::Result<Runtime<S, E, C>>
    where
        S: Service,
        E: Engine<Error = io::Error>,
        E::Registry: for<'fd> Register<BorrowedFd<'fd>, Error = io::Error>,
        E::Waker: 'static,
        C: Clock,
    {
        // Slot zero is no resource's.
        let driver = Driver::new(engine, clock, Token(0), self.budget)?;
        let controller = Controller::new(driver.remote());
        Ok(Runtime::with_parts(
            service,
            self.settings,
            driver,
            controller,
        ))
    }

    /// A runtime on a thread of its own, on the target's own engine and the monotonic clock.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build), and if no thread can be started.
    pub fn spawn<S>(self, service: S) -> io::Result<Reactor<S>>
    where
        S: Service<Timer: Send> + Send,
    {
        self.spawn_on(service, Poll::new()?, Monotonic)
    }

    /// A runtime on a thread of its own, on `engine` and `clock`.
    ///
    /// # Errors
    ///
    /// As [`build_on`](Self::build_on), and if no thread can be started.
    pub fn spawn_on<S, E, C>(self, service: S, engine: E, clock: C) -> io::Result<Reactor<S>>
    where
        S: Service<Timer: Send> + Send,
        E: Engine<Error = io::Error, Events: Send> + Send + 'static,
        E::Registry: for<'fd> Register<BorrowedFd<'fd>, Error = io::Error>,
        E::Waker: 'static,
        C: Clock + Send + 'static,
    {
        let driver = Driver::new(engine, clock, Token(0), self.budget)?;
        let controller = Controller::new(driver.remote());
        let settings = self.settings;
        // Resources need not be able to leave the thread, so the runtime is put together there.
        Reactor::start(self.name, controller.clone(), move || {
            Runtime::with_parts(service, settings, driver, controller).run()
        })
    }
}
