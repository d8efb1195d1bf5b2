//! Who has the table: the thread that waits keeps it while it sleeps, and hands it over when rung.
//!
//! A mutex alone would not do, because it is not fair. The waiting thread, rung and back, would
//! mostly take it again before those who rang have it, and sleep on it; so they are counted, and it
//! lets them go first. And changes without pause would keep it from looking; so it lets only those
//! go first who were there before it, and the others stand aside until it has looked.

use core::ops::{Deref, DerefMut};
use std::sync::PoisonError;

use crate::sync::{AtomicBool, AtomicUsize, Condvar, Mutex, MutexGuard, Ordering, try_lock};

/// A value that one thread keeps for as long as it sleeps and others change.
#[derive(Debug)]
pub(super) struct Turns<T> {
    turn: Mutex<Turn<T>>,
    // Those who rang for the value and do not have it yet. Relaxed, because other things order
    // it: one is added before a ring, whose wake the waiting thread takes before it looks again,
    // and taken off while the mutex is held.
    changers: AtomicUsize,
    // Set while the waiting thread wants its turn, and before it asks for the mutex, so that others
    // leave that alone. Relaxed: to miss it for a moment delays a turn and nothing else.
    wanted: AtomicBool,
    // Signalled when the waiting thread has let go first whom it had to.
    settled: Condvar,
    // Signalled when those may go on who stood aside.
    passed: Condvar,
}

#[derive(Debug)]
struct Turn<T> {
    value: T,
    // How many changers the waiting thread still lets go first; zero unless it waits for that.
    first: usize,
    // How many changers stand aside.
    aside: usize,
}

/// The value, for as long as it is one's turn.
#[derive(Debug)]
pub(super) struct Guard<'a, T>(MutexGuard<'a, Turn<T>>);

/// Whether somebody waits for the value while the waiting thread has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Queue {
    /// Nobody: who comes from now on will ring.
    Empty,
    /// Somebody, who has rung already: the waiting thread may look and must not sleep.
    Waits,
}

impl<T> Turns<T> {
    pub(super) fn new(value: T) -> Self {
        Self {
            turn: Mutex::new(Turn {
                value,
                first: 0,
                aside: 0,
            }),
            changers: AtomicUsize::new(0),
            wanted: AtomicBool::new(false),
            settled: Condvar::new(),
            passed: Condvar::new(),
        }
    }

    /// The value for the waiting thread, after everyone who has rung for it by now.
    pub(super) fn for_wait(&self) -> (Guard<'_, T>, Queue) {
        self.wanted.store(true, Ordering::Relaxed);
        let mut turn = self.lock();
        turn.first = self.changers();
        self.let_pass(&turn);
        while turn.first != 0 && self.changers() != 0 {
            turn = unpoisoned(self.settled.wait(turn));
        }
        turn.first = 0;
        self.wanted.store(false, Ordering::Relaxed);
        // They get it once it is given back.
        self.let_pass(&turn);
        let queue = match self.changers() {
            0 => Queue::Empty,
            _ => Queue::Waits,
        };
        (Guard(turn), queue)
    }

    /// The value for a change: at once, or after `ring` has interrupted the thread that waits.
    ///
    /// # Errors
    ///
    /// Those of `ring`.
    pub(super) fn for_change<E>(
        &self,
        ring: impl FnOnce() -> Result<(), E>,
    ) -> Result<Guard<'_, T>, E> {
        if !self.wanted.load(Ordering::Relaxed)
            && let Some(turn) = try_lock(&self.turn)
        {
            return Ok(Guard(turn));
        }
        self.changers.fetch_add(1, Ordering::Relaxed);
        let rung = ring();
        let mut turn = self.lock();
        while turn.first == 0 && self.wanted.load(Ordering::Relaxed) {
            turn.aside += 1;
            turn = unpoisoned(self.passed.wait(turn));
            turn.aside -= 1;
        }
        let last = self.changers.fetch_sub(1, Ordering::Relaxed) == 1;
        if turn.first != 0 {
            turn.first -= 1;
            if last || turn.first == 0 {
                self.settled.notify_one();
            }
        }
        rung.map(|()| Guard(turn))
    }

    fn changers(&self) -> usize {
        self.changers.load(Ordering::Relaxed)
    }

    fn let_pass(&self, turn: &Turn<T>) {
        if turn.aside != 0 {
            self.passed.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Turn<T>> {
        unpoisoned(self.turn.lock())
    }
}

/// The guard whatever happened: nothing between a lock and its end panics half-way.
fn unpoisoned<G>(result: Result<G, PoisonError<G>>) -> G {
    result.unwrap_or_else(PoisonError::into_inner)
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.value
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0.value
    }
}

#[cfg(test)]
#[cfg(loom)]
mod model;
