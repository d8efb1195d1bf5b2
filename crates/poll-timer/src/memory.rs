//! Tests of what a wheel holds in memory, counted from its parts, under orderly and hostile use.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use poll_api::Instant;

use crate::{TimerKey, TimerWheel};

const COUNT: usize = 50_000;
const SECOND: u64 = 1_000_000_000;

/// For each timer, of those that there were at once.
const LIVE: usize = 64;
/// The same under any churn.
const CHURNED: usize = 128;

// Any old generator: the constants of Knuth's MMIX.
struct Random(u64);

impl Random {
    const fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 20) % end
    }

    fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or(0)
    }
}

fn at(nanos: u64) -> Instant {
    Instant::from_nanos(nanos)
}

fn filled(random: &mut Random) -> (TimerWheel<u64>, Vec<TimerKey>) {
    let mut wheel = TimerWheel::new();
    let deadlines = (0..COUNT).map(|_| at(random.below(60 * SECOND)));
    let keys = deadlines
        .map(|deadline| wheel.insert(deadline, 0))
        .collect();
    (wheel, keys)
}

#[track_caller]
fn assert_bytes(wheel: &TimerWheel<u64>, timers: usize, each: usize) {
    let bytes = wheel.bytes();
    assert!(
        bytes <= timers * each,
        "{bytes} bytes, {} each",
        bytes / timers
    );
}

#[test]
fn timers_take_64_bytes_however_many_there_are() {
    let mut random = Random(1);
    let mut wheel = TimerWheel::new();
    for count in 1..=COUNT {
        wheel.insert(at(random.below(60 * SECOND)), 0);
        if count > 8_000 && count % 64 == 0 {
            assert_bytes(&wheel, count, LIVE);
        }
    }
}

#[test]
fn timers_cancelled_and_set_in_any_order_take_at_most_twice_that() {
    let mut random = Random(2);
    let (mut wheel, mut keys) = filled(&mut random);
    for round in 0..6 * COUNT {
        let victim = match round / (2 * COUNT) {
            0 => random.index(COUNT),
            // The newest, which is before the sweep; and the oldest, which is behind it.
            1 => COUNT - 1 - round % 100,
            _ => round % COUNT,
        };
        assert!(wheel.cancel(keys[victim]).is_some());
        keys[victim] = wheel.insert(at(random.below(60 * SECOND)), 0);
        if round % 64 == 0 {
            assert_bytes(&wheel, COUNT, CHURNED);
        }
    }
}

#[test]
fn timers_with_one_deadline_cancelled_in_any_order_take_at_most_twice_that() {
    // All in one bucket, at every distance from the wheel's position.
    for deadline in [1, 1 << 17, 1 << 35, 1 << 62] {
        let mut wheel = TimerWheel::new();
        // Late ones are those up to this; the others are near or on some level.
        let mut expiry = wheel.expiry(at(1), 1);
        assert!(wheel.expire(&mut expiry).is_none());
        let mut keys: VecDeque<TimerKey> = (0..COUNT)
            .map(|n| wheel.insert(at(deadline), n as u64))
            .collect();
        for round in 0..3 * COUNT {
            let key = if round % 3 == 0 {
                keys.pop_back()
            } else {
                keys.pop_front()
            };
            assert!(key.and_then(|key| wheel.cancel(key)).is_some());
            keys.push_back(wheel.insert(at(deadline), 0));
            if round % 64 == 0 {
                assert_bytes(&wheel, COUNT, CHURNED);
            }
        }
    }
}

#[test]
fn resets_for_ever_leave_nothing_behind() {
    let mut random = Random(3);
    let (mut wheel, keys) = filled(&mut random);
    for round in 0..4 * COUNT {
        let key = keys[random.index(COUNT)];
        // Every fourth one into the past.
        let end = if round % 4 == 0 { 1 } else { 60 * SECOND };
        assert!(wheel.reset(key, at(random.below(end))));
        if round % 64 == 0 {
            assert_bytes(&wheel, COUNT, CHURNED);
        }
    }
}

#[test]
fn timers_on_one_level_cancelled_for_ever_are_swept_again_and_again() {
    let mut random = Random(9);
    let mut wheel = TimerWheel::new();
    let set = |wheel: &mut TimerWheel<u64>, random: &mut Random| {
        wheel.insert(at(40 * SECOND + random.below(20 * SECOND)), 0)
    };
    let mut keys: Vec<TimerKey> = (0..COUNT / 10)
        .map(|_| set(&mut wheel, &mut random))
        .collect();
    for round in 0..2 * COUNT {
        let victim = random.index(keys.len());
        assert!(wheel.cancel(keys[victim]).is_some());
        keys[victim] = set(&mut wheel, &mut random);
        if round % 64 == 0 {
            assert_bytes(&wheel, keys.len(), CHURNED);
        }
    }
}

#[test]
fn timers_put_off_and_cancelled_for_ever_take_at_most_twice_as_much() {
    let mut random = Random(7);
    let (mut wheel, mut keys) = filled(&mut random);
    for round in 0..6 * COUNT {
        let which = random.index(COUNT);
        let later = at((60 + round as u64) * SECOND);
        assert!(wheel.reset(keys[which], later));
        assert_eq!(wheel.deadline(keys[which]), Some(later));
        if round % 2 == 0 {
            // Its entry is where the first deadline was.
            assert!(wheel.cancel(keys[which]).is_some());
            keys[which] = wheel.insert(at(random.below(60 * SECOND)), 0);
        }
        if round % 64 == 0 {
            assert_bytes(&wheel, COUNT, CHURNED);
        }
    }
}

#[test]
fn putting_timers_off_takes_no_memory() {
    let mut random = Random(8);
    let (mut wheel, keys) = filled(&mut random);
    let before = wheel.bytes();
    for round in 0..20 {
        for key in &keys {
            assert!(wheel.reset(*key, at((61 + round) * SECOND)));
        }
        assert_eq!(wheel.bytes(), before);
    }
}

#[test]
fn the_dead_at_the_front_are_gone_after_a_turn() {
    let mut wheel = TimerWheel::new();
    let last = wheel.insert(at(50 * SECOND), 0);
    let keys: Vec<TimerKey> = (0..40)
        .map(|n| wheel.insert(at((n + 1) * SECOND), n))
        .collect();
    for key in keys {
        assert!(wheel.cancel(key).is_some());
    }
    let mut expiry = wheel.expiry(at(1), 8);
    assert!(wheel.expire(&mut expiry).is_none());
    assert!(!expiry.is_unfinished());
    // Nobody is woken for them.
    assert_eq!(wheel.next_deadline(), wheel.deadline(last));
}

#[test]
fn the_far_future_set_and_cancelled_for_ever_beside_one_survivor_takes_no_memory() {
    for distance in [0, 100, SECOND, 1 << 40, 1 << 60] {
        let mut wheel = TimerWheel::new();
        wheel.insert(at(3600 * SECOND), 0);
        let mut expiry = wheel.expiry(at(50), 1);
        assert!(wheel.expire(&mut expiry).is_none());
        for round in 0..200_000 {
            let key = wheel.insert(at(distance + round % 40), 0);
            assert!(wheel.cancel(key).is_some());
        }
        // Up to three levels of 64 buckets, and what grows by at least four.
        assert!(
            wheel.bytes() < 12_000,
            "{} bytes at {distance}",
            wheel.bytes()
        );
    }
}

#[test]
fn what_is_next_to_fire_set_and_cancelled_for_ever_takes_at_most_twice_as_much() {
    let mut wheel = TimerWheel::new();
    wheel.insert(at(SECOND), 0);
    // The first of a bucket of 4096 ns, which is sorted whole; what is set behind it is past.
    let first = ((SECOND >> 12) + 50) << 12;
    wheel.insert(at(first), 0);
    let mut expiry = wheel.expiry(at(first), 9);
    assert!(wheel.expire(&mut expiry).is_some());
    assert!(wheel.expire(&mut expiry).is_some());
    assert!(wheel.expire(&mut expiry).is_none());
    let mut random = Random(4);
    let mut keys = VecDeque::new();
    for round in 0..8 * COUNT {
        // Past the wheel's position: these go to the heap.
        keys.push_back(wheel.insert(at(first + 1 + random.below(4_000)), 0));
        if keys.len() > COUNT {
            let oldest = keys.pop_front();
            assert!(oldest.and_then(|key| wheel.cancel(key)).is_some());
        }
        if round >= COUNT && round % 64 == 0 {
            assert_bytes(&wheel, COUNT, CHURNED);
        }
    }
}

#[test]
fn timers_cancelled_while_a_bucket_is_being_emptied_take_at_most_twice_as_much() {
    let mut random = Random(5);
    let mut wheel = TimerWheel::new();
    let mut keys: Vec<TimerKey> = (0..COUNT)
        .map(|_| wheel.insert(at(SECOND * 40 + random.below(SECOND)), 0))
        .collect();
    // Some are due, but the budget is used up by moving others down.
    let mut expiry = wheel.expiry(at(SECOND * 40 + SECOND / 2), 4_000);
    while wheel.expire(&mut expiry).is_some() {}
    assert!(expiry.is_unfinished());
    keys.retain(|key| wheel.get(*key).is_some());
    assert!(keys.len() > COUNT / 2);
    for round in 0..4 * COUNT {
        let victim = random.index(keys.len());
        assert!(wheel.cancel(keys[victim]).is_some());
        keys[victim] = wheel.insert(at(SECOND * 40 + SECOND / 2 + random.below(SECOND / 4)), 0);
        if round % 64 == 0 {
            assert_bytes(&wheel, COUNT, CHURNED);
        }
    }
}

#[test]
fn late_timers_of_many_turns_share_their_memory() {
    let mut wheel = TimerWheel::new();
    let mut expiry = wheel.expiry(at(SECOND), 1);
    assert!(wheel.expire(&mut expiry).is_none());
    for n in 0..COUNT {
        wheel.insert(at(5), n as u64);
    }
    // A turn fires one of those, so the later ones are not filed.
    for n in 0..COUNT {
        wheel.insert(at(10), n as u64);
        let mut expiry = wheel.expiry(at(SECOND), 1);
        assert!(wheel.expire(&mut expiry).is_some());
        assert_bytes(&wheel, COUNT, CHURNED);
    }
}

#[test]
fn late_timers_cancelled_before_their_turn_are_swept_again_and_again() {
    let mut wheel = TimerWheel::new();
    let mut expiry = wheel.expiry(at(SECOND), COUNT);
    assert!(wheel.expire(&mut expiry).is_none());
    for n in 0..COUNT {
        wheel.insert(at(5), n as u64);
    }
    let mut expiry = wheel.expiry(at(SECOND), COUNT);
    assert!(wheel.expire(&mut expiry).is_some());
    for n in 0..COUNT / 10 {
        wheel.insert(at(10), n as u64);
    }
    for _ in 0..4 * COUNT {
        let key = wheel.insert(at(10), 0);
        // Nobody asks it for anything, so none of them is filed.
        let expiry = wheel.expiry(at(SECOND), 1);
        assert!(expiry.is_unfinished());
        assert!(wheel.cancel(key).is_some());
        assert_bytes(&wheel, COUNT, CHURNED);
    }
}

#[test]
fn shrinking_gives_the_memory_back() {
    let mut random = Random(6);
    let (mut wheel, mut keys) = filled(&mut random);
    let survivor = keys.swap_remove(0);
    keys.push(wheel.insert(at(0), 0));
    for key in keys {
        assert!(wheel.cancel(key).is_some());
    }
    wheel.shrink_to_fit();
    assert!(wheel.bytes() < 8_000, "{} bytes", wheel.bytes());
    assert!(wheel.cancel(survivor).is_some());
    wheel.shrink_to_fit();
    assert_eq!(wheel.bytes(), 0);
    wheel.insert(at(SECOND), 0);
    wheel.clear();
    wheel.shrink_to_fit();
    assert_eq!(wheel.bytes(), 0);
}

#[test]
fn a_steady_load_asks_for_no_memory() {
    let mut wheel = TimerWheel::new();
    for n in 0..100 {
        wheel.insert(at(1_000_000 * n), n);
    }
    let mut settled = 0;
    for turn in 1..20_000 {
        let now = turn * 1_000_003;
        let mut expiry = wheel.expiry(at(now), 1_000);
        while let Some(timer) = wheel.expire(&mut expiry) {
            wheel.insert(at(now + 1_000_000 * (1 + timer.value)), timer.value);
        }
        if turn == 10_000 {
            settled = wheel.bytes();
        }
    }
    assert_eq!(wheel.bytes(), settled);
}
