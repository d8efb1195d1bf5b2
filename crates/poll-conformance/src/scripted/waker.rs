//! The handle that ends the waits of a scripted engine.

use std::io::{Error, ErrorKind, Result};
use std::sync::Arc;

use poll_api::{Event, Ready, Token, Wake};

use super::kernel::{Changed, Kernel};
use super::sabotage::Sabotage;

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

impl ScriptedWaker {
    pub(super) fn new(kernel: &Arc<Kernel>, poller: u64, token: Token) -> Self {
        let kernel = Arc::clone(kernel);
        let inner = Wakeable {
            kernel,
            poller,
            token,
        };
        Self {
            inner: Arc::new(inner),
        }
    }
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
        let token = state.distorted(*token);
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
