//! Deadlines in real time: never early, and the shortest sleeps too.

use core::time::Duration;

use poll_loop::{Clock, Event, Monotonic, Poller};
use poll_os::engine::Backend;

use crate::stage::{LONG, On, on_every_engine, wait};

#[test]
fn neither_a_wait_nor_a_timer_is_ever_early() {
    fn test<B: Backend>(mut poller: On<B>) {
        for sleep in [
            Duration::from_nanos(1),
            Duration::from_micros(50),
            Duration::from_micros(999),
            Duration::from_nanos(1_000_001),
            Duration::from_millis(3),
        ] {
            for _ in 0..5 {
                let start = Monotonic.now();
                assert_eq!(wait(&mut poller, Some(sleep)), []);
                let slept = Monotonic.now().saturating_duration_since(start);
                assert!(slept >= sleep, "a wait of {sleep:?} took {slept:?}");

                let start = Monotonic.now();
                let id = poller.set_timeout(sleep).unwrap();
                let found = wait(&mut poller, LONG);
                let slept = Monotonic.now().saturating_duration_since(start);
                assert_eq!((found[0].id, found[0].event), (id, Event::Timeout));
                assert!(slept >= sleep, "a timer of {sleep:?} took {slept:?}");
            }
        }
    }
    on_every_engine!(test);
}

#[test]
fn an_interval_ticks_no_earlier_than_its_rhythm_and_stops_when_cancelled() {
    fn test<B: Backend>(mut poller: On<B>) {
        let period = Duration::from_millis(4);
        let start = Monotonic.now();
        let id = poller.registrar().set_interval(period).unwrap();
        let mut ticks = 0;
        while ticks < 5 {
            let found = wait(&mut poller, LONG);
            let Event::Interval(count) = found[0].event else {
                panic!("{found:?}");
            };
            ticks += u32::try_from(count.get()).unwrap();
            let earliest = start.saturating_add(period * ticks);
            assert!(Monotonic.now() >= earliest, "tick {ticks} is early");
        }
        assert!(poller.registrar().cancel(id));
        let start = Monotonic.now();
        assert_eq!(wait(&mut poller, Some(3 * period)), []);
        let slept = Monotonic.now().saturating_duration_since(start);
        assert!(slept >= 3 * period, "a cancelled timer ended a wait");
    }
    on_every_engine!(test);
}

#[test]
fn slack_moves_deadlines_together_and_none_forward() {
    let mut poller = Poller::new().unwrap();
    poller.set_slack(Duration::from_millis(10));
    let start = Monotonic.now();
    let timers = [1, 2].map(|ms| poller.set_timeout(Duration::from_millis(ms)).unwrap());
    let mut found = wait(&mut poller, LONG);
    // Only if the two lie on different sides of a multiple of the slack are there two waits.
    if found.len() < 2 {
        found.extend(wait(&mut poller, LONG));
    }
    let found: Vec<_> = found.iter().map(|notification| notification.id).collect();
    assert_eq!(found, timers);
    assert!(Monotonic.now() >= start.saturating_add(Duration::from_millis(2)));
}
