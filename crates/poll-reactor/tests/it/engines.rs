//! A runtime inside another loop, and on another clock.

#[cfg(not(any(target_os = "illumos", target_os = "solaris", target_os = "hurd")))]
mod nested;

use core::cell::Cell;
use core::time::Duration;

use poll_api::{Clock, Instant};
use poll_reactor::{Builder, Limit};

use crate::stage::{Script, Seen, TestEngine, on_each_engine};

/// A clock that a test turns.
struct Manual(Cell<u64>);

impl Clock for &'static Manual {
    fn now(&self) -> Instant {
        Instant::from_nanos(self.0.get())
    }
}

#[test]
fn a_clock_that_is_turned_by_hand_fires_timers() {
    fn test<E: TestEngine>(engine: E) {
        let clock: &'static Manual = Box::leak(Box::new(Manual(Cell::new(0))));
        let mut runtime = Builder::new()
            .build_on(Script::passive(), engine, clock)
            .unwrap();
        runtime.with(|_, context| context.set_timer(Duration::from_secs(3600), 1));
        assert!(runtime.turn(Limit::Now).is_ok());
        let hour = Instant::from_nanos(3_600_000_000_000);
        assert_eq!(runtime.next_deadline(), Some(hour));
        assert_eq!(runtime.service().seen.len(), 1);
        clock.0.set(hour.as_nanos() - 1);
        assert!(runtime.turn(Limit::Now).is_ok());
        assert_eq!(runtime.service().seen.len(), 1);
        clock.0.set(hour.as_nanos());
        assert!(runtime.turn(Limit::Now).is_ok());
        assert_eq!(runtime.service().seen[1..], [Seen::Timer(1)]);
        assert_eq!(runtime.next_deadline(), None);
    }
    on_each_engine!(test);
}

#[test]
fn a_timer_counts_from_the_call_and_not_from_the_turn() {
    fn test<E: TestEngine>(engine: E) {
        let clock: &'static Manual = Box::leak(Box::new(Manual(Cell::new(0))));
        let mut runtime = Builder::new()
            .build_on(Script::passive(), engine, clock)
            .unwrap();
        assert!(runtime.turn(Limit::Now).is_ok());
        let second = Duration::from_secs(1);
        let timer = runtime.with(|_, context| {
            assert_eq!(context.now(), Instant::START);
            // What the service does takes its time.
            clock.0.set(10_000_000_000);
            context.set_timer(second, 1)
        });
        let deadline = Instant::from_nanos(11_000_000_000);
        assert_eq!(runtime.next_deadline(), Some(deadline));
        runtime.with(|_, context| {
            clock.0.set(20_000_000_000);
            assert!(context.reset_timer(timer, second));
        });
        assert!(runtime.turn(Limit::Now).is_ok());
        clock.0.set(20_999_999_999);
        assert!(runtime.turn(Limit::Now).is_ok());
        assert_eq!(runtime.service().seen.len(), 1);
        clock.0.set(21_000_000_000);
        assert!(runtime.turn(Limit::Now).is_ok());
        assert_eq!(runtime.service().seen[1..], [Seen::Timer(1)]);
    }
    on_each_engine!(test);
}
