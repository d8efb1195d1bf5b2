//! Many threads register, wake and drop while one waits: nobody sleeps for ever, nothing leaks.
//!
//! `POLL_OS_STRESS_SECONDS` makes it longer.

use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use core::time::Duration;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::thread;

use poll_os::engine::{Backend, Events, Poll, Registry, Waker};
use poll_os::{Clock, Interest, Monotonic, Registered, Token, Trigger};

/// Far longer than any turn takes: who waits for so long was forgotten.
const FORGOTTEN: Duration = Duration::from_secs(20);
const ACTORS: usize = 6;

#[test]
fn everyone_who_registers_and_wakes_is_reported_while_others_come_and_go() {
    let seconds = std::env::var("POLL_OS_STRESS_SECONDS");
    let millis = seconds.map_or(300, |it| it.parse::<u64>().unwrap() * 1_000);
    storm(poll_os::Poll::new().unwrap(), Duration::from_millis(millis));
    storm(
        poll_os::poll::Poll::new().unwrap(),
        Duration::from_millis(millis),
    );
}

fn storm<B: Backend + 'static>(mut poll: Poll<B>, length: Duration) {
    let stop = AtomicBool::new(false);
    let left = AtomicUsize::new(ACTORS);
    // How many reports each actor has had.
    let reports = [const { AtomicUsize::new(0) }; ACTORS];
    let registry = poll.registry().clone();
    let last = Waker::new(&registry, Token(ACTORS)).unwrap();
    let mut events = Events::with_capacity(3);
    thread::scope(|scope| {
        for (actor, count) in reports.iter().enumerate() {
            let (registry, stop, left, last) = (&registry, &stop, &left, &last);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    act(registry, Token(actor), count);
                }
                left.fetch_sub(1, Ordering::Relaxed);
                last.wake().unwrap();
            });
        }
        let start = Monotonic.now();
        while left.load(Ordering::Relaxed) != 0 {
            poll.wait(&mut events, Some(FORGOTTEN)).unwrap();
            assert!(!events.is_empty(), "everybody was forgotten");
            for event in &events {
                if let Some(count) = reports.get(event.token().0) {
                    count.fetch_add(1, Ordering::Release);
                }
            }
            if Monotonic.now().saturating_duration_since(start) > length {
                stop.store(true, Ordering::Relaxed);
            }
        }
    });
}

/// One registration, one waker, and a report for each, in turn.
fn act<B: Backend>(registry: &Registry<B>, token: Token, reports: &AtomicUsize) {
    let (near, mut far) = UnixStream::pair().unwrap();
    let how = (Interest::READABLE, Trigger::Edge);
    let before = reports.load(Ordering::Acquire);
    let held = Registered::new(registry.clone(), near, token, how.0, how.1).unwrap();
    far.write_all(b"x").unwrap();
    until_above(before, reports);
    drop(held);
    let before = reports.load(Ordering::Acquire);
    let waker = Waker::new(registry, token).unwrap();
    waker.wake().unwrap();
    drop(waker);
    until_above(before, reports);
}

fn until_above(before: usize, reports: &AtomicUsize) {
    let start = Monotonic.now();
    while reports.load(Ordering::Acquire) == before {
        let waited = Monotonic.now().saturating_duration_since(start);
        assert!(waited < FORGOTTEN, "a report was lost");
        thread::yield_now();
    }
}
