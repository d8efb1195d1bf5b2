//! Channels for one value.

use core::panic::AssertUnwindSafe;
use core::task::Poll;
use std::panic::catch_unwind;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;

use poll_async::sync::oneshot::{Receiver, RecvError, Sender, TryRecvError, channel};
use static_assertions::{assert_impl_all, assert_not_impl_any, const_assert};

use crate::drive::{Task, block_on, poll_once};

assert_impl_all!(Sender<u8>: Send, Sync, Unpin);
assert_impl_all!(Receiver<u8>: Send, Sync, Unpin);
assert_not_impl_any!(Sender<Rc<u8>>: Send, Sync);
assert_not_impl_any!(Receiver<Rc<u8>>: Send, Sync);
const_assert!(size_of::<Receiver<[u64; 9]>>() == size_of::<usize>());

#[test]
fn the_value_arrives_and_wakes_who_waits() {
    let (sender, receiver) = channel();
    let mut receiving = Task::new(receiver);
    assert!(receiving.poll().is_pending());
    assert!(!sender.is_closed());
    sender.send(1).unwrap();
    assert!(receiving.is_woken());
    assert_eq!(receiving.poll(), Poll::Ready(Ok(1)));
    assert_eq!(receiving.poll(), Poll::Ready(Err(RecvError)));

    let (sender, mut receiver) = channel();
    sender.send(1).unwrap();
    assert_eq!(poll_once(&mut receiver), Poll::Ready(Ok(1)));
    assert!(receiver.is_terminated());
}

#[test]
fn a_sender_that_goes_without_sending_is_an_error() {
    let (sender, receiver) = channel::<u8>();
    let mut receiving = Task::new(receiver);
    assert!(receiving.poll().is_pending());
    drop(sender);
    assert!(receiving.is_woken());
    assert_eq!(receiving.poll(), Poll::Ready(Err(RecvError)));
}

#[test]
fn a_receiver_that_is_gone_gives_the_value_back() {
    let (mut sender, receiver) = channel();
    let mut closed = Task::new(sender.closed());
    assert!(closed.poll().is_pending());
    drop(receiver);
    assert!(closed.is_woken() && closed.poll().is_ready());
    drop(closed);
    assert!(sender.is_closed());
    assert_eq!(sender.send(1), Err(1));
}

#[test]
fn close_keeps_what_was_sent_and_refuses_what_was_not() {
    let (sender, mut receiver) = channel();
    sender.send(1).unwrap();
    receiver.close();
    assert!(!receiver.is_empty());
    assert_eq!(receiver.try_recv(), Ok(1));
    assert!(receiver.is_terminated() && receiver.is_empty());
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));

    let (sender, mut receiver) = channel();
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    assert!(!receiver.is_terminated());
    receiver.close();
    assert_eq!(sender.send(1), Err(1));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
}

#[test]
fn a_value_is_not_lost_with_a_borrow_that_waited() {
    for polls in 0..3 {
        let (sender, mut receiver) = channel();
        for _ in 0..polls {
            let mut waiting = Task::new(&mut receiver);
            assert!(waiting.poll().is_pending());
        }
        sender.send(1).unwrap();
        assert_eq!(poll_once(&mut receiver), Poll::Ready(Ok(1)));
    }
}

#[test]
fn who_watched_the_end_and_left_still_sends() {
    for polls in 0..3 {
        let (mut sender, receiver) = channel();
        let mut closed = Task::new(sender.closed());
        for _ in 0..polls {
            assert!(closed.poll().is_pending());
        }
        drop(closed);
        sender.send(1).unwrap();
        assert_eq!(receiver.blocking_recv(), Ok(1));
    }
}

#[test]
fn a_value_that_nobody_received_is_dropped_once_also_if_it_panics() {
    struct Bomb {
        _count: Arc<()>,
    }
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("a destructor of a value");
        }
    }
    let count = Arc::new(());
    let (sender, receiver) = channel();
    sender
        .send(Bomb {
            _count: Arc::clone(&count),
        })
        .ok()
        .unwrap();
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(receiver)));
    assert!(dropped.is_err());
    assert_eq!(Arc::strong_count(&count), 1);
}

#[test]
fn a_thread_waits_for_another() {
    for _ in 0..200 {
        let (sender, receiver) = channel();
        let thread = thread::spawn(move || block_on(receiver));
        sender.send(7).unwrap();
        assert_eq!(thread.join().unwrap(), Ok(7));
    }
}
