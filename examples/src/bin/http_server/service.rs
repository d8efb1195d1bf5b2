//! What all connections share.

use core::time::Duration;

use poll_os::{Clock, Monotonic};

use crate::connection::Waiting;
use crate::counters::Counters;
use crate::date::DateLine;
use crate::input::Spares;

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) counters: Counters,
    pub(crate) spares: Spares,
    pub(crate) date: DateLine,
    /// The server is stopping: each response is the last of its connection.
    pub(crate) is_stopping: bool,
}

impl Service {
    /// A service that begins now.
    pub(crate) fn start() -> Self {
        let now = Monotonic.now();
        Self {
            counters: Counters::start(now),
            spares: Spares::default(),
            date: DateLine::new(now),
            is_stopping: false,
        }
    }
}

/// How long a connection may take for what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Until the first byte of a request.
    pub(crate) idle: Duration,
    /// From the first byte of a head to its last.
    pub(crate) head: Duration,
    /// For a body.
    pub(crate) body: Duration,
    /// Without room for a single byte of the response.
    pub(crate) room: Duration,
    /// From our end to the peer's.
    pub(crate) end: Duration,
}

impl Limits {
    pub(crate) const fn of(&self, waiting: Waiting) -> Duration {
        match waiting {
            Waiting::Idle => self.idle,
            Waiting::Head => self.head,
            Waiting::Body => self.body,
            Waiting::Room => self.room,
            Waiting::End => self.end,
        }
    }
}
