//! Timers: in order, never early, by id.

use core::time::Duration;

use poll_api::{Clock, Instant};
use poll_os::Monotonic;
use poll_reactor::{Limit, Status};

use crate::stage::{Script, Seen, TestEngine, on_each_engine, runtime, settle, turn_until};

#[test]
fn timers_fire_in_order_and_each_of_equal_ones() {
    fn test<E: TestEngine>(engine: E) {
        let mut runtime = runtime(engine, Script::passive());
        runtime.with(|_, context| {
            let now = context.now();
            let soon = |ms| now.saturating_add(Duration::from_millis(ms));
            for (at, number) in [(3, 4), (1, 1), (2, 2), (2, 3), (1, 9)] {
                context.set_timer_at(soon(at), number);
            }
            context.set_timer_at(Instant::MAX, 99);
        });
        turn_until(&mut runtime, |script| script.seen.len() >= 6);
        let numbers = [1, 9, 2, 3, 4].map(Seen::Timer);
        assert_eq!(runtime.service().seen[1..], numbers);
        assert_eq!(runtime.metrics().timers, 5);
    }
    on_each_engine!(test);
}

#[test]
fn no_timer_is_early() {
    fn test<E: TestEngine>(engine: E) {
        let mut runtime = runtime(engine, Script::passive());
        for us in [1, 50, 300, 999, 1000, 1500, 3000] {
            let after = Duration::from_micros(us);
            let before = Monotonic.now();
            runtime.with(|_, context| context.set_timer(after, 0));
            let count = runtime.service().seen.len().max(1) + 1;
            turn_until(&mut runtime, |script| script.seen.len() >= count);
            assert!(Monotonic.now().saturating_duration_since(before) >= after);
        }
    }
    on_each_engine!(test);
}

#[test]
fn a_timer_that_was_cancelled_does_not_fire_and_gives_back_what_it_carries() {
    fn test<E: TestEngine>(engine: E) {
        let mut runtime = runtime(engine, Script::passive());
        runtime.with(|_, context| {
            let id = context.set_timer(Duration::ZERO, 7);
            let other = context.set_timer(Duration::ZERO, 8);
            assert_ne!(id, other);
            assert_eq!(context.cancel_timer(id), Some(7));
            assert_eq!(context.cancel_timer(id), None);
            assert!(!context.reset_timer(id, Duration::ZERO));
        });
        settle(&mut runtime);
        assert_eq!(runtime.service().seen[1..], [Seen::Timer(8)]);
    }
    on_each_engine!(test);
}

#[test]
fn a_timer_that_was_reset_fires_then_and_once() {
    fn test<E: TestEngine>(engine: E) {
        let mut runtime = runtime(engine, Script::passive());
        let before = Monotonic.now();
        let id = runtime.with(|_, context| context.set_timer(Duration::ZERO, 1));
        runtime.with(|_, context| assert!(context.reset_timer(id, Duration::from_millis(5))));
        turn_until(&mut runtime, |script| script.seen.len() >= 2);
        let passed = Monotonic.now().saturating_duration_since(before);
        assert!(passed >= Duration::from_millis(5));
        settle(&mut runtime);
        assert_eq!(runtime.service().seen.len(), 2);
        runtime.with(|_, context| assert!(!context.reset_timer(id, Duration::ZERO)));
    }
    on_each_engine!(test);
}

#[test]
fn a_timer_that_sets_itself_again_lets_a_turn_end() {
    fn test<E: TestEngine>(engine: E) {
        let again = Script::new(|seen, context| {
            if *seen == Seen::Timer(1) {
                context.set_timer(Duration::ZERO, 1);
            }
        });
        let mut runtime = runtime(engine, again);
        runtime.with(|_, context| context.set_timer(Duration::ZERO, 1));
        for _ in 0..10 {
            assert_eq!(runtime.turn(Limit::Now).unwrap(), Status::Running);
        }
        assert_eq!(runtime.service().seen.len(), 11);
    }
    on_each_engine!(test);
}
