//! Registering, cancelling and dropping on other threads while the poller waits.

use core::ops::{Deref, DerefMut};
use core::time::Duration;
use std::collections::HashMap;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::thread;

use poll_loop::{
    Id, Interest, Notification, Notifications, Owned, Poller, Receiver, Registrar, Trigger,
};
use poll_os::engine::Backend;
use static_assertions::{assert_impl_all, assert_not_impl_any};

use crate::stage::{LONG, On, on_every_engine, pair, send};

assert_impl_all!(Registrar: Clone, Send, Sync);
assert_impl_all!(Poller: Send);
assert_not_impl_any!(Poller: Clone);
assert_impl_all!(Notifications: Send, Sync);
assert_impl_all!(Notification: Copy, Send, Sync);
assert_impl_all!(Receiver<u8>: Send);
// What is behind them cannot be exchanged, nor told of elsewhere.
assert_not_impl_any!(Receiver<u8>: Deref, DerefMut);
assert_not_impl_any!(Owned<UnixStream>: DerefMut);

#[test]
fn a_registration_from_another_thread_is_seen_by_the_wait_that_it_finds() {
    fn test<B: Backend>(mut poller: On<B>) {
        let registrar = poller.registrar().clone();
        let other = thread::spawn(move || {
            let (here, there) = pair();
            send(&there);
            let id = registrar
                .register(&here, Interest::READABLE, Trigger::Edge)
                .unwrap();
            (id, here, there)
        });
        let mut notifications = Notifications::with_capacity(8);
        poller.wait(&mut notifications, LONG).unwrap();
        let found: Vec<_> = notifications.iter().collect();
        let (id, ..) = other.join().unwrap();
        assert_eq!(found[0].id, id);
    }
    on_every_engine!(test);
}

#[test]
fn after_deregister_has_returned_on_another_thread_no_wait_delivers() {
    fn test<B: Backend>(mut poller: On<B>) {
        const ROUNDS: usize = 300;
        let registrar = poller.registrar().clone();
        let (gone, is_gone) = mpsc::channel::<Id>();
        let other = thread::spawn(move || {
            for _ in 0..ROUNDS {
                let (here, there) = pair();
                let id = registrar
                    .register(&here, Interest::READABLE, Trigger::Level)
                    .unwrap();
                send(&there);
                thread::yield_now();
                registrar.deregister(id, &here).unwrap();
                gone.send(id).unwrap();
            }
            registrar.wake().unwrap();
        });
        let mut notifications = Notifications::with_capacity(8);
        let mut ended = HashMap::new();
        while ended.len() < ROUNDS {
            // Everything in here ended before the wait.
            ended.extend(is_gone.try_iter().map(|id| (id, ())));
            poller
                .wait(&mut notifications, Some(Duration::from_millis(20)))
                .unwrap();
            for notification in &notifications {
                let id = notification.id;
                assert!(!ended.contains_key(&id), "{id} was delivered after its end");
            }
        }
        other.join().unwrap();
    }
    on_every_engine!(test);
}

/// Sources that come and go on several threads: each notification is for one that lives, or has
/// lived a moment ago, and each byte that is sent comes.
#[test]
fn sources_that_come_and_go_everywhere_are_never_mistaken_for_each_other() {
    fn test<B: Backend>(poller: On<B>) {
        const THREADS: usize = 3;
        const ROUNDS: usize = 150;
        let registrar = poller.registrar().clone();
        let (tell, told) = mpsc::channel::<(Id, mpsc::Sender<Notification>)>();
        let waiter = thread::spawn(move || {
            let mut poller = poller;
            let mut notifications = Notifications::with_capacity(16);
            let mut listeners: HashMap<Id, mpsc::Sender<Notification>> = HashMap::new();
            let mut finished = 0;
            while finished < THREADS {
                poller.wait(&mut notifications, LONG).unwrap();
                assert!(!notifications.is_empty(), "somebody waits for ever");
                listeners.extend(told.try_iter());
                for notification in &notifications {
                    match listeners.get(&notification.id) {
                        Some(listener) => drop(listener.send(notification)),
                        // The only timers are those that say goodbye.
                        None => finished += 1,
                    }
                }
            }
        });
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                let (registrar, tell) = (registrar.clone(), tell.clone());
                thread::spawn(move || {
                    for _ in 0..ROUNDS {
                        let (here, mut there) = UnixStream::pair().unwrap();
                        let (sender, notified) = mpsc::channel();
                        let id = registrar
                            .register(&here, Interest::READABLE, Trigger::Edge)
                            .unwrap();
                        tell.send((id, sender)).unwrap();
                        there.write_all(b"x").unwrap();
                        let notification = notified.recv_timeout(LONG.unwrap()).unwrap();
                        assert_eq!(notification.id, id);
                        assert!(notification.ready().is_readable());
                        // Blocks if the notification was another one's.
                        (&here).read_exact(&mut [0]).unwrap();
                        registrar.deregister(id, &here).unwrap();
                    }
                    registrar.set_timeout(Duration::ZERO).unwrap();
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        waiter.join().unwrap();
    }
    on_every_engine!(test);
}

#[test]
fn timers_that_are_set_and_cancelled_on_several_threads_come_or_do_not() {
    fn test<B: Backend>(mut poller: On<B>) {
        const THREADS: usize = 3;
        const ROUNDS: usize = 400;
        let registrar = poller.registrar().clone();
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                let registrar = registrar.clone();
                thread::spawn(move || {
                    let mut left = 0;
                    for round in 0..ROUNDS {
                        let after = Duration::from_micros((round % 7) as u64 * 100);
                        let id = registrar.set_timeout(after).unwrap();
                        if round % 3 == 0 {
                            registrar.reset(id, after / 2).unwrap();
                        }
                        // What was reported before it was cancelled is counted by the poller.
                        left += usize::from(round % 2 == 0 && registrar.cancel(id));
                    }
                    left
                })
            })
            .collect();
        let mut notifications = Notifications::with_capacity(16);
        let mut came = 0;
        let mut cancelled = None;
        let mut threads = Some(threads);
        loop {
            let timeout = Some(Duration::from_millis(5));
            poller.wait(&mut notifications, timeout).unwrap();
            came += notifications.len();
            if threads
                .as_ref()
                .is_some_and(|all| all.iter().all(thread::JoinHandle::is_finished))
            {
                let joined = threads.take().into_iter().flatten();
                cancelled = Some(joined.map(|thread| thread.join().unwrap()).sum::<usize>());
            } else if cancelled.is_some() && notifications.is_empty() {
                break;
            }
        }
        // One that was cancelled while its notification was in the buffer counts on both sides.
        let cancelled = cancelled.unwrap();
        assert!(
            came + cancelled >= THREADS * ROUNDS,
            "{came} and {cancelled}"
        );
        assert!(came <= THREADS * ROUNDS, "{came} came");
        assert_eq!(poller.next_deadline(), None, "nothing is left behind");
    }
    on_every_engine!(test);
}
