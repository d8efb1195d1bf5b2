//! Messages from other threads: in order, none lost, and a wake only where it is needed.

use core::time::Duration;
use std::sync::Arc;
use std::thread;

use poll_api::{Instant, Token};
use poll_conformance::scripted::{Full, Machine, ManualClock};
use poll_driver::{Budget, Driver, Due, Limit, PostError};
use poll_os::{Monotonic, Poll};

use crate::stage::{Stage, wakes};

const MS: Duration = Duration::from_millis(1);
const LOOK: Option<Duration> = Some(Duration::ZERO);

#[test]
fn a_loop_that_runs_is_never_woken() {
    let mut stage = Stage::new();
    let remote = stage.driver.remote();
    for _ in 0..5 {
        remote.post("x", Instant::START).unwrap();
    }
    assert_eq!(wakes(), 0);
    assert_eq!(stage.turn(Limit::Never).len(), 5);
    remote.post("y", Instant::START).unwrap();
    assert_eq!(wakes(), 0, "nor after a turn");
    assert_eq!(stage.turn(Limit::Never), [Due::Message("y")]);
    assert_eq!(
        stage.slept(),
        [LOOK; 2],
        "messages that are there keep it up"
    );
}

#[test]
fn a_sleeping_loop_is_woken_only_for_what_is_earlier_than_the_end_of_its_sleep() {
    let end = Stage::new().after(100 * MS);
    let before = Instant::from_nanos(end.as_nanos() - 1);
    for (posted, woken) in [
        (Instant::START, 1),
        (before, 1),
        (end, 0),
        (Instant::MAX, 0),
    ] {
        let mut stage = Stage::new();
        stage.driver.insert(end, 1);
        let remote = stage.driver.remote();
        stage.meanwhile(move || remote.post("x", posted).unwrap());
        // The wheel may want to be looked at before its deadline, so there may be several sleeps.
        let mut due = Vec::new();
        while due.is_empty() {
            due = stage.turn(Limit::Never);
        }
        assert_eq!(due[0], Due::Message("x"), "{posted:?}");
        assert_eq!(wakes(), woken, "{posted:?}");
    }
}

#[test]
fn a_sleep_without_end_is_ended_by_all_but_what_can_wait_for_ever() {
    let mut stage = Stage::new();
    let remote = stage.driver.remote();
    stage.meanwhile(move || {
        remote.post("can wait", Instant::MAX).unwrap();
        assert_eq!(wakes(), 0);
        let last_but_one = Instant::from_nanos(u64::MAX - 1);
        remote.post("cannot", last_but_one).unwrap();
    });
    let both = [Due::Message("can wait"), Due::Message("cannot")];
    assert_eq!(stage.turn(Limit::Never), both);
    assert_eq!(wakes(), 1);
}

#[test]
fn a_timer_that_another_thread_asks_for_is_exact_too() {
    let mut stage = Stage::new();
    let (early, late) = (stage.after(30 * MS), stage.after(100 * MS));
    stage.driver.insert(late, 1);
    let remote = stage.driver.remote();
    stage.meanwhile(move || remote.post("insert", early).unwrap());
    let mut came = Vec::new();
    while came.len() < 2 {
        for due in stage.turn(Limit::Never) {
            match due {
                Due::Message(_) => drop(stage.driver.insert(early, 2)),
                Due::Timer(_, _, value) => came.push((value, stage.driver.now())),
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(came, [(2, early), (1, late)]);
}

#[test]
fn a_burst_of_messages_comes_in_order() {
    let mut stage = Stage::new();
    let remote = stage.driver.remote();
    let texts = ["a", "b", "c"];
    let mut sent = 0;
    for burst in [3_000, 10, 3_000] {
        for _ in 0..burst {
            remote.post(texts[sent % 3], Instant::MAX).unwrap();
            sent += 1;
        }
        let mut came = sent - burst;
        // What exceeds the budget of a turn comes in the next ones, while more is posted.
        for late in [true, true, false] {
            for due in stage.turn(Limit::Never) {
                assert_eq!(due, Due::Message(texts[came % 3]));
                came += 1;
            }
            if late {
                remote.post(texts[sent % 3], Instant::MAX).unwrap();
                sent += 1;
            }
        }
        while came < sent {
            for due in stage.turn(Limit::Never) {
                assert_eq!(due, Due::Message(texts[came % 3]));
                came += 1;
            }
        }
    }
    assert_eq!(stage.turn(Limit::Now), []);
}

#[test]
fn a_wake_ends_a_turn_that_has_nothing_to_hand_out() {
    let mut stage = Stage::new();
    let remote = stage.driver.remote();
    stage.meanwhile(move || remote.wake().unwrap());
    assert_eq!(stage.turn(Limit::Never), []);
    assert_eq!(stage.slept(), [None]);
}

#[test]
fn a_message_to_a_driver_that_is_gone_comes_back() {
    let stage = Stage::new();
    let remote = stage.driver.remote();
    let other = remote.clone();
    drop(stage);
    let refused = remote.post("x", Instant::START).unwrap_err();
    assert_eq!(refused.to_string(), "the loop is gone");
    assert!(matches!(refused, PostError::Closed("x")));
    assert!(other.post("y", Instant::START).is_err());
    other.wake().unwrap();
}

#[test]
fn messages_that_nobody_took_are_dropped_with_the_driver() {
    let clock = ManualClock::new();
    let engine = Machine::with_clock(&clock).engine::<Full>();
    let driver: Driver<_, _, (), Arc<()>> =
        Driver::new(engine, clock, Token(0), Budget::default()).unwrap();
    let remote = driver.remote();
    let message = Arc::new(());
    remote.post(message.clone(), Instant::MAX).unwrap();
    drop(driver);
    assert_eq!(Arc::strong_count(&message), 1);
}

#[test]
fn messages_of_many_threads_all_come_in_the_order_of_each() {
    const EACH: u32 = 2_000;
    let poll = Poll::new().unwrap();
    let mut driver: Driver<_, _, (), (usize, u32)> =
        Driver::new(poll, Monotonic, Token(0), Budget::default()).unwrap();
    let threads: Vec<_> = (0..3_usize)
        .map(|thread| {
            let remote = driver.remote();
            thread::spawn(move || {
                for number in 0..EACH {
                    remote.post((thread, number), Instant::START).unwrap();
                }
            })
        })
        .collect();
    let mut next = [0; 3];
    let (patience, mut in_vain) = (Duration::from_secs(20), 0);
    while next.iter().sum::<u32>() < 3 * EACH {
        let before = Driver::now(&mut driver);
        driver.turn(Limit::For(patience)).unwrap();
        in_vain += u32::from(driver.now().saturating_duration_since(before) >= patience);
        assert_eq!(in_vain, 0, "slept though there were messages: {next:?}");
        while let Some(due) = driver.next_due() {
            let Due::Message((thread, number)) = due else {
                panic!("{due:?}");
            };
            assert_eq!(number, next[thread]);
            next[thread] += 1;
        }
    }
    for thread in threads {
        thread.join().unwrap();
    }
}
