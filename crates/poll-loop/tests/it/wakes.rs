//! What wakes a poller that sleeps, what does not, and what becomes of a wake that is refused.

use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::io;
use std::sync::Arc;

use poll_conformance::scripted::ManualClock;
use poll_loop::Registrar;

use crate::stage::{NOW, ids};
use crate::strange::{Strange, strange};

const MS: Duration = Duration::from_millis(1);

/// Whether `happens` wakes a poller that sleeps for 100 ms, because of a timer.
fn wakes(happens: impl FnOnce(&Registrar<Strange, ManualClock>) + Send + 'static) -> bool {
    let (mut poller, _, orders) = strange();
    poller.set_timeout(100 * MS).unwrap();
    let registrar = poller.registrar().clone();
    orders.meanwhile(move || happens(&registrar));
    assert!(ids(&mut poller, Some(101 * MS)).len() <= 2);
    orders.woken().unwrap()
}

#[test]
fn a_timer_wakes_only_if_it_is_due_before_the_sleep_ends() {
    for (after, expected) in [(0, true), (99, true), (100, false), (5_000, false)] {
        let set = wakes(move |registrar| {
            registrar.set_timeout(after * MS).unwrap();
        });
        assert_eq!(set, expected, "a timeout of {after} ms");
        let reset = wakes(move |registrar| {
            let id = registrar.set_timeout(Duration::from_secs(9)).unwrap();
            assert!(registrar.reset(id, after * MS).unwrap());
        });
        assert_eq!(reset, expected, "a reset to {after} ms");
    }
    assert!(wakes(|registrar| {
        registrar.set_interval(MS).unwrap();
    }));
    assert!(!wakes(|registrar| {
        registrar.set_interval(Duration::from_secs(1)).unwrap();
    }));
}

#[test]
fn a_cancel_does_not_wake_and_a_wake_and_a_send_do() {
    assert!(!wakes(|registrar| {
        let id = registrar.set_timeout(Duration::from_secs(9)).unwrap();
        assert!(registrar.cancel(id));
    }));
    assert!(wakes(|registrar| registrar.wake().unwrap()));
    assert!(wakes(|registrar| {
        let (sender, receiver) = registrar.channel().unwrap();
        sender.send(1).unwrap();
        drop(receiver);
    }));
}

#[test]
fn wakes_that_no_wait_has_met_count_as_one_and_leave_nothing_behind() {
    let (mut poller, _, orders) = strange();
    let registrar = poller.registrar().clone();
    for _ in 0..3 {
        for _ in 0..1_000 {
            registrar.wake().unwrap();
        }
        assert_eq!(orders.wakes(), 1);
        assert_eq!(ids(&mut poller, None), []);
        assert_eq!(poller.next_deadline(), None, "nothing is left of them");
    }
}

#[test]
fn a_wake_that_the_system_refuses_is_tried_again_by_the_next_one() {
    let (mut poller, _, orders) = strange();
    let registrar = poller.registrar().clone();
    orders.refuse_wakes(true);
    for _ in 0..2 {
        let refused = registrar.wake().unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::OutOfMemory);
    }
    orders.refuse_wakes(false);
    registrar.wake().unwrap();
    assert_eq!(orders.wakes(), 1);
    assert_eq!(ids(&mut poller, None), []);
    drop(poller);
    let gone = registrar.wake().unwrap_err();
    assert_eq!(gone.kind(), io::ErrorKind::BrokenPipe);
}

#[test]
fn a_timer_for_which_the_poller_could_not_be_woken_is_none() {
    let (mut poller, _, orders) = strange();
    let registrar = poller.registrar().clone();
    orders.meanwhile({
        let orders = orders.clone();
        move || {
            orders.refuse_wakes(true);
            let refused = registrar.set_timeout(MS).unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::OutOfMemory);
            orders.refuse_wakes(false);
        }
    });
    let other = poller.set_timeout(2 * MS).unwrap();
    assert_eq!(ids(&mut poller, None), [other]);
    assert_eq!(orders.woken(), Some(false));
    assert_eq!(ids(&mut poller, Some(5 * MS)), []);
    assert_eq!(poller.next_deadline(), None);
}

#[test]
fn a_wait_ends_in_time_although_more_is_asked_for_than_a_turn_can_do() {
    let (mut poller, _, orders) = strange();
    let registrar = poller.registrar().clone();
    let late = registrar.set_timeout(Duration::from_secs(9)).unwrap();
    let waits = Arc::new(AtomicUsize::new(0));
    orders.in_each_wait({
        let waits = Arc::clone(&waits);
        move || {
            assert!(
                waits.fetch_add(1, Ordering::SeqCst) < 100,
                "this wait does not end"
            );
            for _ in 0..300 {
                assert!(registrar.reset(late, Duration::from_secs(9)).unwrap());
            }
        }
    });
    assert_eq!(ids(&mut poller, NOW), []);
    let due = poller.set_timeout(Duration::ZERO).unwrap();
    assert_eq!(ids(&mut poller, None), [due], "timers do not starve either");
}
