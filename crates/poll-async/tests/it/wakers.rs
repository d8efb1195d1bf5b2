//! What waited and is gone keeps no waker: a task that was forgotten by everybody is freed.

use core::pin::pin;
use core::task::{Context, Waker};
use std::sync::Arc;

use poll_async::sync::{Notify, broadcast, mpsc, oneshot, watch};

use crate::drive::{Bell, Task};

/// Polls `future` to wait, drops it, and asserts that its waker is gone.
fn leaves_nothing<T>(future: impl Future<Output = T>) {
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(Arc::clone(&bell));
    {
        let mut future = pin!(future);
        let mut context = Context::from_waker(&waker);
        assert!(future.as_mut().poll(&mut context).is_pending());
        assert!(future.as_mut().poll(&mut context).is_pending());
        assert_eq!(Arc::strong_count(&bell), 3);
    }
    drop(waker);
    assert_eq!(Arc::strong_count(&bell), 1);
}

#[test]
fn of_futures_that_are_dropped() {
    let (sender, _receiver) = mpsc::channel(1);
    sender.try_send(1).unwrap();
    leaves_nothing(sender.send(2));
    leaves_nothing(sender.reserve());
    leaves_nothing(sender.reserve_many(1));
    leaves_nothing(sender.clone().reserve_owned());
    leaves_nothing(sender.closed());
    let (sender, _receiver) = mpsc::unbounded_channel::<u8>();
    leaves_nothing(sender.closed());
    let (sender, _receiver) = broadcast::channel::<u8>(1);
    leaves_nothing(sender.closed());
    let (sender, _receiver) = watch::channel(1);
    leaves_nothing(sender.closed());
    let notify = Arc::new(Notify::new());
    leaves_nothing(notify.notified());
    leaves_nothing(Arc::clone(&notify).notified_owned());
}

#[test]
fn of_ends_that_are_dropped() {
    let (_sender, mut receiver) = mpsc::channel::<u8>(1);
    leaves_nothing(async move { receiver.recv().await });
    let (_sender, mut receiver) = mpsc::unbounded_channel::<u8>();
    leaves_nothing(async move { receiver.recv().await });
    let (_sender, receiver) = oneshot::channel::<u8>();
    leaves_nothing(receiver);
    let (mut sender, _receiver) = oneshot::channel::<u8>();
    leaves_nothing(async move { sender.closed().await });
    let (sender, mut receiver) = broadcast::channel::<u8>(1);
    let _other = sender.subscribe();
    leaves_nothing(async move { receiver.recv().await });
    let (sender, mut receiver) = watch::channel(1);
    let _other = sender.subscribe();
    leaves_nothing(async move { receiver.changed().await });
}

#[test]
fn of_a_task_that_another_took_the_place_of() {
    let (_sender, mut receiver) = mpsc::channel::<u8>(1);
    let (_other, mut values) = broadcast::channel::<u8>(1);
    let (_third, mut value) = watch::channel(1);
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(Arc::clone(&bell));
    let mut context = Context::from_waker(&waker);
    assert!(receiver.poll_recv(&mut context).is_pending());
    assert!(values.poll_recv(&mut context).is_pending());
    assert!(value.poll_changed(&mut context).is_pending());
    assert_eq!(Arc::strong_count(&bell), 5);
    assert!(Task::new(receiver.recv()).poll().is_pending());
    assert!(Task::new(values.recv()).poll().is_pending());
    assert!(Task::new(value.changed()).poll().is_pending());
    assert_eq!(Arc::strong_count(&bell), 2);
}
