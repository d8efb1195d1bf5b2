//! Semaphores: order, numbers, the end, and futures that are dropped.

use core::task::{Context, Poll, Waker};
use std::sync::Arc;
use std::thread;

use poll_async::sync::{Semaphore, TryAcquireError};
use poll_async::task::yield_now;

use crate::drive::{Bell, Task, block_on};
use crate::victims::drop_each;

#[test]
fn permits_are_taken_and_come_back() {
    let semaphore = Semaphore::new(3);
    let two = block_on(semaphore.acquire_many(2)).unwrap();
    assert_eq!((two.num_permits(), semaphore.available_permits()), (2, 1));
    let one = semaphore.try_acquire().unwrap();
    let none = semaphore.try_acquire().err();
    assert_eq!(none, Some(TryAcquireError::NoPermits));
    drop(two);
    assert_eq!(semaphore.available_permits(), 2);
    one.forget();
    assert_eq!(semaphore.available_permits(), 2);
    assert_eq!(semaphore.forget_permits(5), 2);
    semaphore.add_permits(1);
    assert_eq!(
        semaphore.try_acquire_many(2).err(),
        Some(TryAcquireError::NoPermits)
    );
    assert_eq!(semaphore.try_acquire_many(0).unwrap().num_permits(), 0);
}

#[test]
fn who_asks_for_many_is_not_passed() {
    let semaphore = Semaphore::new(2);
    let held = semaphore.try_acquire_many(2).unwrap();
    let mut many = Task::new(semaphore.acquire_many(3));
    let mut one = Task::new(semaphore.acquire());
    assert!(many.poll().is_pending() && one.poll().is_pending());
    drop(held);
    assert!(!many.is_woken() && !one.is_woken());
    let barging = semaphore.try_acquire().err();
    assert_eq!(barging, Some(TryAcquireError::NoPermits));
    semaphore.add_permits(1);
    assert!(many.is_woken() && !one.is_woken());
    let Poll::Ready(Ok(three)) = many.poll() else {
        panic!("there are three");
    };
    assert!(one.poll().is_pending());
    drop(three);
    assert!(one.is_woken() && one.poll().is_ready());
}

#[test]
fn one_release_lets_several_in_and_in_order() {
    let semaphore = Semaphore::new(0);
    let mut tasks: Vec<_> = (0..5).map(|_| Task::new(semaphore.acquire())).collect();
    for task in &mut tasks {
        assert!(task.poll().is_pending());
    }
    semaphore.add_permits(3);
    let woken: Vec<_> = tasks.iter().map(Task::is_woken).collect();
    assert_eq!(woken, [true, true, true, false, false]);
}

#[test]
fn the_end_reaches_those_who_wait_and_those_who_come_and_leaves_permits_good() {
    let semaphore = Semaphore::new(1);
    let held = semaphore.try_acquire().unwrap();
    let mut waits = Task::new(semaphore.acquire());
    assert!(waits.poll().is_pending());
    semaphore.close();
    assert!(waits.is_woken() && semaphore.is_closed());
    assert!(matches!(waits.poll(), Poll::Ready(Err(_))));
    assert!(block_on(semaphore.acquire()).is_err());
    assert_eq!(semaphore.try_acquire().err(), Some(TryAcquireError::Closed));
    drop(held);
    assert_eq!(semaphore.available_permits(), 1);
}

#[test]
fn a_permit_that_was_assigned_before_the_end_is_good() {
    let semaphore = Semaphore::new(0);
    let mut waits = Task::new(semaphore.acquire());
    assert!(waits.poll().is_pending());
    semaphore.add_permits(1);
    semaphore.close();
    assert!(matches!(waits.poll(), Poll::Ready(Ok(_))));
}

#[test]
fn permits_are_split_and_merged() {
    let semaphore = Semaphore::new(5);
    let mut four = semaphore.try_acquire_many(4).unwrap();
    let one = four.split(1).unwrap();
    assert!(four.split(4).is_none());
    assert_eq!((four.num_permits(), one.num_permits()), (3, 1));
    drop(one);
    assert_eq!(semaphore.available_permits(), 2);
    four.merge(semaphore.try_acquire().unwrap());
    assert_eq!(four.num_permits(), 4);
    drop(four);
    assert_eq!(semaphore.available_permits(), 5);

    let shared = Arc::new(Semaphore::new(5));
    let mut four = block_on(Arc::clone(&shared).acquire_many_owned(4)).unwrap();
    let one = four.split(1).unwrap();
    assert!(Arc::ptr_eq(one.semaphore(), &shared));
    four.merge(one);
    four.merge(Arc::clone(&shared).try_acquire_owned().unwrap());
    assert_eq!((four.num_permits(), shared.available_permits()), (5, 0));
    four.forget();
    assert_eq!(shared.available_permits(), 0);
}

#[test]
#[should_panic(expected = "permits of different semaphores cannot be merged")]
fn permits_of_another_semaphore_are_refused() {
    let (first, second) = (Semaphore::new(1), Semaphore::new(1));
    let mut permit = first.try_acquire().unwrap();
    permit.merge(second.try_acquire().unwrap());
}

#[test]
#[should_panic(expected = "more permits than MAX_PERMITS")]
fn more_permits_than_there_can_be_are_refused() {
    Semaphore::new(1).add_permits(Semaphore::MAX_PERMITS);
}

#[test]
fn no_permit_and_no_wake_up_is_lost_with_a_future() {
    drop_each(
        |semaphore: &Semaphore| {
            let task = |count| {
                Task::new(async move {
                    let mut held = semaphore.acquire_many(count).await.unwrap();
                    yield_now().await;
                    let part = held.split(1);
                    yield_now().await;
                    drop(part);
                })
            };
            [2, 1, 3, 1, 2].into_iter().map(task).collect()
        },
        || Semaphore::new(3),
        |semaphore| assert_eq!(semaphore.available_permits(), 3),
    );
}

#[test]
fn a_future_that_moves_to_another_task_wakes_that_one() {
    let semaphore = Semaphore::new(0);
    let mut future = Box::pin(semaphore.acquire());
    let bells = [(); 2].map(|()| Arc::new(Bell::default()));
    for bell in &bells {
        let waker = Waker::from(Arc::clone(bell));
        let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
    }
    semaphore.add_permits(1);
    assert_eq!(bells.map(|bell| bell.take()), [0, 1]);
}

#[test]
fn threads_never_have_more_than_there_is() {
    let semaphore = Arc::new(Semaphore::new(2));
    let threads: Vec<_> = (1..=4)
        .map(|number| {
            let semaphore = Arc::clone(&semaphore);
            thread::spawn(move || {
                for _ in 0..2000 {
                    let count = 1 + number % 2;
                    let held = block_on(semaphore.acquire_many(count)).unwrap();
                    assert!(semaphore.available_permits() + held.num_permits() <= 2);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(semaphore.available_permits(), 2);
}
