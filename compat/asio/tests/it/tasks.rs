//! The runtime and its tasks.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Poll, Waker};
use std::thread::{self, available_parallelism};
use std::time::Duration;

use asio::{async_channel, async_spawn, runtime};
use poll_async::time::sleep;

use crate::stage::{LIMIT, poll_once, run, within_limit};

#[test]
fn the_runtime_returns_when_the_last_task_has_ended_and_can_be_called_again() {
    for _ in 0..3 {
        let ended = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&ended);
        run(async move {
            for i in 0..50 {
                let count = Arc::clone(&count);
                // Detached, and the parents of others.
                drop(async_spawn(async move {
                    let inner = Arc::clone(&count);
                    drop(async_spawn(async move {
                        sleep(Duration::from_millis(i % 7)).await;
                        inner.fetch_add(1, Ordering::SeqCst);
                    }));
                    count.fetch_add(1, Ordering::SeqCst);
                }));
            }
        });
        assert_eq!(ended.load(Ordering::SeqCst), 100);
    }
}

#[test]
fn a_task_is_waited_for_by_one_that_did_not_spawn_it() {
    run(async {
        let (sender, receiver) = async_channel::<u8>();
        let ended = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&ended);
        let first = async_spawn(async move {
            receiver.receive().await.unwrap();
            count.fetch_add(1, Ordering::SeqCst);
        });
        let (began, beginning) = async_channel();
        let second = async_spawn(async move {
            let mut first = pin!(first);
            for _ in 0..3 {
                assert!(poll_once(first.as_mut()).is_pending());
            }
            began.send(()).unwrap();
            first.await;
            assert_eq!(ended.load(Ordering::SeqCst), 1);
        });
        beginning.receive().await.unwrap();
        sender.send(1).unwrap();
        second.await;
    });
}

#[test]
fn tasks_that_are_woken_together_run_at_the_same_time() {
    if available_parallelism().unwrap().get() < 2 {
        eprintln!("SKIP: one processor runs one task at a time");
        return;
    }
    run(async {
        let (to_first, first) = mpsc::channel();
        let (to_second, second) = mpsc::channel();
        let mut wakes = Vec::new();
        let mut tasks = Vec::new();
        for (tell, hear) in [(to_first, second), (to_second, first)] {
            let (wake, woken) = async_channel();
            wakes.push(wake);
            tasks.push(async_spawn(async move {
                woken.receive().await.unwrap();
                tell.send(()).unwrap();
                // Blocks its thread: the other task has to have one of its own.
                hear.recv_timeout(LIMIT / 2).unwrap();
            }));
        }
        for wake in wakes {
            wake.send(()).unwrap();
        }
        for task in tasks {
            task.await;
        }
    });
}

#[test]
fn a_future_that_another_thread_wakes_is_woken() {
    run(async {
        let place = Arc::new(Mutex::new((false, None::<Waker>)));
        let (registered, registering) = mpsc::channel();
        let far = Arc::clone(&place);
        let thread = thread::spawn(move || {
            registering.recv_timeout(LIMIT).unwrap();
            let waker = {
                let mut place = far.lock().unwrap();
                place.0 = true;
                place.1.take().unwrap()
            };
            waker.wake();
        });
        poll_fn(|context| {
            let mut place = place.lock().unwrap();
            if place.0 {
                return Poll::Ready(());
            }
            place.1 = Some(context.waker().clone());
            registered.send(()).unwrap();
            Poll::Pending
        })
        .await;
        thread.join().unwrap();
    });
}

#[test]
fn a_panic_ends_its_task_and_neither_the_others_nor_the_runtime() {
    let ended = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&ended);
    run(async move {
        drop(async_spawn(async {
            panic!("of a task that nobody waits for")
        }));
        let waited_for = async_spawn(async { panic!("of one that is waited for") });
        let beyond = Arc::clone(&count);
        let waiting = async_spawn(async move {
            waited_for.await;
            beyond.fetch_add(100, Ordering::SeqCst);
        });
        let other = async_spawn(async move {
            sleep(Duration::from_millis(5)).await;
            count.fetch_add(1, Ordering::SeqCst);
        });
        other.await;
        drop(waiting);
    });
    assert_eq!(ended.load(Ordering::SeqCst), 1);
}

#[test]
fn a_panic_of_the_first_task_comes_out_when_the_others_have_ended() {
    within_limit(|| {
        let ended = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&ended);
        let failed = catch_unwind(AssertUnwindSafe(|| {
            runtime(async move {
                drop(async_spawn(async move {
                    sleep(Duration::from_millis(5)).await;
                    count.fetch_add(1, Ordering::SeqCst);
                }));
                panic!("seven");
            });
        }));
        assert_eq!(*failed.unwrap_err().downcast::<&str>().unwrap(), "seven");
        assert_eq!(ended.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn what_a_task_had_is_dropped_when_it_ends() {
    run(async {
        let held = Arc::new(());
        for _ in 0..100 {
            let had = Arc::clone(&held);
            // Unlike an `async` block, this does not let go of it at its own end.
            async_spawn(poll_fn(move |_| {
                drop(Arc::clone(&had));
                Poll::Ready(())
            }))
            .await;
        }
        assert_eq!(Arc::strong_count(&held), 1);
    });
}

#[test]
fn spawning_outside_of_a_runtime_panics() {
    assert!(catch_unwind(|| async_spawn(async {})).is_err());
}
