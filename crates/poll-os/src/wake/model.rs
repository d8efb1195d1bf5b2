//! The model: every interleaving of wakers and poller, and a proof that each ordering is needed.
//!
//! The kernel is modelled by what the machine relies on: a bell that stays rung until somebody
//! who sleeps on it is woken. Data is a relaxed atomic, which becomes visible to another thread
//! only through the orderings of the word.

use std::process::Command;
use std::sync::Arc as StdArc;
use std::{env, io};

use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;
use poll_api::Token;

use crate::wake::{Bit, Orderings, Proven, WakeWord};
use crate::wakers::{Bell, Handle, Wakers};

/// The kernel's side: a sleeper waits until it is rung, and takes the ring.
#[derive(Debug)]
pub(crate) struct ModelBell {
    rung: Mutex<bool>,
    changed: Condvar,
}

impl ModelBell {
    pub(crate) fn new() -> Self {
        Self {
            rung: Mutex::new(false),
            changed: Condvar::new(),
        }
    }

    fn ring(&self) {
        *self.rung.lock().unwrap() = true;
        self.changed.notify_one();
    }

    /// Sleeps until rung: a lost ring is a deadlock, which loom reports.
    pub(crate) fn sleep(&self) {
        let mut rung = self.rung.lock().unwrap();
        while !*rung {
            rung = self.changed.wait(rung).unwrap();
        }
        *rung = false;
    }
}

/// One wait of the poller as the engines do it; the mutants leave out one step.
fn wait<O: Orderings>(word: &WakeWord<O>, bell: &ModelBell, skip_pending: bool) -> usize {
    let pending = !word.park_if_quiet() && word.park();
    if !pending || skip_pending {
        bell.sleep();
    }
    if word.unpark_if_quiet() {
        0
    } else {
        word.take().count()
    }
}

/// Two wakers against one poller: each wake is seen, with the data written before it.
///
/// Three threads have too many interleavings to try all; those with up to three preemptions are
/// where such bugs live. The models with two threads are exhaustive.
fn two_wakers_one_poller<O: Orderings + Send + Sync + 'static>(skip_pending: bool) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(move || {
        let word = Arc::new(WakeWord::<O>::new());
        let bell = Arc::new(ModelBell::new());
        let data = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
        let threads: Vec<_> = [0_u32, 1]
            .into_iter()
            .map(|slot| {
                let (word, bell, data) = (word.clone(), bell.clone(), data.clone());
                thread::spawn(move || {
                    data[slot as usize].store(1, Ordering::Relaxed);
                    if word.notify(Bit::of(slot)) {
                        bell.ring();
                    }
                })
            })
            .collect();
        let mut seen = 0;
        while seen != 0b11 {
            let pending = !word.park_if_quiet() && word.park();
            if !pending || skip_pending {
                bell.sleep();
            }
            if word.unpark_if_quiet() {
                continue;
            }
            for slot in word.take() {
                let visible = data[slot as usize].load(Ordering::Relaxed);
                assert_eq!(visible, 1, "a wake was seen before the data it announces");
                seen |= 1 << slot;
            }
        }
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

/// One waker that wakes twice: both merge or both are seen, and nobody sleeps for ever.
fn one_waker_twice<O: Orderings + Send + Sync + 'static>() {
    loom::model(|| {
        let word = Arc::new(WakeWord::<O>::new());
        let bell = Arc::new(ModelBell::new());
        let data = Arc::new(AtomicUsize::new(0));
        let thread = {
            let (word, bell, data) = (word.clone(), bell.clone(), data.clone());
            thread::spawn(move || {
                for round in 1..=2 {
                    data.store(round, Ordering::Relaxed);
                    if word.notify(Bit::of(0)) {
                        bell.ring();
                    }
                }
            })
        };
        while data.load(Ordering::Relaxed) < 2 {
            wait(&word, &bell, false);
        }
        thread.join().unwrap();
    });
}

/// A foreign loop sleeps on the handed-out descriptor while the inner poller is outside a wait.
fn outer_asleep_inner_woken<O: Orderings + Send + Sync + 'static>(forgets: bool) {
    loom::model(move || {
        let word = Arc::new(WakeWord::<O>::new());
        let bell = Arc::new(ModelBell::new());
        let data = Arc::new(AtomicUsize::new(0));
        let thread = {
            let (word, bell, data) = (word.clone(), bell.clone(), data.clone());
            thread::spawn(move || {
                data.store(1, Ordering::Relaxed);
                if word.notify(Bit::of(0)) {
                    bell.ring();
                }
            })
        };
        // The inner poller looks once before its descriptor is handed out, and once after, so
        // that the wake can come before, between and after.
        let mut seen = word.take().count();
        if word.hand_out().next().is_some() {
            bell.ring();
        }
        seen += word.take().count();
        if forgets {
            word.forget_hand_out();
        }
        if seen == 0 {
            bell.sleep();
            word.park();
            seen = word.take().count();
        }
        assert!(seen > 0);
        assert_eq!(data.load(Ordering::Relaxed), 1);
        thread.join().unwrap();
    });
}

/// The descriptor is handed out by another thread while the poller waits: it stays parked.
fn handed_out_meanwhile(forgets: bool) {
    loom::model(move || {
        let word = Arc::new(WakeWord::<Proven>::new());
        let thread = {
            let word = word.clone();
            thread::spawn(move || assert_eq!(word.hand_out().count(), 0))
        };
        for _ in 0..2 {
            if !word.park_if_quiet() {
                assert!(!word.park(), "nobody woke the poller");
            }
            if !word.unpark_if_quiet() {
                assert_eq!(word.take().count(), 0);
            }
            if forgets {
                word.forget_hand_out();
            }
        }
        thread.join().unwrap();
        assert!(word.notify(Bit::of(0)), "{NOT_RUNG}");
    });
}

#[derive(Debug)]
pub(crate) struct TokenBell(pub(crate) StdArc<ModelBell>);

impl Bell for TokenBell {
    fn ring(&self) -> io::Result<()> {
        self.0.ring();
        Ok(())
    }
}

/// A waker is used and dropped while its slot is claimed anew: the wake keeps its own token.
fn slot_changes_hands<O: Orderings + Send + Sync + 'static>() {
    loom::model(|| {
        let bell = StdArc::new(ModelBell::new());
        let wakers = StdArc::new(Wakers::<TokenBell, O>::new());
        let make = |bell: &StdArc<ModelBell>| {
            let bell = bell.clone();
            move |_slot| Ok(StdArc::new(TokenBell(bell)))
        };
        let first = Handle::claim(&wakers, Token(1), make(&bell))
            .unwrap()
            .unwrap();
        let thread = {
            let (wakers, bell) = (wakers.clone(), bell.clone());
            thread::spawn(move || {
                wakers.wake(first.bit(), || first.bell()).unwrap();
                drop(first);
                let second = Handle::claim(&wakers, Token(2), make(&bell))
                    .unwrap()
                    .unwrap();
                drop(second);
            })
        };
        let mut tokens = Vec::new();
        while tokens.is_empty() {
            if !wakers.park() {
                bell.sleep();
            }
            wakers.unpark(|token| tokens.push(token));
        }
        assert_eq!(tokens, [Token(1)], "the second waker was never used");
        thread.join().unwrap();
    });
}

/// A bell that is a name in the kernel, as a user event of kqueue is: two bells of one slot have
/// one name, which is gone when either is dropped.
#[derive(Debug)]
struct NamedBell {
    names: StdArc<[AtomicUsize; 2]>,
    slot: usize,
}

impl NamedBell {
    fn new(names: &StdArc<[AtomicUsize; 2]>, slot: u32) -> io::Result<StdArc<Self>> {
        let (names, slot) = (names.clone(), slot as usize);
        names[slot].store(1, Ordering::SeqCst);
        Ok(StdArc::new(Self { names, slot }))
    }

    fn is_registered(&self) -> bool {
        self.names[self.slot].load(Ordering::SeqCst) == 1
    }
}

impl Bell for NamedBell {
    fn ring(&self) -> io::Result<()> {
        assert!(self.is_registered(), "this bell was taken away");
        Ok(())
    }
}

impl Drop for NamedBell {
    fn drop(&mut self) {
        self.names[self.slot].store(0, Ordering::SeqCst);
    }
}

/// A waker goes while another one is made in its slot: the new bell does not go with the old one.
fn slot_is_claimed_while_its_waker_goes() {
    loom::model(|| {
        let names = StdArc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
        let wakers = StdArc::new(Wakers::<NamedBell>::new());
        let claim = |token| {
            let claimed = Handle::claim(&wakers, token, |slot| NamedBell::new(&names, slot));
            claimed.unwrap().unwrap()
        };
        let first = claim(Token(1));
        let thread = thread::spawn(move || drop(first));
        let second = claim(Token(2));
        thread.join().unwrap();
        wakers.park();
        wakers.wake(second.bit(), || second.bell()).unwrap();
    });
}

/// Runs `model` in a process of its own and asserts that it finds fault with `complaint`.
///
/// A model that fails may abort, because the threads it was exploring are in the middle of
/// everything; so this binary runs itself once more for the test called `name`.
pub(crate) fn fails(name: &str, complaint: &str, model: impl FnOnce()) {
    const CHILD: &str = "POLL_OS_MODEL_OF_A_MUTANT";
    if env::var_os(CHILD).is_some() {
        return model();
    }
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success(),
        "the model did not find the mutant {name}"
    );
    assert!(
        stderr.contains(complaint),
        "{name} failed for another reason:\n{stderr}"
    );
}

const NOT_VISIBLE: &str = "before the data it announces";
const NOT_RUNG: &str = "nobody rings for those who sleep on the descriptor";
pub(crate) const ASLEEP: &str = "deadlock";

/// Nothing published by a wake.
struct WeakNotify;

impl Orderings for WeakNotify {
    const NOTIFY: Ordering = Ordering::Relaxed;
    const PARK: Ordering = Proven::PARK;
    const TAKE: Ordering = Proven::TAKE;
}

/// Nothing seen by a take.
struct WeakTake;

impl Orderings for WeakTake {
    const NOTIFY: Ordering = Proven::NOTIFY;
    const PARK: Ordering = Proven::PARK;
    const TAKE: Ordering = Ordering::Relaxed;
}

#[test]
fn loom_every_wake_is_seen_with_its_data() {
    two_wakers_one_poller::<Proven>(false);
}

#[test]
fn loom_two_wakes_of_one_waker_are_not_lost() {
    one_waker_twice::<Proven>();
}

#[test]
fn loom_a_handed_out_poller_is_woken_between_its_waits() {
    outer_asleep_inner_woken::<Proven>(false);
}

#[test]
fn loom_a_poller_handed_out_during_its_wait_stays_parked() {
    handed_out_meanwhile(false);
}

#[test]
fn loom_a_slot_that_changes_hands_keeps_its_token() {
    slot_changes_hands::<Proven>();
}

#[test]
fn loom_a_bell_outlives_the_one_before_it_in_its_slot() {
    slot_is_claimed_while_its_waker_goes();
}

#[test]
fn loom_mutant_notify_without_release_is_found() {
    fails(
        "wake::model::loom_mutant_notify_without_release_is_found",
        NOT_VISIBLE,
        || {
            two_wakers_one_poller::<WeakNotify>(false);
        },
    );
}

#[test]
fn loom_mutant_take_without_acquire_is_found() {
    fails(
        "wake::model::loom_mutant_take_without_acquire_is_found",
        NOT_VISIBLE,
        || {
            two_wakers_one_poller::<WeakTake>(false);
        },
    );
}

#[test]
fn loom_mutant_blocking_though_woken_is_found() {
    fails(
        "wake::model::loom_mutant_blocking_though_woken_is_found",
        ASLEEP,
        || {
            two_wakers_one_poller::<Proven>(true);
        },
    );
}

#[test]
fn loom_mutant_resting_awake_though_handed_out_is_found() {
    fails(
        "wake::model::loom_mutant_resting_awake_though_handed_out_is_found",
        ASLEEP,
        || {
            outer_asleep_inner_woken::<Proven>(true);
        },
    );
}

#[test]
fn loom_mutant_forgetting_a_hand_out_during_the_wait_is_found() {
    fails(
        "wake::model::loom_mutant_forgetting_a_hand_out_during_the_wait_is_found",
        NOT_RUNG,
        || handed_out_meanwhile(true),
    );
}
