//! amy's timeouts, each a timerfd; a loop that takes a turn now and then.

use core::time::Duration;
use std::collections::HashMap;
use std::io;
use std::time::Instant;

use amy::{Poller, Registrar};

use super::{Timers, Value};

// So many messages to the poller between two turns of its loop.
const TURN: usize = 64;

/// The poller, and what its ids stand for.
pub(crate) struct Amy<V> {
    poller: Poller,
    registrar: Registrar,
    values: HashMap<usize, V>,
    start: Instant,
    untold: usize,
}

impl<V: Value> Amy<V> {
    fn told(&mut self) {
        self.untold += 1;
        if self.untold == TURN {
            self.turn(0);
        }
    }

    fn turn(&mut self, limit_ms: usize) {
        self.untold = 0;
        match self.poller.wait(limit_ms) {
            Ok(notifications) => {
                for notification in notifications {
                    if let Some(value) = self.values.remove(&notification.id) {
                        value.fire();
                    }
                }
            }
            Err(error) => panic!("amy cannot wait: {error}"),
        }
    }
}

impl<V: Value> Timers<V> for Amy<V> {
    type Key = usize;

    fn new() -> io::Result<Self> {
        let poller = Poller::new()?;
        let registrar = poller.get_registrar();
        Ok(Self {
            poller,
            registrar,
            values: HashMap::new(),
            start: Instant::now(),
            untold: 0,
        })
    }

    fn insert(&mut self, deadline_ns: u64, value: V) -> Self::Key {
        let deadline = self.start + Duration::from_nanos(deadline_ns);
        let after = deadline
            .saturating_duration_since(Instant::now())
            .as_millis();
        let after_ms = usize::try_from(after).unwrap_or(usize::MAX).max(1);
        let id = match self.registrar.set_timeout(after_ms) {
            Ok(id) => id,
            Err(error) => panic!("amy refuses a timer: {error}"),
        };
        self.values.insert(id, value);
        self.told();
        id
    }

    fn cancel(&mut self, key: Self::Key) {
        let cancelled = self.registrar.cancel_timeout(key);
        assert!(cancelled.is_ok(), "amy does not cancel: {cancelled:?}");
        self.values.remove(&key);
        self.told();
    }

    // The kernel reads the clock.
    fn expire(&mut self, _now_ns: u64) {}

    fn pass(&mut self, _from_ns: u64, to_ns: u64) {
        let end = self.start + Duration::from_nanos(to_ns) + Duration::from_millis(3);
        while Instant::now() < end {
            self.turn(1);
        }
    }
}
