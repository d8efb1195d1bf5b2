//! The clocks of a machine: the system's, or one that is turned by hand.

use core::fmt;
use core::time::Duration;
use std::sync::{Arc, Mutex, PoisonError};

use poll_api::{Clock, Instant};

/// A clock that stands still until it is advanced.
///
/// Clones show the same time. Waits of engines whose machine follows it end when their deadline
/// is reached.
#[derive(Clone, Default)]
pub struct ManualClock {
    face: Arc<Face>,
}

#[derive(Default)]
struct Face {
    nanos: Mutex<u64>,
    // Called after each change, to let waits look at their deadlines.
    followers: Mutex<Vec<Box<dyn Fn() -> bool + Send>>>,
}

impl ManualClock {
    /// A clock at its start.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets `duration` pass, at most to the last instant.
    pub fn advance(&self, duration: Duration) {
        self.advance_to(self.now().saturating_add(duration));
    }

    /// Lets the time until `instant` pass; nothing if it has passed already.
    pub fn advance_to(&self, instant: Instant) {
        {
            let mut nanos = self
                .face
                .nanos
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            *nanos = instant.as_nanos().max(*nanos);
        }
        let mut followers = self
            .face
            .followers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        followers.retain(|follower| follower());
    }

    /// Calls `follower` after each change, until it returns false.
    pub(super) fn follow(&self, follower: Box<dyn Fn() -> bool + Send>) {
        let mut followers = self
            .face
            .followers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        followers.push(follower);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        Instant::from_nanos(
            *self
                .face
                .nanos
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ManualClock").field(&self.now()).finish()
    }
}

/// The clock of a machine.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ScriptedClock {
    /// The system's monotonic clock, counted from when the machine was made.
    Real(std::time::Instant),
    /// Turned by hand.
    Manual(ManualClock),
}

impl ScriptedClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this crate stands below poll-os and has to bring the clock of its own engine"
    )]
    pub(super) fn real() -> Self {
        Self::Real(std::time::Instant::now())
    }
}

impl Clock for ScriptedClock {
    fn now(&self) -> Instant {
        match self {
            Self::Real(start) => Instant::START.saturating_add(start.elapsed()),
            Self::Manual(clock) => clock.now(),
        }
    }
}
