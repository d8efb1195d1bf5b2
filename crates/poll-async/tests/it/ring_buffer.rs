//! Ring buffers: the bound, order, the end, and futures that are dropped.

use core::cell::RefCell;
use core::task::Poll;
use std::sync::Arc;
use std::thread;

use poll_async::sync::RingBuffer;
use poll_async::sync::mpsc::{SendError, TryRecvError, TrySendError};
use poll_async::task::yield_now;

use crate::drive::{Task, block_on};
use crate::victims::drop_each;

#[test]
fn the_bound_is_kept() {
    for bound in [1, 2, 5, 100] {
        let ring = RingBuffer::new(bound);
        for value in 0..bound {
            assert_eq!(ring.try_send(value), Ok(()));
        }
        assert_eq!(ring.try_send(7), Err(TrySendError::Full(7)));
        let mut waits = Task::new(ring.send(bound));
        assert!(waits.poll().is_pending());
        assert_eq!((ring.len(), ring.capacity()), (bound, bound));
        assert_eq!(block_on(ring.recv()), Some(0));
        assert!(waits.is_woken());
        // The room is its, though it has not run since.
        assert_eq!(ring.try_send(7), Err(TrySendError::Full(7)));
        assert_eq!(waits.poll(), Poll::Ready(Ok(())));
        for value in 1..=bound {
            assert_eq!(ring.try_recv(), Ok(value));
        }
        assert_eq!(ring.try_recv(), Err(TryRecvError::Empty));
        assert!(ring.is_empty());
    }
}

#[test]
#[should_panic(expected = "a ring has room for one value at least")]
fn a_ring_without_room_is_refused() {
    drop(RingBuffer::<u8>::new(0));
}

#[test]
fn receivers_that_wait_get_values_in_the_order_they_came() {
    let ring = RingBuffer::new(3);
    let mut tasks = [(); 3].map(|()| Task::new(ring.recv()));
    for task in &mut tasks {
        assert!(task.poll().is_pending());
    }
    for value in 0..2 {
        ring.try_send(value).unwrap();
    }
    assert_eq!(tasks.each_ref().map(Task::is_woken), [true, true, false]);
    // Both values are theirs, though they have not run since.
    assert_eq!(ring.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(tasks[0].poll(), Poll::Ready(Some(0)));
    assert_eq!(tasks[1].poll(), Poll::Ready(Some(1)));
    assert!(tasks[2].poll().is_pending());
}

#[test]
fn after_the_end_what_was_sent_is_received_and_nothing_more_is_sent() {
    let ring = RingBuffer::new(2);
    ring.try_send(1).unwrap();
    ring.try_send(2).unwrap();
    let mut sends = Task::new(ring.send(3));
    assert!(sends.poll().is_pending());
    ring.close();
    assert!(ring.is_closed() && sends.is_woken());
    assert_eq!(sends.poll(), Poll::Ready(Err(SendError(3))));
    assert_eq!(ring.try_send(4), Err(TrySendError::Closed(4)));
    assert_eq!(block_on(ring.send(5)), Err(SendError(5)));
    assert_eq!(ring.try_recv(), Ok(1));
    assert_eq!(block_on(ring.recv()), Some(2));
    assert_eq!(block_on(ring.recv()), None);
    assert_eq!(ring.try_recv(), Err(TryRecvError::Disconnected));
}

#[test]
fn the_end_wakes_receivers_that_wait() {
    let ring = RingBuffer::<u8>::new(1);
    let mut waits = Task::new(ring.recv());
    assert!(waits.poll().is_pending());
    ring.close();
    assert!(waits.is_woken());
    assert_eq!(waits.poll(), Poll::Ready(None));
}

#[test]
fn room_that_was_assigned_before_the_end_is_not_used_after_it() {
    let ring = RingBuffer::new(1);
    ring.try_send(1).unwrap();
    let mut sends = Task::new(ring.send(2));
    assert!(sends.poll().is_pending());
    assert_eq!(ring.try_recv(), Ok(1));
    ring.close();
    assert_eq!(block_on(ring.recv()), None);
    assert_eq!(sends.poll(), Poll::Ready(Err(SendError(2))));
}

#[test]
fn no_value_no_room_and_no_wake_up_is_lost_with_a_future() {
    drop_each(
        |(ring, seen): &(RingBuffer<u32>, RefCell<Vec<u32>>)| {
            let send = |value: u32| {
                Task::new(async move {
                    yield_now().await;
                    ring.send(value).await.unwrap();
                    ring.send(value + 1).await.unwrap();
                })
            };
            let receive = || {
                Task::new(async {
                    while let Some(value) = ring.recv().await {
                        seen.borrow_mut().push(value);
                    }
                })
            };
            // Ends it when all that came has been received; also twice, for one is dropped.
            let end = || {
                Task::new(async {
                    for _ in 0..20 {
                        yield_now().await;
                    }
                    ring.close();
                })
            };
            vec![
                send(0),
                receive(),
                send(10),
                receive(),
                send(20),
                end(),
                end(),
            ]
        },
        || (RingBuffer::new(1), RefCell::new(Vec::new())),
        |(ring, seen)| {
            assert_eq!(ring.len(), 0);
            let mut seen = seen.borrow().clone();
            seen.sort_unstable();
            // One sender may have been dropped, and then the rest of its values is missing.
            let lost = [0, 1, 10, 11, 20, 21]
                .iter()
                .filter(|value| !seen.contains(value))
                .count();
            assert!(
                lost <= 2 && seen.is_sorted_by(|before, after| before < after),
                "{seen:?}"
            );
        },
    );
}

#[test]
#[should_panic(expected = "capacity overflow")]
fn a_ring_that_no_memory_can_hold_is_refused() {
    let _ring = RingBuffer::<u64>::new(usize::MAX);
}

#[test]
fn a_ring_of_what_takes_no_memory_has_any_bound() {
    let ring = RingBuffer::new(usize::MAX);
    ring.try_send(()).unwrap();
    assert_eq!((ring.len(), ring.capacity()), (1, usize::MAX));
    ring.try_recv().unwrap();
    assert!(ring.try_recv().is_err());
}

#[test]
fn values_are_dropped_with_the_ring() {
    let value = Arc::new(());
    let ring = RingBuffer::new(2);
    ring.try_send(Arc::clone(&value)).unwrap();
    drop(ring);
    assert_eq!(Arc::strong_count(&value), 1);
}

#[test]
fn threads_receive_each_value_once() {
    const EACH: u64 = 2000;
    let ring = Arc::new(RingBuffer::new(3));
    let senders: Vec<_> = (0..2)
        .map(|number| {
            let ring = Arc::clone(&ring);
            thread::spawn(move || {
                for value in 0..EACH {
                    block_on(ring.send(number * EACH + value)).unwrap();
                    assert!(ring.len() <= 3);
                }
            })
        })
        .collect();
    let receivers: Vec<_> = (0..2)
        .map(|_| {
            let ring = Arc::clone(&ring);
            thread::spawn(move || {
                let mut seen = Vec::new();
                while let Some(value) = block_on(ring.recv()) {
                    seen.push(value);
                }
                seen
            })
        })
        .collect();
    for sender in senders {
        sender.join().unwrap();
    }
    ring.close();
    let mut seen: Vec<_> = receivers
        .into_iter()
        .flat_map(|thread| thread.join().unwrap())
        .collect();
    seen.sort_unstable();
    assert!(seen.into_iter().eq(0..2 * EACH));
}
