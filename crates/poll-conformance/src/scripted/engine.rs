//! The engine of a machine: its kinds, its wait and its buffer.

use core::fmt;
use core::time::Duration;
use std::collections::BTreeSet;
use std::io::{Error, ErrorKind, Result};
use std::sync::{Arc, MutexGuard};

use poll_api::{Capabilities, Clock, Engine, Event, EventBuffer, Instant, Ready, Token};

use super::clock::ScriptedClock;
use super::kernel::{Kernel, State};
use super::registry::ScriptedRegistry;
use super::sabotage::Sabotage;
use super::script::{Call, Script};
use super::waker::ScriptedWaker;

/// Which capabilities a scripted engine has.
pub trait Kind: fmt::Debug + Clone + Copy + Send + Sync + 'static {
    /// The engine's name.
    const NAME: &'static str;
    /// What the engine can do.
    const CAPABILITIES: Capabilities;
}

/// Everything that can be had, as on epoll; sources are not pinned.
#[derive(Clone, Copy, Debug)]
pub struct Full;

impl Kind for Full {
    const NAME: &'static str = "scripted (full)";
    const CAPABILITIES: Capabilities = {
        let mut all = Capabilities::NONE;
        all.edge = true;
        all.priority = true;
        all.hangups = true;
        all.nestable = true;
        all.registers_while_waiting = true;
        all.nanosecond_waits = true;
        all.tracks_registrations = true;
        all
    };
}

/// As little as possible: edges wait for `rearm`, ends come apart, and sources are pinned.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

impl Kind for Plain {
    const NAME: &'static str = "scripted (plain)";
    const CAPABILITIES: Capabilities = {
        let mut few = Capabilities::NONE;
        few.pins_source = true;
        few
    };
}

/// An engine in memory.
#[derive(Debug)]
pub struct ScriptedEngine<K> {
    pub(super) registry: ScriptedRegistry<K>,
    pub(super) handle: u64,
}

impl<K: Kind> ScriptedEngine<K> {
    pub(super) fn new(kernel: &Arc<Kernel>) -> Self {
        let mut state = kernel.lock();
        let poller = state.add_poller(K::CAPABILITIES);
        let handle = state.add_handle(poller);
        drop(state);
        let kernel = Arc::clone(kernel);
        Self {
            registry: ScriptedRegistry::new(kernel, poller),
            handle,
        }
    }

    /// What a wait does to the buffer that the script lets fail.
    fn fail(&self, events: &mut ScriptedEvents) {
        let mut state = self.registry.kernel.lock();
        if !state.is(Sabotage::FailedWaitLeavesTheBuffer) {
            events.clear();
        }
        if state.is(Sabotage::FailedWaitLosesReports) {
            let _woken = report(&mut state, self.registry.poller, events);
            events.clear();
        }
    }

    /// What is to go wrong with this engine.
    #[must_use]
    pub fn script(&self) -> Script {
        Script {
            kernel: Arc::clone(&self.registry.kernel),
            poller: self.registry.poller,
        }
    }
}

impl<K: Kind> Engine for ScriptedEngine<K> {
    type Error = Error;
    type Events = ScriptedEvents;
    type Registry = ScriptedRegistry<K>;
    type Waker = ScriptedWaker;

    const CAPABILITIES: Capabilities = K::CAPABILITIES;

    fn registry(&self) -> &Self::Registry {
        &self.registry
    }

    fn waker(registry: &Self::Registry, token: Token) -> Result<Self::Waker> {
        let state = registry.called(Call::Waker)?;
        if state.is(Sabotage::WakersAreLimited) && token.0 == 1000 {
            return Err(ErrorKind::OutOfMemory.into());
        }
        let shared = state.is(Sabotage::WakersShareOneToken);
        drop(state);
        let token = if shared { Token(1) } else { token };
        Ok(ScriptedWaker::new(&registry.kernel, registry.poller, token))
    }

    fn wait(&mut self, events: &mut Self::Events, timeout: Option<Duration>) -> Result<()> {
        let ScriptedRegistry { kernel, poller, .. } = &self.registry;
        let mut state = match self.registry.called(Call::Wait) {
            Ok(state) => state,
            Err(error) => {
                self.fail(events);
                return Err(error);
            }
        };
        if !state.is(Sabotage::BufferIsNotCleared) {
            events.clear();
        }
        let timeout = timeout_of::<K>(&state, timeout);
        let mut sleep = Sleep {
            kernel,
            deadline: timeout.map(|timeout| kernel.clock.now().saturating_add(timeout)),
            timeout,
            interruptions: state.interruptions,
            was_interrupted: false,
        };
        let mut slept = false;
        loop {
            let woken = report(&mut state, *poller, events);
            if sleep.was_interrupted && state.is(Sabotage::InterruptionLosesReports) {
                events.clear();
            }
            if !events.is_empty() || sleep.is_over(&state) {
                if slept
                    && state.repeats_wakes
                    && let Some(poller) = state.poller_mut(*poller)
                {
                    poller.woken.extend(woken);
                }
                break;
            }
            slept = true;
            if let Some(poller) = state.poller_mut(*poller) {
                poller.waiting = true;
            }
            state = sleep.until_the_bell(state);
            if let Some(poller) = state.poller_mut(*poller) {
                poller.waiting = false;
            }
        }
        if events.is_empty() && state.is(Sabotage::EmptyWaitIsAnError) {
            return Err(ErrorKind::TimedOut.into());
        }
        Ok(())
    }
}

impl<K> Drop for ScriptedEngine<K> {
    fn drop(&mut self) {
        self.registry
            .kernel
            .lock()
            .drop_handle(self.registry.poller);
        self.registry.kernel.bell.notify_all();
    }
}

/// The timeout as the engine keeps it; `None` is for ever.
fn timeout_of<K: Kind>(state: &State, timeout: Option<Duration>) -> Option<Duration> {
    let millisecond = Duration::from_millis(1);
    let defect = state.sabotage;
    let Some(mut timeout) = timeout else {
        let short = defect == Some(Sabotage::NoTimeoutIsTenMilliseconds);
        return short.then_some(10 * millisecond);
    };
    match defect {
        Some(Sabotage::WaitReturnsEarly) => timeout /= 2,
        Some(Sabotage::ShortTimeoutsAreZero) if timeout < millisecond => {
            return Some(Duration::ZERO);
        }
        Some(Sabotage::LongTimeoutsWrap) => {
            let wrapped = timeout.as_millis() % (1 << 31);
            return Some(Duration::from_millis(
                u64::try_from(wrapped).unwrap_or_default(),
            ));
        }
        Some(Sabotage::ZeroBlocks) if timeout.is_zero() => timeout = 2 * millisecond,
        _ => {}
    }
    if !K::CAPABILITIES.nanosecond_waits && timeout.subsec_nanos() % 1_000_000 != 0 {
        let missing = 1_000_000 - timeout.subsec_nanos() % 1_000_000;
        timeout = timeout.saturating_add(Duration::from_nanos(missing.into()));
    }
    Some(timeout)
}

/// Moves everything that is due and fits into `events`; returns the tokens that were woken.
fn report(state: &mut State, id: u64, events: &mut ScriptedEvents) -> BTreeSet<Token> {
    let hidden = state.is(Sabotage::WakesHideSources);
    let needs_room = state.is(Sabotage::WakersNeedRoomInTheBuffer);
    let mut room = if state.is(Sabotage::OneReportForEachWait) {
        1
    } else {
        events.capacity
    };
    room -= room.min(events.reports.len());
    let due = state.take_due(id, room);
    let Some(poller) = state.poller_mut(id) else {
        return BTreeSet::new();
    };
    let woken = core::mem::take(&mut poller.woken);
    let spurious = core::mem::take(&mut poller.plot.spurious);
    let reversed = poller.plot.reversed;
    if !hidden || woken.is_empty() {
        events.reports.extend(
            due.into_iter()
                .map(|(token, ready)| Event::new(token, ready)),
        );
    }
    events.reports.extend(spurious);
    for token in &woken {
        if !needs_room || events.reports.len() < events.capacity {
            events.reports.push(Event::new(*token, Ready::READABLE));
        }
    }
    if reversed {
        events.reports.reverse();
    }
    woken
}

/// A wait that has nothing to report yet.
struct Sleep<'a> {
    kernel: &'a Kernel,
    timeout: Option<Duration>,
    deadline: Option<Instant>,
    interruptions: u64,
    was_interrupted: bool,
}

impl Sleep<'_> {
    /// Whether the wait ends without a report.
    fn is_over(&mut self, state: &State) -> bool {
        if self.interruptions != state.interruptions {
            self.was_interrupted = true;
            self.interruptions = state.interruptions;
            if state.is(Sabotage::InterruptionRestartsTheTimeout) {
                let now = self.kernel.clock.now();
                self.deadline = self.timeout.map(|timeout| now.saturating_add(timeout));
            }
            if state.is(Sabotage::InterruptionEndsTheWait) {
                return true;
            }
        }
        // The last instant is never reached: a timeout that long is none.
        let deadline = self.deadline.filter(|deadline| *deadline != Instant::MAX);
        deadline.is_some_and(|deadline| self.kernel.clock.now() >= deadline)
    }

    /// Sleeps until something has changed or the time has come; often enough for nothing.
    fn until_the_bell<'s>(&self, state: MutexGuard<'s, State>) -> MutexGuard<'s, State>
    where
        Self: 's,
    {
        let bell = &self.kernel.bell;
        let left = match (&self.kernel.clock, self.deadline) {
            (ScriptedClock::Real(_), Some(deadline)) => {
                deadline.saturating_duration_since(self.kernel.clock.now())
            }
            // A manual clock rings the bell when it is advanced.
            (ScriptedClock::Manual(_), _) | (_, None) => Duration::MAX,
        };
        // An hour is short enough for every system's timeout.
        let left = left.min(Duration::from_secs(3600));
        match bell.wait_timeout(state, left) {
            Ok((state, _)) => state,
            Err(poisoned) => poisoned.into_inner().0,
        }
    }
}

/// The reports of one wait.
#[derive(Debug)]
pub struct ScriptedEvents {
    capacity: usize,
    reports: Vec<Event>,
}

impl EventBuffer for ScriptedEvents {
    type Iter<'a> = core::iter::Copied<core::slice::Iter<'a, Event>>;

    fn with_capacity(capacity: usize) -> Self {
        let capacity = capacity.max(1);
        Self {
            capacity,
            reports: Vec::with_capacity(capacity),
        }
    }

    fn capacity(&self) -> usize {
        self.capacity
    }

    fn len(&self) -> usize {
        self.reports.len()
    }

    fn clear(&mut self) {
        self.reports.clear();
    }

    fn iter(&self) -> Self::Iter<'_> {
        self.reports.iter().copied()
    }
}
