//! The model: changers interrupt a thread that sleeps on the value, and everybody gets a turn.

use std::io;
use std::sync::Arc as StdArc;

use loom::sync::Arc;
use loom::thread;
use poll_api::Token;

use super::{Guard, Queue, Turns};
use crate::wake::Bit;
use crate::wake::model::{ASLEEP, ModelBell, TokenBell, fails};
use crate::wakers::{ENGINE, Wakers};

/// How the waiting thread takes the value; the mutant leaves out the courtesy.
#[derive(Clone, Copy, PartialEq)]
enum Manners {
    Good,
    /// Takes the value without letting anyone go first.
    Pushing,
}

fn take(turns: &Turns<usize>, manners: Manners) -> (Guard<'_, usize>, Queue) {
    match manners {
        Manners::Pushing => (Guard(turns.lock()), Queue::Empty),
        Manners::Good => turns.for_wait(),
    }
}

/// Two changers add one each while a third thread sleeps on the value until it is two.
fn changers_interrupt_a_sleeper(manners: Manners) {
    // All interleavings with up to two preemptions: more would take minutes.
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(2);
    model.check(move || {
        let turns = Arc::new(Turns::new(0));
        let wakers = StdArc::new(Wakers::<TokenBell>::new());
        let bell = StdArc::new(ModelBell::new());
        let threads = [(); 2].map(|()| {
            let (turns, wakers, bell) = (turns.clone(), wakers.clone(), bell.clone());
            thread::spawn(move || {
                let ring = || {
                    let bell = TokenBell(bell);
                    wakers.wake(Bit::of(ENGINE), || &bell)
                };
                *turns.for_change::<io::Error>(ring).unwrap() += 1;
            })
        });
        loop {
            let woken = wakers.park();
            let (value, queue) = take(&turns, manners);
            if *value == 2 {
                break;
            }
            if !woken && queue == Queue::Empty {
                bell.sleep();
            }
            drop(value);
            wakers.unpark(|_: Token| {});
        }
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

#[test]
fn loom_changers_and_a_sleeper_all_get_their_turn() {
    changers_interrupt_a_sleeper(Manners::Good);
}

#[test]
fn loom_mutant_letting_nobody_go_first_is_found() {
    fails(
        "poll::turns::model::loom_mutant_letting_nobody_go_first_is_found",
        ASLEEP,
        || changers_interrupt_a_sleeper(Manners::Pushing),
    );
}
