//! Each future is dropped after each number of polls, and nothing is lost.

use core::task::Poll;

use poll_async::sync::mpsc::{Sender, channel, unbounded_channel};

use crate::drive::{Task, block_on};

/// What is dropped in these tests: a future that takes room when it is done.
type Begin = fn(&Sender<u32>) -> Task<'_, ()>;

const FUTURES: [Begin; 4] = [
    |sender| Task::new(async { sender.send(7).await.unwrap() }),
    |sender| Task::new(async { drop(sender.reserve().await.unwrap()) }),
    |sender| Task::new(async { drop(sender.reserve_many(1).await.unwrap()) }),
    |sender| Task::new(async { drop(sender.clone().reserve_owned().await.unwrap()) }),
];

#[test]
fn room_of_a_future_that_is_dropped_goes_to_the_next() {
    for begin in FUTURES {
        // Dropped before its first poll, while it waits, and when it was served and woken.
        for (polls, is_served) in [(0, false), (1, false), (2, false), (1, true)] {
            let (sender, mut receiver) = channel(1);
            sender.try_send(1).unwrap();
            let mut first = begin(&sender);
            for _ in 0..polls {
                assert!(first.poll().is_pending());
            }
            let mut second = Task::new(sender.send(2));
            assert!(second.poll().is_pending());
            if !is_served {
                drop(first);
                assert_eq!(receiver.try_recv(), Ok(1));
            } else {
                assert_eq!(receiver.try_recv(), Ok(1));
                assert!(first.is_woken() && !second.is_woken());
                drop(first);
            }
            assert!(second.is_woken(), "{polls} {is_served}");
            assert_eq!(second.poll(), Poll::Ready(Ok(())));
            assert_eq!(receiver.try_recv(), Ok(2));
            assert_eq!(receiver.capacity(), 1);
        }
    }
}

#[test]
fn one_that_asked_for_much_and_leaves_lets_the_next_go_on() {
    let (sender, receiver) = channel(2);
    sender.try_send(1).unwrap();
    let mut first = Task::new(sender.reserve_many(2));
    assert!(first.poll().is_pending());
    let mut second = Task::new(sender.reserve());
    assert!(second.poll().is_pending());
    drop(first);
    assert!(second.is_woken());
    assert!(second.poll().is_ready());
    drop(second);
    assert_eq!(receiver.capacity(), 1);
}

#[test]
fn a_served_future_that_is_dropped_after_close_brings_the_end() {
    let (sender, mut receiver) = channel(1);
    sender.try_send(1).unwrap();
    let mut late = Task::new(sender.send(2));
    assert!(late.poll().is_pending());
    assert_eq!(receiver.try_recv(), Ok(1));
    receiver.close();
    let mut end = Task::new(receiver.recv());
    assert!(end.poll().is_pending());
    drop(late);
    assert!(end.is_woken());
    assert_eq!(end.poll(), Poll::Ready(None));
}

#[test]
fn a_value_is_not_lost_with_a_future_that_receives() {
    for polls in 0..3 {
        let (sender, mut receiver) = channel(4);
        let (free, mut received) = unbounded_channel();
        let mut buffer = Vec::new();
        let mut dropped = (
            Task::new(receiver.recv()),
            Task::new(received.recv_many(&mut buffer, 3)),
        );
        for _ in 0..polls {
            assert!(dropped.0.poll().is_pending() && dropped.1.poll().is_pending());
        }
        sender.try_send(1).unwrap();
        free.send(1).unwrap();
        assert_eq!(
            (dropped.0.is_woken(), dropped.1.is_woken()),
            (polls > 0, polls > 0)
        );
        drop(dropped);
        assert_eq!(block_on(receiver.recv()), Some(1));
        assert_eq!(block_on(received.recv_many(&mut buffer, 3)), 1);
        assert_eq!(buffer, [1]);
    }
}

#[test]
fn what_watched_the_end_leaves_nothing() {
    for polls in 0..3 {
        let (sender, receiver) = channel::<u8>(1);
        let mut watching = Task::new(sender.closed());
        for _ in 0..polls {
            assert!(watching.poll().is_pending());
        }
        drop(watching);
        drop(receiver);
        assert!(Task::new(sender.closed()).poll().is_ready());
    }
}
