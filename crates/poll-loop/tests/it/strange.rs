//! An engine in memory that does as it is told, for what the engines of a system do seldom: its
//! registrations and wakes fail, and its sleep lets something happen and then takes no time.

use core::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering};
use core::time::Duration;
use std::io::{Error, ErrorKind, Result};
use std::sync::{Arc, Mutex};

use poll_api::{Capabilities, Engine, EventBuffer, Interest, Register, Token, Trigger, Wake};
use poll_conformance::scripted::{
    Full, Machine, ManualClock, ScriptedEngine, ScriptedEvents, ScriptedWaker,
};
use poll_loop::Poller;

/// What the engine is told to do, and what it was asked for.
#[derive(Clone, Default)]
pub(crate) struct Orders {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    refuses_with: AtomicI32,
    refuses_wakes: AtomicBool,
    rearmed: AtomicUsize,
    wakes: AtomicUsize,
    meanwhile: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    woken: Mutex<Option<bool>>,
    always: Mutex<Option<Box<dyn Fn() + Send>>>,
}

impl Orders {
    /// Registrations fail with this errno from now on.
    pub(crate) fn refuse_with(&self, errno: i32) {
        self.inner.refuses_with.store(errno, Ordering::SeqCst);
    }

    /// Wakes fail from now on, or no more.
    pub(crate) fn refuse_wakes(&self, refuse: bool) {
        self.inner.refuses_wakes.store(refuse, Ordering::SeqCst);
    }

    /// How often the next edge was asked for since the last call.
    pub(crate) fn rearmed(&self) -> usize {
        self.inner.rearmed.swap(0, Ordering::SeqCst)
    }

    /// Lets this happen in the next wait, which has to sleep.
    pub(crate) fn meanwhile(&self, happens: impl FnOnce() + Send + 'static) {
        *self.inner.meanwhile.lock().unwrap() = Some(Box::new(happens));
    }

    /// Lets this happen in each wait from now on.
    pub(crate) fn in_each_wait(&self, happens: impl Fn() + Send + 'static) {
        *self.inner.always.lock().unwrap() = Some(Box::new(happens));
    }

    /// Whether what happened then would have ended that sleep; none if there was none.
    pub(crate) fn woken(&self) -> Option<bool> {
        self.inner.woken.lock().unwrap().take()
    }

    /// How often a wake succeeded since the last call.
    pub(crate) fn wakes(&self) -> usize {
        self.inner.wakes.swap(0, Ordering::SeqCst)
    }
}

/// The engine.
pub(crate) struct Strange {
    inner: ScriptedEngine<Full>,
    clock: ManualClock,
    registry: Following,
}

/// Its registering half: knows no source, and every kind of it.
#[derive(Clone)]
pub(crate) struct Following {
    orders: Orders,
    inner: <ScriptedEngine<Full> as Engine>::Registry,
}

#[derive(Clone)]
pub(crate) struct FollowingWaker {
    orders: Orders,
    inner: ScriptedWaker,
}

pub(crate) type OnStrange = Poller<Strange, ManualClock>;

/// A poller on such an engine, and what to tell it.
pub(crate) fn strange() -> (OnStrange, ManualClock, Orders) {
    let (clock, orders) = (ManualClock::new(), Orders::default());
    let inner = Machine::with_clock(&clock).engine::<Full>();
    let registry = Following {
        orders: orders.clone(),
        inner: inner.registry().clone(),
    };
    let engine = Strange {
        inner,
        clock: clock.clone(),
        registry,
    };
    let poller = Poller::with_engine(engine, clock.clone()).unwrap();
    (poller, clock, orders)
}

impl Engine for Strange {
    type Error = Error;
    type Events = ScriptedEvents;
    type Registry = Following;
    type Waker = FollowingWaker;

    const CAPABILITIES: Capabilities = <ScriptedEngine<Full> as Engine>::CAPABILITIES;

    fn registry(&self) -> &Following {
        &self.registry
    }

    fn waker(registry: &Following, token: Token) -> Result<FollowingWaker> {
        Ok(FollowingWaker {
            orders: registry.orders.clone(),
            inner: ScriptedEngine::<Full>::waker(&registry.inner, token)?,
        })
    }

    fn wait(&mut self, events: &mut ScriptedEvents, timeout: Option<Duration>) -> Result<()> {
        let orders = &self.registry.orders.inner;
        let next = orders.meanwhile.lock().unwrap().take();
        let is_due = next.is_some();
        if let Some(happens) = next {
            assert_ne!(timeout, Some(Duration::ZERO), "it does not sleep");
            happens();
        }
        if let Some(happens) = &*orders.always.lock().unwrap() {
            happens();
        }
        self.inner.wait(events, Some(Duration::ZERO))?;
        if is_due {
            *orders.woken.lock().unwrap() = Some(!events.is_empty());
        }
        if events.is_empty() {
            let Some(timeout) = timeout else {
                panic!("nothing ends this sleep");
            };
            self.clock.advance(timeout);
        }
        Ok(())
    }
}

impl Wake for FollowingWaker {
    type Error = Error;

    fn wake(&self) -> Result<()> {
        if self.orders.inner.refuses_wakes.load(Ordering::SeqCst) {
            return Err(ErrorKind::OutOfMemory.into());
        }
        self.orders.inner.wakes.fetch_add(1, Ordering::SeqCst);
        self.inner.wake()
    }
}

impl<S: ?Sized> Register<S> for Following {
    type Error = Error;

    fn register(&self, _: &S, _: Token, _: Interest, _: Trigger) -> Result<()> {
        match self.orders.inner.refuses_with.load(Ordering::SeqCst) {
            0 => Ok(()),
            errno => Err(Error::from_raw_os_error(errno)),
        }
    }

    fn modify(&self, _: &S, _: Token, _: Interest, _: Trigger) -> Result<()> {
        Ok(())
    }

    fn deregister(&self, _: &S) -> Result<()> {
        Ok(())
    }

    fn rearm(&self, _: &S, _: Token, _: Interest, _: Trigger) -> Result<()> {
        self.orders.inner.rearmed.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}
