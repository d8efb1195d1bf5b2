//! The model: every interleaving of the two ends. A lost wake-up is a deadlock, which loom reports.
//!
//! Mutants that these find: no wake when a value is sent, when the sender goes, or when the
//! receiver goes; a value sent to a receiver that is gone; a wait that looks before it leaves its
//! waker and not with the same lock.

use std::sync::Arc;

use loom::thread;

use super::{RecvError, channel};
use crate::park::block_on;

#[test]
fn loom_the_value_arrives() {
    loom::model(|| {
        let (sender, receiver) = channel();
        let thread = thread::spawn(move || sender.send(1).unwrap());
        assert_eq!(block_on(receiver), Ok(1));
        thread.join().unwrap();
    });
}

#[test]
fn loom_a_sender_that_goes_is_told() {
    loom::model(|| {
        let (sender, receiver) = channel::<u8>();
        let thread = thread::spawn(move || drop(sender));
        assert_eq!(block_on(receiver), Err(RecvError));
        thread.join().unwrap();
    });
}

#[test]
fn loom_a_receiver_that_goes_is_told() {
    loom::model(|| {
        let (mut sender, receiver) = channel::<u8>();
        let thread = thread::spawn(move || drop(receiver));
        block_on(sender.closed());
        thread.join().unwrap();
    });
}

#[test]
fn loom_a_value_that_meets_the_end_of_the_receiver_is_given_back_or_dropped() {
    loom::model(|| {
        let (sender, receiver) = channel();
        let value = Arc::new(());
        let sent = Arc::clone(&value);
        let thread = thread::spawn(move || sender.send(sent).err());
        drop(receiver);
        drop(thread.join().unwrap());
        assert_eq!(Arc::strong_count(&value), 1);
    });
}

#[test]
fn loom_close_and_send_agree() {
    loom::model(|| {
        let (sender, mut receiver) = channel();
        let thread = thread::spawn(move || sender.send(1).is_ok());
        receiver.close();
        let received = receiver.try_recv().is_ok();
        assert_eq!(received, thread.join().unwrap());
    });
}
