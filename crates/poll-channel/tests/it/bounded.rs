//! Channels with a capacity: exactly so many, and what happens to one more.

use core::time::Duration;
use std::thread;

use poll_channel::{
    Receiver, SendError, SendTimeoutError, SyncSender, TryRecvError, TrySendError, sync_channel,
};

use crate::rings::Rings;

const LONG: Duration = Duration::from_secs(20);

/// A full channel of `capacity`.
fn full(capacity: usize) -> (SyncSender<usize>, Receiver<usize>) {
    let (sender, receiver) = sync_channel(capacity);
    for value in 0..capacity {
        sender.try_send(value).unwrap();
    }
    (sender, receiver)
}

#[test]
fn one_value_more_than_fits_is_given_back() {
    for capacity in [1, 2, 64] {
        let (sender, mut receiver) = full(capacity);
        for round in 0..3 {
            assert_eq!(sender.try_send(99), Err(TrySendError::Full(99)));
            assert!(receiver.try_recv().is_ok(), "{capacity} {round}");
            sender.try_send(99).unwrap();
        }
    }
}

#[test]
#[should_panic(expected = "without room")]
fn a_channel_without_room_is_refused() {
    drop(sync_channel::<()>(0));
}

#[test]
fn a_send_to_a_full_channel_waits_no_longer_than_asked() {
    let (sender, mut receiver) = full(1);
    for timeout in [Duration::ZERO, Duration::from_millis(2)] {
        let refused = sender.send_timeout(7, timeout);
        assert_eq!(refused, Err(SendTimeoutError::Timeout(7)));
    }
    assert_eq!(receiver.try_recv(), Ok(0));
    sender.send_timeout(8, Duration::ZERO).unwrap();
    assert_eq!(receiver.try_recv(), Ok(8));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
}

#[test]
fn a_blocked_send_goes_on_when_a_value_was_received() {
    let (sender, mut receiver) = full(1);
    let thread = thread::spawn(move || {
        sender.send(1).unwrap();
        sender.send_timeout(2, LONG).unwrap();
        sender.send_timeout(3, Duration::MAX).unwrap();
    });
    for value in 0..4 {
        assert_eq!(receiver.recv_timeout(LONG), Ok(value));
    }
    thread.join().unwrap();
    assert!(receiver.is_finished());
}

#[test]
fn a_batch_makes_room_for_as_many_blocked_senders_as_it_took() {
    let (sender, mut receiver) = full(3);
    let threads: Vec<_> = (3..6)
        .map(|value| {
            let sender = sender.clone();
            thread::spawn(move || sender.send_timeout(value, LONG))
        })
        .collect();
    let mut seen = Vec::new();
    seen.extend(receiver.drain(3));
    for thread in threads {
        thread.join().unwrap().unwrap();
    }
    seen.extend(receiver.try_iter());
    seen.sort_unstable();
    assert_eq!(seen, [0, 1, 2, 3, 4, 5]);
}

#[test]
fn what_was_not_asked_for_still_counts() {
    let (sender, mut receiver) = full(4);
    assert_eq!(receiver.drain(2).next(), Some(0));
    sender.try_send(10).unwrap();
    sender.try_send(11).unwrap();
    assert_eq!(sender.try_send(12), Err(TrySendError::Full(12)));
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [1, 2, 3, 10, 11]);
}

#[test]
fn blocked_senders_get_their_values_back_when_the_receiver_goes() {
    let (sender, receiver) = full(1);
    let threads = [0, 1, 2].map(|kind| {
        let sender = sender.clone();
        thread::spawn(move || match kind {
            0 => assert_eq!(sender.send(10), Err(SendError(10))),
            1 => {
                let refused = sender.send_timeout(11, LONG);
                assert_eq!(refused, Err(SendTimeoutError::Disconnected(11)));
            }
            _ => {
                let refused = sender.send_timeout(12, Duration::MAX);
                assert_eq!(refused.map_err(SendTimeoutError::into_inner), Err(12));
            }
        })
    });
    drop(receiver);
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(sender.try_send(13), Err(TrySendError::Disconnected(13)));
    assert_eq!(sender.send(14), Err(SendError(14)));
    let refused = sender.send_timeout(15, Duration::ZERO);
    assert_eq!(refused, Err(SendTimeoutError::Disconnected(15)));
}

#[test]
fn a_full_channel_tells_its_loop_once() {
    let (sender, mut receiver) = sync_channel(2);
    let rings = Rings::default();
    receiver.attach(rings.clone());
    sender.send(1).unwrap();
    sender.send(2).unwrap();
    assert!(sender.try_send(3).is_err());
    assert_eq!(rings.take(), 1);
    assert_eq!(receiver.drain(1).count(), 1);
    assert_eq!(rings.take(), 1, "for the rest");
    assert_eq!(receiver.try_iter().count(), 1);
    drop(sender);
    assert_eq!(rings.take(), 1, "for the end");
}

#[test]
fn clones_share_the_capacity_and_the_last_one_disconnects() {
    let (sender, mut receiver) = full(1);
    let clone = sender.clone();
    assert_eq!(clone.try_send(1), Err(TrySendError::Full(1)));
    drop(sender);
    assert_eq!(receiver.try_recv(), Ok(0));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    drop(clone);
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
}

#[test]
fn errors_say_what_happened_and_convert() {
    let timeout = SendTimeoutError::Timeout(());
    let disconnected = SendTimeoutError::from(SendError(()));
    assert_eq!(disconnected, SendTimeoutError::Disconnected(()));
    assert_eq!(
        format!("{timeout:?} {disconnected:?}"),
        "Timeout(..) Disconnected(..)"
    );
    assert!(timeout.to_string().contains("full"));
    assert!(disconnected.to_string().contains("gone"));
}
