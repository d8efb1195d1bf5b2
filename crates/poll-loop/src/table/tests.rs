//! The slots against a plain model, also with tokens that have room for a slot and nothing more.

use std::collections::{HashMap, HashSet};

use poll_api::Token;
use proptest::prelude::{Strategy, any, prop_oneof, proptest};

use super::{Kind, LIMBO, Table, locate};
use crate::id::Id;

impl Table {
    /// A table as on a target of 32 bits, whose slots have few generations.
    pub(crate) fn small(last_generation: u32) -> Self {
        let mut table = Self::new(0);
        table.last_generation = last_generation;
        table.token_bits = u32::MAX as usize;
        table
    }
}

/// The token as a target of 32 bits would have it.
fn token(id: Id) -> Token {
    Token(id.token().0 & u32::MAX as usize)
}

#[test]
fn slots_lie_in_chunks_one_behind_the_other() {
    for (slot, place) in [
        (0, (0, 0)),
        (1, (0, 1)),
        (63, (0, 63)),
        (64, (1, 0)),
        (127, (1, 63)),
        (128, (2, 0)),
        (255, (2, 127)),
        (256, (3, 0)),
        (u32::MAX, (26, (1 << 31) - 1)),
    ] {
        assert_eq!(locate(slot), place, "{slot}");
    }
}

#[test]
fn a_slot_comes_back_after_the_batch_and_with_another_generation() {
    let table = Table::small(9);
    let first = table.claim(Kind::Source).unwrap();
    assert!(table.end(first));
    assert!(!table.end(first));
    assert!(!table.discard(first));
    let second = table.claim(Kind::Source).unwrap();
    assert_ne!(second.slot(), first.slot(), "the batch is not over");
    table.end_batch();
    let third = table.claim(Kind::Channel).unwrap();
    assert_eq!(third.slot(), first.slot());
    assert_eq!((first.generation(), third.generation()), (0, 1));
    assert_eq!(table.kind(first), None);
    assert_eq!(table.kind(third), Some(Kind::Channel));
    assert_eq!(table.live(), 2);
}

#[test]
fn without_a_poller_a_slot_comes_back_at_once() {
    let table = Table::small(99);
    let before = table.claim(Kind::Source).unwrap();
    assert!(table.end(before) && !table.discard(before));
    table.abandon();
    for _ in 0..50 {
        let id = table.claim(Kind::Source).unwrap();
        assert_eq!(id.slot(), before.slot());
        assert!(table.end(id) && !table.discard(id));
    }
}

#[test]
fn a_slot_whose_generations_are_used_up_is_not_used_again() {
    let table = Table::small(2);
    let mut seen = HashSet::new();
    for _ in 0..10 {
        let id = table.claim(Kind::Source).unwrap();
        assert!(seen.insert(id));
        assert!(table.end(id));
        assert!(!table.discard(id));
        table.end_batch();
    }
    let slots: Vec<_> = seen.iter().map(|id| id.slot()).collect();
    for slot in 1..=3 {
        let uses = slots.iter().filter(|used| **used == slot).count();
        assert_eq!(uses, 3, "of slot {slot}");
    }
    assert_eq!(table.live(), 0);
}

#[test]
fn a_slot_that_was_ended_by_another_before_it_failed_is_given_back_once() {
    let table = Table::small(9);
    let id = table.claim(Kind::Source).unwrap();
    assert!(table.end(id));
    assert!(!table.discard(id));
    table.withdraw(id);
    table.make_always(id);
    table.end_batch();
    let (one, other) = (table.claim(Kind::Source), table.claim(Kind::Source));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_ne!(one.slot(), other.slot());
    assert!(one != id && other != id);
    assert_eq!(table.live(), 2);
}

#[test]
fn a_timer_that_has_passed_is_live_until_it_is_ended_from_either_side() {
    let table = Table::small(9);
    let id = table.claim(Kind::Timer).unwrap();
    assert_eq!(table.live(), 0, "timers are not counted");
    assert!(table.pass(id));
    assert!(!table.pass(id));
    assert_eq!(table.kind(id), Some(Kind::Passed));
    assert!(table.end_timer(id));
    assert!(!table.end_timer(id) && !table.end(id) && !table.pass(id));
    let source = table.claim(Kind::Source).unwrap();
    assert!(!table.end_timer(source) && !table.pass(source));
    assert_eq!(table.kind(source), Some(Kind::Source));
}

#[test]
fn the_poller_is_asked_to_look_when_many_wait_for_it() {
    let table = Table::small(9);
    let asked = (0..2 * LIMBO)
        .map(|_| {
            let id = table.claim(Kind::Source).unwrap();
            assert!(table.end(id));
            table.discard(id)
        })
        .filter(|asked| *asked);
    assert_eq!(asked.count(), 2);
}

#[test]
fn a_slot_that_is_given_up_comes_back_only_where_reports_carry_its_generation() {
    for (table, returns) in [(Table::new(0), usize::BITS == 64), (Table::small(9), false)] {
        let gone = table.claim(Kind::Source).unwrap();
        assert!(table.end(gone));
        assert!(!table.strand(gone));
        assert_eq!(table.live(), 0);
        table.end_batch();
        let next = table.claim(Kind::Source).unwrap();
        assert_eq!(next.slot() == gone.slot(), returns);
        assert_eq!(table.resolve(gone.token()), None, "its engine knows it");
        assert_eq!(table.resolve(next.token()), Some((next, Kind::Source)));
    }
}

#[test]
fn what_was_never_made_resolves_to_nothing() {
    let table = Table::small(9);
    for stray in [0, 1, 63, 64, 1 << 20, u32::MAX as usize] {
        assert_eq!(table.resolve(Token(stray)), None, "{stray}");
    }
    let other = Id::new(3, 0, 1).unwrap();
    table.claim(Kind::Source).unwrap();
    assert_eq!(table.kind(other), None, "of another poller");
}

/// What happens to a table.
#[derive(Clone, Copy, Debug)]
enum Step {
    Claim,
    /// The registration with this number, counted round, ends for the engine and for us.
    End(usize),
    /// It failed to be made.
    Withdraw,
    /// It was given up without the engine knowing.
    Strand(usize),
    /// The poller harvests a report of each that the engine knows.
    Harvest,
    /// It looks through one of them.
    Look,
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => proptest::strategy::Just(Step::Claim),
        4 => any::<usize>().prop_map(Step::End),
        1 => proptest::strategy::Just(Step::Withdraw),
        1 => any::<usize>().prop_map(Step::Strand),
        2 => proptest::strategy::Just(Step::Harvest),
        3 => proptest::strategy::Just(Step::Look),
    ]
}

proptest! {
    /// A report, which names a slot and nothing more, is resolved to the registration it is of, or
    /// to none if that has ended: never to another.
    #[test]
    fn no_report_is_taken_for_anothers(steps in proptest::collection::vec(steps(), 1..300)) {
        let table = Table::small(3);
        let mut live: Vec<Id> = Vec::new();
        // What the engine reports: slots of the live, and of those it was never told to forget.
        let mut stranded: Vec<Id> = Vec::new();
        let mut harvest: Vec<Id> = Vec::new();
        let mut seen: HashMap<Id, ()> = HashMap::new();
        for step in steps {
            match step {
                Step::Claim => {
                    let id = table.claim(Kind::Source).unwrap();
                    assert!(seen.insert(id, ()).is_none(), "{id} was used before");
                    live.push(id);
                }
                Step::End(number) if !live.is_empty() => {
                    let id = live.swap_remove(number % live.len());
                    assert!(table.end(id));
                    assert!(!table.discard(id));
                }
                Step::Strand(number) if !live.is_empty() => {
                    let id = live.swap_remove(number % live.len());
                    assert!(table.end(id));
                    assert!(!table.strand(id));
                    stranded.push(id);
                }
                Step::End(_) | Step::Strand(_) => {}
                Step::Withdraw => {
                    let id = table.claim(Kind::Source).unwrap();
                    assert!(seen.insert(id, ()).is_none(), "{id} was used before");
                    table.withdraw(id);
                }
                Step::Harvest if harvest.is_empty() => {
                    harvest.extend(live.iter().chain(&stranded));
                }
                Step::Harvest => {}
                Step::Look => {
                    if let Some(id) = harvest.pop() {
                        let found = table.resolve(token(id));
                        let expected = live.contains(&id).then_some((id, Kind::Source));
                        assert_eq!(found, expected);
                    }
                    if harvest.is_empty() {
                        table.end_batch();
                    }
                }
            }
            assert_eq!(table.live(), live.len());
            assert!(live.iter().all(|id| table.kind(*id) == Some(Kind::Source)));
        }
    }
}
