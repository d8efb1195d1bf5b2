//! The bound, permits, and who gets room.

use core::task::Poll;
use core::time::Duration;

use poll_async::join;
use poll_async::runtime::Builder;
use poll_async::sync::mpsc::{SendError, SendTimeoutError, TryRecvError, TrySendError, channel};
use poll_async::time::{Instant, sleep};

use crate::drive::{Task, block_on};

#[test]
fn the_bound_counts_what_was_taken_and_not_received() {
    let (sender, mut receiver) = channel(3);
    for number in 0..3 {
        sender.try_send(number).unwrap();
    }
    assert_eq!(sender.try_send(3), Err(TrySendError::Full(3)));
    assert_eq!(receiver.try_recv(), Ok(0));
    assert_eq!(
        (sender.capacity(), receiver.capacity(), receiver.len()),
        (1, 1, 2)
    );
    sender.try_send(3).unwrap();
    assert_eq!(sender.try_send(4), Err(TrySendError::Full(4)));
    let mut buffer = vec![9];
    assert_eq!(block_on(receiver.recv_many(&mut buffer, 5)), 2);
    assert_eq!(buffer, [9, 1, 2]);
    assert_eq!((sender.capacity(), sender.max_capacity()), (2, 3));
    assert_eq!(receiver.max_capacity(), 3);
}

#[test]
fn receiving_none_at_once_is_none() {
    let (_sender, mut receiver) = channel::<u8>(1);
    assert_eq!(block_on(receiver.recv_many(&mut Vec::new(), 0)), 0);
}

#[test]
fn room_goes_to_those_who_came_first_and_nobody_passes_them() {
    let (sender, mut receiver) = channel(2);
    let mut many = Task::new(async {
        for permit in sender.reserve_many(2).await.unwrap() {
            permit.send(1);
        }
    });
    sender.try_send(0).unwrap();
    assert!(many.poll().is_pending());
    let mut one = Task::new(sender.send(2));
    // There is room for one, and the first who waits needs two.
    assert!(one.poll().is_pending());
    assert_eq!(sender.try_send(3), Err(TrySendError::Full(3)));
    assert!(matches!(sender.try_reserve(), Err(TrySendError::Full(()))));
    assert_eq!(receiver.try_recv(), Ok(0));
    assert!(many.is_woken() && !one.is_woken());
    assert!(many.poll().is_ready());
    assert_eq!(receiver.try_recv(), Ok(1));
    assert!(one.is_woken());
    assert_eq!(one.poll(), Poll::Ready(Ok(())));
    assert_eq!(receiver.try_recv(), Ok(1));
    assert_eq!(receiver.try_recv(), Ok(2));
}

#[test]
fn sending_gives_up_when_the_time_is_over_and_hands_the_value_back() {
    let runtime = Builder::new_current_thread().start_paused(true);
    runtime.build().unwrap().block_on(async {
        let (sender, mut receiver) = channel(1);
        let second = Duration::from_secs(1);
        assert_eq!(sender.send_timeout(1, Duration::ZERO).await, Ok(()));
        let begun = Instant::now();
        let late = sender.send_timeout(2, second).await.unwrap_err();
        assert_eq!(late, SendTimeoutError::Timeout(2));
        assert_eq!((begun.elapsed(), late.into_inner()), (second, 2));
        // The place of the one that gave up is nobody's.
        let receiving = async {
            sleep(second / 2).await;
            receiver.recv().await
        };
        let (sent, received) = join!(sender.send_timeout(3, second), receiving);
        assert_eq!((sent, received), (Ok(()), Some(1)));
        let closing = async {
            sleep(second / 2).await;
            receiver.close();
        };
        let (refused, ()) = join!(sender.send_timeout(4, second), closing);
        assert_eq!(refused, Err(SendTimeoutError::Closed(4)));
        assert_eq!(receiver.try_recv(), Ok(3));
    });
}

#[test]
fn permits_that_are_not_used_go_back() {
    let (sender, mut receiver) = channel(4);
    let mut permits = sender.try_reserve_many(4).unwrap();
    assert_eq!((permits.len(), sender.capacity()), (4, 0));
    permits.next().unwrap().send(1);
    drop(permits.next());
    assert_eq!((permits.len(), sender.capacity()), (2, 1));
    drop(permits);
    assert_eq!((sender.capacity(), receiver.try_recv()), (3, Ok(1)));
    drop(sender.try_reserve().unwrap());
    let permit = sender.clone().try_reserve_owned().unwrap();
    let there = channel(1).0.try_reserve_owned().unwrap();
    assert!(permit.same_channel_as_sender(&sender) && !there.same_channel_as_sender(&sender));
    assert!(permit.same_channel(&permit) && !permit.same_channel(&there));
    drop(there.send(5));
    let sender = permit.release();
    assert_eq!(sender.capacity(), 4);
}

#[test]
fn more_than_the_capacity_is_refused() {
    let (sender, _receiver) = channel::<u8>(2);
    assert!(block_on(sender.reserve_many(3)).is_err());
    let refused = sender.try_reserve_many(3);
    assert!(matches!(refused, Err(TrySendError::Closed(()))));
    assert_eq!(block_on(sender.reserve_many(0)).unwrap().len(), 0);
}

#[test]
fn after_close_permits_still_send_and_the_end_comes_after_them() {
    let (sender, mut receiver) = channel(2);
    let permit = sender.try_reserve().unwrap();
    let owned = sender.clone().try_reserve_owned().unwrap();
    let mut refused = Task::new(sender.send(7));
    assert!(refused.poll().is_pending());
    receiver.close();
    assert!(refused.is_woken() && sender.is_closed());
    assert_eq!(refused.poll(), Poll::Ready(Err(SendError(7))));
    assert_eq!(sender.try_send(8), Err(TrySendError::Closed(8)));
    assert_eq!(block_on(sender.send(9)), Err(SendError(9)));
    permit.send(1);
    let mut end = Task::new(async { (receiver.recv().await, receiver.recv().await) });
    assert!(end.poll().is_pending());
    drop(owned);
    assert!(end.is_woken());
    assert_eq!(end.poll(), Poll::Ready((Some(1), None)));
    drop(end);
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
}

#[test]
fn an_owned_permit_that_goes_last_ends_the_channel() {
    let (sender, mut receiver) = channel::<u8>(1);
    let permit = block_on(sender.reserve_owned()).unwrap();
    let mut end = Task::new(receiver.recv());
    assert!(end.poll().is_pending());
    drop(permit);
    assert!(end.is_woken());
    assert_eq!(end.poll(), Poll::Ready(None));
}

#[test]
#[should_panic(expected = "room for at least one")]
fn a_channel_without_room_is_refused() {
    drop(channel::<u8>(0));
}
