//! Channels whose every receiver receives every value.

use core::cell::Cell;
use core::panic::AssertUnwindSafe;
use core::pin::Pin;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::{Context, Poll, Waker};
use std::panic::catch_unwind;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;

use futures_core::Stream;
use poll_async::sync::broadcast::{
    Receiver, RecvError, SendError, Sender, TryRecvError, WeakSender, channel,
};
use proptest::prelude::{Strategy, any, prop, prop_oneof, proptest};
use static_assertions::{assert_impl_all, assert_not_impl_any};

use crate::drive::{Bell, Task, block_on};

assert_impl_all!(Sender<u8>: Send, Sync, Unpin, Clone);
assert_impl_all!(WeakSender<u8>: Send, Sync, Unpin, Clone);
assert_impl_all!(Receiver<u8>: Send, Sync, Unpin);
// Receivers on several threads clone one value.
assert_not_impl_any!(Sender<Cell<u8>>: Send, Sync);
assert_not_impl_any!(Receiver<Rc<u8>>: Send, Sync);

#[test]
fn every_receiver_receives_what_was_sent_since_it_was_made() {
    let (sender, mut first) = channel(8);
    assert_eq!(sender.send(1), Ok(1));
    let mut second = sender.subscribe();
    assert_eq!(sender.send(2), Ok(2));
    let mut third = first.resubscribe();
    assert_eq!((first.len(), second.len(), third.len()), (2, 1, 0));
    assert!(third.is_empty() && first.same_channel(&third));
    let mut waiting = Task::new(third.recv());
    assert!(waiting.poll().is_pending());
    assert_eq!(sender.send(3), Ok(3));
    assert!(waiting.is_woken());
    assert_eq!(waiting.poll(), Poll::Ready(Ok(3)));
    drop(waiting);
    assert_eq!([1, 2, 3].map(Ok), [(); 3].map(|()| first.try_recv()));
    assert_eq!([2, 3].map(Ok), [(); 2].map(|()| second.blocking_recv()));
    assert_eq!(
        [&mut first, &mut second, &mut third].map(Receiver::try_recv),
        [
            Err(TryRecvError::Empty),
            Err(TryRecvError::Empty),
            Err(TryRecvError::Empty),
        ]
    );
    assert!(sender.is_empty());
}

#[test]
fn a_slow_receiver_is_told_how_much_it_missed_and_goes_on_with_the_oldest() {
    let (sender, mut slow) = channel(2);
    let mut quick = sender.subscribe();
    for number in 0..5 {
        sender.send(number).unwrap();
        assert_eq!(quick.try_recv(), Ok(number));
    }
    assert_eq!((slow.len(), sender.len()), (5, 2));
    assert_eq!(slow.try_recv(), Err(TryRecvError::Lagged(3)));
    assert_eq!([slow.try_recv(), slow.try_recv()], [Ok(3), Ok(4)]);
    (0..3).for_each(|number| assert_eq!(sender.send(number), Ok(2)));
    assert_eq!(block_on(slow.recv()), Err(RecvError::Lagged(1)));
}

#[test]
fn without_receivers_the_value_comes_back() {
    let (sender, receiver) = channel(1);
    let mut closed = Task::new(sender.closed());
    assert!(closed.poll().is_pending());
    sender.send(1).unwrap();
    drop(receiver);
    assert!(closed.is_woken() && closed.poll().is_ready());
    assert_eq!(sender.send(2), Err(SendError(2)));
    assert!(sender.is_empty());
    let mut again = sender.subscribe();
    assert_eq!((sender.send(3), again.try_recv()), (Ok(1), Ok(3)));
    for polls in 0..3 {
        let mut left = Task::new(sender.closed());
        (0..polls).for_each(|_| assert!(left.poll().is_pending()));
    }
    drop(again);
    assert!(Task::new(sender.closed()).poll().is_ready());
}

#[test]
fn the_end_comes_after_the_last_value_and_wakes() {
    let (sender, mut receiver) = channel::<u8>(1);
    let weak = sender.downgrade();
    assert_eq!((weak.strong_count(), weak.clone().weak_count()), (1, 2));
    drop(weak.upgrade().unwrap());
    assert_eq!((sender.weak_count(), receiver.sender_weak_count()), (1, 1));
    let mut end = Task::new(receiver.recv());
    assert!(end.poll().is_pending());
    drop(sender.clone());
    assert!(!end.is_woken());
    drop(sender);
    assert!(end.is_woken() && weak.upgrade().is_none());
    assert_eq!(end.poll(), Poll::Ready(Err(RecvError::Closed)));
    drop(end);
    assert!(receiver.is_closed() && receiver.sender_strong_count() == 0);
}

#[test]
fn a_value_is_not_lost_with_a_future_that_receives() {
    for polls in 0..3 {
        let (sender, mut receiver) = channel(4);
        let mut dropped = Task::new(receiver.recv());
        (0..polls).for_each(|_| assert!(dropped.poll().is_pending()));
        sender.send(1).unwrap();
        assert_eq!(dropped.is_woken(), polls > 0);
        drop(dropped);
        assert_eq!(block_on(receiver.recv()), Ok(1));
        let mut next = Task::new(receiver.recv());
        assert!(next.poll().is_pending());
        sender.send(2).unwrap();
        assert!(next.is_woken());
    }
}

#[test]
fn a_receiver_is_a_stream() {
    let (sender, mut receiver) = channel(1);
    (0..2).for_each(|number| assert_eq!(sender.send(number), Ok(1)));
    let mut context = Context::from_waker(Waker::noop());
    let mut next = || Pin::new(&mut receiver).poll_next(&mut context);
    assert_eq!(next(), Poll::Ready(Some(Err(RecvError::Lagged(1)))));
    assert_eq!((next(), next()), (Poll::Ready(Some(Ok(1))), Poll::Pending));
    drop(sender);
    assert_eq!(next(), Poll::Ready(None));
}

/// Counts its clones, and panics when it is dropped if it should; uses its channel in both.
struct Value {
    sender: Sender<Self>,
    clones: Arc<AtomicUsize>,
    is_bomb: bool,
}

impl Clone for Value {
    fn clone(&self) -> Self {
        assert_eq!(self.sender.strong_count(), 2);
        self.clones.fetch_add(1, Ordering::Relaxed);
        Self {
            sender: self.sender.clone(),
            clones: Arc::clone(&self.clones),
            is_bomb: false,
        }
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        assert!(self.sender.strong_count() > 0);
        assert!(!self.is_bomb, "a destructor of a value");
    }
}

fn value(sender: &Sender<Value>, is_bomb: bool) -> Value {
    Value {
        sender: sender.clone(),
        clones: Arc::default(),
        is_bomb,
    }
}

#[test]
fn the_last_receiver_gets_the_value_itself_and_nothing_is_cloned_under_a_lock() {
    let (sender, mut first) = channel(1);
    let mut second = sender.subscribe();
    sender.send(value(&sender, false)).ok().unwrap();
    let clone = first.try_recv().ok().unwrap();
    assert_eq!((clone.clones.load(Ordering::Relaxed), sender.len()), (1, 1));
    drop(clone);
    let last = second.try_recv().ok().unwrap();
    assert_eq!((last.clones.load(Ordering::Relaxed), sender.len()), (1, 0));
}

#[test]
fn a_value_that_panics_in_its_destructor_leaves_the_channel_whole() {
    let (sender, mut first) = channel(1);
    sender.send(value(&sender, true)).ok().unwrap();
    let mut second = sender.subscribe();
    let mut waiting = Task::new(second.recv());
    assert!(waiting.poll().is_pending());
    let next = value(&sender, false);
    assert!(catch_unwind(AssertUnwindSafe(|| sender.send(next))).is_err());
    assert!(waiting.is_woken() && waiting.poll().is_ready());
    assert_eq!(first.try_recv().err(), Some(TryRecvError::Lagged(1)));
    assert!(first.try_recv().is_ok());
    sender.send(value(&sender, true)).ok().unwrap();
    drop(waiting);
    drop(second);
    assert!(catch_unwind(AssertUnwindSafe(|| drop(first))).is_err());
    assert_eq!((sender.receiver_count(), sender.len()), (0, 0));
}

#[test]
fn threads_receive_all_in_order() {
    let (sender, receiver) = channel(64);
    let threads = [(); 2].map(|()| {
        let mut receiver = receiver.resubscribe();
        thread::spawn(move || {
            let (mut next, mut missed) = (0, 0);
            loop {
                match receiver.blocking_recv() {
                    Ok(number) => {
                        assert_eq!(number, next + missed);
                        next += 1;
                    }
                    Err(RecvError::Lagged(count)) => missed += count,
                    Err(RecvError::Closed) => return next + missed,
                }
            }
        })
    });
    drop(receiver);
    (0..10_000).for_each(|number| assert_eq!(sender.send(number), Ok(2)));
    drop(sender);
    assert_eq!(
        threads.map(|thread| thread.join().unwrap()),
        [10_000, 10_000]
    );
}

#[test]
#[should_panic(expected = "room for at least one")]
fn a_channel_without_room_is_refused() {
    drop(channel::<u8>(0));
}

#[derive(Clone, Debug)]
enum Step {
    Send,
    Subscribe,
    Receive(usize),
    DropReceiver(usize),
    DropSender,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => any::<bool>().prop_map(|_| Step::Send),
        30 => any::<usize>().prop_map(Step::Receive),
        6 => any::<usize>().prop_map(|which| {
            if which % 5 < 3 { Step::Subscribe } else { Step::DropReceiver(which) }
        }),
        1 => any::<bool>().prop_map(|_| Step::DropSender),
    ]
}

struct Plain {
    receiver: Receiver<u64>,
    bell: Arc<Bell>,
    position: u64,
    is_waiting: bool,
}

/// Every value is its own position.
fn run(capacity: u64, steps: &[Step]) {
    let (sender, receiver) = channel(usize::try_from(capacity).unwrap());
    let begin = |receiver, position| Plain {
        receiver,
        bell: Arc::default(),
        position,
        is_waiting: false,
    };
    let mut receivers = vec![begin(receiver, 0)];
    let mut sender = Some(sender);
    let mut end = 0;
    for step in steps {
        match *step {
            Step::Send => {
                let Some(sender) = &sender else { continue };
                let expected = match receivers.len() {
                    0 => Err(SendError(end)),
                    count => Ok(count),
                };
                assert_eq!(sender.send(end), expected);
                end += u64::from(expected.is_ok());
            }
            Step::Subscribe => {
                let receiver = match (&sender, receivers.first()) {
                    (Some(sender), _) => sender.subscribe(),
                    (None, Some(plain)) => plain.receiver.resubscribe(),
                    (None, None) => continue,
                };
                receivers.push(begin(receiver, end));
            }
            Step::Receive(which) => {
                let Some(index) = which.checked_rem(receivers.len()) else {
                    continue;
                };
                let plain = &mut receivers[index];
                let oldest = end.saturating_sub(capacity).max(plain.position);
                let expected = if oldest > plain.position {
                    Poll::Ready(Err(RecvError::Lagged(oldest - plain.position)))
                } else if plain.position < end {
                    Poll::Ready(Ok(plain.position))
                } else if sender.is_none() {
                    Poll::Ready(Err(RecvError::Closed))
                } else {
                    Poll::Pending
                };
                let waker = Arc::clone(&plain.bell).into();
                let polled = plain.receiver.poll_recv(&mut Context::from_waker(&waker));
                assert_eq!(polled, expected);
                plain.position = oldest + u64::from(matches!(polled, Poll::Ready(Ok(_))));
                plain.is_waiting = polled.is_pending();
            }
            Step::DropReceiver(which) => {
                if let Some(index) = which.checked_rem(receivers.len()) {
                    drop(receivers.swap_remove(index));
                }
            }
            Step::DropSender => sender = None,
        }
        let oldest = end.saturating_sub(capacity);
        let first = receivers.iter().map(|plain| plain.position).min();
        let left = end - first.map_or(end, |first| first.max(oldest));
        if let Some(sender) = &sender {
            assert_eq!(u64::try_from(sender.len()), Ok(left));
        }
        for plain in &mut receivers {
            let has_news = plain.position < end || sender.is_none();
            assert_eq!(plain.bell.take() > 0, plain.is_waiting && has_news);
            plain.is_waiting &= !has_news;
        }
    }
}

proptest! {
    #[test]
    fn a_broadcast_channel_does_what_positions_say(
        capacity in 1..5_u64,
        steps in prop::collection::vec(step(), 0..120),
    ) {
        run(capacity, &steps);
    }
}

#[test]
fn room_for_more_than_memory_can_hold_costs_none() {
    let (sender, mut receiver) = channel(usize::MAX);
    assert_eq!(sender.send(1_u64).unwrap(), 1);
    assert_eq!(receiver.try_recv(), Ok(1));
}
