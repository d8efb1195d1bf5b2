//! What is to go wrong, and when.

use core::num::NonZeroUsize;
use std::io::ErrorKind;
use std::sync::Arc;

use poll_api::Event;

use super::kernel::Kernel;

/// A call that can be made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Call {
    /// [`poll_api::Register::register`]
    Register,
    /// [`poll_api::Register::modify`]
    Modify,
    /// [`poll_api::Register::deregister`]
    Deregister,
    /// [`poll_api::Engine::waker`]
    Waker,
    /// [`poll_api::Engine::wait`]
    Wait,
}

/// The script of one engine; see [`ScriptedEngine::script`](super::ScriptedEngine::script).
///
/// It may be used from any thread, also during a wait.
#[derive(Clone, Debug)]
pub struct Script {
    pub(super) kernel: Arc<Kernel>,
    pub(super) poller: u64,
}

/// What is to come.
#[derive(Debug, Default)]
pub(super) struct Plot {
    pub(super) spurious: Vec<Event>,
    pub(super) reversed: bool,
    failures: Vec<(Call, usize, ErrorKind)>,
}

impl Script {
    /// Reports `event` once, in the present wait or the next one, whatever the sources do.
    pub fn report(&self, event: Event) {
        self.change(|plot| plot.spurious.push(event));
    }

    /// Reports in the opposite order from now on, or in the usual one.
    pub fn reverse(&self, reversed: bool) {
        self.change(|plot| plot.reversed = reversed);
    }

    /// Lets the `nth` call from now fail with `error`; it changes nothing then.
    pub fn fail(&self, call: Call, nth: NonZeroUsize, error: ErrorKind) {
        self.change(|plot| plot.failures.push((call, nth.get(), error)));
    }

    fn change(&self, change: impl FnOnce(&mut Plot)) {
        let mut state = self.kernel.lock();
        if let Some(poller) = state.poller_mut(self.poller) {
            change(&mut poller.plot);
        }
        self.kernel.bell.notify_all();
    }
}

impl Plot {
    /// Counts a call; the error it is to fail with, if any.
    pub(super) fn called(&mut self, call: Call) -> Option<ErrorKind> {
        let mut failure = None;
        self.failures.retain_mut(|(planned, left, error)| {
            if *planned != call {
                return true;
            }
            *left -= 1;
            if *left == 0 {
                failure = Some(*error);
            }
            *left > 0
        });
        failure
    }
}
