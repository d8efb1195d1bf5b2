//! The model: a task that has to wait for the first time while it is aborted, or all are dropped; a
//! slot that gets another task meanwhile; and counts while tasks begin and end.

use core::task::Waker;

use loom::sync::Arc;
use loom::thread;

use super::{Place, Slots, Tasks, alive};

/// Polls a task for the first time; it waits, unless it is dropped instead, which is true.
fn polled(tasks: &Tasks, place: Place) -> bool {
    let is_dropped = tasks.is_aborted(place) || !tasks.wait(place, Waker::noop());
    if is_dropped {
        tasks.end_unseen(place, None);
        tasks.count_end_outside();
    }
    is_dropped
}

#[test]
fn loom_an_abort_meets_a_task_or_what_wakes_it() {
    loom::model(|| {
        let tasks = Arc::new(Tasks::default());
        let place = tasks.begin_outside(0);
        let poller = {
            let tasks = tasks.clone();
            thread::spawn(move || polled(&tasks, place))
        };
        let woken = tasks.abort(place).is_some();
        let is_dropped = poller.join().unwrap();
        assert!(woken != is_dropped, "a task that was aborted waits on");
        assert_eq!(tasks.contains(place), woken);
        if woken {
            assert!(tasks.is_aborted(place), "it is woken and not dropped");
            tasks.end(place);
        }
        assert!(tasks.abort(place).is_none());
    });
}

#[test]
fn loom_the_end_of_all_meets_a_task_or_what_wakes_it() {
    loom::model(|| {
        let tasks = Arc::new(Tasks::default());
        let place = tasks.begin_outside(0);
        let poller = {
            let tasks = tasks.clone();
            thread::spawn(move || polled(&tasks, place))
        };
        let woken = tasks.close().len();
        let is_dropped = poller.join().unwrap();
        assert_eq!(woken, usize::from(!is_dropped));
        assert!(tasks.is_aborted(place));
        assert!(
            tasks.begin_outside(0).slot().is_none(),
            "one was taken after the end"
        );
    });
}

#[test]
fn loom_an_abort_does_not_meet_the_next_task_in_a_slot() {
    loom::model(|| {
        let tasks = Arc::new(Tasks::default());
        let at_hand = Slots::default();
        let first = tasks.begin(0, &at_hand);
        let aborter = {
            let tasks = tasks.clone();
            thread::spawn(move || tasks.abort(first).is_some())
        };
        tasks.end_unseen(first, Some(&at_hand));
        let next = tasks.begin(0, &at_hand);
        assert_eq!(next.slot(), first.slot(), "a slot is used again");
        assert!(tasks.wait(next, Waker::noop()), "another one was aborted");
        assert!(!aborter.join().unwrap(), "another one was woken");
        assert!(!tasks.is_aborted(next), "another one is dropped");
    });
}

#[test]
fn loom_a_task_that_the_last_one_spawns_is_counted() {
    loom::model(|| {
        let tables = Arc::new([Tasks::default(), Tasks::default()]);
        let at_hand = Slots::default();
        let first = tables[0].begin(0, &at_hand);
        let looks = {
            let tables = tables.clone();
            thread::spawn(move || alive(tables.iter()))
        };
        let _next = tables[1].begin(1, &at_hand);
        tables[0].end_unseen(first, Some(&at_hand));
        tables[0].count_end();
        let alive = looks.join().unwrap();
        assert!((1..=2).contains(&alive), "there was always one: {alive}");
    });
}
