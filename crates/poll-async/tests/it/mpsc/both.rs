//! What both kinds of channel do alike.

use core::panic::AssertUnwindSafe;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::panic::catch_unwind;
use std::sync::{Arc, Mutex};
use std::task::Wake;

use core::cell::Cell;
use futures_core::Stream;
use poll_async::sync::mpsc::{
    OwnedPermit, Permit, PermitIterator, Receiver, SendError, Sender, TryRecvError,
    UnboundedReceiver, UnboundedSender, WeakSender, WeakUnboundedSender, channel,
    unbounded_channel,
};
use static_assertions::{assert_impl_all, assert_not_impl_any, const_assert};
use std::rc::Rc;

use crate::drive::{Task, block_on};

assert_impl_all!(Sender<Cell<u8>>: Send, Sync, Unpin, Clone);
assert_impl_all!(UnboundedSender<Cell<u8>>: Send, Sync, Unpin, Clone);
assert_impl_all!(WeakSender<Cell<u8>>: Send, Sync, Unpin, Clone);
assert_impl_all!(WeakUnboundedSender<Cell<u8>>: Send, Sync, Unpin, Clone);
assert_impl_all!(Receiver<Cell<u8>>: Send, Unpin);
assert_impl_all!(UnboundedReceiver<Cell<u8>>: Send, Unpin);
assert_impl_all!(OwnedPermit<Cell<u8>>: Send, Sync);
assert_impl_all!(Permit<'static, Cell<u8>>: Send, Sync);
assert_impl_all!(PermitIterator<'static, Cell<u8>>: Send, Sync);
assert_not_impl_any!(Sender<Rc<u8>>: Send, Sync);
assert_not_impl_any!(Receiver<Rc<u8>>: Send, Sync);
const_assert!(size_of::<Sender<[u64; 9]>>() == size_of::<usize>());
const_assert!(size_of::<Receiver<[u64; 9]>>() == 5 * size_of::<usize>());

#[test]
fn values_come_in_order_and_then_the_end() {
    let (sender, mut receiver) = unbounded_channel();
    let mut all = Task::new(async {
        let mut all = Vec::new();
        while let Some(number) = receiver.recv().await {
            all.push(number);
        }
        all
    });
    assert!(all.poll().is_pending());
    sender.send(1).unwrap();
    assert!(all.is_woken() && all.poll().is_pending());
    let other = sender.clone();
    drop(sender);
    other.send(2).unwrap();
    other.send(3).unwrap();
    assert!(all.is_woken());
    drop(other);
    assert_eq!(all.poll(), Poll::Ready(vec![1, 2, 3]));
}

#[test]
fn the_last_sender_that_goes_wakes_the_receiver() {
    let (sender, mut receiver) = channel::<u8>(1);
    let mut end = Task::new(receiver.recv());
    assert!(end.poll().is_pending());
    drop(sender.clone());
    assert!(!end.is_woken());
    drop(sender);
    assert!(end.is_woken());
    assert_eq!(end.poll(), Poll::Ready(None));
}

#[test]
fn empty_and_disconnected_are_told_apart() {
    let (sender, mut receiver) = unbounded_channel();
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    sender.send(1).unwrap();
    drop(sender);
    assert!(receiver.is_closed() && !receiver.is_empty());
    assert_eq!(receiver.try_recv(), Ok(1));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
    assert!(receiver.is_empty());
}

#[test]
fn what_was_sent_before_close_is_received_and_nothing_after() {
    let (sender, mut receiver) = unbounded_channel();
    sender.send(1).unwrap();
    receiver.close();
    assert_eq!(sender.send(2), Err(SendError(2)));
    assert!(sender.is_closed() && receiver.is_closed());
    assert_eq!(block_on(receiver.recv()), Some(1));
    assert_eq!(block_on(receiver.recv()), None);
}

#[test]
fn senders_that_watch_are_told_of_the_end() {
    let (sender, mut receiver) = channel::<u8>(1);
    let mut watching = [Task::new(sender.closed()), Task::new(sender.closed())];
    let mut left = Task::new(sender.closed());
    assert!(left.poll().is_pending());
    assert!(watching.iter_mut().all(|task| task.poll().is_pending()));
    drop(left);
    receiver.close();
    assert!(watching.iter().all(Task::is_woken));
    assert!(watching.iter_mut().all(|task| task.poll().is_ready()));
    drop(receiver);
    assert!(Task::new(sender.closed()).poll().is_ready());
}

#[test]
fn values_that_are_left_are_dropped_with_the_receiver_and_come_back_to_senders() {
    let value = Arc::new(());
    let (sender, mut receiver) = channel(3);
    for _ in 0..3 {
        sender.try_send(Arc::clone(&value)).unwrap();
    }
    // One is received, one taken, and one in the queue.
    drop(receiver.try_recv().unwrap());
    sender.try_send(Arc::clone(&value)).unwrap();
    let permit = sender.clone().try_reserve_owned();
    assert!(permit.is_err());
    let mut late = Task::new(sender.send(Arc::clone(&value)));
    assert!(late.poll().is_pending());
    drop(receiver);
    let Poll::Ready(Err(SendError(back))) = late.poll() else {
        panic!("the receiver is gone");
    };
    assert_eq!(Arc::strong_count(&value), 2);
    drop(back);
}

#[test]
fn a_weak_sender_keeps_no_channel_open() {
    let (sender, mut receiver) = channel(1);
    let weak = sender.downgrade();
    assert_eq!((sender.strong_count(), sender.weak_count()), (1, 1));
    let second = weak.upgrade().unwrap();
    assert!(second.same_channel(&sender) && !second.same_channel(&channel(1).0));
    assert_eq!((weak.strong_count(), weak.clone().weak_count()), (2, 2));
    assert_eq!(
        (receiver.sender_strong_count(), receiver.sender_weak_count()),
        (2, 1)
    );
    second.try_send(1).unwrap();
    drop((sender, second));
    assert!(weak.upgrade().is_none());
    assert_eq!(block_on(receiver.recv()), Some(1));
    assert_eq!(block_on(receiver.recv()), None);

    let (sender, receiver) = unbounded_channel::<u8>();
    let weak = sender.downgrade();
    assert!(
        weak.upgrade()
            .is_some_and(|second| second.same_channel(&sender))
    );
    assert_eq!((sender.weak_count(), receiver.sender_weak_count()), (1, 1));
    drop(sender);
    assert!(weak.upgrade().is_none() && receiver.is_closed());
    assert_eq!(
        (weak.strong_count(), receiver.sender_strong_count()),
        (0, 0)
    );
}

#[test]
fn a_receiver_is_a_stream() {
    let (sender, mut receiver) = channel(2);
    sender.try_send(1).unwrap();
    let mut context = Context::from_waker(Waker::noop());
    assert_eq!(
        Pin::new(&mut receiver).poll_next(&mut context),
        Poll::Ready(Some(1))
    );
    assert!(Pin::new(&mut receiver).poll_next(&mut context).is_pending());
    drop(sender);
    assert_eq!(
        Pin::new(&mut receiver).poll_next(&mut context),
        Poll::Ready(None)
    );
    let (sender, mut receiver) = unbounded_channel();
    sender.send(1).unwrap();
    assert_eq!(
        Pin::new(&mut receiver).poll_next(&mut context),
        Poll::Ready(Some(1))
    );
}

/// Sends on the channel whose receiver it wakes, and drops the sender that it has.
struct Answering(Mutex<Option<Sender<u8>>>);

impl Wake for Answering {
    fn wake(self: Arc<Self>) {
        if let Some(sender) = self.0.lock().unwrap().take() {
            sender.try_send(2).unwrap();
        }
    }
}

#[test]
fn a_waker_may_send_on_the_channel_that_wakes_it() {
    let (sender, mut receiver) = channel(2);
    let waker = Waker::from(Arc::new(Answering(Mutex::new(Some(sender.clone())))));
    assert!(
        receiver
            .poll_recv(&mut Context::from_waker(&waker))
            .is_pending()
    );
    sender.try_send(1).unwrap();
    drop(sender);
    assert_eq!(
        [1, 2].map(Some),
        [block_on(receiver.recv()), block_on(receiver.recv())]
    );
    assert_eq!(block_on(receiver.recv()), None);
}

/// Uses the channel that it is in, and panics, when it is dropped.
struct Bomb(Sender<Self>);

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(self.0.is_closed());
        panic!("a destructor of a value");
    }
}

#[test]
fn a_value_that_panics_in_its_destructor_leaves_the_channel_whole() {
    let (sender, receiver) = channel(1);
    sender.try_send(Bomb(sender.clone())).ok().unwrap();
    let mut waiting = Task::new(sender.reserve());
    assert!(waiting.poll().is_pending());
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(receiver)));
    assert!(dropped.is_err());
    assert!(waiting.is_woken());
    assert!(matches!(waiting.poll(), Poll::Ready(Err(SendError(())))));
    drop(waiting);
    assert_eq!((sender.strong_count(), sender.capacity()), (1, 1));
}

#[test]
fn nothing_in_a_channel_of_nothing_goes_wrong() {
    let (sender, mut receiver) = channel(2);
    assert!(receiver.try_recv().is_err());
    for _ in 0..10 {
        sender.try_send(()).unwrap();
        sender.try_send(()).unwrap();
        assert!(sender.try_send(()).is_err());
        assert_eq!(block_on(receiver.recv()), Some(()));
        assert_eq!(block_on(receiver.recv()), Some(()));
        assert!(Task::new(receiver.recv()).poll().is_pending());
    }
}
