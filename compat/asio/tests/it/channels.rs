//! Channels.

use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc::{RecvError, SendError, TryRecvError};
use std::thread;

use asio::{async_channel, async_spawn};
use poll_async::task::yield_now;

use crate::stage::{poll_once, run};

#[test]
fn what_is_sent_is_received_in_order_and_tried_for() {
    run(async {
        let (sender, receiver) = async_channel();
        assert_eq!(receiver.try_receive(), Err(TryRecvError::Empty));
        sender.send(1).unwrap();
        sender.send(2).unwrap();
        assert_eq!(receiver.receive().await, Ok(1));
        assert_eq!(receiver.try_receive(), Ok(2));
        assert_eq!(receiver.try_receive(), Err(TryRecvError::Empty));
    });
}

#[test]
fn a_receiver_that_waits_is_told_that_the_last_sender_is_gone() {
    run(async {
        let (sender, receiver) = async_channel::<u8>();
        let other = sender.clone();
        let waiting = async_spawn(async move {
            assert_eq!(receiver.receive().await, Ok(1));
            assert_eq!(receiver.receive().await, Err(RecvError));
            assert_eq!(receiver.try_receive(), Err(TryRecvError::Disconnected));
        });
        yield_now().await;
        drop(sender);
        other.send(1).unwrap();
        drop(other);
        waiting.await;
    });
}

#[test]
fn a_value_without_a_receiver_comes_back() {
    let (sender, receiver) = async_channel();
    sender.send(1).unwrap();
    drop(receiver);
    assert_eq!(sender.send(2), Err(SendError(2)));
}

#[test]
fn what_nobody_received_is_dropped_with_the_channel() {
    let value = Arc::new(());
    let (sender, receiver) = async_channel();
    sender.send(Arc::clone(&value)).unwrap();
    drop((sender, receiver));
    assert_eq!(Arc::strong_count(&value), 1);
}

#[test]
fn tasks_and_threads_send_and_nothing_is_lost() {
    const SENDERS: u64 = 6;
    const EACH: u64 = 2000;
    run(async {
        // No `Clone`.
        struct Value(u64);
        let (sender, receiver) = async_channel();
        for i in 0..SENDERS {
            let sender = sender.clone();
            let send = move || (0..EACH).all(|j| sender.send(Value(i * EACH + j)).is_ok());
            match i % 2 {
                0 => drop(async_spawn(async move { assert!(send()) })),
                _ => drop(thread::spawn(send)),
            }
        }
        drop(sender);
        let mut seen = vec![false; usize::try_from(SENDERS * EACH).unwrap()];
        while let Ok(Value(value)) = receiver.receive().await {
            let seen = &mut seen[usize::try_from(value).unwrap()];
            assert!(!*seen, "{value} came twice");
            *seen = true;
        }
        assert!(seen.iter().all(|seen| *seen));
    });
}

#[test]
fn a_receive_that_is_polled_often_and_dropped_loses_nothing() {
    run(async {
        let (sender, receiver) = async_channel();
        for i in 0..10 {
            let mut given_up = Box::pin(receiver.receive());
            for _ in 0..3 {
                assert!(poll_once(given_up.as_mut()).is_pending());
            }
            sender.send(i).unwrap();
            drop(given_up);
            assert_eq!(receiver.receive().await, Ok(i));
        }
        let mut waiting = pin!(receiver.receive());
        assert!(poll_once(waiting.as_mut()).is_pending());
        sender.send(10).unwrap();
        assert_eq!(waiting.await, Ok(10));
    });
}
