//! The model: every interleaving of those who tell and those who wait. A lost wake-up is a
//! deadlock, which loom reports.
//!
//! Mutants that these find: one that was told and leaves without telling the next; `Relaxed` for
//! what leaves or takes the permit, for what tells all or reads that; a permit that is left without
//! an exchange because there is one; no second look under the mutex, `WAITING` not set.

use core::future::Future;
use core::pin::pin;
use core::task::{Context, Waker};

use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;

use super::Notify;
use crate::park::block_on;

#[test]
fn loom_one_that_waits_is_told() {
    loom::model(|| {
        let notify = Arc::new(Notify::new());
        let there = notify.clone();
        let thread = thread::spawn(move || block_on(there.notified()));
        notify.notify_one();
        thread.join().unwrap();
    });
}

#[test]
fn loom_one_that_was_told_and_leaves_tells_the_next() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(|| {
        let notify = Arc::new(Notify::new());
        let leaving = notify.clone();
        let first = thread::spawn(move || {
            let mut told = pin!(leaving.notified());
            let polled = told.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            polled.is_ready()
        });
        let there = notify.clone();
        let second = thread::spawn(move || block_on(there.notified()));
        notify.notify_one();
        if first.join().unwrap() {
            notify.notify_one();
        }
        second.join().unwrap();
    });
}

#[test]
fn loom_what_is_called_for_before_all_are_told_is_not_missed() {
    loom::model(|| {
        let notify = Arc::new(Notify::new());
        let is_done = Arc::new(AtomicBool::new(false));
        let (there, done) = (notify.clone(), is_done.clone());
        let thread = thread::spawn(move || {
            done.store(true, Ordering::Relaxed);
            there.notify_waiters();
        });
        let told = notify.notified();
        if !is_done.load(Ordering::Relaxed) {
            block_on(told);
            assert!(is_done.load(Ordering::Relaxed));
        }
        thread.join().unwrap();
    });
}

#[test]
fn loom_who_takes_the_permit_sees_what_all_did_who_left_it() {
    loom::model(|| {
        let notify = Arc::new(Notify::new());
        let is_done = Arc::new(AtomicBool::new(false));
        let (there, done) = (notify.clone(), is_done.clone());
        notify.notify_one();
        let thread = thread::spawn(move || {
            done.store(true, Ordering::Relaxed);
            there.notify_one();
        });
        while !is_done.load(Ordering::Relaxed) {
            block_on(notify.notified());
        }
        thread.join().unwrap();
    });
}

#[test]
fn loom_a_permit_is_taken_once() {
    loom::model(|| {
        let notify = Arc::new(Notify::new());
        notify.notify_one();
        let there = notify.clone();
        let poll = |notify: &Notify| {
            let told = pin!(notify.notified());
            told.poll(&mut Context::from_waker(Waker::noop()))
                .is_ready()
        };
        let thread = thread::spawn(move || poll(&there));
        let is_told = poll(&notify);
        assert!(is_told != thread.join().unwrap());
    });
}
