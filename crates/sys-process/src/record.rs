//! What the signal handler finds: one record for each listener, in a list that only grows.
//!
//! Everything here that a handler runs is atomic operations and one write(2): no lock, no
//! allocation, no panic. Records are never freed, so a handler on another thread can walk the list
//! at any time; they are reused. What must not be reused under a handler are the descriptors, and
//! [`SharedPipe`] sees to that.

use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::OnceLock;

use rustix::fd::OwnedFd;

use crate::signal::{NUMBERS, Signal};
use crate::sys::{Hold, SharedPipe};

const WORDS: usize = NUMBERS / 32;

/// The first record; the others hang off it.
static FIRST: Record = Record::new();

/// The state of one listener that its signal handlers share.
pub(crate) struct Record {
    pipe: SharedPipe,
    /// Whether a byte is in the pipe, or about to be.
    rung: AtomicBool,
    /// A bit for each signal that is listened to.
    wanted: [AtomicU32; WORDS],
    /// How often each signal came since it was last taken.
    counts: [AtomicU32; NUMBERS],
    // `OnceLock::get` never blocks (its documentation), which is what a handler needs.
    next: OnceLock<&'static Self>,
}

impl Record {
    const fn new() -> Self {
        Self {
            pipe: SharedPipe::new(),
            rung: AtomicBool::new(false),
            wanted: [const { AtomicU32::new(0) }; WORDS],
            counts: [const { AtomicU32::new(0) }; NUMBERS],
            next: OnceLock::new(),
        }
    }

    /// A free record, made if there is none, with `writer` as its bell.
    pub(crate) fn claim(writer: OwnedFd) -> (&'static Self, Hold<'static>) {
        let mut writer = writer;
        let mut record = &FIRST;
        loop {
            match record.pipe.claim(writer) {
                Ok(hold) => {
                    record.reset();
                    return (record, hold);
                }
                Err(returned) => writer = returned,
            }
            record = record.next.get_or_init(|| Box::leak(Box::new(Self::new())));
        }
    }

    // Handlers that found the record before this see the old bits, which are zero.
    fn reset(&self) {
        self.rung.store(false, Ordering::Relaxed);
    }

    /// Starts to record `signal`, from nothing.
    pub(crate) fn want(&self, signal: Signal) {
        let (word, bit) = place(signal);
        self.counts[signal.index()].store(0, Ordering::Relaxed);
        self.wanted[word].fetch_or(bit, Ordering::Release);
    }

    /// Stops recording `signal` and forgets what is pending of it.
    pub(crate) fn ignore(&self, signal: Signal) {
        let (word, bit) = place(signal);
        self.wanted[word].fetch_and(!bit, Ordering::Release);
    }

    pub(crate) fn wants(&self, signal: Signal) -> bool {
        let (word, bit) = place(signal);
        self.wanted[word].load(Ordering::Acquire) & bit != 0
    }

    /// The signals recorded here, smallest first.
    pub(crate) fn wanted(&self) -> impl Iterator<Item = Signal> {
        self.wanted.iter().zip(0..).flat_map(|(word, index)| {
            let mut bits = word.load(Ordering::Acquire);
            core::iter::from_fn(move || {
                let bit = bits.trailing_zeros();
                bits &= bits.checked_sub(1)?;
                Signal::at(index * 32 + bit)
            })
        })
    }

    /// Takes the count of the first pending signal.
    pub(crate) fn take(&self) -> Option<(Signal, u32)> {
        self.wanted().find_map(|signal| {
            let count = self.counts[signal.index()].swap(0, Ordering::Acquire);
            (count != 0).then_some((signal, count))
        })
    }

    /// Says that the pipe is empty, so that the next signal rings again.
    ///
    /// Call it after the pipe was emptied and before looking at the counts: a signal that came
    /// earlier did not ring, and its count is visible now; one that comes later rings.
    pub(crate) fn answered(&self) {
        self.rung.swap(false, Ordering::AcqRel);
    }

    /// Puts a byte into the pipe if there is none.
    pub(crate) fn ring(&self, hold: &Hold<'_>) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            hold.ring();
        }
    }

    /// Runs in the handler.
    fn record(&self, signal: Signal) {
        let Some(hold) = self.pipe.hold() else {
            return;
        };
        if self.wants(signal) {
            // At the largest count it stays, which `Err` says; it must never come round to zero.
            let _counted = self.counts[signal.index()].fetch_update(
                Ordering::Release,
                Ordering::Relaxed,
                |count| count.checked_add(1),
            );
            self.ring(&hold);
        }
    }
}

fn place(signal: Signal) -> (usize, u32) {
    let index = signal.index();
    (index / 32, 1 << (index % 32))
}

/// Tells every listener of the signal; runs in the handler.
pub(crate) fn deliver(signal: Signal) {
    let mut record = Some(&FIRST);
    while let Some(present) = record {
        present.record(signal);
        record = present.next.get().copied();
    }
}
