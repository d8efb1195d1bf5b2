//! Channels without bound: order, disconnection, when the loop is told, memory.

use core::time::Duration;

use poll_api::Token;
use poll_channel::{
    ReadySet, Receiver, RecvError, RecvTimeoutError, SendError, Sender, TryRecvError, channel,
};

use crate::rings::{Broken, Meddler, Rings};

fn attached<T>() -> (Sender<T>, Receiver<T>, Rings) {
    let (sender, mut receiver) = channel();
    let rings = Rings::default();
    receiver.attach(rings.clone());
    (sender, receiver, rings)
}

#[test]
fn values_arrive_in_order_and_then_the_channel_is_empty() {
    let (sender, mut receiver) = channel();
    for value in 0..100 {
        sender.send(value).unwrap();
    }
    for value in 0..100 {
        assert_eq!(receiver.try_recv(), Ok(value));
    }
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    sender.clone().send(100).unwrap();
    assert_eq!(receiver.try_recv(), Ok(100));
}

#[test]
fn the_loop_is_told_once_until_the_channel_was_found_empty() {
    let (sender, mut receiver, rings) = attached();
    assert_eq!(rings.take(), 0, "nothing to tell yet");
    for value in 0..10 {
        sender.send(value).unwrap();
    }
    assert_eq!(rings.take(), 1);
    for _ in 0..10 {
        receiver.try_recv().unwrap();
        sender.send(0).unwrap();
    }
    assert_eq!(rings.take(), 0, "never found empty");
    assert_eq!(receiver.try_iter().count(), 10);
    sender.send(0).unwrap();
    sender.send(0).unwrap();
    assert_eq!(rings.take(), 1);
}

#[test]
fn the_last_sender_that_goes_is_an_event_and_the_receiver_finds_it_after_the_values() {
    let (sender, mut receiver, rings) = attached();
    let clone = sender.clone();
    sender.send(1).unwrap();
    receiver.try_recv().unwrap();
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    rings.take();
    drop(sender);
    assert_eq!(rings.take(), 0, "another one is left");
    assert!(!receiver.is_finished());
    drop(clone);
    assert_eq!(rings.take(), 1);
    assert!(receiver.is_finished());
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
    assert_eq!(receiver.try_iter().next(), None);
}

#[test]
fn values_outlive_their_sender() {
    let (sender, mut receiver, rings) = attached();
    sender.send(1).unwrap();
    sender.send(2).unwrap();
    drop(sender);
    assert_eq!(rings.take(), 1);
    assert!(!receiver.is_finished());
    assert_eq!(receiver.try_recv(), Ok(1));
    assert!(!receiver.is_finished(), "one is taken but not received");
    assert_eq!(receiver.recv(), Ok(2));
    assert_eq!(receiver.recv(), Err(RecvError));
}

#[test]
fn one_call_takes_all_that_is_queued() {
    let (sender, mut receiver) = channel();
    (0..3).for_each(|value| sender.send(value).unwrap());
    assert_eq!(receiver.try_recv(), Ok(0));
    assert_eq!(receiver.try_iter().size_hint(), (2, Some(usize::MAX)));
    assert_eq!(receiver.drain(1).size_hint(), (1, Some(1)));
}

#[test]
fn a_value_sent_to_nobody_is_given_back() {
    let (sender, receiver) = channel();
    drop(receiver);
    assert_eq!(sender.send("kept"), Err(SendError("kept")));
}

#[test]
fn attaching_tells_at_once_what_is_there_already() {
    let (sender, mut receiver) = channel();
    sender.send(1).unwrap();
    let rings = Rings::default();
    receiver.attach(rings.clone());
    assert_eq!(rings.take(), 1, "a value");
    receiver.try_iter().for_each(drop);
    drop(sender);
    assert_eq!(rings.take(), 1);
    let others = Rings::default();
    receiver.attach(others.clone());
    assert_eq!(others.take(), 1, "the end");
    assert_eq!(rings.clones(), 1, "the waker before is dropped");
}

#[test]
fn a_detached_receiver_tells_nobody_and_drops_the_waker() {
    let (sender, mut receiver, rings) = attached();
    receiver.detach();
    assert_eq!(rings.clones(), 1);
    sender.send(1).unwrap();
    assert_eq!(rings.take(), 0);
    receiver.attach(rings.clone());
    assert_eq!(rings.take(), 1);
}

#[test]
fn a_dropped_receiver_drops_the_waker_although_senders_live() {
    let (sender, receiver, rings) = attached();
    drop(receiver);
    assert_eq!(rings.clones(), 1);
    assert!(sender.send(1).is_err());
    assert_eq!(rings.take(), 0);
}

#[test]
fn a_drain_that_stops_at_its_budget_is_told_again_for_the_rest() {
    let (sender, mut receiver, rings) = attached();
    for value in 0..5 {
        sender.send(value).unwrap();
    }
    rings.take();
    assert_eq!(receiver.drain(2).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(rings.take(), 1, "taken, not received");
    sender.send(5).unwrap();
    assert_eq!(rings.take(), 0);
    assert_eq!(receiver.drain(3).collect::<Vec<_>>(), [2, 3, 4]);
    assert_eq!(rings.take(), 1, "queued");
    assert_eq!(receiver.drain(1).collect::<Vec<_>>(), [5]);
    assert_eq!(rings.take(), 0, "nothing is left");
    sender.send(6).unwrap();
    assert_eq!(rings.take(), 1, "and it had asked");
}

#[test]
fn a_drain_that_reached_its_budget_at_the_end_of_the_channel_tells_the_end() {
    let (sender, mut receiver, rings) = attached();
    sender.send(1).unwrap();
    drop(sender);
    rings.take();
    assert_eq!(receiver.drain(1).count(), 1);
    assert_eq!(rings.take(), 1, "nobody has seen yet that it is over");
    assert_eq!(receiver.drain(1).count(), 0);
    assert_eq!(rings.take(), 0);
}

#[test]
fn an_iterator_that_is_dropped_early_is_told_again() {
    let (sender, mut receiver, rings) = attached();
    sender.send(1).unwrap();
    sender.send(2).unwrap();
    rings.take();
    assert_eq!(receiver.try_iter().next(), Some(1));
    assert_eq!(rings.take(), 1);
    let mut values = receiver.try_iter();
    assert_eq!(values.size_hint().0, 1);
    assert_eq!(values.next(), Some(2));
    assert_eq!(values.next(), None);
    sender.send(3).unwrap();
    assert_eq!(rings.take(), 1);
    assert_eq!(values.next(), None, "what ended stays ended");
    drop(values);
    assert_eq!(rings.take(), 0, "and has asked before");
}

#[test]
fn rearm_tells_at_once_or_later_and_once() {
    let (sender, mut receiver, rings) = attached();
    receiver.rearm();
    assert_eq!(rings.take(), 0);
    sender.send(1).unwrap();
    assert_eq!(rings.take(), 1);
    receiver.rearm();
    receiver.rearm();
    assert_eq!(rings.take(), 2, "each time it is asked");
    sender.send(2).unwrap();
    assert_eq!(rings.take(), 0);
}

#[test]
fn rearm_if_last_tells_of_what_follows_the_last_value() {
    let (sender, mut receiver, rings) = attached();
    sender.send(1).unwrap();
    sender.send(2).unwrap();
    assert_eq!(rings.take(), 1);
    receiver.rearm_if_last();
    assert_eq!(receiver.try_recv(), Ok(1));
    sender.send(3).unwrap();
    assert_eq!(rings.take(), 0, "two are left, and known of");
    receiver.rearm_if_last();
    assert_eq!(receiver.try_recv(), Ok(2));
    assert_eq!(rings.take(), 0);
    receiver.rearm_if_last();
    sender.send(4).unwrap();
    assert_eq!(rings.take(), 1, "before the last one is received");
    assert_eq!(receiver.try_recv(), Ok(3));
    drop(sender);
    assert_eq!(rings.take(), 0);
    receiver.rearm_if_last();
    assert_eq!(rings.take(), 1, "nothing follows");
    assert_eq!(receiver.try_recv(), Ok(4));
    receiver.rearm_if_last();
    assert_eq!(rings.take(), 0, "nothing is left");
}

#[test]
fn a_ping_of_a_dropped_receiver_leaves_its_set() {
    let mut set = ReadySet::new(Rings::default());
    let (sender, mut receiver) = channel();
    receiver.attach(set.registry().ping(Token(5)));
    sender.send(1).unwrap();
    drop(receiver);
    let mut seen = 0;
    assert_eq!(set.drain(8, |_| seen += 1), poll_channel::Drained::All);
    assert_eq!(seen, 0, "the sender keeps no clone");
}

#[test]
fn a_loop_that_cannot_be_woken_gets_its_values_all_the_same() {
    let (sender, mut receiver) = channel();
    receiver.attach(Broken);
    sender.send(1).unwrap();
    drop(sender);
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [1]);
}

#[test]
fn receiving_times_out_or_ends() {
    let (sender, mut receiver) = channel();
    let short = Duration::from_millis(1);
    assert_eq!(
        receiver.recv_timeout(Duration::ZERO),
        Err(RecvTimeoutError::Timeout)
    );
    assert_eq!(receiver.recv_timeout(short), Err(RecvTimeoutError::Timeout));
    sender.send(1).unwrap();
    assert_eq!(receiver.recv_timeout(Duration::ZERO), Ok(1));
    sender.send(2).unwrap();
    sender.send(3).unwrap();
    assert_eq!(receiver.recv_timeout(Duration::MAX), Ok(2));
    assert_eq!(receiver.recv_timeout(short), Ok(3));
    drop(sender);
    assert_eq!(
        receiver.recv_timeout(short),
        Err(RecvTimeoutError::Disconnected)
    );
}

#[test]
fn a_receiver_that_timed_out_asks_its_loop_to_be_told() {
    let (sender, mut receiver, rings) = attached();
    sender.send(1).unwrap();
    assert_eq!(receiver.recv_timeout(Duration::ZERO), Ok(1));
    rings.take();
    assert_eq!(
        receiver.recv_timeout(Duration::ZERO),
        Err(RecvTimeoutError::Timeout)
    );
    sender.send(2).unwrap();
    assert_eq!(rings.take(), 1);
}

/// A value that holds a sender of the channel it is sent through.
struct Knot(Sender<Self>);

#[test]
fn values_that_own_senders_of_their_channel_go_with_the_receiver() {
    let (sender, receiver, rings) = attached();
    for _ in 0..3 {
        let value = Knot(sender.clone());
        assert!(sender.send(value).is_ok());
    }
    drop(receiver);
    let refused = sender.send(Knot(sender.clone()));
    let Err(SendError(Knot(inner))) = refused else {
        unreachable!("the receiver is gone");
    };
    drop(inner);
    assert_eq!(rings.clones(), 1);
}

#[test]
fn a_value_whose_destructor_panics_leaves_the_channel_usable() {
    struct Bomb(bool);
    impl Drop for Bomb {
        fn drop(&mut self) {
            assert!(!self.0 || std::thread::panicking(), "the bomb");
        }
    }
    let (sender, mut receiver) = channel();
    assert!(sender.send(Bomb(true)).is_ok());
    assert!(sender.send(Bomb(false)).is_ok());
    let panicked = std::panic::catch_unwind(core::panic::AssertUnwindSafe(|| {
        drop(receiver.try_recv());
    }));
    assert!(panicked.is_err());
    assert!(matches!(receiver.try_recv(), Ok(Bomb(false))));
    assert!(matches!(receiver.try_recv(), Err(TryRecvError::Empty)));
}

#[test]
fn a_drain_that_a_panic_ends_asks_to_be_told_and_one_that_is_forgotten_does_not() {
    let (sender, mut receiver, rings) = attached();
    for value in 0..4 {
        sender.send(value).unwrap();
    }
    assert_eq!(rings.take(), 1);
    let panicked = std::panic::catch_unwind(core::panic::AssertUnwindSafe(|| {
        receiver.drain(8).for_each(|value| assert_ne!(value, 1));
    }));
    assert!(panicked.is_err());
    assert_eq!(rings.take(), 1, "two values are left");
    core::mem::forget(receiver.drain(8));
    sender.send(4).unwrap();
    assert_eq!(rings.take(), 0);
    receiver.rearm();
    assert_eq!(rings.take(), 1);
    assert_eq!(receiver.drain(8).collect::<Vec<_>>(), [2, 3, 4]);
}

#[test]
fn values_without_size_are_counted() {
    let (sender, mut receiver) = channel();
    for _ in 0..1000 {
        sender.send(()).unwrap();
    }
    assert_eq!(receiver.drain(600).count(), 600);
    receiver.shrink_to_fit();
    assert_eq!(receiver.try_iter().count(), 400);
}

#[test]
fn no_waker_runs_under_the_lock_of_its_channel() {
    let (sender, mut receiver) = channel();
    receiver.attach(Meddler(sender.clone()));
    sender.send(1).unwrap();
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [1, 1000]);
    receiver.attach(Meddler(sender.clone()));
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [2000, 1000]);
    receiver.detach();
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [2000]);
    receiver.attach(Meddler(sender.clone()));
    drop(receiver);
    assert_eq!(sender.send(1), Err(SendError(1)));
}
