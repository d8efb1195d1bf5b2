//! A `BTreeMap` from deadline and number to waker, as async-io, compio and glommio have it.

use std::collections::BTreeMap;
use std::io;

use super::{Timers, Value};

/// The map.
pub(crate) struct Map<V> {
    timers: BTreeMap<(u64, u64), V>,
    number: u64,
}

impl<V: Value> Timers<V> for Map<V> {
    type Key = (u64, u64);

    fn new() -> io::Result<Self> {
        Ok(Self {
            timers: BTreeMap::new(),
            number: 0,
        })
    }

    fn insert(&mut self, deadline_ns: u64, value: V) -> Self::Key {
        self.number += 1;
        let key = (deadline_ns, self.number);
        self.timers.insert(key, value);
        key
    }

    fn cancel(&mut self, key: Self::Key) {
        self.timers.remove(&key);
    }

    fn expire(&mut self, now_ns: u64) {
        let later = self.timers.split_off(&(now_ns + 1, 0));
        let due = core::mem::replace(&mut self.timers, later);
        for value in due.into_values() {
            value.fire();
        }
    }
}
