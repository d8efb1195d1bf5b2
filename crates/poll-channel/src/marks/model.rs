//! The model: every interleaving of raising threads and the owner, and a proof that each ordering
//! is needed.
//!
//! Data is a relaxed atomic, which becomes visible to another thread only through the marks. The
//! owner sleeps until it has seen the data of every thread, so a mark that is lost, or one that
//! comes without its data, is a deadlock.

use std::sync::Arc as StdArc;

use loom::sync::atomic::AtomicUsize;
use loom::thread;
use poll_api::Token;

use super::{Mark, Marks, Ordering, Orderings, Proven, Raised};
use crate::bell::{Bell, bounded, sleeps_for_ever};
use crate::ready::{Drained, ReadySet};

/// When the owner takes a mark down.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lower {
    BeforeItActs,
    AfterItActed,
}

/// Two threads write and raise one mark; the owner sees what each wrote.
fn one_mark<O: Orderings + Send + Sync + 'static>(lower: Lower) {
    bounded(move || {
        let bell = Bell::new();
        let marks = StdArc::new(Marks::<Bell, O>::new(bell.clone()));
        let mark = StdArc::new(Mark::<O>::new(Token(7)));
        let data = StdArc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
        let threads = [0, 1].map(|index| {
            let (marks, mark, data) = (marks.clone(), mark.clone(), data.clone());
            thread::spawn(move || {
                data[index].store(1, Ordering::Relaxed);
                marks.raise(&mark).unwrap();
            })
        });
        let mut batch = Raised::new();
        let look = || -> usize { data.iter().map(|one| one.load(Ordering::Relaxed)).sum() };
        loop {
            bell.sleep();
            marks.take(&mut batch);
            let mut all = 0;
            while let Some(mark) = batch.pop_front() {
                if lower == Lower::AfterItActed {
                    all = look();
                }
                assert_eq!(mark.lower(), Some(Token(7)));
                if lower == Lower::BeforeItActs {
                    all = look();
                }
            }
            if all == data.len() {
                break;
            }
        }
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

/// Two threads with a ping each, one of which drops it; the loop drains with a budget of one.
fn two_pings_and_a_budget() {
    bounded(|| {
        let bell = Bell::new();
        let mut set = ReadySet::new(bell.clone());
        let pings = [Token(0), Token(1)].map(|token| set.registry().ping(token));
        let threads = pings.clone().map(|ping| {
            thread::spawn(move || {
                ping.mark().unwrap();
            })
        });
        let mut seen = 0;
        while seen != 0b11 {
            bell.sleep();
            while set.drain(1, |token| seen |= 1 << token.0) == Drained::More {}
        }
        for thread in threads {
            thread.join().unwrap();
        }
        drop(pings);
    });
}

/// A ping that is retired while another thread marks it: it may wake, and is not delivered.
fn retired_while_marked() {
    loom::model(|| {
        let bell = Bell::new();
        let mut set = ReadySet::new(bell);
        let ping = set.registry().ping(Token(0));
        let thread = {
            let ping = ping.clone();
            thread::spawn(move || ping.mark().unwrap())
        };
        let mut seen = 0;
        assert_eq!(set.drain(8, |_| seen += 1), Drained::All);
        ping.retire();
        let before = seen;
        assert_eq!(set.drain(8, |_| seen += 1), Drained::All);
        thread.join().unwrap();
        assert_eq!(set.drain(8, |_| seen += 1), Drained::All);
        assert_eq!(seen, before, "delivered after it was retired");
    });
}

/// Nothing published by raising.
struct WeakRaise;

impl Orderings for WeakRaise {
    const RAISE: Ordering = Ordering::Relaxed;
    const LOWER: Ordering = Proven::LOWER;
}

/// Nothing seen by lowering.
struct WeakLower;

impl Orderings for WeakLower {
    const RAISE: Ordering = Proven::RAISE;
    const LOWER: Ordering = Ordering::Relaxed;
}

#[test]
fn loom_every_mark_of_two_threads_is_seen_with_its_data() {
    one_mark::<Proven>(Lower::BeforeItActs);
}

#[test]
fn loom_two_pings_of_a_set_are_both_delivered_by_a_loop_with_a_budget() {
    two_pings_and_a_budget();
}

#[test]
fn loom_a_ping_is_not_delivered_after_it_was_retired() {
    retired_while_marked();
}

#[test]
fn loom_mutant_raise_without_release_is_found() {
    sleeps_for_ever(
        "marks::model::loom_mutant_raise_without_release_is_found",
        || one_mark::<WeakRaise>(Lower::BeforeItActs),
    );
}

#[test]
fn loom_mutant_lower_without_acquire_is_found() {
    sleeps_for_ever(
        "marks::model::loom_mutant_lower_without_acquire_is_found",
        || one_mark::<WeakLower>(Lower::BeforeItActs),
    );
}

#[test]
fn loom_mutant_lowering_after_acting_is_found() {
    sleeps_for_ever(
        "marks::model::loom_mutant_lowering_after_acting_is_found",
        || one_mark::<Proven>(Lower::AfterItActed),
    );
}
