//! What other threads ask the poller's thread to do.

use poll_api::{Instant, Ready, Trigger};

use crate::id::Id;

/// One request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Command {
    /// A timer that is due at this instant, and every so many nanoseconds from then on unless zero.
    Start(Id, Instant, u64),
    /// A timer has ended.
    Cancel(Id),
    /// A timer is due at another instant.
    Reset(Id, Instant),
    /// A source that is always ready has been registered, or registered anew.
    Always(Always),
    /// There is something to clean up.
    Sweep,
}

/// A source that is ready without the engine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Always {
    pub(crate) id: Id,
    pub(crate) ready: Ready,
    /// Whether it has one turn, or one in each wait.
    pub(crate) trigger: Trigger,
}

/// What a timer of the driver carries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timer {
    pub(crate) id: Id,
    /// In nanoseconds; zero for a timeout.
    pub(crate) period: u64,
}
