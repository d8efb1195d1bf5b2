//! Who gets a turn when one thread waits and many change registrations, on each engine.

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::time::Duration;
use std::os::unix::net::UnixStream;
use std::thread;

use poll_os::engine::{Backend, Events, Poll, Waker};
use poll_os::{Clock, Interest, Monotonic, Token, Trigger};

const SOON: Duration = Duration::from_secs(10);

#[test]
fn changes_without_pause_starve_neither_the_waiting_thread_nor_each_other() {
    hammer(poll_os::Poll::new().unwrap());
    hammer(poll_os::poll::Poll::new().unwrap());
}

fn hammer<B: Backend + 'static>(mut poll: Poll<B>) {
    let stop = AtomicBool::new(false);
    let changes = [const { AtomicU64::new(0) }; 4];
    let waker = Waker::new(poll.registry(), Token(0)).unwrap();
    let registry = poll.registry().clone();
    let mut events = Events::with_capacity(4);
    thread::scope(|scope| {
        for count in &changes {
            let (registry, stop) = (&registry, &stop);
            scope.spawn(move || {
                let (a, _b) = UnixStream::pair().unwrap();
                while !stop.load(Ordering::Relaxed) {
                    registry
                        .register(&a, Token(1), Interest::READABLE, Trigger::Edge)
                        .unwrap();
                    registry.deregister(&a).unwrap();
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let mut slowest = Duration::ZERO;
        let mut rounds = 0;
        let each_had_a_turn = || changes.iter().all(|it| it.load(Ordering::Relaxed) > 0);
        let end = Monotonic.now().saturating_add(SOON);
        // A busy machine may take its time until it lets a thread begin.
        while rounds < 200 || !each_had_a_turn() && Monotonic.now() < end {
            rounds += 1;
            let start = Monotonic.now();
            waker.wake().unwrap();
            poll.wait(&mut events, Some(SOON)).unwrap();
            assert!(events.iter().any(|event| event.token() == Token(0)));
            // A wait that blocks, too.
            poll.wait(&mut events, Some(Duration::from_micros(100)))
                .unwrap();
            slowest = slowest.max(Monotonic.now().saturating_duration_since(start));
        }
        stop.store(true, Ordering::Relaxed);
        assert!(each_had_a_turn(), "{changes:?}");
        // Both engines take milliseconds; without turns, poll(2) took tens of seconds.
        assert!(slowest < Duration::from_secs(5), "{slowest:?}");
    });
}
