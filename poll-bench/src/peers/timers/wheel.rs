//! hierarchical_hash_wheel_timer, the wheel whose timers can be cancelled; a tick is a millisecond.

use core::fmt;
use core::time::Duration;
use std::io;
use std::rc::Rc;

use hierarchical_hash_wheel_timer::wheels::TimerEntryWithDelay;
use hierarchical_hash_wheel_timer::wheels::cancellable::{
    CancellableTimerEntry, QuadWheelWithOverflow,
};

use super::{Timers, Value};

/// What is set.
struct Entry<V> {
    id: u64,
    delay: Duration,
    value: V,
}

impl<V> fmt::Debug for Entry<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("id", &self.id).finish()
    }
}

impl<V> CancellableTimerEntry for Entry<V> {
    type Id = u64;

    fn id(&self) -> &u64 {
        &self.id
    }
}

impl<V> TimerEntryWithDelay for Entry<V> {
    fn delay(&self) -> Duration {
        self.delay
    }
}

/// The wheel and how far it has turned.
pub(crate) struct Wheel<V> {
    wheel: QuadWheelWithOverflow<Entry<V>>,
    now_ms: u64,
    next: u64,
}

impl<V: Value> Timers<V> for Wheel<V> {
    type Key = u64;

    fn new() -> io::Result<Self> {
        Ok(Self {
            wheel: QuadWheelWithOverflow::new(),
            now_ms: 0,
            next: 0,
        })
    }

    fn insert(&mut self, deadline_ns: u64, value: V) -> Self::Key {
        let id = self.next;
        self.next += 1;
        // Rounded up, and not of the present tick, which it would refuse.
        let delay_ms = deadline_ns.div_ceil(1_000_000).saturating_sub(self.now_ms);
        let delay = Duration::from_millis(delay_ms.max(1));
        let inserted = self.wheel.insert(Entry { id, delay, value });
        assert!(inserted.is_ok(), "a delay of {delay_ms} ms is refused");
        id
    }

    fn cancel(&mut self, key: Self::Key) {
        // Fails only for what has fired.
        drop(self.wheel.cancel(&key));
    }

    fn expire(&mut self, now_ns: u64) {
        while self.now_ms < now_ns / 1_000_000 {
            self.now_ms += 1;
            for entry in self.wheel.tick() {
                if let Ok(entry) = Rc::try_unwrap(entry) {
                    entry.value.fire();
                }
            }
        }
    }
}
