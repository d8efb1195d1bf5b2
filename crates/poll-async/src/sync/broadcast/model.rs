//! The model: every interleaving of a sender and receivers. A lost wake-up is a
//! deadlock, which loom reports.
//!
//! Mutants that these find: no telling of the end of the senders or of that of the receivers; a
//! value that is not counted down when a receiver goes.

use std::sync::Arc;

use loom::thread;

use super::{RecvError, channel};
use crate::park::block_on;

#[test]
fn loom_every_receiver_is_told_of_the_value_and_of_the_end() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(|| {
        let (sender, receiver) = channel(1);
        let threads = [receiver.resubscribe(), receiver].map(|mut receiver| {
            thread::spawn(move || {
                assert_eq!(block_on(receiver.recv()), Ok(1));
                assert_eq!(block_on(receiver.recv()), Err(RecvError::Closed));
            })
        });
        sender.send(1).unwrap();
        drop(sender);
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

#[test]
fn loom_a_value_goes_with_the_last_who_wants_it() {
    loom::model(|| {
        let (sender, mut receiver) = channel(2);
        let other = receiver.resubscribe();
        let value = Arc::new(());
        sender.send(Arc::clone(&value)).unwrap();
        let thread = thread::spawn(move || drop(other));
        drop(receiver.try_recv().unwrap());
        thread.join().unwrap();
        assert_eq!((Arc::strong_count(&value), sender.len()), (1, 0));
    });
}

#[test]
fn loom_a_sender_that_waits_for_the_end_is_told() {
    loom::model(|| {
        let (sender, receiver) = channel::<u8>(1);
        let thread = thread::spawn(move || drop(receiver));
        block_on(sender.closed());
        thread.join().unwrap();
    });
}
