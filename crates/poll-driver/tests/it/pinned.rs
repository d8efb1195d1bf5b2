//! An engine that has no descriptor and whose registering half stays on its thread, as that of an
//! io_uring with deferred work does.

use core::time::Duration;
use std::io;
use std::rc::Rc;
use std::thread;

use poll_api::{Capabilities, Engine, Instant, Token};
use poll_conformance::scripted::{Full, Machine, ScriptedEngine, ScriptedEvents, ScriptedWaker};
use poll_driver::{Budget, Driver, Due, Limit, Remote};
use poll_os::Monotonic;
use static_assertions::{assert_impl_all, assert_not_impl_any};

struct Pinned {
    inner: ScriptedEngine<Full>,
    registry: Rc<<ScriptedEngine<Full> as Engine>::Registry>,
}

impl Engine for Pinned {
    type Error = io::Error;
    type Events = ScriptedEvents;
    type Registry = Rc<<ScriptedEngine<Full> as Engine>::Registry>;
    type Waker = ScriptedWaker;

    const CAPABILITIES: Capabilities = <ScriptedEngine<Full> as Engine>::CAPABILITIES;

    fn registry(&self) -> &Self::Registry {
        &self.registry
    }

    fn waker(registry: &Self::Registry, token: Token) -> io::Result<ScriptedWaker> {
        ScriptedEngine::<Full>::waker(registry, token)
    }

    fn wait(&mut self, events: &mut ScriptedEvents, timeout: Option<Duration>) -> io::Result<()> {
        self.inner.wait(events, timeout)
    }
}

type Pinning = Driver<Pinned, Monotonic, u32, &'static str>;

assert_not_impl_any!(Pinning: Send, Sync);
assert_impl_all!(Remote<&'static str, ScriptedWaker>: Clone, Send, Sync);

#[test]
fn a_driver_asks_neither_for_a_descriptor_nor_for_a_registry_of_other_threads() {
    let inner: ScriptedEngine<Full> = Machine::new().engine();
    let registry = Rc::new(inner.registry().clone());
    let engine = Pinned { inner, registry };
    let mut driver: Pinning = Driver::new(engine, Monotonic, Token(0), Budget::default()).unwrap();
    let soon = driver.now().saturating_add(Duration::from_millis(2));
    driver.insert(soon, 5);
    let remote = driver.remote();
    let other = thread::spawn(move || remote.post("hello", Instant::START).unwrap());
    let (mut came, mut said) = (false, false);
    while !(came && said) {
        driver.turn(Limit::For(Duration::from_secs(20))).unwrap();
        while let Some(due) = driver.next_due() {
            match due {
                Due::Timer(_, at, 5) => came = driver.now() >= at,
                Due::Message("hello") => said = true,
                other => panic!("{other:?}"),
            }
        }
    }
    other.join().unwrap();
}
