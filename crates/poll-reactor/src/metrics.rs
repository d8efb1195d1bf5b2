//! What a runtime counts, and how others read it.

use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;

use crate::resources::Resources;

/// What a runtime has counted since it was made; the last two say how much there is now.
///
/// The runtime publishes them once in a turn: one plain store each. Read from another thread they
/// may stem from two neighbouring turns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metrics {
    /// Waits of the engine.
    pub turns: u64,
    /// Reports of the engine about resources.
    pub reports: u64,
    /// Steps of resources: accepts, reads.
    pub steps: u64,
    /// Writes to resources.
    pub writes: u64,
    /// Registrations with the engine, their changes and their ends.
    pub changes: u64,
    /// Commands of controllers.
    pub commands: u64,
    /// Timers that fired.
    pub timers: u64,
    /// Bytes that resources of this crate have read.
    pub bytes_read: u64,
    /// Bytes written of what was sent.
    pub bytes_written: u64,
    /// Time spent in waits, if [`Builder::measure_idle`](crate::Builder::measure_idle) was set.
    pub idle: Duration,
    /// Bytes that were sent and not written yet, of all resources together.
    pub bytes_queued: u64,
    /// Resources.
    pub resources: u64,
}

/// As the runtime's thread counts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counters {
    pub(crate) turns: u64,
    pub(crate) reports: u64,
    pub(crate) steps: u64,
    pub(crate) writes: u64,
    pub(crate) changes: u64,
    pub(crate) commands: u64,
    pub(crate) timers: u64,
    pub(crate) read: u64,
    pub(crate) written: u64,
    pub(crate) idle_ns: u64,
    pub(crate) queued: u64,
}

impl Counters {
    /// The system took so many bytes.
    pub(crate) const fn took(&mut self, bytes: usize) {
        self.written += bytes as u64;
        self.queued = self.queued.saturating_sub(bytes as u64);
    }
}

const COUNT: usize = 12;

impl<S: 'static> Resources<S> {
    fn numbers(&self) -> [u64; COUNT] {
        let counters = &self.counters;
        [
            counters.turns,
            counters.reports,
            counters.steps,
            counters.writes,
            counters.changes,
            counters.commands,
            counters.timers,
            counters.read,
            counters.written,
            counters.idle_ns,
            counters.queued,
            self.table.len() as u64,
        ]
    }

    pub(crate) fn metrics(&self) -> Metrics {
        Metrics::from_numbers(self.numbers())
    }
}

impl Metrics {
    const fn from_numbers(numbers: [u64; COUNT]) -> Self {
        let [
            turns,
            reports,
            steps,
            writes,
            changes,
            commands,
            timers,
            bytes_read,
            bytes_written,
            idle_ns,
            bytes_queued,
            resources,
        ] = numbers;
        Self {
            turns,
            reports,
            steps,
            writes,
            changes,
            commands,
            timers,
            bytes_read,
            bytes_written,
            idle: Duration::from_nanos(idle_ns),
            bytes_queued,
            resources,
        }
    }
}

/// Where controllers read them.
#[derive(Debug, Default)]
pub(crate) struct Published {
    cells: [AtomicU64; COUNT],
}

impl Published {
    pub(crate) fn publish<S: 'static>(&self, resources: &Resources<S>) {
        for (cell, number) in self.cells.iter().zip(resources.numbers()) {
            cell.store(number, Ordering::Relaxed);
        }
    }

    pub(crate) fn read(&self) -> Metrics {
        let numbers = self.cells.each_ref();
        Metrics::from_numbers(numbers.map(|cell| cell.load(Ordering::Relaxed)))
    }
}
