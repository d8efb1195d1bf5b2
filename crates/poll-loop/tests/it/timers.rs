//! Timeouts and intervals, with a clock turned by hand: exact, counted, cancelled and reset.

use core::num::NonZeroU64;
use core::time::Duration;
use std::io::{ErrorKind, Write};

use poll_loop::{Event, Instant, Interest, Notification, Notifications, Trigger};

use crate::stage::{NOW, Scripted, ids, slot};

const MS: Duration = Duration::from_millis(1);
const NS: Duration = Duration::from_nanos(1);

fn ticks(count: u64) -> Event {
    Event::Interval(NonZeroU64::new(count).unwrap())
}

#[test]
fn a_timeout_comes_once_at_its_deadline_and_not_a_nanosecond_before() {
    for own in [true, false] {
        let mut stage = Scripted::new();
        let registrar = stage.poller.registrar().clone();
        let id = if own {
            stage.poller.set_timeout(50 * MS).unwrap()
        } else {
            registrar.set_timeout(50 * MS).unwrap()
        };
        assert_eq!(stage.after(Duration::ZERO), []);
        assert_eq!(stage.after(50 * MS - NS), []);
        let event = Event::Timeout;
        assert_eq!(stage.after(NS), [Notification { id, event }]);
        assert_eq!(stage.after(100 * MS), []);
        assert!(!registrar.is_live(id));
        assert!(!registrar.cancel(id), "it was reported");
    }
}

#[test]
fn a_timeout_of_zero_comes_in_the_next_wait_and_one_for_ever_never() {
    for own in [true, false] {
        let mut stage = Scripted::new();
        let registrar = stage.poller.registrar().clone();
        let (zero, never) = if own {
            (
                stage.poller.set_timeout(Duration::ZERO).unwrap(),
                stage.poller.set_timeout(Duration::MAX).unwrap(),
            )
        } else {
            (
                registrar.set_timeout(Duration::ZERO).unwrap(),
                registrar.set_timeout(Duration::MAX).unwrap(),
            )
        };
        assert_eq!(ids(&mut stage.poller, NOW), [zero]);
        stage.clock.advance_to(Instant::from_nanos(u64::MAX - 1));
        assert_eq!(ids(&mut stage.poller, NOW), []);
        assert!(registrar.is_live(never));
    }
}

#[test]
fn a_timeout_comes_in_the_next_wait_also_behind_ten_thousand_requests() {
    let mut stage = Scripted::new();
    let registrar = stage.poller.registrar().clone();
    let other = registrar.set_timeout(Duration::from_secs(9)).unwrap();
    for _ in 0..10_000 {
        assert!(registrar.reset(other, Duration::from_secs(9)).unwrap());
    }
    let id = registrar.set_timeout(Duration::ZERO).unwrap();
    assert_eq!(ids(&mut stage.poller, NOW), [id]);
}

#[test]
fn an_event_comes_before_ten_thousand_requests_are_done() {
    let mut stage = Scripted::new();
    let registrar = stage.poller.registrar().clone();
    let (here, there) = stage.machine.pair();
    let source = registrar
        .register(&here, Interest::READABLE, Trigger::Edge)
        .unwrap();
    let other = registrar.set_timeout(Duration::from_secs(9)).unwrap();
    for _ in 0..10_000 {
        assert!(registrar.reset(other, Duration::from_secs(9)).unwrap());
    }
    // It would be met after them.
    registrar.wake().unwrap();
    (&there).write_all(b"x").unwrap();
    assert_eq!(ids(&mut stage.poller, NOW), [source]);
    assert_eq!(stage.poller.next_deadline(), Some(Instant::START));
}

#[test]
fn of_two_resets_the_later_one_holds_also_behind_more_than_a_wait_takes() {
    let mut stage = Scripted::new();
    let registrar = stage.poller.registrar().clone();
    let (here, there) = stage.machine.pair();
    registrar
        .register(&here, Interest::READABLE, Trigger::Edge)
        .unwrap();
    let id = stage.poller.set_timeout(MS).unwrap();
    for _ in 0..1_000 {
        assert!(registrar.reset(id, 5 * MS).unwrap());
    }
    (&there).write_all(b"x").unwrap();
    assert_eq!(ids(&mut stage.poller, NOW).len(), 1, "the source");
    assert!(stage.poller.reset(id, 10 * MS));
    assert_eq!(stage.after(10 * MS - NS), []);
    assert_eq!(stage.after(NS).len(), 1);
}

#[test]
fn an_interval_keeps_its_rhythm_and_counts_what_nobody_waited_for() {
    for own in [true, false] {
        let mut stage = Scripted::new();
        let registrar = stage.poller.registrar().clone();
        let id = if own {
            stage.poller.set_interval(10 * MS).unwrap()
        } else {
            registrar.set_interval(10 * MS).unwrap()
        };
        let tick = |count| {
            let event = ticks(count);
            [Notification { id, event }]
        };
        assert_eq!(stage.after(Duration::ZERO), []);
        assert_eq!(stage.after(10 * MS - NS), []);
        assert_eq!(stage.after(NS), tick(1));
        assert_eq!(stage.after(10 * MS), tick(1));
        assert_eq!(stage.after(205 * MS), tick(20), "at 225 ms");
        assert_eq!(stage.after(5 * MS - NS), []);
        assert_eq!(stage.after(NS), tick(1), "at 230 ms, in the old rhythm");
        assert!(registrar.cancel(id));
        assert!(!registrar.cancel(id));
        assert_eq!(stage.after(Duration::ZERO), []);
        assert_eq!(stage.poller.next_deadline(), None, "nothing is left of it");
        assert_eq!(stage.after(Duration::from_secs(1)), []);
    }
}

#[test]
fn an_interval_of_zero_is_refused_and_one_of_a_nanosecond_lets_the_loop_go_on() {
    let mut stage = Scripted::new();
    let registrar = stage.poller.registrar().clone();
    for refused in [
        registrar.set_interval(Duration::ZERO),
        stage.poller.set_interval(Duration::ZERO),
    ] {
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidInput);
    }
    let id = registrar.set_interval(NS).unwrap();
    assert_eq!(stage.after(Duration::ZERO), []);
    let event = ticks(1_000_000);
    assert_eq!(stage.after(MS), [Notification { id, event }]);
}

#[test]
fn a_cancelled_timer_never_comes_from_whichever_thread_and_whenever() {
    let mut stage = Scripted::new();
    let registrar = stage.poller.registrar().clone();
    let own = [0; 2].map(|_| stage.poller.set_timeout(10 * MS).unwrap());
    let other = [0; 3].map(|_| registrar.set_timeout(10 * MS).unwrap());
    // The poller has not met its message yet.
    assert!(stage.poller.cancel(other[0]));
    assert_eq!(stage.after(Duration::ZERO), []);
    assert!(stage.poller.cancel(other[1]));
    assert!(registrar.cancel(other[2]));
    assert!(registrar.cancel(own[0]));
    assert!(stage.poller.cancel(own[1]));
    for id in own.into_iter().chain(other) {
        assert!(!registrar.is_live(id));
        assert!(!registrar.cancel(id));
        assert!(!stage.poller.cancel(id));
        assert!(!registrar.reset(id, MS).unwrap());
        assert!(!stage.poller.reset(id, MS));
    }
    assert_eq!(stage.after(Duration::ZERO), []);
    let next = stage.poller.next_deadline();
    assert_eq!(next, None, "nothing is left of them");
    assert_eq!(stage.after(20 * MS), []);
}

#[test]
fn a_timer_that_was_cancelled_before_the_poller_heard_of_it_is_not_kept() {
    let mut stage = Scripted::new();
    let registrar = stage.poller.registrar().clone();
    let mut slots = std::collections::HashSet::new();
    for _ in 0..500 {
        let id = registrar.set_timeout(Duration::from_secs(9)).unwrap();
        slots.insert(slot(id));
        assert!(stage.poller.cancel(id));
        assert_eq!(stage.after(Duration::ZERO), []);
        assert_eq!(stage.poller.next_deadline(), None);
    }
    assert!(slots.len() < 250, "{} slots", slots.len());
}

#[test]
fn a_timer_that_two_threads_cancel_takes_no_other_with_it() {
    let mut stage = Scripted::new();
    let registrar = stage.poller.registrar().clone();
    let first = stage.poller.set_timeout(10 * MS).unwrap();
    assert!(registrar.cancel(first));
    assert!(!stage.poller.cancel(first));
    let second = stage.poller.set_timeout(10 * MS).unwrap();
    assert_eq!(slot(second), slot(first), "in the place of the first");
    assert_eq!(stage.after(Duration::ZERO), [], "the message comes now");
    assert_eq!(stage.after(10 * MS).len(), 1);
}

#[test]
fn what_is_cancelled_in_the_middle_of_a_batch_is_passed_over() {
    let mut stage = Scripted::new();
    let registrar = stage.poller.registrar().clone();
    let own = stage.poller.set_timeout(2 * MS).unwrap();
    let other = registrar.set_timeout(3 * MS).unwrap();
    let interval = registrar.set_interval(4 * MS).unwrap();
    let first = registrar.set_timeout(MS).unwrap();
    let mut notifications = Notifications::with_capacity(8);
    stage.clock.advance(5 * MS);
    stage.poller.wait(&mut notifications, NOW).unwrap();
    assert_eq!(notifications.len(), 4);
    let mut batch = notifications.iter();
    assert_eq!(batch.next().unwrap().id, first, "in the order of deadlines");
    assert!(stage.poller.cancel(own));
    assert!(registrar.cancel(other));
    assert!(registrar.cancel(interval));
    assert_eq!(batch.next(), None);
    assert_eq!(stage.after(20 * MS), []);
    // Their slots are used again, by others.
    let next = [0; 8].map(|_| stage.poller.set_timeout(MS).unwrap());
    let old = [own, other, interval, first];
    assert!(next.iter().all(|id| !old.contains(id)));
    assert_eq!(stage.after(MS).len(), 8);
}

#[test]
fn an_interval_that_is_cancelled_between_two_waits_ends_none_of_them() {
    let mut stage = Scripted::new();
    let registrar = stage.poller.registrar().clone();
    let timers = [0; 2].map(|_| registrar.set_interval(MS).unwrap());
    // Room for the first, so that the second is left for the next wait.
    let mut notifications = Notifications::with_capacity(1);
    stage.clock.advance(MS);
    stage.poller.wait(&mut notifications, NOW).unwrap();
    let first = notifications.iter().next().unwrap().id;
    for id in timers.into_iter().filter(|id| *id != first) {
        assert!(registrar.cancel(id));
    }
    stage.poller.wait(&mut notifications, NOW).unwrap();
    assert_eq!(notifications.len(), 0, "it was cancelled before");
    assert_eq!(stage.after(MS).len(), 1, "the first goes on");
    assert!(registrar.cancel(first));
    assert_eq!(stage.after(MS), []);
    assert_eq!(stage.poller.next_deadline(), None);
}

#[test]
fn a_timeout_that_is_reset_between_two_waits_is_reported_by_neither() {
    let mut stage = Scripted::new();
    let registrar = stage.poller.registrar().clone();
    let timers = [0; 2].map(|_| registrar.set_timeout(MS).unwrap());
    // Room for the first, so that the second is left for the next wait.
    let mut notifications = Notifications::with_capacity(1);
    stage.clock.advance(MS);
    stage.poller.wait(&mut notifications, NOW).unwrap();
    let first = notifications.iter().next().unwrap().id;
    stage.clock.advance(5 * MS);
    for id in timers.into_iter().filter(|id| *id != first) {
        assert!(registrar.reset(id, 10 * MS).unwrap());
    }
    assert_eq!(stage.after(10 * MS - NS), []);
    assert_eq!(stage.after(NS).len(), 1);
}

#[test]
fn of_two_resets_the_later_one_holds_from_whichever_side() {
    let mut stage = Scripted::new();
    let registrar = stage.poller.registrar().clone();
    let id = stage.poller.set_timeout(MS).unwrap();
    assert!(registrar.reset(id, 5 * MS).unwrap());
    assert!(stage.poller.reset(id, 10 * MS));
    assert_eq!(stage.after(10 * MS - NS), []);
    assert_eq!(stage.after(NS).len(), 1);
    let id = stage.poller.set_timeout(MS).unwrap();
    assert!(stage.poller.reset(id, 10 * MS));
    assert!(registrar.reset(id, 5 * MS).unwrap());
    assert_eq!(stage.after(5 * MS - NS), []);
    assert_eq!(stage.after(NS).len(), 1);
}

#[test]
fn a_reset_timer_comes_at_its_new_deadline_only() {
    let mut stage = Scripted::new();
    let registrar = stage.poller.registrar().clone();
    let own = stage.poller.set_timeout(10 * MS).unwrap();
    let other = registrar.set_timeout(10 * MS).unwrap();
    // Before the poller has met the message that starts it.
    assert!(stage.poller.reset(other, 40 * MS));
    assert!(registrar.reset(own, 30 * MS).unwrap());
    assert_eq!(stage.after(30 * MS - NS), []);
    let of = |id| Notification {
        id,
        event: Event::Timeout,
    };
    assert_eq!(stage.after(NS), [of(own)]);
    assert!(!registrar.reset(own, MS).unwrap(), "it was reported");
    assert!(!stage.poller.reset(own, MS), "it was reported");
    assert!(stage.poller.reset(other, MS), "to an earlier one too");
    assert_eq!(stage.after(MS), [of(other)]);
}

#[test]
fn an_interval_that_is_reset_ticks_in_a_rhythm_from_then_on() {
    let mut stage = Scripted::new();
    let registrar = stage.poller.registrar().clone();
    let id = registrar.set_interval(10 * MS).unwrap();
    assert_eq!(stage.after(4 * MS), []);
    assert!(registrar.reset(id, 3 * MS).unwrap());
    assert_eq!(stage.after(3 * MS - NS), []);
    assert_eq!(stage.after(NS).len(), 1, "at 7 ms");
    assert_eq!(stage.after(10 * MS - NS), []);
    assert_eq!(stage.after(NS).len(), 1, "at 17 ms");
    assert!(stage.poller.reset(id, 2 * MS), "after its ticks too");
    assert_eq!(stage.after(2 * MS).len(), 1, "at 19 ms");
}

#[test]
fn no_other_id_is_a_timer() {
    let stage = Scripted::new();
    let registrar = stage.poller.registrar().clone();
    let (_sender, receiver) = registrar.channel::<u8>().unwrap();
    assert!(!registrar.cancel(receiver.id()));
    assert!(!registrar.reset(receiver.id(), MS).unwrap());
    assert!(registrar.is_live(receiver.id()));
}

#[test]
fn a_thousand_timers_come_in_the_order_of_their_deadlines() {
    let mut stage = Scripted::new();
    let registrar = stage.poller.registrar().clone();
    let mut expected = Vec::new();
    for number in 0..1_000_u32 {
        // 7919 is a prime, so that the deadlines are a permutation.
        let after = number * 7919 % 1_000;
        let deadline = Instant::from_nanos(u64::from(after) * 50_000);
        let id = if number % 2 == 0 {
            registrar.set_timeout_at(deadline).unwrap()
        } else {
            stage.poller.set_timeout_at(deadline).unwrap()
        };
        expected.push((after, id));
    }
    expected.sort_unstable();
    stage.clock.advance(60 * MS);
    let mut found = Vec::new();
    loop {
        let batch = ids(&mut stage.poller, NOW);
        if batch.is_empty() {
            break;
        }
        found.extend(batch);
    }
    let expected: Vec<_> = expected.into_iter().map(|(_, id)| id).collect();
    assert_eq!(found, expected);
}
