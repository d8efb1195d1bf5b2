//! The wakers of one poller: who owns which slot of the word, with which token and which bell.

use std::io;
use std::sync::{Arc, PoisonError};

use poll_api::Token;

use crate::sync::{Mutex, MutexGuard};
use crate::wake::{Bit, Orderings, Proven, SLOTS, WakeWord};

/// What wakes a parked poller: an eventfd, a user event, a pipe.
pub trait Bell: core::fmt::Debug + Send + Sync {
    /// Makes the poller's present wait, or its next one, return. Ringing twice is harmless.
    ///
    /// # Errors
    ///
    /// The kernel refused.
    fn ring(&self) -> io::Result<()>;
}

/// The slot that belongs to the engine and reports nothing to the caller.
pub(crate) const ENGINE: u32 = SLOTS - 1;

/// How many wakers a poller has room for: 61, or 29 where addresses have 32 bits.
pub(crate) const CAPACITY: u32 = ENGINE;

/// The same as a number of elements.
pub(crate) fn capacity() -> usize {
    index(CAPACITY)
}

/// The wakers of one poller.
#[derive(Debug)]
pub struct Wakers<B, O: Orderings = Proven> {
    word: WakeWord<O>,
    // Locked to make and drop wakers and, in a wait, only when somebody woke the poller: never
    // by a wake itself. Whoever takes bits from the word holds it, so that a slot cannot change
    // hands between its bit and its token.
    slots: Mutex<Vec<Slot<B>>>,
}

#[derive(Debug)]
enum Slot<B> {
    Free,
    Live { token: Token, bell: Arc<B> },
    // Its last handle is gone, but a wake of it has not been reported yet. The bell stays,
    // because closing it would take back what it rang.
    Retired { token: Token, _bell: Arc<B> },
}

impl<B: Bell, O: Orderings> Wakers<B, O> {
    pub(crate) fn new() -> Self {
        Self {
            word: WakeWord::new(),
            slots: Mutex::new(Vec::new()),
        }
    }

    /// Takes a slot for `token`, with the bell that `make` returns for it; none if all are taken.
    pub(crate) fn claim(
        &self,
        token: Token,
        make: impl FnOnce(u32) -> io::Result<Arc<B>>,
    ) -> Option<io::Result<(u32, Arc<B>)>> {
        let mut slots = self.lock();
        let free = slots.iter().position(|slot| matches!(slot, Slot::Free));
        let index = free.unwrap_or(slots.len());
        let slot = u32::try_from(index).ok().filter(|slot| *slot < CAPACITY)?;
        let bell = match make(slot) {
            Ok(bell) => bell,
            Err(error) => return Some(Err(error)),
        };
        let live = Slot::Live {
            token,
            bell: Arc::clone(&bell),
        };
        match slots.get_mut(index) {
            Some(place) => *place = live,
            None => slots.push(live),
        }
        Some(Ok((slot, bell)))
    }

    /// Gives a slot back, after a wake that is still to be reported.
    pub(crate) fn release(&self, slot: u32) {
        let mut slots = self.lock();
        let Some(place) = slots.get_mut(index(slot)) else {
            return;
        };
        if let Slot::Live { token, bell } = core::mem::replace(place, Slot::Free)
            && self.word.is_notified(slot)
        {
            *place = Slot::Retired { token, _bell: bell };
        }
    }

    /// Wakes the poller for the slot of `bit`; the bell is looked up and rung only if the poller
    /// sleeps.
    #[inline]
    pub(crate) fn wake<'b>(&self, bit: Bit, bell: impl FnOnce() -> &'b B) -> io::Result<()>
    where
        B: 'b,
    {
        if self.word.notify(bit) {
            bell().ring()
        } else {
            Ok(())
        }
    }

    /// Says that the poller is about to block, unless it was woken: then nothing is done.
    #[inline]
    pub(crate) fn park_if_quiet(&self) -> bool {
        self.word.park_if_quiet()
    }

    /// Says that the poller is about to block, and whether it must not.
    pub(crate) fn park(&self) -> bool {
        self.word.park()
    }

    /// Ends the parking and passes the token of each waker that was used to `report`.
    #[inline]
    pub(crate) fn unpark(&self, report: impl FnMut(Token)) {
        if !self.word.unpark_if_quiet() {
            self.report(report);
        }
    }

    #[cold]
    fn report(&self, mut report: impl FnMut(Token)) {
        let mut slots = self.lock();
        for slot in self.word.take() {
            let Some(place) = slots.get_mut(index(slot)) else {
                continue;
            };
            match place {
                Slot::Free => {}
                Slot::Live { token, .. } => report(*token),
                Slot::Retired { token, .. } => {
                    report(*token);
                    *place = Slot::Free;
                }
            }
        }
    }

    /// Marks the poller as one whose descriptor others sleep on, and rings for the wakes that
    /// were not rung for before.
    pub(crate) fn hand_out(&self) {
        if self.word.is_handed_out() {
            return;
        }
        let slots = self.lock();
        if let Some(slot) = self.word.hand_out().next()
            && let Some(Slot::Live { bell, .. } | Slot::Retired { _bell: bell, .. }) =
                slots.get(index(slot))
        {
            // The caller asked for a descriptor, which has no room for an error; a bell that
            // cannot ring was rung before and rings still.
            drop(bell.ring());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Slot<B>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A claimed slot with its bell; dropping it gives the slot back.
#[derive(Debug)]
pub(crate) struct Handle<B: Bell, O: Orderings = Proven> {
    // Before `slot`, so that the last of the bell goes when the slot is given back: a bell may be
    // a name in the kernel that the slot's next bell has too.
    bell: Arc<B>,
    slot: Claimed<B, O>,
}

#[derive(Debug)]
struct Claimed<B: Bell, O: Orderings> {
    wakers: Arc<Wakers<B, O>>,
    slot: u32,
}

impl<B: Bell, O: Orderings> Handle<B, O> {
    /// Claims a slot of `wakers`; none if all are taken.
    pub(crate) fn claim(
        wakers: &Arc<Wakers<B, O>>,
        token: Token,
        make: impl FnOnce(u32) -> io::Result<Arc<B>>,
    ) -> Option<io::Result<Self>> {
        let claimed = wakers.claim(token, make)?;
        let wakers = Arc::clone(wakers);
        Some(claimed.map(|(slot, bell)| Self {
            bell,
            slot: Claimed { wakers, slot },
        }))
    }

    pub(crate) const fn bit(&self) -> Bit {
        Bit::of(self.slot.slot)
    }

    pub(crate) fn bell(&self) -> &B {
        &self.bell
    }
}

impl<B: Bell, O: Orderings> Drop for Claimed<B, O> {
    fn drop(&mut self) {
        self.wakers.release(self.slot);
    }
}

fn index(slot: u32) -> usize {
    // At most 63, so it fits wherever the word does.
    usize::try_from(slot).unwrap_or(usize::MAX)
}
