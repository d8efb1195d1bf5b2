//! Many threads at once: nothing is told before its id is known, and nothing goes untold.

use std::collections::HashSet;
use std::io::Write;
use std::sync::mpsc;
use std::thread;

use amy::{ChannelError, Event, Receiver, Registrar};

use crate::stage::{LONG, pair, poller};

/// Does `start` many times on another thread, and lets the poller tell of the id that it returns
/// before the next time.
fn started_elsewhere(start: impl Fn(&Registrar) -> usize + Send + 'static) {
    const TIMES: usize = 5000;
    let (mut poller, registrar) = poller();
    let (tell, told) = mpsc::channel();
    let other = thread::spawn(move || {
        for time in 1..=TIMES {
            assert_eq!(start(&registrar), time);
            assert_eq!(told.recv(), Ok(time));
        }
    });
    for time in 1..=TIMES {
        let found = poller.wait(LONG).unwrap();
        assert_eq!(found.len(), 1, "the {time}th time");
        tell.send(found[0].id).unwrap();
    }
    other.join().unwrap();
}

#[test]
fn what_is_ready_when_another_thread_registers_it_is_told_under_its_id() {
    let (here, mut there) = pair();
    there.write_all(b"hello").unwrap();
    let register = move |registrar: &Registrar| {
        // What stands from the time before was told, and is replaced.
        drop(registrar.deregister(&here));
        registrar.register(&here, Event::Read).unwrap()
    };
    started_elsewhere(register);
}

#[test]
fn a_timer_that_another_thread_sets_is_told_under_its_id() {
    let set = |registrar: &Registrar| registrar.set_timeout(0).unwrap();
    started_elsewhere(set);
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
