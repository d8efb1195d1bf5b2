//! What the loop costs in system calls, counted in a process of its own, because the count is the
//! process's.
#![cfg(feature = "count")]

use core::time::Duration;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::thread;

use poll_loop::{Engine, Interest, Notifications, Poller, Trigger};
use poll_os::engine::{Backend, Poll};

use crate::stage::{LONG, On, on_every_engine};

fn alone(name: &str, test: impl FnOnce()) {
    crate::alone::alone(&format!("cost::{name}"), test);
}

fn calls(during: impl FnOnce()) -> u64 {
    let before = poll_os::system_calls();
    during();
    poll_os::system_calls() - before
}

#[test]
fn timers_of_the_own_thread_make_none() {
    fn test<B: Backend>(mut poller: On<B>) {
        let count = calls(|| {
            for _ in 0..1_000 {
                let timeout = poller.set_timeout(Duration::from_secs(1)).unwrap();
                let interval = poller.set_interval(Duration::from_secs(1)).unwrap();
                assert!(poller.reset(timeout, Duration::from_secs(2)));
                assert!(poller.cancel(timeout) && poller.cancel(interval));
            }
        });
        assert_eq!(count, 0);
    }
    alone("timers_of_the_own_thread_make_none", || {
        on_every_engine!(test);
    });
}

#[test]
fn timers_and_sends_of_other_threads_make_none_to_a_loop_that_is_awake() {
    fn test<B: Backend>(poller: On<B>) {
        let registrar = poller.registrar().clone();
        let (sender, _receiver) = registrar.channel().unwrap();
        let count = calls(|| {
            let other = thread::spawn(move || {
                for _ in 0..1_000 {
                    let id = registrar.set_timeout(Duration::ZERO).unwrap();
                    assert!(registrar.cancel(id));
                    sender.send(1).unwrap();
                }
            });
            other.join().unwrap();
        });
        assert_eq!(count, 0);
    }
    alone(
        "timers_and_sends_of_other_threads_make_none_to_a_loop_that_is_awake",
        || on_every_engine!(test),
    );
}

#[test]
fn a_wait_that_finds_something_makes_one() {
    fn test<B: Backend>(mut poller: On<B>) {
        let (mut here, mut there) = UnixStream::pair().unwrap();
        let registrar = poller.registrar().clone();
        registrar
            .register(&here, Interest::READABLE, Trigger::Level)
            .unwrap();
        let (sender, mut receiver) = registrar.channel().unwrap();
        let mut notifications = Notifications::with_capacity(8);
        // The first wait may try a call that the kernel lacks.
        poller
            .wait(&mut notifications, Some(Duration::from_nanos(1)))
            .unwrap();
        for _ in 0..10 {
            there.write_all(b"x").unwrap();
            let source = calls(|| poller.wait(&mut notifications, None).unwrap());
            assert_eq!((source, notifications.len()), (1, 1));
            here.read_exact(&mut [0]).unwrap();
            sender.send(1).unwrap();
            let channel = calls(|| poller.wait(&mut notifications, None).unwrap());
            assert_eq!((channel, notifications.len()), (1, 1));
            assert_eq!(receiver.try_iter().count(), 1);
            poller.set_timeout(Duration::from_micros(300)).unwrap();
            let timer = calls(|| poller.wait(&mut notifications, None).unwrap());
            assert_eq!((timer, notifications.len()), (1, 1));
        }
    }
    alone("a_wait_that_finds_something_makes_one", || {
        on_every_engine!(test);
    });
}

/// Registers from another thread while the poller sleeps, and returns the calls of each.
#[test]
fn registering_from_another_thread_makes_one_and_does_not_wake_the_poller() {
    alone(
        "registering_from_another_thread_makes_one_and_does_not_wake_the_poller",
        || {
            let mut poller = Poller::new().unwrap();
            if !<Poll<poll_os::engine::Native> as Engine>::CAPABILITIES.registers_while_waiting {
                return;
            }
            let registrar = poller.registrar().clone();
            let (start, started) = mpsc::channel();
            let waiter = thread::spawn(move || {
                let mut notifications = Notifications::with_capacity(8);
                start.send(()).unwrap();
                poller.wait(&mut notifications, LONG).unwrap();
                notifications.len()
            });
            started.recv().unwrap();
            let (here, _there) = UnixStream::pair().unwrap();
            let pairs: Vec<_> = (0..50).map(|_| UnixStream::pair().unwrap()).collect();
            // Whether the wait has begun or not, it makes one call and not one more.
            let count = calls(|| {
                for (here, _) in &pairs {
                    let (interest, trigger) = (Interest::READABLE, Trigger::Edge);
                    let id = registrar.register(here, interest, trigger).unwrap();
                    registrar.reregister(id, here, interest, trigger).unwrap();
                    registrar.deregister(id, here).unwrap();
                }
            });
            assert!(count == 150 || count == 151, "{count} calls");
            let writable = registrar.register(&here, Interest::WRITABLE, Trigger::Edge);
            writable.unwrap();
            assert_eq!(waiter.join().unwrap(), 1);
        },
    );
}
