//! Who listens to which signal, and what was there before: the handler comes and goes with them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::io::Errno;

use crate::signal::{NUMBERS, Signal};
use crate::sys::{self, Disposition};

static SLOTS: Mutex<[Slot; NUMBERS]> = Mutex::new([const { Slot::EMPTY }; NUMBERS]);

/// The state of one signal.
struct Slot {
    listeners: usize,
    /// What was there before our handler; `None` when ours is not installed.
    before: Option<Disposition>,
}

impl Slot {
    const EMPTY: Self = Self {
        listeners: 0,
        before: None,
    };

    fn install(&mut self, signal: Signal) -> Result<(), Errno> {
        let present = sys::disposition(signal)?;
        if present.is_ours() {
            return Ok(());
        }
        // Someone put a handler over ours. It may call ours, as ours calls what was before it;
        // a second installation on top would call both in a circle.
        if self.before.is_some() && present.is_handler() {
            return Err(Errno::BUSY);
        }
        self.before = Some(sys::install(signal, present)?);
        Ok(())
    }

    fn uninstall(&mut self, signal: Signal) {
        // sigaction(2) fails for numbers that cannot be caught; this one was.
        let Ok(present) = sys::disposition(signal) else {
            return;
        };
        if present.is_ours() {
            if let Some(before) = self.before.take() {
                sys::restore(signal, before);
            }
        } else if !present.is_handler() {
            self.before = None;
        }
    }
}

/// Adds a listener of `signal`; the first one installs the handler.
pub(crate) fn enter(signal: Signal) -> Result<(), Errno> {
    if !signal.can_be_listened_to() {
        return Err(Errno::INVAL);
    }
    let mut slots = lock();
    let slot = &mut slots[signal.index()];
    slot.install(signal)?;
    slot.listeners += 1;
    Ok(())
}

/// Removes a listener of `signal`; the last one puts the earlier disposition back.
pub(crate) fn leave(signal: Signal) {
    let mut slots = lock();
    let slot = &mut slots[signal.index()];
    slot.listeners = slot.listeners.saturating_sub(1);
    if slot.listeners == 0 {
        slot.uninstall(signal);
    }
}

// Nothing panics while it is held, and each slot is whole between two statements.
fn lock() -> MutexGuard<'static, [Slot; NUMBERS]> {
    SLOTS.lock().unwrap_or_else(PoisonError::into_inner)
}
