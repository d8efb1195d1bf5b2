//! The lock.

use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc;
use std::task::Poll;
use std::thread;

use asio::{AsyncMutex, async_spawn};
use poll_async::task::yield_now;

use crate::stage::{LIMIT, poll_once, run};

#[test]
fn a_guard_that_is_held_while_its_task_waits_keeps_others_out() {
    const TASKS: usize = 8;
    const TIMES: usize = 300;
    run(async {
        let mutex = Arc::new(AsyncMutex::new(0));
        let add = || {
            let mutex = Arc::clone(&mutex);
            async_spawn(async move {
                for _ in 0..TIMES {
                    let mut guard = mutex.lock().await;
                    let before = *guard;
                    yield_now().await;
                    *guard = before + 1;
                }
            })
        };
        let tasks: Vec<_> = (0..TASKS).map(|_| add()).collect();
        for task in tasks {
            task.await;
        }
        assert_eq!(*mutex.lock().await, TASKS * TIMES);
    });
}

#[test]
fn the_first_that_comes_is_the_first_served() {
    run(async {
        let mutex = AsyncMutex::new(());
        let guard = mutex.lock().await;
        let mut first = pin!(mutex.lock());
        let mut second = pin!(mutex.lock());
        assert!(poll_once(first.as_mut()).is_pending());
        assert!(poll_once(second.as_mut()).is_pending());
        drop(guard);
        assert!(poll_once(second.as_mut()).is_pending());
        let served = poll_once(first.as_mut());
        assert!(served.is_ready());
        drop(served);
        assert!(poll_once(second.as_mut()).is_ready());
    });
}

#[test]
fn a_guard_is_dropped_outside_of_any_task_and_lets_the_next_one_in() {
    let mutex = Arc::new(AsyncMutex::new(1));
    let (waits, waiting) = mpsc::channel();
    let mut lock = Box::pin(mutex.lock());
    let Poll::Ready(guard) = poll_once(lock.as_mut()) else {
        panic!("it is free");
    };
    let other = Arc::clone(&mutex);
    let running = thread::spawn(move || {
        run(async move {
            let mut lock = pin!(other.lock());
            assert!(poll_once(lock.as_mut()).is_pending());
            waits.send(()).unwrap();
            *lock.await += 1;
        });
    });
    waiting.recv_timeout(LIMIT).unwrap();
    drop(guard);
    running.join().unwrap();
    assert!(matches!(poll_once(pin!(mutex.lock())), Poll::Ready(guard) if *guard == 2));
}
