//! Pollers for tests: on each engine of the target, or on a machine whose clock is turned by hand.

use core::time::Duration;
use std::io::{self, Write};
use std::os::unix::net::UnixStream;

use poll_api::Engine;
use poll_conformance::scripted::{Full, Machine, ManualClock, Script, ScriptedEngine};
use poll_loop::{Clock, Id, Monotonic, Notification, Notifications, Poller};
use poll_os::engine::{Backend, Poll};

/// Longer than any test takes: what has not come by then is lost.
pub(crate) const LONG: Option<Duration> = Some(Duration::from_secs(20));
pub(crate) const NOW: Option<Duration> = Some(Duration::ZERO);

/// Runs a test, which is generic over the backend, on each engine of the target.
macro_rules! on_every_engine {
    ($test:ident) => {{
        $test($crate::stage::poller(poll_os::Poll::new().unwrap()));
        $test($crate::stage::poller(poll_os::poll::Poll::new().unwrap()));
    }};
}
pub(crate) use on_every_engine;

pub(crate) type On<B> = Poller<Poll<B>, Monotonic>;

pub(crate) fn poller<B: Backend>(poll: Poll<B>) -> On<B> {
    Poller::with_engine(poll, Monotonic).unwrap()
}

/// What one wait finds.
pub(crate) fn wait<E, C>(poller: &mut Poller<E, C>, timeout: Option<Duration>) -> Vec<Notification>
where
    E: Engine<Error = io::Error>,
    C: Clock + Clone,
{
    let mut notifications = Notifications::with_capacity(64);
    poller.wait(&mut notifications, timeout).unwrap();
    notifications.iter().collect()
}

/// The ids of what one wait finds.
pub(crate) fn ids<E, C>(poller: &mut Poller<E, C>, timeout: Option<Duration>) -> Vec<Id>
where
    E: Engine<Error = io::Error>,
    C: Clock + Clone,
{
    let found = wait(poller, timeout);
    found.iter().map(|notification| notification.id).collect()
}

/// The place of an id in its poller, which successors have too.
pub(crate) const fn slot(id: Id) -> u64 {
    id.as_u64() & 0xffff_ffff
}

/// A connected pair, neither of which blocks.
pub(crate) fn pair() -> (UnixStream, UnixStream) {
    let (a, b) = UnixStream::pair().unwrap();
    a.set_nonblocking(true).unwrap();
    b.set_nonblocking(true).unwrap();
    (a, b)
}

pub(crate) fn send(mut to: &UnixStream) {
    to.write_all(b"x").unwrap();
}

/// A poller on a machine in memory, whose time passes by hand.
pub(crate) struct Scripted {
    pub(crate) machine: Machine,
    pub(crate) clock: ManualClock,
    pub(crate) poller: Poller<ScriptedEngine<Full>, ManualClock>,
    script: Script,
}

impl Scripted {
    pub(crate) fn new() -> Self {
        let clock = ManualClock::new();
        let machine = Machine::with_clock(&clock);
        let engine = machine.engine::<Full>();
        let script = engine.script();
        let poller = Poller::with_engine(engine, clock.clone()).unwrap();
        Self {
            machine,
            clock,
            poller,
            script,
        }
    }

    /// What is to go wrong.
    pub(crate) fn script(&self) -> Script {
        self.script.clone()
    }

    /// What a look finds once `duration` has passed.
    pub(crate) fn after(&mut self, duration: Duration) -> Vec<Notification> {
        self.clock.advance(duration);
        wait(&mut self.poller, NOW)
    }
}
