//! Timers: never early, once, coalesced, and no hindrance to anything else.

use std::io::{ErrorKind, Write};
use std::thread;

use amy::Event;

use crate::stage::{LONG, NOW, WHILE, ms_since, now, pair, poller, told};

#[test]
fn a_timeout_is_told_once_and_not_before_its_time() {
    let (mut poller, registrar) = poller();
    let start = now();
    let id = registrar.set_timeout(30).unwrap();
    assert_eq!(id, 1);
    assert_eq!(poller.wait(LONG).unwrap(), [told(id, Event::Read)]);
    assert!(ms_since(start) >= 30);
    assert_eq!(poller.wait(WHILE).unwrap(), []);
}

#[test]
fn an_interval_is_told_until_it_is_cancelled() {
    let (mut poller, registrar) = poller();
    let start = now();
    let id = registrar.set_interval(20).unwrap();
    for round in 1..=4 {
        assert_eq!(poller.wait(LONG).unwrap(), [told(id, Event::Read)]);
        assert!(ms_since(start) >= round * 20);
    }
    registrar.cancel_timeout(id).unwrap();
    let start = now();
    assert_eq!(poller.wait(100).unwrap(), []);
    assert!(ms_since(start) >= 100, "nor does that end the wait");
}

#[test]
fn a_timer_that_another_thread_sets_or_cancels_does_not_end_a_wait() {
    let (mut poller, registrar) = poller();
    let start = now();
    let other = thread::spawn(move || {
        while ms_since(start) < 100 {
            let id = registrar.set_timeout(LONG).unwrap();
            registrar.cancel_timeout(id).unwrap();
        }
    });
    assert_eq!(poller.wait(150).unwrap(), []);
    assert!(ms_since(start) >= 150);
    other.join().unwrap();
}

#[test]
fn a_timer_that_another_thread_sets_counts_from_then() {
    let (mut poller, registrar) = poller();
    let start = now();
    let other = thread::spawn(move || registrar.set_timeout(40).unwrap());
    let id = other.join().unwrap();
    let set = now();
    while ms_since(set) < 40 {
        thread::yield_now();
    }
    assert_eq!(poller.wait(NOW).unwrap(), [told(id, Event::Read)]);
    assert!(ms_since(start) >= 40);
}

#[test]
fn a_timeout_of_zero_is_told_at_once_and_an_interval_of_zero_is_refused() {
    let (mut poller, registrar) = poller();
    let id = registrar.set_timeout(0).unwrap();
    assert_eq!(poller.wait(NOW).unwrap(), [told(id, Event::Read)]);
    let refused = registrar.set_interval(0).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
    assert_eq!(poller.wait(NOW).unwrap(), []);
}

#[test]
fn ticks_that_nobody_waited_for_are_told_as_one() {
    let (mut poller, registrar) = poller();
    let id = registrar.set_interval(1000).unwrap();
    let short = registrar.set_interval(2).unwrap();
    let start = now();
    while ms_since(start) < 1000 {
        thread::yield_now();
    }
    // Five hundred ticks of one and one of the other.
    let mut found = poller.wait(NOW).unwrap();
    found.sort_by_key(|notification| notification.id);
    assert_eq!(found, [told(id, Event::Read), told(short, Event::Read)]);
}

#[test]
fn timers_that_are_due_leave_room_for_sources() {
    let (mut poller, registrar) = poller();
    let (here, mut there) = pair();
    let source = registrar.register(&here, Event::Read).unwrap();
    registrar.set_interval(1).unwrap();
    let timeout = registrar.set_timeout(0).unwrap();
    there.write_all(b"hello").unwrap();
    let start = now();
    while ms_since(start) < 3 {
        thread::yield_now();
    }
    let ids: Vec<_> = poller.wait(LONG).unwrap().iter().map(|n| n.id).collect();
    assert!(ids.contains(&source) && ids.contains(&timeout), "{ids:?}");
}

#[test]
fn a_timer_is_cancelled_whether_it_has_passed_or_not() {
    let (mut poller, registrar) = poller();
    let passed = registrar.set_timeout(0).unwrap();
    assert_eq!(poller.wait(LONG).unwrap().len(), 1);
    registrar.cancel_timeout(passed).unwrap();
    let due = registrar.set_timeout(0).unwrap();
    registrar.cancel_timeout(due).unwrap();
    registrar.cancel_timeout(due).unwrap();
    assert_eq!(poller.wait(WHILE).unwrap(), [], "it was due already");
    for unknown in [0, due + 1, usize::MAX] {
        let error = registrar.cancel_timeout(unknown).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
}

#[test]
fn long_times_do_not_wrap() {
    let (mut poller, registrar) = poller();
    // More than 32 bits of milliseconds, where a pointer has more.
    let longer = usize::try_from(1_u64 << 32).unwrap_or(usize::MAX);
    for long in [longer, usize::MAX - 1, usize::MAX] {
        registrar.set_timeout(long).unwrap();
        registrar.set_interval(long).unwrap();
        let soon = registrar.set_timeout(WHILE).unwrap();
        assert_eq!(poller.wait(long).unwrap(), [told(soon, Event::Read)]);
    }
}

#[test]
fn timers_and_channels_of_a_poller_that_is_gone_are_refused() {
    let (poller, mut registrar) = poller();
    drop(poller);
    let gone = ErrorKind::BrokenPipe;
    assert_eq!(registrar.set_timeout(1).unwrap_err().kind(), gone);
    assert_eq!(registrar.set_interval(1).unwrap_err().kind(), gone);
    assert_eq!(registrar.channel::<u8>().unwrap_err().kind(), gone);
    assert_eq!(registrar.sync_channel::<u8>(1).unwrap_err().kind(), gone);
}
