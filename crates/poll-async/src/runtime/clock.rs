//! The clock of a runtime, which tests can stop and move.

use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::sync::atomic::AtomicU64;
use core::sync::atomic::Ordering::{Relaxed, SeqCst};
use core::time::Duration;
use std::sync::Arc;

use poll_api::{Clock, Instant};
use poll_os::Monotonic;

/// While it runs: no instant that a clock shows.
const RUNNING: u64 = u64::MAX;

/// Where a runtime's time comes from.
#[derive(Clone)]
pub(crate) enum Origin {
    System,
    Other(Arc<dyn Clock + Send + Sync>),
}

// A clock is asked by many threads, and on after one of them has panicked.
impl UnwindSafe for Origin {}
impl RefUnwindSafe for Origin {}

impl Origin {
    fn now(&self) -> Instant {
        match self {
            Self::System => Monotonic.now(),
            Self::Other(clock) => clock.now(),
        }
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "System",
            Self::Other(_) => "Other",
        })
    }
}

/// The time of a runtime: its origin's, with what [`advance`](Self::advance) added to it; or the
/// instant at which it stands.
#[derive(Debug)]
pub(crate) struct RuntimeClock {
    origin: Origin,
    ahead: AtomicU64,
    frozen: AtomicU64,
}

impl RuntimeClock {
    pub(crate) const fn new(origin: Origin) -> Self {
        Self {
            origin,
            ahead: AtomicU64::new(0),
            frozen: AtomicU64::new(RUNNING),
        }
    }

    pub(crate) fn now(&self) -> Instant {
        match self.frozen.load(Relaxed) {
            RUNNING => self.running(),
            frozen => Instant::from_nanos(frozen),
        }
    }

    fn running(&self) -> Instant {
        let ahead = Duration::from_nanos(self.ahead.load(Relaxed));
        self.origin.now().saturating_add(ahead)
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.frozen.load(Relaxed) != RUNNING
    }

    /// Stops the clock; false if it stands already.
    pub(crate) fn pause(&self) -> bool {
        let now = self.running().as_nanos().min(RUNNING - 1);
        let paused = self.frozen.compare_exchange(RUNNING, now, SeqCst, Relaxed);
        paused.is_ok()
    }

    /// Lets it go on from the instant at which it stands; false if it runs.
    pub(crate) fn resume(&self) -> bool {
        let frozen = self.frozen.load(SeqCst);
        if frozen == RUNNING {
            return false;
        }
        let origin = self.origin.now().as_nanos();
        self.ahead.store(frozen.saturating_sub(origin), SeqCst);
        self.frozen.store(RUNNING, SeqCst);
        true
    }

    /// Moves a clock that stands; false if it runs.
    pub(crate) fn advance(&self, by: Duration) -> bool {
        let Some(to) = self.is_paused().then(|| self.now().saturating_add(by)) else {
            return false;
        };
        self.advance_to(to);
        true
    }

    /// Moves a clock that stands to `instant`, never back.
    pub(crate) fn advance_to(&self, instant: Instant) {
        let to = instant.as_nanos().min(RUNNING - 1);
        let mut frozen = self.frozen.load(SeqCst);
        while frozen != RUNNING && frozen < to {
            match self
                .frozen
                .compare_exchange_weak(frozen, to, SeqCst, SeqCst)
            {
                Ok(_) => return,
                Err(now) => frozen = now,
            }
        }
    }
}

/// The handle of the driver, which reads the same clock.
#[derive(Clone, Debug)]
pub(crate) struct SharedClock(pub(crate) Arc<RuntimeClock>);

impl Clock for SharedClock {
    fn now(&self) -> Instant {
        self.0.now()
    }
}
