//! A driver on an engine whose sleep advances the clock by itself and is written down.

use core::num::NonZeroUsize;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::io;
use std::sync::{Arc, Mutex};

use poll_api::{
    Capabilities, Clock, Engine, EventBuffer, Instant, Interest, Register, Token, Trigger, Wake,
};
use poll_conformance::scripted::{
    Call, Full, Machine, ManualClock, Script, ScriptedEngine, ScriptedEvents, ScriptedRegistry,
    ScriptedWaker, Socket,
};
use poll_driver::{Budget, Driver, Due, Limit};

/// What the engine was asked for: how long to sleep at most.
type Sleeps = Arc<Mutex<Vec<Option<Duration>>>>;
/// What happens in the next sleep.
type Meanwhile = Arc<Mutex<Option<Box<dyn FnOnce() + Send>>>>;

/// A scripted engine that sleeps in no time: it turns the clock to the end of the sleep.
pub(crate) struct Jumping {
    inner: ScriptedEngine<Full>,
    clock: ManualClock,
    sleeps: Sleeps,
    meanwhile: Meanwhile,
}

impl Engine for Jumping {
    type Error = io::Error;
    type Events = ScriptedEvents;
    type Registry = ScriptedRegistry<Full>;
    type Waker = CountedWaker;

    const CAPABILITIES: Capabilities = <ScriptedEngine<Full> as Engine>::CAPABILITIES;

    fn registry(&self) -> &Self::Registry {
        self.inner.registry()
    }

    fn waker(registry: &Self::Registry, token: Token) -> io::Result<CountedWaker> {
        Ok(CountedWaker {
            inner: ScriptedEngine::waker(registry, token)?,
            wakes: WAKES.with(Arc::clone),
        })
    }

    fn wait(&mut self, events: &mut ScriptedEvents, timeout: Option<Duration>) -> io::Result<()> {
        self.sleeps.lock().unwrap().push(timeout);
        self.inner.wait(events, Some(Duration::ZERO))?;
        if !events.is_empty() || timeout == Some(Duration::ZERO) {
            return Ok(());
        }
        if let Some(meanwhile) = self.meanwhile.lock().unwrap().take() {
            meanwhile();
        }
        self.inner.wait(events, Some(Duration::ZERO))?;
        if events.is_empty() {
            let Some(timeout) = timeout else {
                panic!("nothing ends this sleep");
            };
            self.clock.advance(timeout);
        }
        Ok(())
    }
}

thread_local! {
    // The trait makes wakers without a self to count in; each test has a thread of its own.
    static WAKES: Arc<AtomicUsize> = Arc::default();
}

/// How often the drivers of this test were woken since this was last asked.
pub(crate) fn wakes() -> usize {
    WAKES.with(|wakes| wakes.swap(0, Ordering::Relaxed))
}

/// A waker that counts.
#[derive(Clone, Debug)]
pub(crate) struct CountedWaker {
    inner: ScriptedWaker,
    wakes: Arc<AtomicUsize>,
}

impl Wake for CountedWaker {
    type Error = io::Error;

    fn wake(&self) -> io::Result<()> {
        self.wakes.fetch_add(1, Ordering::Relaxed);
        self.inner.wake()
    }
}

pub(crate) type Turned = Due<u32, &'static str>;

/// A machine, its clock, and a driver on it.
pub(crate) struct Stage {
    pub(crate) machine: Machine,
    pub(crate) clock: ManualClock,
    pub(crate) driver: Driver<Jumping, ManualClock, u32, &'static str>,
    sleeps: Sleeps,
    meanwhile: Meanwhile,
    script: Script,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::with_budget(Budget::default())
    }

    pub(crate) fn with_budget(budget: Budget) -> Self {
        let clock = ManualClock::new();
        // So that there are deadlines before the present.
        clock.advance(Duration::from_secs(1));
        let machine = Machine::with_clock(&clock);
        let inner = machine.engine::<Full>();
        let (sleeps, meanwhile) = (Sleeps::default(), Meanwhile::default());
        let script = inner.script();
        let engine = Jumping {
            inner,
            clock: clock.clone(),
            sleeps: sleeps.clone(),
            meanwhile: meanwhile.clone(),
        };
        let own = Token(usize::MAX);
        let driver = Driver::new(engine, clock.clone(), own, budget).unwrap();
        Self {
            machine,
            clock,
            driver,
            sleeps,
            meanwhile,
            script,
        }
    }

    /// A pair whose first end is watched for edges under `token`.
    pub(crate) fn pair(&self, token: usize) -> (Socket, Socket) {
        let (here, there) = self.machine.pair();
        let registry = self.driver.registry();
        registry
            .register(&here, Token(token), Interest::READABLE, Trigger::Edge)
            .unwrap();
        (here, there)
    }

    /// This long after the present instant of the clock.
    pub(crate) fn after(&self, duration: Duration) -> Instant {
        self.clock.now().saturating_add(duration)
    }

    /// Lets this happen in the next sleep, on this thread.
    pub(crate) fn meanwhile(&self, action: impl FnOnce() + Send + 'static) {
        *self.meanwhile.lock().unwrap() = Some(Box::new(action));
    }

    /// Lets the next wait fail.
    pub(crate) fn fail_next_wait(&self) {
        let next = NonZeroUsize::MIN;
        self.script
            .fail(Call::Wait, next, io::ErrorKind::OutOfMemory);
    }

    /// One turn, and all it hands out.
    pub(crate) fn turn(&mut self, limit: Limit) -> Vec<Turned> {
        self.driver.turn(limit).unwrap();
        self.rest()
    }

    /// What the present turn has left.
    pub(crate) fn rest(&mut self) -> Vec<Turned> {
        core::iter::from_fn(|| self.driver.next_due()).collect()
    }

    /// The sleeps since this was last asked.
    pub(crate) fn slept(&self) -> Vec<Option<Duration>> {
        core::mem::take(&mut self.sleeps.lock().unwrap())
    }
}
