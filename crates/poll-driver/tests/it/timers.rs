//! Timers: exact, never early, in order, and changed while they are handed out.

use core::time::Duration;

use poll_api::{Clock, Instant};
use poll_driver::{Due, Limit};

use crate::stage::{Stage, Turned};

const MS: Duration = Duration::from_millis(1);
const NS: Duration = Duration::from_nanos(1);
const LOOK: Option<Duration> = Some(Duration::ZERO);

fn values(due: &[Turned]) -> Vec<u32> {
    let value = |due: &Turned| match due {
        Due::Timer(_, _, value) => *value,
        _ => panic!("{due:?}"),
    };
    due.iter().map(value).collect()
}

/// Turns without a limit until there is something.
fn next(stage: &mut Stage) -> Vec<Turned> {
    loop {
        let due = stage.turn(Limit::Never);
        if !due.is_empty() {
            return due;
        }
    }
}

#[test]
fn a_timer_comes_at_its_deadline_to_the_nanosecond_and_never_before() {
    for after in [
        NS,
        999 * NS,
        50_000 * NS,
        999_999 * NS,
        MS,
        MS + NS,
        1_048_575 * NS,
        1_048_576 * NS,
        1_048_577 * NS,
        Duration::from_secs(3600) + NS,
        Duration::from_secs(30 * 86_400) + 7 * NS,
    ] {
        let mut stage = Stage::new();
        let deadline = stage.after(after);
        stage.driver.insert(deadline, 1);
        let due = next(&mut stage);
        let [Due::Timer(_, at, 1)] = due[..] else {
            panic!("{due:?}");
        };
        assert_eq!((at, stage.clock.now()), (deadline, deadline), "{after:?}");
    }
}

#[test]
fn timers_come_in_the_order_of_their_deadlines_also_within_a_tick() {
    let mut stage = Stage::new();
    for (value, after) in [(3, 30 * NS), (1, 10 * NS), (4, 5 * MS), (2, 20 * NS)] {
        let deadline = stage.after(after);
        stage.driver.insert(deadline, value);
    }
    stage.clock.advance(6 * MS);
    assert_eq!(values(&stage.turn(Limit::Never)), [1, 2, 3, 4]);
    assert_eq!(stage.slept(), [LOOK], "they were due");
}

#[test]
fn a_limit_before_the_deadline_ends_the_turn() {
    let mut stage = Stage::new();
    let deadline = stage.after(20 * MS);
    stage.driver.insert(deadline, 1);
    assert_eq!(stage.turn(Limit::For(5 * MS)), []);
    assert_eq!(stage.slept(), [Some(5 * MS)]);
    assert_eq!(values(&next(&mut stage)), [1]);
    assert_eq!(stage.clock.now(), deadline);
}

#[test]
fn a_deadline_that_has_passed_comes_in_the_next_turn_which_does_not_sleep() {
    let mut stage = Stage::new();
    let now = stage.clock.now();
    stage.driver.insert(now, 1);
    stage.driver.insert(Instant::START, 2);
    assert_eq!(values(&stage.turn(Limit::Never)), [2, 1]);
    assert_eq!(stage.slept(), [LOOK]);
}

#[test]
fn a_timer_at_the_last_instant_lets_the_loop_sleep() {
    let mut stage = Stage::new();
    stage.driver.insert(Instant::MAX, 1);
    assert_eq!(stage.turn(Limit::For(MS)), []);
    stage.clock.advance(Duration::from_secs(400 * 365 * 86_400));
    assert_eq!(stage.turn(Limit::For(MS)), []);
    assert_eq!(stage.driver.timers(), 1);
}

#[test]
fn a_timer_that_is_cancelled_between_two_of_its_turn_is_not_handed_out() {
    let mut stage = Stage::new();
    let now = stage.clock.now();
    let keys = [1, 2, 3].map(|value| stage.driver.insert(now, value));
    stage.driver.turn(Limit::Never).unwrap();
    assert!(matches!(stage.driver.next_due(), Some(Due::Timer(_, _, 1))));
    assert_eq!(stage.driver.cancel(keys[1]), Some(2));
    assert_eq!(stage.driver.cancel(keys[1]), None, "only once");
    assert_eq!(stage.driver.cancel(keys[0]), None, "it was handed out");
    assert_eq!(values(&stage.rest()), [3]);
    assert_eq!(stage.driver.timers(), 0);
}

#[test]
fn a_timer_that_is_reset_between_two_of_its_turn_comes_later() {
    let mut stage = Stage::new();
    let now = stage.clock.now();
    let keys = [1, 2].map(|value| stage.driver.insert(now, value));
    stage.driver.turn(Limit::Never).unwrap();
    assert!(matches!(stage.driver.next_due(), Some(Due::Timer(_, _, 1))));
    let later = stage.after(8 * MS);
    assert!(stage.driver.reset(keys[1], later));
    assert!(!stage.driver.reset(keys[0], later), "it was handed out");
    assert_eq!(stage.rest(), []);
    assert_eq!(values(&next(&mut stage)), [2]);
    assert_eq!(stage.clock.now(), later);
}

#[test]
fn a_timer_that_inserts_one_that_is_due_lets_every_turn_end() {
    let mut stage = Stage::new();
    let now = stage.clock.now();
    stage.driver.insert(now, 0);
    for _ in 0..3 {
        stage.driver.turn(Limit::Never).unwrap();
        let mut seen = 0;
        while let Some(Due::Timer(_, _, value)) = stage.driver.next_due() {
            seen += 1;
            stage.driver.insert(now, value + 1);
            assert!(seen <= 256, "this turn does not end");
        }
        assert!(seen > 0);
    }
}

#[test]
fn the_present_instant_is_one_for_the_whole_turn_and_new_in_the_next() {
    let mut stage = Stage::new();
    stage.turn(Limit::Now);
    let now = stage.driver.now();
    stage.clock.advance(MS);
    assert_eq!(stage.driver.now(), now);
    stage.turn(Limit::Now);
    assert_eq!(stage.driver.now(), now.saturating_add(MS));
}

#[test]
fn the_present_instant_is_new_also_in_a_turn_that_only_goes_on_with_what_was_left() {
    let mut stage = Stage::new();
    let remote = stage.driver.remote();
    for message in ["a", "b"] {
        remote.post(message, Instant::START).unwrap();
    }
    stage.driver.turn(Limit::Now).unwrap();
    let now = stage.driver.now();
    assert_eq!(stage.driver.next_due(), Some(Due::Message("a")));
    stage.clock.advance(MS);
    stage.driver.turn(Limit::Now).unwrap();
    assert_eq!(stage.driver.now(), now.saturating_add(MS));
    assert_eq!(stage.driver.next_due(), Some(Due::Message("b")));
}
