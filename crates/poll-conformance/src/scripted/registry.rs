//! The registering half of a scripted engine.

use core::marker::PhantomData;
use std::io::{Error, ErrorKind, Result};
use std::sync::{Arc, MutexGuard};

use poll_api::{Interest, Register, Token, Trigger};

use super::engine::{Kind, ScriptedEngine};
use super::kernel::{Changed, Kernel, Registration, State};
use super::sabotage::Sabotage;
use super::script::Call;
use super::socket::Socket;

/// The registering half of a scripted engine.
#[derive(Clone, Debug)]
pub struct ScriptedRegistry<K> {
    pub(super) kernel: Arc<Kernel>,
    pub(super) poller: u64,
    kind: PhantomData<K>,
}

impl<K: Kind> ScriptedRegistry<K> {
    pub(super) fn new(kernel: Arc<Kernel>, poller: u64) -> Self {
        Self {
            kernel,
            poller,
            kind: PhantomData,
        }
    }

    /// The state, unless the script lets this call fail.
    pub(super) fn called(&self, call: Call) -> Result<MutexGuard<'_, State>> {
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
        let mut new = Registration::new((thing, handle), state.distorted(token), how);
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
        let mut new = Registration::new((thing, handle), state.distorted(token), how);
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
