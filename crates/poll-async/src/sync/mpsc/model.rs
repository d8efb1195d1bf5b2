//! The model: every interleaving of senders and receiver. A lost wake-up is a deadlock, which loom
//! reports.
//!
//! Mutants that these find: `WAITING` not set, not looked for by the receiver, or without a second
//! look at the room; each `Acquire` and the `Release` of `held` weakened; no room for the next when
//! a served place is left; no wake at the end of senders or receiver.

use core::future::Future;
use core::pin::pin;
use core::task::{Context, Waker};

use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;

use super::{SendError, channel, unbounded_channel};
use crate::park::block_on;

/// Explores `model` with at most three preemptions: more threads than two have too many
/// interleavings to try all, and this is where such bugs live.
fn bounded(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(model);
}

#[test]
fn loom_a_waiting_receiver_is_told_of_every_value_and_of_the_end() {
    loom::model(|| {
        let (sender, mut receiver) = unbounded_channel();
        let thread = thread::spawn(move || {
            sender.send(1).unwrap();
            sender.send(2).unwrap();
        });
        let all = [1, 2].map(|_| block_on(receiver.recv()).unwrap());
        assert_eq!((all, block_on(receiver.recv())), ([1, 2], None));
        thread.join().unwrap();
    });
}

#[test]
fn loom_a_sender_that_waits_for_room_goes_on() {
    bounded(|| {
        let (sender, mut receiver) = channel(1);
        let thread = thread::spawn(move || {
            for number in 0..2 {
                block_on(sender.send(number)).unwrap();
            }
        });
        for number in 0..2 {
            assert_eq!(block_on(receiver.recv()), Some(number));
        }
        assert_eq!(block_on(receiver.recv()), None);
        thread.join().unwrap();
    });
}

#[test]
fn loom_room_that_the_receiver_makes_without_the_mutex_is_found() {
    bounded(|| {
        let (sender, mut receiver) = channel(3);
        (0..3).for_each(|number| sender.try_send(number).unwrap());
        assert_eq!(receiver.try_recv(), Ok(0));
        sender.try_send(3).unwrap();
        let threads = [4, 5].map(|number| {
            let sender = sender.clone();
            thread::spawn(move || block_on(sender.send(number)).unwrap())
        });
        // Both are among what was taken at once; the receiver does not come to the queue again.
        assert_eq!([receiver.try_recv(), receiver.try_recv()], [Ok(1), Ok(2)]);
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

#[test]
fn loom_whoever_gets_room_sees_what_was_done_before_it_was_made() {
    for waits in [false, true] {
        loom::model(move || {
            let (sender, mut receiver) = channel(2);
            (0..2).for_each(|number| sender.try_send(number).unwrap());
            assert_eq!(receiver.try_recv(), Ok(0));
            let is_done = Arc::new(AtomicBool::new(false));
            let done = is_done.clone();
            let thread = thread::spawn(move || {
                // Held over the look: giving the room back would read who made it.
                let permits = if waits {
                    block_on(sender.reserve_many(2)).ok()
                } else {
                    sender.try_reserve_many(2).ok()
                };
                assert!(permits.is_none() || done.load(Ordering::Relaxed));
            });
            is_done.store(true, Ordering::Relaxed);
            assert_eq!(receiver.try_recv(), Ok(1));
            thread.join().unwrap();
        });
    }
}

#[test]
fn loom_whoever_gets_room_from_a_sender_sees_what_was_done_before_it_was_made() {
    bounded(|| {
        let (sender, mut receiver) = channel(2);
        (0..2).for_each(|number| sender.try_send(number).unwrap());
        assert_eq!(receiver.try_recv(), Ok(0));
        let permit = sender.clone().try_reserve_owned().unwrap();
        let is_done = Arc::new(AtomicBool::new(false));
        let done = is_done.clone();
        let leaving = thread::spawn(move || drop(permit));
        let waiting = thread::spawn(move || {
            let permits = block_on(sender.reserve_many(2)).unwrap();
            assert!(done.load(Ordering::Relaxed));
            drop(permits);
        });
        is_done.store(true, Ordering::Relaxed);
        assert_eq!(receiver.try_recv(), Ok(1));
        leaving.join().unwrap();
        waiting.join().unwrap();
    });
}

#[test]
fn loom_room_of_one_that_leaves_goes_to_the_next() {
    bounded(|| {
        let (sender, mut receiver) = channel(1);
        sender.try_send(0).unwrap();
        let leaving = sender.clone();
        let first = thread::spawn(move || {
            let mut send = pin!(leaving.send(1));
            let polled = send.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            polled.is_ready()
        });
        let second = thread::spawn(move || block_on(sender.send(2)).unwrap());
        assert_eq!(block_on(receiver.recv()), Some(0));
        let mut received = vec![block_on(receiver.recv()).unwrap()];
        received.extend(block_on(receiver.recv()));
        let was_sent = first.join().unwrap();
        received.sort_unstable();
        assert_eq!(received, if was_sent { vec![1, 2] } else { vec![2] });
        second.join().unwrap();
    });
}

#[test]
fn loom_the_receiver_that_goes_gives_the_value_back() {
    loom::model(|| {
        let (sender, receiver) = channel(1);
        sender.try_send(1).unwrap();
        let thread = thread::spawn(move || {
            let sent = block_on(sender.send(2));
            block_on(sender.closed());
            sent
        });
        drop(receiver);
        assert_eq!(thread.join().unwrap(), Err(SendError(2)));
    });
}

#[test]
fn loom_a_weak_sender_meets_the_end_or_prevents_it() {
    loom::model(|| {
        let (sender, mut receiver) = unbounded_channel();
        let weak = sender.downgrade();
        let thread = thread::spawn(move || weak.upgrade().map(|sender| sender.send(1).unwrap()));
        drop(sender);
        let received = block_on(receiver.recv());
        assert_eq!(received.is_some(), thread.join().unwrap().is_some());
    });
}
