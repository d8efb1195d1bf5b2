//! The model: every interleaving of senders, receiver and its loop.
//!
//! The channel has no atomics of its own; what is explored is who sleeps while somebody should have
//! told it. A lost wake-up is a deadlock, which loom reports.

use std::sync::Arc as StdArc;

use loom::thread;
use poll_api::Token;

use crate::bell::{Bell, bounded};
use crate::channel::{channel, sync_channel};
use crate::error::{RecvError, SendError};
use crate::ready::ReadySet;
use crate::receiver::Receiver;

/// A loop that sleeps until told, receives at most `budget` at once, and ends with the channel.
fn receive_all(bell: &Bell, receiver: &mut Receiver<u32>, budget: usize) -> Vec<u32> {
    let mut seen = Vec::new();
    while !receiver.is_finished() {
        bell.sleep();
        seen.extend(receiver.drain(budget));
    }
    seen
}

#[test]
fn loom_a_sleeping_loop_is_told_of_every_value_and_of_the_end() {
    for budget in [1, usize::MAX] {
        loom::model(move || {
            let bell = Bell::new();
            let (sender, mut receiver) = channel();
            receiver.attach(bell.clone());
            let thread = thread::spawn(move || {
                sender.send(1).unwrap();
                sender.send(2).unwrap();
            });
            assert_eq!(receive_all(&bell, &mut receiver, budget), [1, 2]);
            thread.join().unwrap();
        });
    }
}

#[test]
fn loom_two_senders_are_told_through_a_ready_set() {
    bounded(|| {
        let bell = Bell::new();
        let mut set = ReadySet::new(bell.clone());
        let (sender, mut receiver) = channel();
        receiver.attach(set.registry().ping(Token(3)));
        let threads = [1, 2].map(|value| {
            let sender = sender.clone();
            thread::spawn(move || sender.send(value).unwrap())
        });
        drop(sender);
        let mut seen = Vec::new();
        while !receiver.is_finished() {
            bell.sleep();
            let _all = set.drain(8, |_| seen.extend(receiver.try_iter()));
        }
        seen.sort_unstable();
        assert_eq!(seen, [1, 2]);
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

#[test]
fn loom_a_loop_that_attaches_late_is_told() {
    loom::model(|| {
        let bell = Bell::new();
        let (sender, mut receiver) = channel();
        let thread = thread::spawn(move || sender.send(1).unwrap());
        receiver.attach(bell.clone());
        assert_eq!(receive_all(&bell, &mut receiver, usize::MAX), [1]);
        thread.join().unwrap();
    });
}

#[test]
fn loom_a_blocked_sender_goes_on_when_there_is_room() {
    loom::model(|| {
        let (sender, mut receiver) = sync_channel(1);
        let thread = thread::spawn(move || {
            sender.send(1).unwrap();
            sender.send(2).unwrap();
        });
        assert_eq!(receiver.recv(), Ok(1));
        assert_eq!(receiver.recv(), Ok(2));
        assert_eq!(receiver.recv(), Err(RecvError));
        thread.join().unwrap();
    });
}

#[test]
fn loom_two_blocked_senders_both_go_on_after_a_batch() {
    bounded(|| {
        let (sender, mut receiver) = sync_channel(2);
        sender.send(0).unwrap();
        sender.send(0).unwrap();
        let threads = [1, 2].map(|value| {
            let sender = sender.clone();
            thread::spawn(move || sender.send(value).unwrap())
        });
        assert_eq!(receiver.drain(2).count(), 2);
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(receiver.try_iter().sum::<i32>(), 3);
    });
}

#[test]
fn loom_a_blocked_sender_gets_its_value_back_when_the_receiver_goes() {
    loom::model(|| {
        let (sender, receiver) = sync_channel(1);
        sender.send(1).unwrap();
        let thread = thread::spawn(move || sender.send(2));
        drop(receiver);
        assert_eq!(thread.join().unwrap(), Err(SendError(2)));
    });
}

#[test]
fn loom_a_send_that_meets_the_end_of_the_receiver_is_given_back_or_dropped() {
    loom::model(|| {
        let (sender, receiver) = channel();
        let value = StdArc::new(());
        let sent = value.clone();
        let thread = thread::spawn(move || sender.send(sent).err());
        drop(receiver);
        drop(thread.join().unwrap());
        assert_eq!(StdArc::strong_count(&value), 1);
    });
}
