//! The model: every interleaving of senders and receivers. A lost wake-up is a deadlock, which loom
//! reports.
//!
//! Mutants that these find: a wait that does not look again under the mutex, no telling after a
//! change, at the end of senders or at that of receivers; `Relaxed` for what raises the version,
//! for what ends it, for the look at it, for the counts of senders and receivers.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;

use super::{Sender, channel};
use crate::park::block_on;

#[test]
fn loom_the_last_value_is_seen_and_then_the_end() {
    loom::model(|| {
        let (sender, mut receiver) = channel(0);
        let thread = thread::spawn(move || {
            sender.send(1).unwrap();
            sender.send(2).unwrap();
        });
        let mut last = 0;
        while block_on(receiver.changed()).is_ok() {
            let value = *receiver.borrow_and_update();
            assert!(value >= last);
            last = value;
        }
        assert_eq!(last, 2);
        thread.join().unwrap();
    });
}

#[test]
fn loom_who_finds_a_change_sees_what_was_done_before() {
    loom::model(|| {
        let (sender, receiver) = channel(0);
        let is_done = Arc::new(AtomicBool::new(false));
        let done = is_done.clone();
        let thread = thread::spawn(move || {
            done.store(true, Ordering::Relaxed);
            sender.send_modify(|value| *value = 1);
            sender
        });
        if receiver.has_changed() == Ok(true) {
            assert!(is_done.load(Ordering::Relaxed));
            assert_eq!(*receiver.borrow(), 1);
        }
        drop(thread.join().unwrap());
    });
}

#[test]
fn loom_who_finds_the_end_of_the_senders_sees_what_they_did() {
    loom::model(|| {
        let (sender, receiver) = channel(());
        let done = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
        let threads = [(0, sender.clone()), (1, sender)].map(|(index, sender)| {
            let done: Arc<AtomicBool> = done[index].clone();
            thread::spawn(move || {
                done.store(true, Ordering::Relaxed);
                drop(sender);
            })
        });
        if receiver.is_closed() {
            assert!(done.iter().all(|done| done.load(Ordering::Relaxed)));
        }
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

#[test]
fn loom_who_finds_the_end_of_the_receivers_sees_what_they_did() {
    loom::model(|| {
        let sender = Sender::new(());
        let done = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
        let threads = [0, 1].map(|index| {
            let receiver = sender.subscribe();
            let done: Arc<AtomicBool> = done[index].clone();
            thread::spawn(move || {
                done.store(true, Ordering::Relaxed);
                drop(receiver);
            })
        });
        if sender.is_closed() {
            assert!(done.iter().all(|done| done.load(Ordering::Relaxed)));
        }
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

#[test]
fn loom_a_sender_that_waits_for_the_end_is_told() {
    loom::model(|| {
        let (sender, receiver) = channel(());
        let thread = thread::spawn(move || drop(receiver));
        block_on(sender.closed());
        thread.join().unwrap();
    });
}
