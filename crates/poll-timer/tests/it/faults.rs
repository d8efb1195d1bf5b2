//! The faults that timer wheels are known for, each by name.

use poll_api::Instant;
use poll_timer::{TimerKey, TimerWheel};
use static_assertions::{assert_eq_size, assert_impl_all};

assert_impl_all!(TimerWheel<u64>: Send, Sync, Unpin, core::panic::UnwindSafe);
assert_impl_all!(TimerKey: Send, Sync, Copy, Ord, core::hash::Hash);
assert_impl_all!(poll_timer::Expiry: Send, Sync);
assert_eq_size!(TimerKey, Option<TimerKey>, u64);

pub(crate) const fn at(nanos: u64) -> Instant {
    Instant::from_nanos(nanos)
}

// All that fires at `now`, as pairs of deadline and value; the expiry ends by itself.
pub(crate) fn fire(wheel: &mut TimerWheel<u64>, now: u64) -> Vec<(u64, u64)> {
    let mut expiry = wheel.expiry(at(now), usize::MAX);
    let mut fired = Vec::new();
    while let Some(timer) = wheel.expire(&mut expiry) {
        fired.push((timer.deadline.as_nanos(), timer.value));
    }
    assert!(!expiry.is_unfinished());
    fired
}

#[test]
fn a_later_timer_does_not_hide_an_earlier_one_on_another_level() {
    // The wheel stands just before the boundary of a level; what is set beyond it is on a higher
    // level than what is set later and for later, but after the boundary was passed.
    for bits in [6, 12, 18, 24, 30, 36, 42, 48, 54, 60] {
        let boundary = 1_u64 << bits;
        let mut wheel = TimerWheel::new();
        assert_eq!(fire(&mut wheel, boundary - 3), []);
        wheel.insert(at(boundary + 40), 1);
        wheel.insert(at(boundary - 1), 2);
        assert_eq!(fire(&mut wheel, boundary - 1), [(boundary - 1, 2)]);
        wheel.insert(at(boundary + 50), 3);
        assert_eq!(fire(&mut wheel, boundary), []);
        wheel.insert(at(boundary + 45), 4);
        wheel.insert(at(boundary + 30), 5);
        assert_eq!(wheel.next_deadline(), Some(at(boundary + 30)), "2^{bits}");
        let expected = [
            (boundary + 30, 5),
            (boundary + 40, 1),
            (boundary + 45, 4),
            (boundary + 50, 3),
        ];
        assert_eq!(fire(&mut wheel, boundary + 50), expected, "2^{bits}");
    }
}

#[test]
fn a_deadline_between_ticks_is_not_missed_where_entries_move_down() {
    // One below, at and above each boundary, reached in steps that stop at each of them.
    for bits in [6, 12, 18, 24, 30, 36, 42, 48, 54, 60] {
        let boundary = 3 << bits;
        let mut wheel = TimerWheel::new();
        let deadlines = [boundary - 1, boundary, boundary + 1, boundary + 63];
        for deadline in deadlines {
            wheel.insert(at(deadline), deadline);
        }
        for deadline in deadlines {
            assert_eq!(wheel.next_deadline(), Some(at(deadline)), "3 * 2^{bits}");
            assert_eq!(fire(&mut wheel, deadline - 1), [], "3 * 2^{bits}");
            assert_eq!(fire(&mut wheel, deadline), [(deadline, deadline)]);
        }
    }
}

#[test]
fn deadlines_a_nanosecond_apart_fire_a_nanosecond_apart() {
    let mut wheel = TimerWheel::new();
    for deadline in (1_000_000..1_000_200).rev() {
        wheel.insert(at(deadline), deadline);
    }
    for now in 1_000_000..1_000_200 {
        assert_eq!(fire(&mut wheel, now - 1), []);
        assert_eq!(fire(&mut wheel, now), [(now, now)]);
    }
}

#[test]
fn the_far_future_is_exact_and_the_last_instant_never_comes() {
    let mut wheel = TimerWheel::new();
    let never = wheel.insert(Instant::MAX, 0);
    assert_eq!(wheel.next_deadline(), None);
    for deadline in [u64::MAX - 1, 1 << 63, (1 << 63) - 1] {
        wheel.insert(at(deadline), deadline);
    }
    assert_eq!(fire(&mut wheel, (1 << 63) - 2), []);
    let halves = [(1 << 63) - 1, 1 << 63].map(|deadline| (deadline, deadline));
    assert_eq!(fire(&mut wheel, u64::MAX - 2), halves);
    assert_eq!(wheel.next_deadline(), Some(at(u64::MAX - 1)));
    assert_eq!(fire(&mut wheel, u64::MAX), [(u64::MAX - 1, u64::MAX - 1)]);
    assert_eq!((wheel.len(), wheel.next_deadline()), (1, None));
    assert_eq!(wheel.deadline(never), Some(Instant::MAX));
    // Also as the deadline of a timer that had another, and back.
    assert!(wheel.reset(never, at(5)));
    assert!(wheel.reset(never, Instant::MAX));
    assert_eq!(fire(&mut wheel, u64::MAX), []);
    assert_eq!(wheel.cancel(never), Some(0));
}

#[test]
fn a_clock_that_goes_back_loses_nothing_and_fires_nothing_early() {
    let mut wheel = TimerWheel::new();
    wheel.insert(at(1_000_000_000), 1);
    assert_eq!(fire(&mut wheel, 999_999_999), []);
    wheel.insert(at(900_000_000), 2);
    assert_eq!(fire(&mut wheel, 899_999_999), []);
    wheel.insert(at(500), 3);
    wheel.insert(at(400), 4);
    assert_eq!(wheel.next_deadline(), Some(at(400)));
    assert_eq!(fire(&mut wheel, 400), [(400, 4)]);
    assert_eq!(fire(&mut wheel, 0), []);
    let rest = [(500, 3), (900_000_000, 2), (1_000_000_000, 1)];
    assert_eq!(fire(&mut wheel, 1_000_000_000), rest);
}

#[test]
fn a_handler_of_an_expiry_that_an_earlier_one_overlaps_does_not_loop() {
    let mut wheel = TimerWheel::new();
    wheel.insert(at(70), ());
    let mut later = wheel.expiry(at(100), usize::MAX);
    // The clock went back before the expiry was done.
    let mut earlier = wheel.expiry(at(50), usize::MAX);
    assert!(wheel.expire(&mut earlier).is_none());
    assert!(wheel.expire(&mut later).is_some());
    wheel.insert(at(80), ());
    assert!(wheel.expire(&mut later).is_none());
}

#[test]
fn moves_are_budgeted_too_and_the_rest_of_a_bucket_is_not_forgotten() {
    let base = 1 << 40;
    let mut wheel = TimerWheel::new();
    for n in 0..2_000 {
        wheel.insert(at(base + n * 1_000_000), n);
    }
    // Ten timers may fire, so 80 may be moved, up to the next chunk; that is not all of them.
    let now = base + 3_000_000_000;
    let mut expiry = wheel.expiry(at(now), 10);
    assert!(wheel.expire(&mut expiry).is_none());
    assert!(expiry.is_unfinished());
    // The first timers were moved; one of the rest is pulled before them.
    let last = wheel.insert(at(base + 5), 5_000);
    assert!(wheel.next_deadline() <= Some(at(base)));
    let mut fired = Vec::new();
    for _ in 0..1_000 {
        let mut expiry = wheel.expiry(at(now), 10);
        let before = fired.len();
        while let Some(timer) = wheel.expire(&mut expiry) {
            fired.push(timer.deadline);
        }
        assert!(fired.len() - before <= 10);
    }
    assert_eq!(fired.len(), 2_001);
    assert!(fired.is_sorted());
    assert_eq!(wheel.get(last), None);
}

#[test]
fn a_timer_set_by_a_handler_waits_for_the_next_expiry_even_if_it_is_due() {
    let mut wheel = TimerWheel::new();
    wheel.insert(at(100), 0);
    let reset = wheel.insert(at(200), 1);
    for turn in 0..3 {
        let mut expiry = wheel.expiry(at(150), usize::MAX);
        let mut count = 0;
        while let Some(timer) = wheel.expire(&mut expiry) {
            count += 1;
            assert!(count < 10, "the expiry does not end");
            // At the same instant, in the past, now; and another is pulled into the past.
            let deadlines = [timer.deadline, at(3), at(150)];
            wheel.insert(deadlines[turn], timer.value);
            if turn == 0 {
                wheel.reset(reset, at(120));
            }
        }
        assert_eq!(count, if turn == 0 { 1 } else { 2 });
        assert!(!expiry.is_unfinished());
        assert!(
            wheel.next_deadline() <= Some(at(150)),
            "the next one is due at once"
        );
        if turn > 0 {
            // It has fired, under this key.
            assert!(!wheel.reset(reset, at(1)));
        }
    }
}

#[test]
fn a_timer_cancelled_or_put_off_by_a_handler_does_not_fire() {
    let mut wheel = TimerWheel::new();
    wheel.insert(at(10), 0);
    let cancelled = wheel.insert(at(10), 1);
    let put_off = wheel.insert(at(10), 2);
    wheel.insert(at(10), 3);
    let mut expiry = wheel.expiry(at(10), 9);
    assert_eq!(wheel.expire(&mut expiry).map(|timer| timer.value), Some(0));
    assert_eq!(wheel.cancel(cancelled), Some(1));
    assert!(wheel.reset(put_off, at(11)));
    assert_eq!(wheel.expire(&mut expiry).map(|timer| timer.value), Some(3));
    assert_eq!(wheel.expire(&mut expiry), None);
    assert_eq!(fire(&mut wheel, 11), [(11, 2)]);
}

#[test]
fn a_budget_is_kept_and_the_rest_follows_in_order() {
    let mut wheel = TimerWheel::new();
    for value in 0..2_000 {
        wheel.insert(at(7_000_000_000), value);
    }
    let mut fired = Vec::new();
    for budget in [0, 1, 0, 10]
        .into_iter()
        .chain(core::iter::repeat_n(300, 10))
    {
        let before = fired.len();
        let mut expiry = wheel.expiry(at(7_000_000_000), budget);
        assert!(expiry.is_unfinished());
        while let Some(timer) = wheel.expire(&mut expiry) {
            fired.push(timer.value);
        }
        assert!(fired.len() - before <= budget);
        assert_eq!(
            expiry.is_unfinished(),
            fired.len() < 2_000,
            "{}",
            fired.len()
        );
    }
    assert!(fired.iter().copied().eq(0..2_000));
}

#[test]
fn of_more_equal_deadlines_than_are_sorted_at_once_none_that_was_put_off_fires_early() {
    const DEADLINE: u64 = 5_000_000_000;
    let mut wheel = TimerWheel::new();
    let keys: Vec<TimerKey> = (0..1_200).map(|n| wheel.insert(at(DEADLINE), n)).collect();
    let mut expiry = wheel.expiry(at(DEADLINE), 1_000);
    let mut expected = 0;
    while let Some(timer) = wheel.expire(&mut expiry) {
        assert_eq!((timer.deadline, timer.value), (at(DEADLINE), expected));
        // The next one is put off, and the slot of the one after it goes to another timer.
        let next = usize::try_from(expected).unwrap() + 1;
        if next + 1 < keys.len() {
            assert!(wheel.reset(keys[next], at(2 * DEADLINE)));
            assert_eq!(wheel.cancel(keys[next + 1]), Some(expected + 2));
            wheel.insert(at(2 * DEADLINE), 9_999);
        }
        expected += 3;
    }
    assert!(!expiry.is_unfinished());
    assert_eq!((expected, wheel.len()), (1_200, 800));
    assert_eq!(wheel.next_deadline(), Some(at(2 * DEADLINE)));
    assert_eq!(fire(&mut wheel, 2 * DEADLINE).len(), 800);
}

#[test]
fn timers_with_equal_deadlines_fire_in_the_order_they_were_set_from_wherever_they_were() {
    let mut wheel = TimerWheel::new();
    // More than are sorted at once; the wheel comes nearer between them, so that each part of
    // them starts from another level.
    let deadline = 5_000_000_000;
    let first = wheel.insert(at(deadline), 0);
    let mut value = 1;
    for now in [0, 1 << 31, 4_999_900_000, 4_999_999_990, deadline] {
        assert_eq!(fire(&mut wheel, now.min(deadline - 1)), []);
        for _ in 0..700 {
            wheel.insert(at(deadline), value);
            value += 1;
        }
        wheel.insert(at(deadline - 1), 0);
        let early = fire(&mut wheel, deadline - 1);
        assert!(early.iter().all(|(when, _)| *when == deadline - 1));
    }
    // A reset counts as set now.
    assert!(wheel.reset(first, at(deadline)));
    let fired = fire(&mut wheel, deadline);
    let values = fired.iter().map(|(_, value)| *value);
    assert!(values.eq((1..value).chain([0])));
}

#[test]
fn a_short_bucket_is_sorted_whole_and_the_first_of_it_fires_in_one_small_expiry() {
    // A bucket of 262 µs beside the wheel's position, with as many timers as are sorted at once.
    const BUCKET: u64 = 1 << 18;
    let mut wheel = TimerWheel::new();
    assert_eq!(fire(&mut wheel, 1 << 30), []);
    let first = (1 << 30) + BUCKET;
    for n in (0..512).rev() {
        wheel.insert(at(first + n * (BUCKET / 512)), n);
    }
    let mut expiry = wheel.expiry(at(first), 1);
    assert_eq!(wheel.expire(&mut expiry).map(|timer| timer.value), Some(0));
}

#[test]
fn an_idle_wheel_wakes_once_for_a_timer_and_once_a_level_after_a_cancellation() {
    // Alone: exactly then.
    let mut wheel = TimerWheel::new();
    wheel.insert(at(30_000_000_123), 1);
    assert_eq!(wheel.next_deadline(), Some(at(30_000_000_123)));
    assert_eq!(fire(&mut wheel, 30_000_000_123), [(30_000_000_123, 1)]);
    // The earliest of many in one bucket is cancelled.
    let base = 60_000_000_000_u64;
    let keys: Vec<TimerKey> = (0..40).map(|n| wheel.insert(at(base + n), n)).collect();
    for key in &keys[..15] {
        wheel.cancel(*key);
    }
    let mut wakes = 0;
    let fired = loop {
        let next = wheel.next_deadline().unwrap().as_nanos();
        assert!(next <= base + 15);
        wakes += 1;
        let fired = fire(&mut wheel, next);
        if !fired.is_empty() {
            break fired;
        }
    };
    assert_eq!(fired, [(base + 15, 15)]);
    assert!(wakes <= 11, "{wakes} wake-ups");
    for key in keys {
        wheel.cancel(key);
    }
    assert_eq!(wheel.next_deadline(), None);
}

#[test]
fn shrinking_amid_an_expiry_forgets_what_was_cancelled_in_it() {
    let mut wheel = TimerWheel::new();
    let keys: Vec<TimerKey> = (0..4).map(|n| wheel.insert(at(100 + n), n)).collect();
    // All of them are sorted now, and one has fired.
    assert_eq!(fire(&mut wheel, 100), [(100, 0)]);
    assert_eq!(wheel.cancel(keys[2]), Some(2));
    assert_eq!(wheel.cancel(keys[3]), Some(3));
    // The last slots are given back, and one of them is taken again.
    wheel.shrink_to_fit();
    wheel.insert(at(102), 4);
    assert_eq!(wheel.next_deadline(), Some(at(101)));
    assert_eq!(fire(&mut wheel, 200), [(101, 1), (102, 4)]);
    assert_eq!(wheel.next_deadline(), None);
}

#[test]
fn a_bucket_that_was_emptied_forgets_its_deadlines_until_its_next_lap() {
    const BUCKET: u64 = 1 << 24;
    // One chunk and the first entry of another, which is cancelled.
    let mut wheel = TimerWheel::new();
    let keys: Vec<TimerKey> = (0..17).map(|n| wheel.insert(at(BUCKET + n), n)).collect();
    assert_eq!(wheel.cancel(keys[16]), Some(16));
    assert_eq!(fire(&mut wheel, BUCKET + 20).len(), 16);
    // The same bucket of the same level, and the one behind it.
    assert_eq!(fire(&mut wheel, 64 * BUCKET), []);
    wheel.insert(at(65 * BUCKET + 7), 1);
    wheel.insert(at(66 * BUCKET), 2);
    assert_eq!(wheel.next_deadline(), Some(at(65 * BUCKET + 7)));
    assert_eq!(fire(&mut wheel, 65 * BUCKET), []);
    assert_eq!(wheel.next_deadline(), Some(at(65 * BUCKET + 7)));
    let expected = [(65 * BUCKET + 7, 1), (66 * BUCKET, 2)];
    assert_eq!(fire(&mut wheel, 66 * BUCKET), expected);
}

#[test]
fn a_stale_key_stays_stale_after_clear_and_shrink() {
    let mut wheel = TimerWheel::with_capacity(64);
    let mut old: Vec<TimerKey> = (0..50).map(|n| wheel.insert(at(n), n)).collect();
    wheel.clear();
    assert!(wheel.is_empty());
    assert_eq!(wheel.next_deadline(), None);
    wheel.shrink_to_fit();
    let kept = wheel.insert(at(1 << 40), 99);
    old.extend((0..50).map(|n| wheel.insert(at(n), n)));
    assert_eq!(fire(&mut wheel, 50).len(), 50);
    wheel.shrink_to_fit();
    for n in 0..50 {
        wheel.insert(at(1_000 + n), n);
    }
    for key in old {
        assert_eq!(wheel.cancel(key), None);
        assert!(!wheel.reset(key, at(0)));
        assert_eq!(wheel.get(key), None);
    }
    assert_eq!(wheel.len(), 51);
    assert_eq!(wheel.get(kept), Some(&99));
    *wheel.get_mut(kept).unwrap() = 100;
    assert_eq!(wheel.cancel(kept), Some(100));
    assert!(format!("{wheel:?}").starts_with("TimerWheel { len: 50, next_deadline: Some("));
}

#[test]
fn values_are_dropped_once_with_the_wheel_or_by_clear() {
    let value = std::rc::Rc::new(());
    let mut wheel = TimerWheel::new();
    for n in 0..10 {
        wheel.insert(at(n), value.clone());
    }
    wheel.clear();
    assert_eq!(std::rc::Rc::strong_count(&value), 1);
    wheel.insert(at(1), value.clone());
    drop(wheel);
    assert_eq!(std::rc::Rc::strong_count(&value), 1);
}
