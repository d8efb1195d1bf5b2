//! Ready sets: marks, drains, budgets, and pings that go.

use poll_api::{Token, Wake};
use poll_channel::{Drained, Ping, ReadySet};

use crate::rings::{Broken, Moody, Refused, Rings};

fn set() -> (ReadySet<Rings>, Rings) {
    let rings = Rings::default();
    (ReadySet::new(rings.clone()), rings)
}

fn pings(set: &ReadySet<Rings>, count: usize) -> Vec<Ping<Rings>> {
    (0..count)
        .map(|token| set.registry().ping(Token(token)))
        .collect()
}

fn drained(set: &mut ReadySet<Rings>, budget: usize) -> (Vec<usize>, Drained) {
    let mut seen = Vec::new();
    let drained = set.drain(budget, |token| seen.push(token.0));
    (seen, drained)
}

#[test]
fn tokens_come_in_the_order_of_their_first_marks_and_once_each() {
    let (mut set, rings) = set();
    let pings = pings(&set, 4);
    for index in [2, 0, 2, 3, 0] {
        pings[index].mark().unwrap();
    }
    assert_eq!(drained(&mut set, 8), (vec![2, 0, 3], Drained::All));
    assert_eq!(rings.take(), 1, "only the first mark of a quiet set wakes");
    assert_eq!(drained(&mut set, 8), (vec![], Drained::All));
}

#[test]
fn a_token_that_was_delivered_can_be_marked_again_and_wakes_again() {
    let (mut set, rings) = set();
    let pings = pings(&set, 2);
    for round in 0..3 {
        pings[1].mark().unwrap();
        assert_eq!(rings.take(), 1, "round {round}");
        assert_eq!(drained(&mut set, 8), (vec![1], Drained::All));
    }
}

#[test]
fn what_exceeds_the_budget_stays_pending_in_order_and_is_told() {
    let (mut set, rings) = set();
    let pings = pings(&set, 5);
    pings.iter().for_each(|ping| ping.mark().unwrap());
    assert_eq!(drained(&mut set, 2), (vec![0, 1], Drained::More));
    // Marked anew behind those that are left.
    pings[0].mark().unwrap();
    assert_eq!(drained(&mut set, 2), (vec![2, 3], Drained::More));
    assert_eq!(drained(&mut set, 2), (vec![4, 0], Drained::All));
    assert_eq!(rings.take(), 2);
}

#[test]
fn a_budget_of_zero_only_looks() {
    let (mut set, _rings) = set();
    let pings = pings(&set, 1);
    assert_eq!(drained(&mut set, 0), (vec![], Drained::All));
    pings[0].mark().unwrap();
    assert_eq!(drained(&mut set, 0), (vec![], Drained::More));
    assert_eq!(drained(&mut set, 0), (vec![], Drained::More));
    assert_eq!(drained(&mut set, 1), (vec![0], Drained::All));
}

#[test]
fn a_token_that_marks_itself_during_its_drain_comes_in_the_next_one() {
    let (mut set, rings) = set();
    let pings = pings(&set, 1);
    pings[0].mark().unwrap();
    rings.take();
    let mut seen = 0;
    let drained = set.drain(100, |_| {
        seen += 1;
        pings[0].mark().unwrap();
    });
    assert_eq!((seen, drained), (1, Drained::All));
    assert_eq!(rings.take(), 1, "the loop has to come back for it");
    assert_eq!(set.drain(100, |_| seen += 1), Drained::All);
    assert_eq!(seen, 2);
}

#[test]
fn a_mark_while_a_budget_is_exceeded_wakes_and_is_not_lost() {
    let (mut set, rings) = set();
    let pings = pings(&set, 3);
    pings[0].mark().unwrap();
    pings[1].mark().unwrap();
    assert_eq!(drained(&mut set, 1), (vec![0], Drained::More));
    rings.take();
    pings[2].mark().unwrap();
    assert_eq!(rings.take(), 1);
    assert_eq!(drained(&mut set, 8), (vec![1, 2], Drained::All));
}

#[test]
fn a_dropped_ping_disappears_from_the_set() {
    let (mut set, _rings) = set();
    let mut pings = pings(&set, 3);
    pings.iter().for_each(|ping| ping.mark().unwrap());
    let clone = pings[2].clone();
    drop(pings.remove(1));
    drop(pings.remove(1));
    let (seen, _) = drained(&mut set, 2);
    assert_eq!(seen, [0, 2], "a clone keeps its token in the set");
    drop(clone);
}

#[test]
fn a_passed_over_ping_takes_nothing_of_the_budget() {
    let (mut set, _rings) = set();
    let mut pings = pings(&set, 4);
    pings.iter().for_each(|ping| ping.mark().unwrap());
    drop(pings.drain(..3));
    assert_eq!(drained(&mut set, 1), (vec![3], Drained::All));
}

#[test]
fn a_retired_ping_is_never_delivered_however_often_its_clones_mark() {
    let (mut set, rings) = set();
    let pings = pings(&set, 2);
    let clone = pings[0].clone();
    pings[0].mark().unwrap();
    pings[0].retire();
    clone.mark().unwrap();
    assert_eq!(drained(&mut set, 8), (vec![], Drained::All));
    rings.take();
    clone.mark().unwrap();
    assert_eq!(drained(&mut set, 8), (vec![], Drained::All));
    assert_eq!(rings.take(), 0, "nor does it wake anyone in vain");
}

#[test]
fn a_ping_retired_by_the_drain_itself_is_not_delivered() {
    let (mut set, _rings) = set();
    let mut pings = pings(&set, 4);
    pings.iter().for_each(|ping| ping.mark().unwrap());
    let mut seen = Vec::new();
    let drained = set.drain(8, |token| {
        seen.push(token.0);
        if token == Token(0) {
            pings[3].retire();
            drop(pings.remove(1));
        }
    });
    assert_eq!((seen, drained), (vec![0, 2], Drained::All));
}

#[test]
fn tokens_are_the_callers_and_may_repeat() {
    let (mut set, _rings) = set();
    let tokens = [0, usize::MAX, 7, 7];
    let pings = tokens.map(|token| set.registry().clone().ping(Token(token)));
    pings.iter().for_each(|ping| ping.mark().unwrap());
    assert_eq!(pings[1].token(), Token(usize::MAX));
    assert_eq!(drained(&mut set, 8), (tokens.to_vec(), Drained::All));
}

#[test]
fn marking_after_the_set_is_gone_does_nothing() {
    let (set, rings) = set();
    let pings = pings(&set, 1);
    drop(set);
    pings[0].mark().unwrap();
    pings[0].mark().unwrap();
    assert!(rings.take() <= 1);
    drop(pings);
    assert_eq!(rings.clones(), 1, "the waker went with the last ping");
}

#[test]
fn a_system_that_refuses_to_wake_is_reported_and_the_token_delivered() {
    let mut set = ReadySet::new(Broken);
    let ping = set.registry().ping(Token(1));
    assert_eq!(ping.mark(), Err(Refused));
    let mut seen = 0;
    assert_eq!(set.drain(1, |_| seen += 1), Drained::All);
    assert_eq!(seen, 1);
}

#[test]
fn after_a_refused_wake_the_next_mark_wakes_though_the_set_is_not_empty() {
    let mut set = ReadySet::new(Broken);
    let pings = [Token(3), Token(4)].map(|token| set.registry().ping(token));
    for ping in &pings {
        assert_eq!(ping.mark(), Err(Refused));
    }
    let mut seen = Vec::new();
    assert_eq!(set.drain(8, |token| seen.push(token)), Drained::All);
    assert_eq!(seen, [Token(3), Token(4)]);
}

#[test]
fn after_a_refused_wake_the_next_mark_of_the_same_token_wakes_too() {
    let moody = Moody::default();
    let mut set = ReadySet::new(moody.clone());
    let ping = set.registry().ping(Token(3));
    moody.refuse(true);
    for _ in 0..2 {
        assert_eq!(ping.mark(), Err(Refused), "it tries each time");
    }
    moody.refuse(false);
    for _ in 0..3 {
        assert_eq!(ping.mark(), Ok(()));
    }
    assert_eq!(moody.rings.take(), 1, "once");
    assert_eq!(set.drain(8, |_| {}), Drained::All);
    // What was refused and then taken by a loop that came by itself is no reason to wake.
    moody.refuse(true);
    assert_eq!(ping.mark(), Err(Refused));
    moody.refuse(false);
    let mut seen = 0;
    let again = set.drain(8, |_| {
        seen += 1;
        // Marked while the set is drained, so that it is up and wakes once.
        ping.mark().unwrap();
        ping.mark().unwrap();
    });
    assert_eq!((seen, again), (1, Drained::All));
    assert_eq!(moody.rings.take(), 1);
}

#[test]
fn a_mark_that_was_taken_since_its_wake_was_refused_wakes_nobody() {
    let moody = Moody::default();
    let mut set = ReadySet::new(moody.clone());
    let pings = [Token(1), Token(2)].map(|token| set.registry().ping(token));
    moody.refuse(true);
    for ping in &pings {
        assert_eq!(ping.mark(), Err(Refused));
    }
    moody.refuse(false);
    // One is delivered; the other is up, and with the set, which knows of it.
    assert_eq!(set.drain(1, |_| {}), Drained::More);
    assert_eq!(pings[1].mark(), Ok(()));
    assert_eq!(moody.rings.take(), 0);
    assert_eq!(set.drain(8, |_| {}), Drained::All);
}

#[test]
fn a_panicking_callback_loses_no_token_but_its_own() {
    let (mut set, _rings) = set();
    let pings = pings(&set, 3);
    pings.iter().for_each(|ping| ping.mark().unwrap());
    let panicked = std::panic::catch_unwind(core::panic::AssertUnwindSafe(|| {
        set.drain(8, |token| assert_ne!(token, Token(1)))
    }));
    assert!(panicked.is_err());
    assert_eq!(drained(&mut set, 8), (vec![2], Drained::All));
    pings[1].mark().unwrap();
    assert_eq!(drained(&mut set, 8), (vec![1], Drained::All));
}

#[test]
fn a_ping_is_a_waker_of_its_own_so_sets_nest() {
    let (mut outer, rings) = set();
    let mut inner = ReadySet::new(outer.registry().ping(Token(9)));
    let ping = inner.registry().ping(Token(1));
    Wake::wake(&ping).unwrap();
    assert_eq!(rings.take(), 1);
    assert_eq!(drained(&mut outer, 8), (vec![9], Drained::All));
    let mut seen = Vec::new();
    assert_eq!(inner.drain(8, |token| seen.push(token)), Drained::All);
    assert_eq!(seen, [Token(1)]);
}

#[test]
fn memory_of_a_burst_can_be_given_back() {
    let (mut set, _rings) = set();
    let pings = pings(&set, 1000);
    pings.iter().for_each(|ping| ping.mark().unwrap());
    assert_eq!(drained(&mut set, 10).0.len(), 10);
    set.shrink_to_fit();
    assert_eq!(drained(&mut set, 1000).0.len(), 990);
}
