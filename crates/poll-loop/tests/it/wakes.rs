//! What wakes a poller that sleeps, and what does not: on an engine whose sleep lets something
//! happen, and tells whether that would have ended it.

use core::time::Duration;
use std::io;
use std::sync::{Arc, Mutex};

use poll_api::{Capabilities, Engine, EventBuffer, Token};
use poll_conformance::scripted::{
    Full, Machine, ManualClock, ScriptedEngine, ScriptedEvents, ScriptedRegistry, ScriptedWaker,
};
use poll_loop::{Poller, Registrar};

use crate::stage::ids;

const MS: Duration = Duration::from_millis(1);

type Meanwhile = Arc<Mutex<Option<Box<dyn FnOnce() + Send>>>>;
type Woken = Arc<Mutex<Option<bool>>>;

/// A scripted engine that turns the clock to the end of a sleep, after something has happened.
struct Sleeper {
    inner: ScriptedEngine<Full>,
    clock: ManualClock,
    meanwhile: Meanwhile,
    woken: Woken,
}

impl Engine for Sleeper {
    type Error = io::Error;
    type Events = ScriptedEvents;
    type Registry = ScriptedRegistry<Full>;
    type Waker = ScriptedWaker;

    const CAPABILITIES: Capabilities = <ScriptedEngine<Full> as Engine>::CAPABILITIES;

    fn registry(&self) -> &Self::Registry {
        self.inner.registry()
    }

    fn waker(registry: &Self::Registry, token: Token) -> io::Result<ScriptedWaker> {
        ScriptedEngine::waker(registry, token)
    }

    fn wait(&mut self, events: &mut ScriptedEvents, timeout: Option<Duration>) -> io::Result<()> {
        let next = self.meanwhile.lock().unwrap().take();
        if let Some(happens) = next {
            assert_ne!(timeout, Some(Duration::ZERO), "it does not sleep");
            happens();
            self.inner.wait(events, Some(Duration::ZERO))?;
            *self.woken.lock().unwrap() = Some(!events.is_empty());
        } else {
            self.inner.wait(events, Some(Duration::ZERO))?;
        }
        if events.is_empty() {
            self.clock.advance(timeout.unwrap_or_default());
        }
        Ok(())
    }
}

/// Whether `happens` wakes a poller that sleeps for 100 ms, because of a timer.
fn wakes(happens: impl FnOnce(&Registrar<Sleeper, ManualClock>) + Send + 'static) -> bool {
    let clock = ManualClock::new();
    let (meanwhile, woken) = (Meanwhile::default(), Woken::default());
    let engine = Sleeper {
        inner: Machine::with_clock(&clock).engine(),
        clock: clock.clone(),
        meanwhile: meanwhile.clone(),
        woken: woken.clone(),
    };
    let mut poller = Poller::with_engine(engine, clock).unwrap();
    poller.set_timeout(100 * MS).unwrap();
    let registrar = poller.registrar().clone();
    *meanwhile.lock().unwrap() = Some(Box::new(move || happens(&registrar)));
    assert!(ids(&mut poller, Some(101 * MS)).len() <= 2);
    let woken = woken.lock().unwrap().take();
    woken.unwrap()
}

#[test]
fn a_timer_wakes_only_if_it_is_due_before_the_sleep_ends() {
    for (after, expected) in [(0, true), (99, true), (100, false), (5_000, false)] {
        let set = wakes(move |registrar| {
            registrar.set_timeout(after * MS).unwrap();
        });
        assert_eq!(set, expected, "a timeout of {after} ms");
        let reset = wakes(move |registrar| {
            let id = registrar.set_timeout(Duration::from_secs(9)).unwrap();
            assert!(registrar.reset(id, after * MS).unwrap());
        });
        assert_eq!(reset, expected, "a reset to {after} ms");
    }
    assert!(wakes(|registrar| {
        registrar.set_interval(MS).unwrap();
    }));
    assert!(!wakes(|registrar| {
        registrar.set_interval(Duration::from_secs(1)).unwrap();
    }));
}

#[test]
fn a_cancel_does_not_wake_and_a_wake_and_a_send_do() {
    assert!(!wakes(|registrar| {
        let id = registrar.set_timeout(Duration::from_secs(9)).unwrap();
        assert!(registrar.cancel(id));
    }));
    assert!(wakes(|registrar| registrar.wake().unwrap()));
    assert!(wakes(|registrar| {
        let (sender, receiver) = registrar.channel().unwrap();
        sender.send(1).unwrap();
        drop(receiver);
    }));
}
