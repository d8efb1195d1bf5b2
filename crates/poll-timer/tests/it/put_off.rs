//! Timers that are reset to later deadlines, whose entries stay where they are until they come up.

use poll_api::Instant;
use poll_timer::TimerWheel;

use super::faults::{at, fire};

#[test]
fn a_timer_put_off_fires_at_its_last_deadline_wherever_it_stood() {
    for bits in [4, 10, 17, 20, 35, 62] {
        let first = 1_u64 << bits;
        let mut wheel = TimerWheel::new();
        let key = wheel.insert(at(first), 7);
        // Within its bucket, beyond it, and again.
        for later in [first + 1, first + first / 2, 2 * first + 3] {
            assert!(wheel.reset(key, at(later)));
            assert_eq!(wheel.deadline(key), Some(at(later)));
            assert!(wheel.next_deadline() <= Some(at(later)), "2^{bits}");
        }
        assert_eq!(fire(&mut wheel, first), [], "2^{bits}");
        // It was found where it stood, and is asked for once.
        assert_eq!(wheel.next_deadline(), Some(at(2 * first + 3)), "2^{bits}");
        assert_eq!(fire(&mut wheel, 2 * first + 2), []);
        assert_eq!(fire(&mut wheel, 2 * first + 3), [(2 * first + 3, 7)]);
        assert!(wheel.is_empty());
    }
}

#[test]
fn a_timer_put_off_and_pulled_back_fires_once() {
    let mut wheel = TimerWheel::new();
    let key = wheel.insert(at(1_000_000), 1);
    assert!(wheel.reset(key, at(9_000_000)));
    assert!(wheel.reset(key, at(5_000_000)));
    assert!(wheel.reset(key, at(9_000_000)));
    assert!(wheel.reset(key, at(2_000)));
    assert_eq!(wheel.next_deadline(), Some(at(2_000)));
    assert_eq!(fire(&mut wheel, 2_000), [(2_000, 1)]);
    let other = wheel.insert(at(9_000_000), 2);
    assert_eq!(fire(&mut wheel, 8_999_999), []);
    assert_eq!(fire(&mut wheel, 9_000_000), [(9_000_000, 2)]);
    assert_eq!(wheel.cancel(other), None);
}

#[test]
fn a_timer_put_off_comes_after_equals_that_were_set_before() {
    const DEADLINE: u64 = 3_000_000_000;
    // Its own deadline is far from that of the others, in the bucket of the others, beside them.
    for own in [1_000_000, DEADLINE - 500_000, DEADLINE - 100, DEADLINE - 1] {
        let mut wheel = TimerWheel::new();
        let key = wheel.insert(at(own), 99);
        for n in 0..40 {
            wheel.insert(at(DEADLINE), n);
        }
        assert!(wheel.reset(key, at(DEADLINE)));
        let fired = fire(&mut wheel, DEADLINE);
        let values = fired.iter().map(|(_, value)| *value);
        assert!(values.eq((0..40).chain([99])), "{own}");
    }
}

#[test]
fn a_timer_put_off_beside_an_equal_comes_after_it_also_where_the_wheel_looks_for_the_dead() {
    let mut wheel = TimerWheel::new();
    let start = 1 << 40;
    let first = wheel.insert(at(start + 5), 1);
    wheel.insert(at(start + 16), 2);
    // Most entries of the bucket are dead, so each timer is looked at when it moves down.
    for _ in 0..10 {
        let dead = wheel.insert(at(start + 17), 3);
        assert_eq!(wheel.cancel(dead), Some(3));
    }
    assert!(wheel.reset(first, at(start + 16)));
    assert_eq!(
        fire(&mut wheel, start + 20),
        [(start + 16, 2), (start + 16, 1)]
    );
}

#[test]
fn a_timer_put_off_for_ever_and_one_whose_slot_is_used_again_wake_nobody_twice() {
    let mut wheel = TimerWheel::new();
    let key = wheel.insert(at(1_000), 1);
    assert!(wheel.reset(key, Instant::MAX));
    assert_eq!(fire(&mut wheel, 1_000), []);
    assert_eq!((wheel.next_deadline(), wheel.len()), (None, 1));
    assert!(wheel.reset(key, at(9_000)));
    assert_eq!(fire(&mut wheel, 9_000), [(9_000, 1)]);
    // Put off, cancelled, and its slot taken by a timer that is put off as far.
    let key = wheel.insert(at(10_000), 2);
    assert!(wheel.reset(key, at(30_000)));
    assert_eq!(wheel.cancel(key), Some(2));
    let other = wheel.insert(at(20_000), 3);
    assert!(wheel.reset(other, at(30_000)));
    assert_eq!(fire(&mut wheel, 30_000), [(30_000, 3)]);
}

#[test]
fn a_timer_put_off_for_ever_does_not_fire_at_the_end_of_the_clock() {
    let mut wheel = TimerWheel::new();
    // The end of the clock is in the bucket of the timer that is put off, but not in the other's.
    wheel.insert(at(u64::MAX - 100), 1);
    let key = wheel.insert(at(u64::MAX - 3), 2);
    assert!(wheel.reset(key, Instant::MAX));
    assert_eq!(fire(&mut wheel, u64::MAX), [(u64::MAX - 100, 1)]);
    assert_eq!(wheel.next_deadline(), None);
    assert_eq!(wheel.cancel(key), Some(2));
}
