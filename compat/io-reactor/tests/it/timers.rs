//! Timers: one call each, and none early.

use core::time::Duration;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use reactor::{Action, Timer, Timestamp};

use crate::stage::on_each;

#[test]
fn each_timer_is_one_call_also_if_many_are_due_at_once() {
    on_each(|stage| {
        stage.act((0..5).map(|_| Action::SetTimer(Duration::from_millis(3))));
        stage.expect(&["timer"; 5]);
        stage.act([Action::SetTimer(Duration::ZERO)]);
        stage.expect(&["timer"]);
        stage.expect_nothing();
    });
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the clock is what is tested")]
fn no_timer_is_early_however_long_the_handler_took() {
    const AFTER: Duration = Duration::from_millis(3);
    on_each(|stage| {
        let set = Arc::new(Mutex::new(Instant::now()));
        let last = Arc::clone(&set);
        stage.with(move |teller| {
            teller.on_timer = Some(Box::new(move || {
                let mut last = last.lock().unwrap();
                let passed = last.elapsed();
                assert!(passed >= AFTER, "{passed:?}");
                // A handler that works for longer than the clock's unit.
                while last.elapsed() < passed + Duration::from_micros(1500) {}
                *last = Instant::now();
                Some(Action::SetTimer(AFTER))
            }));
            teller.actions.push_back(Action::SetTimer(AFTER));
        });
        stage.expect(&["timer"; 60]);
    });
}

#[test]
fn timeouts_due_by_then_are_removed_and_counted() {
    let mut timer = Timer::new();
    let now = Timestamp::now();
    let after = |secs| now + Duration::from_secs(secs);
    for secs in [8, 16, 64, 72] {
        timer.set_timeout(Duration::from_secs(secs), now);
    }
    assert_eq!(timer.remove_expired_by(now), 0);
    assert_eq!(timer.remove_expired_by(after(8)), 1, "inclusive");
    assert_eq!(timer.count(), 3);
    assert_eq!(timer.remove_expired_by(after(66)), 2);
    assert_eq!(timer.remove_expired_by(after(96)), 1);
    assert!(!timer.has_timeouts());
}

#[test]
fn the_first_timeout_is_counted_down_to_zero() {
    let mut timer = Timer::default();
    let mut now = Timestamp::from_millis(1000);
    assert_eq!(timer.next_expiring_from(now), None);
    timer.set_timeout(Duration::from_secs(3), now);
    timer.set_timeout(Duration::from_secs(9), now);
    for left in [3, 2, 1, 0, 0] {
        assert_eq!(
            timer.next_expiring_from(now),
            Some(Duration::from_secs(left))
        );
        now += Duration::from_secs(1);
    }
    assert_eq!(timer.remove_expired_by(now), 1);
    assert_eq!(timer.count(), 1);
}

#[test]
fn timeouts_of_one_millisecond_are_as_many_as_were_set_and_parts_count_as_whole_ones() {
    let mut timer = Timer::new();
    let start = Timestamp::from_millis(5);
    for micros in [1, 999, 1000, 1001] {
        timer.set_timeout(Duration::from_micros(micros), start);
    }
    assert_eq!(timer.count(), 4);
    assert_eq!(timer.remove_expired_by(Timestamp::from(5)), 0);
    assert_eq!(timer.remove_expired_by(Timestamp::from(6)), 3);
    assert_eq!(timer.remove_expired_by(Timestamp::from(7)), 1);
}

#[test]
fn times_are_added_subtracted_and_shown_and_end_at_their_bounds() {
    let time = Timestamp::from_secs(2) + Timestamp::from_millis(55);
    assert_eq!((time.as_secs(), time.as_millis()), (2, 2055));
    assert_eq!(
        time - Duration::from_millis(56),
        Timestamp::from_millis(1999)
    );
    assert_eq!(
        Timestamp::from_secs(1) - Duration::from_secs(2),
        Timestamp::default()
    );
    assert_eq!(Timestamp::from_secs(1) - time, Timestamp::from_millis(0));
    let end = Timestamp::from_millis(u128::MAX);
    assert_eq!(end + Duration::from_millis(1), end);
    assert_eq!(end.as_millis(), u64::MAX);
    let mut time = Timestamp::from_millis(255);
    assert_eq!(
        format!("{time} {time:x} {time:X} {time:o}"),
        "255 ff FF 377"
    );
    time += Timestamp::from_millis(1);
    time -= Duration::from_millis(6);
    assert_eq!(time, Timestamp::from_millis(250));
}
