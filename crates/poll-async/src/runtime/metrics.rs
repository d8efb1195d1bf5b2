//! Figures of a runtime.

use core::sync::atomic::Ordering::Relaxed;

use super::shared::Shared;

/// Figures of a runtime at one moment, each read by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuntimeMetrics {
    /// Workers.
    pub workers: usize,
    /// Workers that sleep.
    pub idle_workers: usize,
    /// Tasks that have not ended, and closures that may block among them.
    pub alive_tasks: usize,
    /// Tasks that were ever spawned.
    pub spawned_tasks: u64,
    /// How many times a task was polled.
    pub polls: u64,
    /// How many times a worker took tasks of another one.
    pub steals: u64,
    /// How many times a worker among several went to sleep.
    pub parks: u64,
    /// How many times the engine was looked at.
    pub turns: u64,
    /// Tasks that other threads made ready, and no worker has come to yet.
    pub queued_tasks: usize,
    /// Registered sources.
    pub sources: usize,
    /// Timers that are set.
    pub timers: usize,
    /// Threads for closures that may block.
    pub blocking_threads: usize,
    /// Those of them that wait for something to do.
    pub idle_blocking_threads: usize,
    /// Closures that wait for a thread.
    pub queued_closures: usize,
}

impl RuntimeMetrics {
    pub(super) fn new(shared: &Shared) -> Self {
        let (blocking_threads, idle_blocking_threads, queued_closures) = shared.pool.counts();
        Self {
            workers: shared.workers(),
            idle_workers: shared.idle.sleepers(),
            alive_tasks: shared.tasks(),
            spawned_tasks: shared.seats().map(|seat| seat.tasks.spawned()).sum(),
            polls: shared.seats().map(|seat| seat.polls.load(Relaxed)).sum(),
            steals: shared.seats().map(|seat| seat.steals.load(Relaxed)).sum(),
            parks: shared.seats().map(|seat| seat.parks.load(Relaxed)).sum(),
            turns: shared.turns.load(Relaxed),
            queued_tasks: shared.injector.len(),
            sources: shared.sources.lock().len(),
            timers: shared.seats().map(|seat| seat.wheel.len()).sum(),
            blocking_threads,
            idle_blocking_threads,
            queued_closures,
        }
    }
}
