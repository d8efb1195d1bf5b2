//! When a wait returns: for something to report, for its timeout, for a wake, and for nothing else.

use core::num::NonZeroUsize;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::io::{ErrorKind, Write};
use std::thread;

use poll_conformance::scripted::Call;
use poll_loop::{Clock, Event, Interest, Monotonic, Notifications, Trigger};
use poll_os::engine::Backend;

use crate::stage::{LONG, NOW, On, Scripted, ids, on_every_engine, slot, wait};

const MS: Duration = Duration::from_millis(1);

#[test]
fn what_others_ask_of_the_loop_does_not_end_a_wait() {
    // Far enough away that no timer comes before it is cancelled, however slow the machine is.
    const MINUTE: Duration = Duration::from_secs(60);
    fn test<B: Backend>(mut poller: On<B>) {
        let registrar = poller.registrar().clone();
        let asked = AtomicUsize::new(0);
        thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..50 {
                    // Each of them is earlier than the end of the wait, and wakes the loop.
                    let id = registrar.set_timeout(MINUTE).unwrap();
                    registrar.reset(id, MINUTE + MS).unwrap();
                    asked.fetch_add(usize::from(registrar.cancel(id)), Ordering::Relaxed);
                    // Lets the loop look and go to sleep again, in some rounds.
                    thread::yield_now();
                }
                registrar.wake().unwrap();
            });
            assert_eq!(wait(&mut poller, Some(2 * MINUTE)), []);
            assert_eq!(asked.load(Ordering::Relaxed), 50, "the wait was ended");
        });
    }
    on_every_engine!(test);
}

#[test]
fn a_timer_that_another_thread_sets_shortens_the_sleep_it_finds() {
    fn test<B: Backend>(mut poller: On<B>) {
        let registrar = poller.registrar().clone();
        let setter = thread::spawn(move || registrar.set_timeout(5 * MS).unwrap());
        let found = ids(&mut poller, LONG);
        assert_eq!(found, [setter.join().unwrap()]);
    }
    on_every_engine!(test);
}

#[test]
fn a_wake_ends_the_present_wait_or_the_next_one() {
    fn test<B: Backend>(mut poller: On<B>) {
        let registrar = poller.registrar().clone();
        registrar.wake().unwrap();
        registrar.wake().unwrap();
        assert_eq!(ids(&mut poller, None), []);
        let start = Monotonic.now();
        assert_eq!(ids(&mut poller, Some(5 * MS)), []);
        let slept = Monotonic.now().saturating_duration_since(start);
        assert!(slept >= 5 * MS, "both wakes count as one");
        let waker = thread::spawn(move || registrar.wake().unwrap());
        assert_eq!(ids(&mut poller, None), []);
        waker.join().unwrap();
    }
    on_every_engine!(test);
}

#[test]
fn an_error_of_the_engine_loses_nothing_that_was_found_beside_it() {
    let mut stage = Scripted::new();
    let registrar = stage.poller.registrar().clone();
    let (here, there) = stage.machine.pair();
    let source = registrar
        .register(&here, Interest::READABLE, Trigger::Edge)
        .unwrap();
    (&there).write_all(b"x").unwrap();
    let timer = registrar.set_timeout(MS).unwrap();
    stage.clock.advance(MS);
    let fail_next = |stage: &Scripted| {
        let next = NonZeroUsize::MIN;
        stage
            .script()
            .fail(Call::Wait, next, ErrorKind::OutOfMemory);
    };
    fail_next(&stage);
    assert_eq!(ids(&mut stage.poller, NOW), [timer]);
    fail_next(&stage);
    let mut notifications = Notifications::with_capacity(8);
    let failed = stage.poller.wait(&mut notifications, None).unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::OutOfMemory);
    assert_eq!(ids(&mut stage.poller, NOW), [source]);
}

#[test]
fn a_wait_until_an_instant_ends_then_and_one_that_has_passed_looks() {
    fn test<B: Backend>(mut poller: On<B>) {
        let mut notifications = Notifications::with_capacity(8);
        let end = Monotonic.now().saturating_add(3 * MS);
        poller.wait_until(&mut notifications, end).unwrap();
        assert!(Monotonic.now() >= end && notifications.is_empty());
        let id = poller.set_timeout(Duration::ZERO).unwrap();
        poller.wait_until(&mut notifications, end).unwrap();
        assert_eq!(notifications.iter().next().unwrap().id, id);
    }
    on_every_engine!(test);
}

#[test]
fn expired_timers_let_no_event_wait() {
    // A timer that is always due, as with a short interval and a slow program.
    let mut stage = Scripted::new();
    let registrar = stage.poller.registrar().clone();
    let (here, there) = stage.machine.pair();
    let source = registrar
        .register(&here, Interest::READABLE, Trigger::Edge)
        .unwrap();
    let interval = registrar.set_interval(5 * MS).unwrap();
    assert_eq!(stage.after(11 * MS).len(), 1);
    (&there).write_all(b"x").unwrap();
    let found = stage.after(11 * MS);
    let found: Vec<_> = found.iter().map(|notification| notification.id).collect();
    assert_eq!(found, [source, interval]);
}

#[test]
fn whatever_fills_the_buffer_everything_else_gets_its_turn() {
    let mut stage = Scripted::new();
    let registrar = stage.poller.registrar().clone();
    let (trigger, interest) = (Trigger::Level, Interest::READABLE);
    let pairs: Vec<_> = (0..4).map(|_| stage.machine.pair()).collect();
    for (here, there) in &pairs {
        (&*there).write_all(b"x").unwrap();
        registrar.register(here, interest, trigger).unwrap();
    }
    let files: Vec<_> = (0..4).map(|_| stage.machine.file()).collect();
    let mut others: Vec<_> = files
        .iter()
        .map(|file| registrar.register(file, interest, trigger).unwrap())
        .collect();
    others.push(stage.poller.set_interval(MS).unwrap());
    // As many as there are sources that are always ready, of either kind.
    let mut notifications = Notifications::with_capacity(4);
    // Nobody wakes the loop, which would be something else to hand out.
    for _ in 0..3 {
        let mut rest = others.clone();
        for _ in 0..8 {
            stage.clock.advance(MS);
            stage.poller.wait(&mut notifications, NOW).unwrap();
            rest.retain(|id| notifications.iter().all(|found| found.id != *id));
        }
        assert_eq!(rest, [], "these did not come");
    }
}

#[test]
fn a_registrar_outlives_its_poller_and_says_that_it_is_gone() {
    fn test<B: Backend>(poller: On<B>) {
        let registrar = poller.registrar().clone();
        let (here, _there) = crate::stage::pair();
        let source = registrar
            .register(&here, Interest::READABLE, Trigger::Edge)
            .unwrap();
        let timer = registrar.set_timeout(MS).unwrap();
        drop(poller);
        registrar.deregister(source, &here).unwrap();
        assert!(registrar.cancel(timer));
        let gone = ErrorKind::BrokenPipe;
        assert_eq!(registrar.wake().unwrap_err().kind(), gone);
        assert_eq!(registrar.set_timeout(MS).unwrap_err().kind(), gone);
        assert_eq!(registrar.set_interval(MS).unwrap_err().kind(), gone);
        assert_eq!(registrar.channel::<u8>().unwrap_err().kind(), gone);
        let bounded = registrar.sync_channel::<u8>(1);
        assert_eq!(bounded.unwrap_err().kind(), gone);
    }
    on_every_engine!(test);
}

#[test]
fn what_is_refused_after_the_poller_has_gone_takes_no_place() {
    fn test<B: Backend>(poller: On<B>) {
        let registrar = poller.registrar().clone();
        drop(poller);
        for _ in 0..100 {
            assert!(registrar.set_timeout(MS).is_err());
            assert!(registrar.set_interval(MS).is_err());
        }
        let (here, _there) = crate::stage::pair();
        let interest = Interest::READABLE;
        let id = registrar.register(&here, interest, Trigger::Edge).unwrap();
        assert_eq!(slot(id), 1, "nothing is in the first place");
        registrar.deregister(id, &here).unwrap();
    }
    on_every_engine!(test);
}

#[test]
fn a_batch_ends_with_the_next_wait_also_into_another_buffer() {
    let mut stage = Scripted::new();
    stage.poller.set_timeout(Duration::ZERO).unwrap();
    let mut first = Notifications::with_capacity(8);
    assert_eq!(first.iter().count(), 0, "before any wait");
    stage.poller.wait(&mut first, NOW).unwrap();
    let event = first.iter().next().unwrap().event;
    assert_eq!(event, Event::Timeout);
    assert_eq!(ids(&mut stage.poller, NOW), []);
    assert_eq!(first.iter().count(), 0, "the timeout is over");
    let mut small = Notifications::with_capacity(0);
    assert_eq!(small.capacity(), 1);
    stage.poller.wait(&mut small, NOW).unwrap();
    assert!(small.is_empty());
}
