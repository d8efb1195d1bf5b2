//! A value that is watched.

use core::cell::Cell;
use core::panic::AssertUnwindSafe;
use core::task::{Context, Poll, Waker};
use std::panic::catch_unwind;
use std::sync::Arc;
use std::task::Wake;
use std::thread;

use poll_async::sync::watch::{Receiver, RecvError, Ref, SendError, Sender, channel};
use proptest::prelude::{Strategy, any, prop, prop_oneof, proptest};
use static_assertions::{assert_impl_all, assert_not_impl_any};

use crate::drive::{Bell, Task, block_on};

assert_impl_all!(Sender<u8>: Send, Sync, Unpin, Clone, Default);
assert_impl_all!(Receiver<u8>: Send, Sync, Unpin, Clone);
assert_impl_all!(Ref<'static, u8>: Sync);
// It is a guard, and must not go over an `await` of a task that moves.
assert_not_impl_any!(Ref<'static, u8>: Send);
assert_not_impl_any!(Sender<Cell<u8>>: Send, Sync);

fn is_send<T: Send>(value: T) -> T {
    value
}

#[test]
fn a_change_wakes_and_is_seen_once() {
    let (sender, mut receiver) = channel(0);
    let mut other = receiver.clone();
    let mut changed = Task::new(is_send(receiver.changed()));
    assert!(changed.poll().is_pending());
    sender.send(1).unwrap();
    sender.send(2).unwrap();
    assert!(changed.is_woken());
    assert_eq!(changed.poll(), Poll::Ready(Ok(())));
    drop(changed);
    assert!(!receiver.borrow().has_changed());
    assert_eq!(*receiver.borrow(), 2);
    assert!(Task::new(receiver.changed()).poll().is_pending());
    assert!(other.borrow().has_changed());
    assert_eq!(other.has_changed(), Ok(true));
    assert!(other.borrow_and_update().has_changed());
    assert!(!other.borrow_and_update().has_changed());
    assert_eq!(other.has_changed(), Ok(false));
    assert!(receiver.same_channel(&other));
}

#[test]
fn the_last_value_is_seen_before_the_end() {
    let (sender, mut receiver) = channel(0);
    let mut idle = receiver.clone();
    let mut end = Task::new(idle.changed());
    assert!(end.poll().is_pending());
    let second = sender.clone();
    assert!(second.same_channel(&sender) && sender.sender_count() == 2);
    drop(sender);
    assert!(!end.is_woken());
    drop(second);
    assert!(end.is_woken());
    assert_eq!(end.poll(), Poll::Ready(Err(RecvError)));
    receiver.mark_changed();
    assert_eq!(receiver.has_changed(), Err(RecvError));
    assert_eq!(block_on(receiver.changed()), Ok(()));
    assert_eq!(block_on(receiver.changed()), Err(RecvError));
    assert!(receiver.is_closed());
}

#[test]
fn a_value_is_changed_in_place_and_told_of_if_it_matters() {
    let (sender, mut receiver) = channel(vec![1]);
    assert!(!sender.send_if_modified(|value| {
        value.push(2);
        false
    }));
    assert_eq!(receiver.has_changed(), Ok(false));
    sender.send_modify(|value| value.push(3));
    assert_eq!(receiver.has_changed(), Ok(true));
    receiver.mark_unchanged();
    assert_eq!(receiver.has_changed(), Ok(false));
    assert_eq!(sender.send_replace(vec![]), [1, 2, 3]);
    assert_eq!(*sender.borrow(), []);
    assert!(!sender.borrow().has_changed());
    let failed = catch_unwind(AssertUnwindSafe(|| {
        sender.send_modify(|_| panic!("a change"));
    }));
    assert!(failed.is_err());
    assert!(receiver.borrow_and_update().is_empty());
    assert_eq!(receiver.has_changed(), Ok(false));
    sender.send(vec![4]).unwrap();
    assert_eq!(*receiver.borrow(), [4]);
}

#[test]
fn without_receivers_the_value_comes_back() {
    let sender = Sender::new(1);
    assert_eq!(sender.send(2), Err(SendError(2)));
    assert_eq!(sender.send_replace(3), 1);
    let receiver = sender.subscribe();
    assert_eq!((*receiver.borrow(), receiver.has_changed()), (3, Ok(false)));
    let mut closed = Task::new(is_send(sender.closed()));
    assert!(closed.poll().is_pending() && !sender.is_closed());
    let second = receiver.clone();
    assert_eq!(sender.receiver_count(), 2);
    drop(receiver);
    assert!(!closed.is_woken());
    for polls in 0..3 {
        let mut left = Task::new(sender.closed());
        (0..polls).for_each(|_| assert!(left.poll().is_pending()));
    }
    drop(second);
    assert!(closed.is_woken() && closed.poll().is_ready() && sender.is_closed());
}

#[test]
fn a_wanted_value_is_waited_for() {
    let (sender, mut receiver) = channel(0);
    assert_eq!(
        *block_on(receiver.wait_for(|value| *value == 0)).unwrap(),
        0
    );
    let mut wanted = Task::new(is_send(receiver.wait_for(|value| *value > 1)));
    assert!(wanted.poll().is_pending());
    sender.send(1).unwrap();
    assert!(wanted.is_woken() && wanted.poll().is_pending());
    sender.send(2).unwrap();
    assert!(wanted.is_woken());
    let Poll::Ready(Ok(value)) = wanted.poll() else {
        panic!("it is there");
    };
    assert!(*value == 2 && value.has_changed());
    drop(value);
    drop(wanted);
    assert_eq!(receiver.has_changed(), Ok(false));
    sender.send(3).unwrap();
    drop(sender);
    let mut last = 0;
    let never = block_on(receiver.wait_for(|value| {
        last = *value;
        false
    }));
    assert!(never.is_err());
    assert_eq!(last, 3);
}

#[test]
fn a_change_is_not_lost_with_a_future_that_waits() {
    for polls in 0..3 {
        let (sender, mut receiver) = channel(0);
        let mut dropped = Task::new(receiver.changed());
        (0..polls).for_each(|_| assert!(dropped.poll().is_pending()));
        sender.send(1).unwrap();
        assert_eq!(dropped.is_woken(), polls > 0);
        drop(dropped);
        let mut dropped = Task::new(receiver.wait_for(|value| *value > 1));
        (0..polls).for_each(|_| assert!(dropped.poll().is_pending()));
        drop(dropped);
        assert_eq!(receiver.has_changed(), Ok(polls == 0));
        let mut next = Task::new(receiver.wait_for(|value| *value == 2));
        assert!(next.poll().is_pending());
        sender.send(2).unwrap();
        assert!(next.is_woken() && next.poll().is_ready());
    }
}

#[test]
fn an_old_value_is_dropped_without_the_lock() {
    struct Looks(Option<Receiver<Self>>);
    impl Drop for Looks {
        fn drop(&mut self) {
            if let Some(receiver) = &self.0 {
                assert!(receiver.borrow().0.is_none());
            }
        }
    }
    let (sender, receiver) = channel(Looks(None));
    sender.send_modify(|value| value.0 = Some(receiver.clone()));
    sender.send(Looks(None)).ok().unwrap();
}

/// Borrows the value that it is woken for.
struct Looking(Receiver<u32>);

impl Wake for Looking {
    fn wake(self: Arc<Self>) {
        assert_eq!(*self.0.borrow(), 1);
    }
}

#[test]
fn a_waker_may_borrow_the_value() {
    let (sender, mut receiver) = channel(0);
    let waker = Waker::from(Arc::new(Looking(receiver.clone())));
    assert!(
        receiver
            .poll_changed(&mut Context::from_waker(&waker))
            .is_pending()
    );
    sender.send(1).unwrap();
    assert_eq!(receiver.has_changed(), Ok(true));
}

#[test]
fn a_thread_sees_the_last_value() {
    let (sender, mut receiver) = channel(0);
    let thread = thread::spawn(move || {
        let mut last = 0;
        while block_on(receiver.changed()).is_ok() {
            let value = *receiver.borrow_and_update();
            assert!(value >= last);
            last = value;
        }
        last
    });
    (1..=10_000).for_each(|number| sender.send(number).unwrap());
    drop(sender);
    assert_eq!(thread.join().unwrap(), 10_000);
}

#[derive(Clone, Debug)]
enum Step {
    Send,
    Keep,
    Subscribe,
    Clone(usize),
    Wait(usize),
    Look(usize),
    Update(usize),
    MarkChanged(usize),
    MarkUnchanged(usize),
    DropReceiver(usize),
    DropSender,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => any::<u8>().prop_map(|kind| if kind % 4 == 0 { Step::Keep } else { Step::Send }),
        30 => (any::<usize>(), 0..10_usize).prop_map(|(which, kind)| match kind {
            0 => Step::Look(which),
            1 => Step::Update(which),
            2 => Step::MarkChanged(which),
            3 => Step::MarkUnchanged(which),
            _ => Step::Wait(which),
        }),
        6 => (any::<usize>(), 0..4_usize).prop_map(|(which, kind)| match kind {
            0 => Step::Subscribe,
            1 => Step::Clone(which),
            _ => Step::DropReceiver(which),
        }),
        1 => any::<bool>().prop_map(|_| Step::DropSender),
    ]
}

struct Plain {
    receiver: Receiver<u32>,
    bell: Arc<Bell>,
    is_behind: bool,
    is_waiting: bool,
}

impl Plain {
    fn new(receiver: Receiver<u32>, is_behind: bool) -> Self {
        Self {
            receiver,
            bell: Arc::default(),
            is_behind,
            is_waiting: false,
        }
    }

    fn step(&mut self, step: &Step, value: u32, has_ended: bool) {
        match step {
            Step::Wait(_) => {
                let expected = if self.is_behind {
                    Poll::Ready(Ok(()))
                } else if has_ended {
                    Poll::Ready(Err(RecvError))
                } else {
                    Poll::Pending
                };
                let waker = Arc::clone(&self.bell).into();
                let polled = self.receiver.poll_changed(&mut Context::from_waker(&waker));
                assert_eq!(polled, expected);
                // It listens until it is told, also if it finds a change before that.
                self.is_waiting |= polled.is_pending();
                self.is_behind = false;
            }
            Step::Look(_) => {
                let looked = self.receiver.borrow();
                assert_eq!((*looked, looked.has_changed()), (value, self.is_behind));
            }
            Step::Update(_) => {
                let looked = self.receiver.borrow_and_update();
                assert_eq!((*looked, looked.has_changed()), (value, self.is_behind));
                self.is_behind = false;
            }
            Step::MarkChanged(_) if !self.is_behind => {
                self.receiver.mark_changed();
                self.is_behind = true;
            }
            Step::MarkUnchanged(_) => {
                self.receiver.mark_unchanged();
                self.is_behind = false;
            }
            _ => {}
        }
    }
}

fn run(steps: &[Step]) {
    let (sender, receiver) = channel(0);
    let mut sender = Some(sender);
    let mut receivers = vec![Plain::new(receiver, false)];
    let mut value = 0;
    for step in steps {
        match step {
            Step::Send | Step::Keep => {
                let Some(sender) = &sender else { continue };
                let is_told = matches!(step, Step::Send);
                if is_told {
                    let expected = receivers.first().map(|_| ()).ok_or(SendError(value + 1));
                    assert_eq!(sender.send(value + 1), expected);
                    value += u32::from(expected.is_ok());
                } else {
                    value += 1;
                    sender.send_if_modified(|old| {
                        *old = value;
                        false
                    });
                }
                for plain in &mut receivers {
                    plain.is_behind |= is_told;
                    assert_eq!(plain.bell.take() > 0, is_told && plain.is_waiting);
                    plain.is_waiting &= !is_told;
                }
            }
            Step::Subscribe => {
                let made = sender.as_ref().map(Sender::subscribe);
                receivers.extend(made.map(|receiver| Plain::new(receiver, false)));
            }
            Step::DropSender => {
                if sender.take().is_some() {
                    for plain in &mut receivers {
                        assert_eq!(plain.bell.take() > 0, plain.is_waiting);
                        plain.is_waiting = false;
                    }
                }
            }
            Step::Clone(which)
            | Step::DropReceiver(which)
            | Step::Wait(which)
            | Step::Look(which)
            | Step::Update(which)
            | Step::MarkChanged(which)
            | Step::MarkUnchanged(which) => {
                let Some(index) = which.checked_rem(receivers.len()) else {
                    continue;
                };
                let plain = &mut receivers[index];
                match step {
                    Step::Clone(_) => {
                        let clone = Plain::new(plain.receiver.clone(), plain.is_behind);
                        receivers.push(clone);
                    }
                    Step::DropReceiver(_) => drop(receivers.swap_remove(index)),
                    _ => plain.step(step, value, sender.is_none()),
                }
            }
        }
        if let Some(sender) = &sender {
            assert_eq!(sender.receiver_count(), receivers.len());
        }
    }
}

proptest! {
    #[test]
    fn receivers_are_behind_when_a_plain_one_is(
        steps in prop::collection::vec(step(), 0..120),
    ) {
        run(&steps);
    }
}
