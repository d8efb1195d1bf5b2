//! Timers whose deadlines have passed when they are set: how much of them an expiry does.

use poll_timer::TimerWheel;

use super::faults::{at, fire};
use super::model::{Pair, Step};
use super::random::Random;

#[test]
fn a_burst_set_for_the_past_moves_no_more_in_a_turn_than_its_budget() {
    const COUNT: usize = 100_000;
    const BUDGET: usize = 100;
    let mut wheel = TimerWheel::new();
    assert_eq!(fire(&mut wheel, 1_000_000), []);
    wheel.insert(at(1_000_050), 0);
    for n in 0..COUNT as u64 {
        // In no order, two at each instant.
        wheel.insert(at(1 + (n * 7_919) % 50_000), n);
    }
    wheel.insert(at(0), 0);
    assert_eq!(wheel.next_deadline(), Some(at(0)));
    let mut fired = Vec::new();
    let mut turns = 0;
    loop {
        let before = fired.len();
        let mut expiry = wheel.expiry(at(1_000_100), BUDGET);
        while let Some(timer) = wheel.expire(&mut expiry) {
            fired.push((timer.deadline.as_nanos(), timer.value));
        }
        turns += 1;
        assert!(fired.len() - before <= BUDGET);
        // To file a timer is a move. The last one is the first to fire, so that none does before
        // all are filed, which takes so many turns.
        if turns < COUNT / (BUDGET * 8 + 16) {
            assert!(fired.is_empty(), "turn {turns} moved more than its budget");
        }
        if !expiry.is_unfinished() {
            break;
        }
        assert!(turns <= 2 * COUNT / BUDGET);
    }
    assert_eq!(fired.len(), COUNT + 2);
    let mut expected = fired.clone();
    expected.sort_unstable();
    assert_eq!(
        fired, expected,
        "out of order, or equals not as they were set"
    );
}

#[test]
fn timers_earlier_than_those_that_are_not_filed_do_not_wait_for_them() {
    let mut wheel = TimerWheel::new();
    for n in 0..10 {
        wheel.insert(at(1_000 + n), n);
    }
    let mut expiry = wheel.expiry(at(1_009), 1);
    assert!(wheel.expire(&mut expiry).is_some());
    assert!(wheel.expire(&mut expiry).is_none());
    for n in 0..1_000 {
        wheel.insert(at(1_009), 10 + n);
    }
    // To file them all takes thirty times as many moves.
    let mut expiry = wheel.expiry(at(1_009), 4);
    for n in 1..5 {
        assert_eq!(wheel.expire(&mut expiry).map(|timer| timer.value), Some(n));
    }
    assert!(wheel.expire(&mut expiry).is_none());
    assert!(expiry.is_unfinished());
    let rest = fire(&mut wheel, 1_009);
    assert!(rest.iter().map(|(_, value)| *value).eq(5..1_010));
}

#[test]
fn what_is_set_late_while_others_are_being_filed_waits_for_the_next_expiry() {
    let mut wheel = TimerWheel::new();
    assert_eq!(fire(&mut wheel, 1_000), []);
    for n in 0..40 {
        wheel.insert(at(500 + n), n);
    }
    let mut expiry = wheel.expiry(at(1_000), 100);
    assert_eq!(wheel.expire(&mut expiry).map(|timer| timer.value), Some(0));
    wheel.insert(at(1), 99);
    let mut rest = Vec::new();
    while let Some(timer) = wheel.expire(&mut expiry) {
        rest.push(timer.value);
    }
    assert!(rest.iter().copied().eq(1..40));
    assert_eq!(wheel.next_deadline(), Some(at(1)));
    assert_eq!(fire(&mut wheel, 1_000), [(1, 99)]);
}

#[test]
fn crowds_set_for_the_past_and_cancelled_agree_with_an_ordered_map_while_they_are_filed() {
    for seed in 0..20 {
        let mut random = Random(seed);
        let mut pair = Pair::default();
        pair.now = 1_000_000;
        pair.run(&Step::Expire(1, Vec::new()));
        for _ in 0..1_500 {
            let which = usize::try_from(random.below(1 << 30)).unwrap();
            // So many are cancelled that the dead are swept amid their filing.
            pair.run(&match random.below(100) {
                0..55 => Step::Insert(-i128::from(random.below(1_000))),
                55..97 => Step::Cancel(which),
                97 => Step::Insert(i128::from(random.below(1_000))),
                98 => Step::Reset(which, i128::from(random.below(1_000))),
                _ => Step::Expire(which % 3, Vec::new()),
            });
        }
        pair.check_all();
        pair.now += 1_000;
        pair.drain();
    }
}
