//! poll-timer, in turns of at most 1024 timers.

use std::io;

use poll_timer::{TimerKey, TimerWheel};

use super::{Timers, Value};

type Instant = poll_api::Instant;

/// The wheel.
pub(crate) struct Ours<V>(TimerWheel<V>);

impl<V: Value> Timers<V> for Ours<V> {
    type Key = TimerKey;

    fn new() -> io::Result<Self> {
        Ok(Self(TimerWheel::new()))
    }

    fn insert(&mut self, deadline_ns: u64, value: V) -> Self::Key {
        self.0.insert(Instant::from_nanos(deadline_ns), value)
    }

    fn cancel(&mut self, key: Self::Key) {
        drop(self.0.cancel(key));
    }

    fn expire(&mut self, now_ns: u64) {
        loop {
            let mut expiry = self.0.expiry(Instant::from_nanos(now_ns), 1024);
            while let Some(timer) = self.0.expire(&mut expiry) {
                timer.value.fire();
            }
            if !expiry.is_unfinished() {
                return;
            }
        }
    }
}
