//! Runtimes that end while others are not done with them.

use core::future::{pending, poll_fn};
use core::panic::AssertUnwindSafe;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use core::task::{Poll, Waker};
use std::panic::catch_unwind;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use poll_async::runtime::{Builder, LocalRuntime, UnhandledPanic};
use poll_async::sync::oneshot;
use poll_async::task::yield_now;
use poll_async::time::Instant;
use poll_async::{spawn, spawn_blocking};

use crate::stage::{LIMIT, runtimes, within_limit};

/// Counts how often one of it was dropped.
struct Dropped(Arc<AtomicUsize>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

async fn always_ready() {
    loop {
        yield_now().await;
    }
}

#[test]
fn a_runtime_that_ends_while_another_thread_drives_it_tells_those_that_join() {
    for runtime in runtimes() {
        within_limit(move || {
            let handle = runtime.handle().clone();
            let (running, is_running) = mpsc::channel();
            let other = thread::spawn(move || {
                handle.block_on(async move {
                    let task = spawn(always_ready());
                    yield_now().await;
                    running.send(()).unwrap();
                    task.await
                })
            });
            is_running.recv_timeout(LIMIT).unwrap();
            drop(runtime);
            assert!(other.join().unwrap().unwrap_err().is_cancelled());
        });
    }
}

/// The one that ends looks whether another thread is the worker, and that one whether it is to drop
/// what it has: in a few thousand rounds they meet in between.
#[test]
fn a_task_that_is_queued_when_its_driver_leaves_is_dropped_by_it_or_by_the_end() {
    within_limit(|| {
        // A machine that is a program itself does some hundred of them in that time.
        let end = Instant::now() + LIMIT / 8;
        for round in (0..5_000_u32).take_while(|_| Instant::now() < end) {
            let runtime = Builder::new_current_thread().build().unwrap();
            let handle = runtime.handle().clone();
            let arrived = Arc::new(AtomicUsize::new(0));
            let arrive = |arrived: &AtomicUsize| {
                arrived.fetch_add(1, Ordering::SeqCst);
                while arrived.load(Ordering::SeqCst) < 2 {
                    thread::yield_now();
                }
            };
            let arrives = Arc::clone(&arrived);
            let driver = thread::spawn(move || {
                let task = handle.block_on(poll_fn(|_| {
                    let task = spawn(pending::<()>());
                    arrive(&arrives);
                    for _ in 0..round % 1_000 {
                        core::hint::spin_loop();
                    }
                    Poll::Ready(task)
                }));
                // With the last handle all that is queued is gone anyway.
                (task, handle)
            });
            arrive(&arrived);
            drop(runtime);
            let (task, _handle) = driver.join().unwrap();
            assert!(task.is_finished(), "forgotten in round {round}");
        }
    });
}

#[test]
fn tasks_that_were_queued_at_the_end_can_be_joined_elsewhere() {
    for workers in 1..=4 {
        let builder = Builder::new_multi_thread().worker_threads(workers);
        let runtime = builder.build().unwrap();
        let tasks: Vec<_> = (0..100).map(|_| runtime.spawn(always_ready())).collect();
        drop(runtime);
        let elsewhere = LocalRuntime::new().unwrap();
        for task in tasks {
            let error = elsewhere.block_on(task).unwrap_err();
            assert!(error.is_cancelled(), "{error} with {workers} workers");
        }
    }
}

#[test]
fn a_runtime_that_a_panic_has_stopped_drops_its_tasks() {
    for builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
        let builder = builder.unhandled_panic(UnhandledPanic::ShutdownRuntime);
        let runtime = builder.build().unwrap();
        let count = Arc::new(AtomicUsize::new(0));
        let dropped = Dropped(Arc::clone(&count));
        drop(runtime.spawn(async move {
            let _dropped = dropped;
            pending::<()>().await;
        }));
        drop(runtime.spawn(async { panic!("nobody joins") }));
        let stopped = catch_unwind(AssertUnwindSafe(|| runtime.block_on(pending::<()>())));
        assert!(stopped.is_err());
        drop(runtime);
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }
}

#[test]
fn tasks_that_end_with_each_other_are_dropped_one_after_the_other() {
    for runtime in runtimes() {
        let count = Arc::new(AtomicUsize::new(0));
        let (first, mut receiver) = oneshot::channel::<()>();
        for _ in 0..20_000 {
            let (sender, next) = oneshot::channel::<()>();
            let dropped = Dropped(Arc::clone(&count));
            drop(runtime.spawn(async move {
                let _held = (sender, dropped);
                let _closed = receiver.await;
                pending::<()>().await;
            }));
            receiver = next;
        }
        let last = runtime.spawn(pending::<()>());
        drop(runtime);
        assert_eq!(count.load(Ordering::SeqCst), 20_000);
        drop((first, receiver, last));
    }
}

#[test]
fn a_closure_may_drop_its_own_runtime() {
    for runtime in runtimes() {
        let (done, is_done) = mpsc::channel();
        let handle = runtime.handle().clone();
        drop(handle.spawn_blocking(move || {
            drop(runtime);
            done.send(()).unwrap();
        }));
        is_done.recv_timeout(LIMIT).unwrap();
    }
}

#[test]
fn a_local_runtime_drops_its_tasks_itself_while_others_wake_them() {
    type Wakers = Arc<Mutex<Vec<Waker>>>;
    let wakers = Wakers::default();
    let is_over = Arc::new(AtomicBool::new(false));
    let others: Vec<_> = (0..2)
        .map(|_| {
            let (wakers, is_over) = (Arc::clone(&wakers), Arc::clone(&is_over));
            thread::spawn(move || {
                while !is_over.load(Ordering::SeqCst) {
                    let known = wakers.lock().unwrap().clone();
                    known.iter().rev().for_each(Waker::wake_by_ref);
                }
            })
        })
        .collect();
    let count = Arc::new(AtomicUsize::new(0));
    for round in 1..=50 {
        let guest = LocalRuntime::new().unwrap();
        for _ in 0..100 {
            let dropped = Dropped(Arc::clone(&count));
            let wakers = Arc::clone(&wakers);
            guest.spawn_local(async move {
                let _dropped = dropped;
                poll_fn(|context| {
                    wakers.lock().unwrap().push(context.waker().clone());
                    Poll::Ready(())
                })
                .await;
                pending::<()>().await;
            });
        }
        guest.block_on(async {
            for _ in 0..4 {
                yield_now().await;
            }
        });
        drop(guest);
        assert_eq!(count.load(Ordering::SeqCst), round * 100);
        wakers.lock().unwrap().clear();
    }
    is_over.store(true, Ordering::SeqCst);
    for other in others {
        other.join().unwrap();
    }
}

#[test]
fn hooks_that_panic_stop_nothing() {
    let policy = UnhandledPanic::Call(Arc::new(|_id, _payload| panic!("in a hook")));
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .on_thread_start(|| panic!("in a hook"))
        .on_thread_stop(|| panic!("in a hook"))
        .on_slow_poll(core::time::Duration::ZERO, |_, _| panic!("in a hook"))
        .unhandled_panic(policy)
        .build()
        .unwrap();
    within_limit(move || {
        runtime.block_on(async {
            drop(spawn(async { panic!("nobody joins") }));
            for i in 0..10 {
                assert_eq!(spawn(async move { i }).await.unwrap(), i);
                assert_eq!(spawn_blocking(move || i).await.unwrap(), i);
            }
        });
    });
}
