//! The engine of a machine: waiting, registering and waking.

use core::fmt;
use core::marker::PhantomData;
use core::time::Duration;
use std::io::{Error, ErrorKind, Result};
use std::sync::{Arc, MutexGuard};

use poll_api::{Capabilities, Clock, Engine, Event, EventBuffer, Instant, Interest, Ready};
use poll_api::{Register, Token, Trigger, Wake};

use super::clock::ScriptedClock;
use super::kernel::{Changed, Kernel, Registration, State};
use super::sabotage::Sabotage;
use super::script::{Call, Script};
use super::socket::Socket;

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
        all.nestable = true;
        all.registers_while_waiting = true;
        all.nanosecond_waits = true;
        all.tracks_registrations = true;
        all
    };
}

/// As little as possible: edges wait for `rearm`, and sources are pinned.
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
    registry: ScriptedRegistry<K>,
    handle: u64,
}

impl<K: Kind> ScriptedEngine<K> {
    pub(super) fn new(kernel: &Arc<Kernel>) -> Self {
        let mut state = kernel.lock();
        let poller = state.add_poller(K::CAPABILITIES);
        let handle = state.add_handle(poller);
        drop(state);
        let kernel = Arc::clone(kernel);
        Self {
            registry: ScriptedRegistry {
                kernel,
                poller,
                kind: PhantomData,
            },
            handle,
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
        let inner = Wakeable {
            kernel: Arc::clone(&registry.kernel),
            poller: registry.poller,
            token: if shared { Token(1) } else { token },
        };
        drop(state);
        Ok(ScriptedWaker {
            inner: Arc::new(inner),
        })
    }

    fn wait(&mut self, events: &mut Self::Events, timeout: Option<Duration>) -> Result<()> {
        let ScriptedRegistry { kernel, poller, .. } = &self.registry;
        let mut state = self.registry.called(Call::Wait)?;
        if !state.is(Sabotage::BufferIsNotCleared) {
            events.clear();
        }
        let timeout = timeout_of::<K>(&state, timeout);
        let mut sleep = Sleep {
            kernel,
            deadline: timeout.map(|timeout| kernel.clock.now().saturating_add(timeout)),
            timeout,
            interruptions: state.interruptions,
        };
        loop {
            report(&mut state, *poller, events);
            if !events.is_empty() || sleep.is_over(&state) {
                break;
            }
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
        Some(Sabotage::WaitReturnsEarly) => timeout = timeout.mul_f64(0.9),
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

/// Moves everything that is due and fits into `events`.
fn report(state: &mut State, id: u64, events: &mut ScriptedEvents) {
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
        return;
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
    for token in woken {
        if !needs_room || events.reports.len() < events.capacity {
            events.reports.push(Event::new(token, Ready::READABLE));
        }
    }
    if reversed {
        events.reports.reverse();
    }
}

/// A wait that has nothing to report yet.
struct Sleep<'a> {
    kernel: &'a Kernel,
    timeout: Option<Duration>,
    deadline: Option<Instant>,
    interruptions: u64,
}

impl Sleep<'_> {
    /// Whether the wait ends without a report.
    fn is_over(&mut self, state: &State) -> bool {
        if self.interruptions != state.interruptions {
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

/// The registering half of a scripted engine.
#[derive(Clone, Debug)]
pub struct ScriptedRegistry<K> {
    kernel: Arc<Kernel>,
    poller: u64,
    kind: PhantomData<K>,
}

impl<K: Kind> ScriptedRegistry<K> {
    /// The state, unless the script lets this call fail.
    fn called(&self, call: Call) -> Result<MutexGuard<'_, State>> {
        let mut state = self.kernel.lock();
        let planned = state
            .poller_mut(self.poller)
            .and_then(|poller| poller.plot.called(call));
        match planned {
            Some(error) => Err(error.into()),
            None => Ok(state),
        }
    }

    fn check(&self, state: &State, thing: u64, interest: Interest) -> Result<()> {
        let odd = interest.is_aio() || interest.is_lio();
        let odd = odd || interest.is_priority() && !K::CAPABILITIES.priority;
        if odd && !state.is(Sabotage::UnknownInterestIsIgnored) {
            return Err(ErrorKind::Unsupported.into());
        }
        if !state.watchable(thing) && !state.is(Sabotage::UnwatchableIsAccepted) {
            return Err(ErrorKind::PermissionDenied.into());
        }
        if state.reaches(thing, self.poller) {
            return Err(ErrorKind::InvalidInput.into());
        }
        Ok(())
    }

    fn add(
        &self,
        (thing, handle): (u64, u64),
        token: Token,
        how: (Interest, Trigger),
    ) -> Result<()> {
        let mut state = self.called(Call::Register)?;
        self.check(&state, thing, how.0)?;
        let mut new = Registration::new((thing, handle), distorted(&state, token), how);
        if state.is(Sabotage::RegisterWaitsForTheNextChange) {
            state.mark_seen(&mut new);
        }
        let replaces = state.is(Sabotage::RegisterTwiceReplaces);
        let sticks = state.is(Sabotage::RefusedRegisterReplaces);
        let deaf = state.is(Sabotage::RegisterIsNotSeenByThePresentWait);
        let Some(poller) = state.poller_mut(self.poller) else {
            return Err(ErrorKind::NotFound.into());
        };
        let asleep = poller.waiting;
        match poller.position(handle) {
            Some(index) if K::CAPABILITIES.tracks_registrations && !replaces => {
                if sticks {
                    poller.registrations[index] = new;
                }
                return Err(ErrorKind::AlreadyExists.into());
            }
            Some(index) => poller.registrations[index] = new,
            None => {
                poller.registrations.push(new);
                if K::CAPABILITIES.pins_source {
                    state.add_handle(thing);
                }
            }
        }
        self.changed(state, deaf && asleep);
        Ok(())
    }

    fn replace(
        &self,
        (thing, handle): (u64, u64),
        token: Token,
        how: (Interest, Trigger),
    ) -> Result<()> {
        let mut state = self.called(Call::Modify)?;
        self.check(&state, thing, how.0)?;
        let mut new = Registration::new((thing, handle), distorted(&state, token), how);
        if state.is(Sabotage::ModifyReportsNothing) {
            state.mark_seen(&mut new);
        }
        let (sabotage, lax) = (state.sabotage, state.is(Sabotage::ModifyRegisters));
        let Some(poller) = state.poller_mut(self.poller) else {
            return Err(ErrorKind::NotFound.into());
        };
        match poller.position(handle) {
            Some(index) => {
                let old = poller.registrations[index];
                match sabotage {
                    Some(Sabotage::ModifyKeepsTheToken) => new.token = old.token,
                    Some(Sabotage::ModifyKeepsTheTrigger) => new.trigger = old.trigger,
                    Some(Sabotage::ModifyKeepsTheInterest) => new.interest = old.interest,
                    _ => {}
                }
                poller.registrations[index] = new;
            }
            None if K::CAPABILITIES.tracks_registrations && !lax => {
                return Err(ErrorKind::NotFound.into());
            }
            None => {
                poller.registrations.push(new);
                if K::CAPABILITIES.pins_source {
                    state.add_handle(thing);
                }
            }
        }
        self.changed(state, false);
        Ok(())
    }

    fn remove(&self, thing: u64, handle: u64) -> Result<()> {
        let mut state = self.called(Call::Deregister)?;
        let sabotage = state.sabotage;
        let Some(poller) = state.poller_mut(self.poller) else {
            return Err(ErrorKind::NotFound.into());
        };
        let Some(index) = poller.position(handle) else {
            return match sabotage {
                Some(Sabotage::DeregisterAlwaysSucceeds) => Ok(()),
                _ => Err(ErrorKind::NotFound.into()),
            };
        };
        let removed = poller.registrations.remove(index);
        match sabotage {
            Some(Sabotage::DeregisterLeavesTheQueuedReport) => {
                state.leave_queued(self.poller, removed);
            }
            Some(Sabotage::DeregisterLeavesDuplicatesWatched) => {
                state.leave_watched(self.poller, removed);
            }
            Some(Sabotage::OtherRegistrationsLoseReports) => state.mark_all_seen(self.poller),
            _ => {}
        }
        let pinned = K::CAPABILITIES.pins_source
            && sabotage != Some(Sabotage::DropOfASourceWaitsForItsPoller);
        if pinned {
            state.drop_handle(thing);
        }
        drop(state);
        self.kernel.bell.notify_all();
        Ok(())
    }

    /// A registration may be due at once, for this poller and for those it is nested in.
    fn changed(&self, mut state: MutexGuard<'_, State>, silently: bool) {
        state.bump(self.poller, Changed::Read);
        drop(state);
        if !silently {
            self.kernel.bell.notify_all();
        }
    }
}

/// The token as it will be reported.
fn distorted(state: &State, token: Token) -> Token {
    match state.sabotage {
        Some(Sabotage::TokensAreThirtyTwoBits) => Token(token.0 & 0xffff_ffff),
        Some(Sabotage::TheLastTokenIsReserved) if token.0 == usize::MAX => Token(0),
        _ => token,
    }
}

impl<K: Kind> Register<Socket> for ScriptedRegistry<K> {
    type Error = Error;

    fn register(
        &self,
        source: &Socket,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> Result<()> {
        self.add((source.thing, source.handle), token, (interest, trigger))
    }

    fn modify(
        &self,
        source: &Socket,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> Result<()> {
        self.replace((source.thing, source.handle), token, (interest, trigger))
    }

    fn deregister(&self, source: &Socket) -> Result<()> {
        self.remove(source.thing, source.handle)
    }

    fn rearm(
        &self,
        source: &Socket,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> Result<()> {
        if K::CAPABILITIES.edge || trigger != Trigger::Edge {
            return Ok(());
        }
        self.modify(source, token, interest, trigger)
    }
}

/// A poller is a source of others where its kind says so.
impl<K: Kind> Register<ScriptedEngine<K>> for ScriptedRegistry<K> {
    type Error = Error;

    fn register(
        &self,
        source: &ScriptedEngine<K>,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> Result<()> {
        if !K::CAPABILITIES.nestable {
            return Err(ErrorKind::Unsupported.into());
        }
        self.add(
            (source.registry.poller, source.handle),
            token,
            (interest, trigger),
        )
    }

    fn modify(
        &self,
        source: &ScriptedEngine<K>,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> Result<()> {
        self.replace(
            (source.registry.poller, source.handle),
            token,
            (interest, trigger),
        )
    }

    fn deregister(&self, source: &ScriptedEngine<K>) -> Result<()> {
        self.remove(source.registry.poller, source.handle)
    }
}

/// Ends the waits of a scripted engine.
#[derive(Clone, Debug)]
pub struct ScriptedWaker {
    inner: Arc<Wakeable>,
}

#[derive(Debug)]
struct Wakeable {
    kernel: Arc<Kernel>,
    poller: u64,
    token: Token,
}

impl Wake for ScriptedWaker {
    type Error = Error;

    fn wake(&self) -> Result<()> {
        let Wakeable {
            kernel,
            poller,
            token,
        } = &*self.inner;
        let mut state = kernel.lock();
        let sabotage = state.sabotage;
        let everyone = state.is(Sabotage::WakeReachesAllPollers);
        let targets = if everyone {
            state.pollers()
        } else {
            vec![*poller]
        };
        let token = distorted(&state, *token);
        for target in targets {
            let Some(poller) = state.poller_mut(target) else {
                return match sabotage {
                    Some(Sabotage::WakeOfADroppedPollerFails) => Err(ErrorKind::BrokenPipe.into()),
                    // Nobody is left to be woken.
                    _ => Ok(()),
                };
            };
            let waiting = poller.waiting;
            match sabotage {
                Some(Sabotage::WakeIsForgottenWhenNobodyWaits) if !waiting => {}
                Some(Sabotage::WakesDoNotMerge) if poller.woken.contains(&token) => {
                    poller
                        .plot
                        .spurious
                        .push(Event::new(token, Ready::READABLE));
                }
                _ => {
                    poller.woken.insert(token);
                }
            }
            let unheard = sabotage == Some(Sabotage::InnerWakeDoesNotReachTheOuter);
            if !unheard {
                state.bump(target, Changed::Read);
            }
        }
        if sabotage != Some(Sabotage::WakeDoesNotEndThePresentWait) {
            kernel.bell.notify_all();
        }
        Ok(())
    }
}

impl Drop for Wakeable {
    fn drop(&mut self) {
        let mut state = self.kernel.lock();
        if state.is(Sabotage::DroppingAWakerLosesItsWake)
            && let Some(poller) = state.poller_mut(self.poller)
        {
            poller.woken.remove(&self.token);
        }
    }
}
