//! Many threads at once: nothing is lost, nothing comes twice, nobody sleeps for ever.

use core::time::Duration;
use std::collections::HashSet;
use std::thread;

use poll_channel::{Drained, ReadySet, Receiver, RecvTimeoutError, channel, sync_channel};
use poll_os::{Events, Poll, Token, Waker};

const SENDERS: usize = 4;
const EACH: u64 = 20_000;
const LONG: Duration = Duration::from_secs(20);

/// Checks that the values of each sender are complete and in order.
#[derive(Default)]
struct Ledger {
    next: [u64; SENDERS],
}

impl Ledger {
    fn enter(&mut self, (sender, value): (usize, u64)) {
        assert_eq!(value, self.next[sender], "of sender {sender}");
        self.next[sender] += 1;
    }

    fn check(&self) {
        assert_eq!(self.next, [EACH; SENDERS]);
    }
}

/// A loop that waits in a poller and drains at most `budget` at once.
fn receive_in_a_loop(mut receiver: Receiver<(usize, u64)>, budget: usize) -> Ledger {
    let mut poll = Poll::new().unwrap();
    let mut events = Events::with_capacity(4);
    let mut set = ReadySet::new(Waker::new(poll.registry(), Token(0)).unwrap());
    receiver.attach(set.registry().ping(Token(1)));
    let mut ledger = Ledger::default();
    while !receiver.is_finished() {
        poll.wait(&mut events, Some(LONG)).unwrap();
        assert!(!events.is_empty(), "a value was not told");
        let drained = set.drain(8, |token| {
            assert_eq!(token, Token(1));
            receiver.drain(budget).for_each(|value| ledger.enter(value));
        });
        assert_eq!(drained, Drained::All);
    }
    ledger
}

#[test]
fn a_loop_receives_all_of_several_senders_in_the_order_of_each() {
    for budget in [1, 7, usize::MAX] {
        let (sender, receiver) = channel();
        let each = if budget == 1 { EACH / 4 } else { EACH };
        let threads: Vec<_> = (0..SENDERS)
            .map(|index| {
                let sender = sender.clone();
                thread::spawn(move || {
                    (0..each).for_each(|value| sender.send((index, value)).unwrap());
                })
            })
            .collect();
        drop(sender);
        let mut ledger = receive_in_a_loop(receiver, budget);
        ledger.next.iter_mut().for_each(|next| *next += EACH - each);
        ledger.check();
        for thread in threads {
            thread.join().unwrap();
        }
    }
}

#[test]
fn a_loop_receives_all_that_came_through_a_narrow_channel() {
    for capacity in [1, 3, 1000] {
        let (sender, receiver) = sync_channel(capacity);
        let threads: Vec<_> = (0..SENDERS)
            .map(|index| {
                let sender = sender.clone();
                thread::spawn(move || {
                    for value in 0..EACH {
                        match value % 2 {
                            0 => sender.send((index, value)).unwrap(),
                            _ => sender.send_timeout((index, value), LONG).unwrap(),
                        }
                    }
                })
            })
            .collect();
        drop(sender);
        receive_in_a_loop(receiver, 100).check();
        for thread in threads {
            thread.join().unwrap();
        }
    }
}

#[test]
fn a_thread_without_a_loop_receives_all() {
    let (sender, mut receiver) = sync_channel(16);
    let threads: Vec<_> = (0..SENDERS)
        .map(|index| {
            let sender = sender.clone();
            thread::spawn(move || {
                (0..EACH).for_each(|value| sender.send((index, value)).unwrap());
            })
        })
        .collect();
    drop(sender);
    let mut ledger = Ledger::default();
    loop {
        match receiver.recv_timeout(LONG) {
            Ok(value) => ledger.enter(value),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => panic!("a value was not told"),
        }
    }
    ledger.check();
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn a_receiver_that_sleeps_in_a_call_is_woken_by_the_end() {
    let (sender, mut receiver) = channel::<()>();
    let thread = thread::spawn(move || receiver.recv());
    drop(sender);
    assert!(thread.join().unwrap().is_err());
}

#[test]
fn every_value_is_received_or_given_back_when_the_receiver_goes_at_any_time() {
    for round in 0..200 {
        let (sender, mut receiver) = sync_channel(2);
        let threads: Vec<_> = (0..3)
            .map(|index| {
                let sender = sender.clone();
                thread::spawn(move || {
                    let values = (0..10).map(move |value| (index, value));
                    values
                        .filter_map(|value| sender.send(value).err())
                        .map(|error| error.0)
                        .collect::<HashSet<_>>()
                })
            })
            .collect();
        drop(sender);
        let mut received = HashSet::new();
        while received.len() < round % 30 {
            received.insert(receiver.recv_timeout(LONG).unwrap());
        }
        drop(receiver);
        let mut back = HashSet::new();
        for thread in threads {
            back.extend(thread.join().unwrap());
        }
        assert!(received.is_disjoint(&back));
        // Two could be in the channel when it ended; those are dropped with it.
        assert!(received.len() + back.len() >= 28, "round {round}");
    }
}

#[test]
fn pings_from_many_threads_are_delivered_as_long_as_they_come() {
    let mut poll = Poll::new().unwrap();
    let mut events = Events::with_capacity(4);
    let mut set = ReadySet::new(Waker::new(poll.registry(), Token(0)).unwrap());
    let pings: Vec<_> = (0..8)
        .map(|token| set.registry().ping(Token(token)))
        .collect();
    let counters: Vec<_> = (0..8).map(|_| channel::<u32>()).collect();
    let (senders, mut receivers): (Vec<_>, Vec<_>) = counters.into_iter().unzip();
    let threads: Vec<_> = senders
        .into_iter()
        .zip(pings.clone())
        .map(|(sender, ping)| {
            thread::spawn(move || {
                for value in 0..2_000 {
                    // Not attached: the mark has to carry the value.
                    sender.send(value).unwrap();
                    ping.mark().unwrap();
                }
            })
        })
        .collect();
    let mut seen = [0; 8];
    while seen != [2_000; 8] {
        poll.wait(&mut events, Some(LONG)).unwrap();
        assert!(!events.is_empty(), "a mark was lost");
        while set.drain(3, |Token(token)| {
            while receivers[token].try_recv().is_ok() {
                seen[token] += 1;
            }
        }) == Drained::More
        {}
    }
    for thread in threads {
        thread.join().unwrap();
    }
}
