//! Many threads at once: nothing is told before its id is known, and nothing goes untold.

use std::collections::HashSet;
use std::io::Write;
use std::sync::mpsc;
use std::thread;

use amy::{ChannelError, Event, Receiver};

use crate::stage::{LONG, WHILE, pair, poller};

#[test]
fn what_is_ready_when_it_is_registered_is_told_under_the_id_that_is_returned() {
    const THREADS: usize = 2;
    const EACH: usize = 2000;
    let (mut poller, registrar) = poller();
    let registering: Vec<_> = (0..THREADS)
        .map(|_| {
            let registrar = registrar.clone();
            thread::spawn(move || {
                let (here, mut there) = pair();
                there.write_all(b"hello").unwrap();
                let ids = (0..EACH).map(|round| {
                    if round > 0 {
                        registrar.deregister(&here).unwrap();
                    }
                    registrar.register(&here, Event::Read).unwrap()
                });
                // The last registration stands, and its source is open until it is told.
                (ids.collect::<Vec<_>>(), here, there)
            })
        })
        .collect();
    let mut told = HashSet::new();
    while registering.iter().any(|thread| !thread.is_finished()) {
        told.extend(poller.wait(1).unwrap().iter().map(|found| found.id));
    }
    let ended: Vec<_> = registering
        .into_iter()
        .map(|it| it.join().unwrap())
        .collect();
    told.extend(poller.wait(WHILE).unwrap().iter().map(|found| found.id));
    let given: HashSet<_> = ended.iter().flat_map(|(ids, ..)| ids).copied().collect();
    assert_eq!(given.len(), THREADS * EACH);
    assert!(told.is_subset(&given));
    assert!(
        ended
            .iter()
            .all(|(ids, ..)| told.contains(ids.last().unwrap()))
    );
}

#[test]
fn each_of_many_timers_of_other_threads_is_told_once() {
    const EACH: usize = 2000;
    let (mut poller, registrar) = poller();
    let setting: Vec<_> = (0..2)
        .map(|_| {
            let registrar = registrar.clone();
            thread::spawn(move || {
                let set = |_| registrar.set_timeout(0).unwrap();
                (0..EACH).map(set).collect::<Vec<_>>()
            })
        })
        .collect();
    let mut told = HashSet::new();
    while told.len() < 2 * EACH {
        let found = poller.wait(LONG).unwrap();
        assert!(!found.is_empty(), "only {} were told", told.len());
        assert!(found.len() <= 1024);
        for notification in found {
            assert!(told.insert(notification.id), "twice: {notification:?}");
        }
    }
    for thread in setting {
        assert!(thread.join().unwrap().iter().all(|id| told.contains(id)));
    }
}

/// Receives until there is nothing; true at the end of the channel.
fn drain(receiver: &Receiver<u32>, count: &mut u32) -> bool {
    loop {
        match receiver.try_recv() {
            Ok(_) => *count += 1,
            Err(ChannelError::TryRecvError(error)) => {
                return error == mpsc::TryRecvError::Disconnected;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn whoever_drains_on_another_thread_misses_nothing_and_no_end() {
    for round in 0..500 {
        let each = if round == 0 { 50_000 } else { 50 };
        let (mut poller, mut registrar) = poller();
        let (tx, rx) = registrar.channel().unwrap();
        let (done, is_done) = registrar.channel().unwrap();
        let (notify, notified) = mpsc::channel();
        let send = |tx: amy::Sender<u32>| {
            thread::spawn(move || (0..each).for_each(|value| tx.send(value).unwrap()))
        };
        let sending = [send(tx.clone()), send(tx)];
        let worker = thread::spawn(move || {
            let mut count = 0;
            while notified.recv().is_ok() {
                if drain(&rx, &mut count) {
                    break;
                }
            }
            done.send(()).unwrap();
            count
        });
        // The worker drains while the next wait is on its way.
        while is_done.try_recv().is_err() {
            assert!(!poller.wait(LONG).unwrap().is_empty(), "untold");
            // It may have ended on what it was told before.
            notify.send(()).unwrap_or_default();
        }
        assert_eq!(worker.join().unwrap(), 2 * each);
        sending
            .into_iter()
            .for_each(|sender| sender.join().unwrap());
    }
}

#[test]
fn whoever_counts_is_told_of_each_message() {
    let (mut poller, mut registrar) = poller();
    let (tx, rx) = registrar.channel().unwrap();
    let (next, asked) = mpsc::channel();
    let sender = thread::spawn(move || {
        for value in asked {
            tx.send(value).unwrap();
        }
    });
    for value in 0..5000 {
        next.send(value).unwrap();
        assert_eq!(poller.wait(LONG).unwrap().len(), 1, "before {value}");
        assert_eq!(rx.try_recv().unwrap(), value);
    }
    drop(next);
    sender.join().unwrap();
}

#[test]
fn whoever_counts_is_told_of_what_is_sent_while_the_message_before_is_received() {
    let (mut poller, mut registrar) = poller();
    let (tx, rx) = registrar.sync_channel(1).unwrap();
    let sender = thread::spawn(move || (0..20_000).for_each(|value| tx.send(value).unwrap()));
    for value in 0..20_000 {
        assert_eq!(poller.wait(LONG).unwrap().len(), 1, "before {value}");
        assert_eq!(rx.try_recv().unwrap(), value);
    }
    sender.join().unwrap();
}
