//! What never waits gives way to other tasks all the same.

use core::cell::Cell;
use std::rc::Rc;

use poll_async::runtime::LocalRuntime;
use poll_async::sync::{Barrier, CancellationToken, Mutex, RingBuffer, RwLock, Semaphore};
use poll_async::task::yield_now;

/// Does `once` again and again until another task has run, which takes a few hundred times.
fn gives_way(once: impl AsyncFn()) {
    let runtime = LocalRuntime::new().unwrap();
    runtime.block_on(async {
        let has_run = Rc::new(Cell::new(false));
        let other = Rc::clone(&has_run);
        let task = poll_async::spawn_local(async move { other.set(true) });
        for _ in 0..10_000 {
            once().await;
            if has_run.get() {
                return task.await.unwrap();
            }
        }
        panic!("the other task has not run");
    });
}

#[test]
fn a_task_that_always_gets_a_lock_or_a_permit_gives_way() {
    let (mutex, lock, semaphore) = (Mutex::new(()), RwLock::new(()), Semaphore::new(1));
    gives_way(async || drop(mutex.lock().await));
    gives_way(async || drop(lock.read().await));
    gives_way(async || drop(lock.write().await));
    gives_way(async || drop(semaphore.acquire().await.unwrap()));
}

#[test]
fn a_task_that_always_finds_room_or_the_end_gives_way() {
    let (ring, barrier, token) = (
        RingBuffer::new(1),
        Barrier::new(1),
        CancellationToken::new(),
    );
    token.cancel();
    gives_way(async || {
        ring.send(1).await.unwrap();
        ring.try_recv().unwrap();
    });
    gives_way(async || {
        let _result = barrier.wait().await;
    });
    gives_way(async || token.cancelled().await);
}

#[test]
fn a_main_future_that_only_yields_gives_way() {
    gives_way(yield_now);
}
