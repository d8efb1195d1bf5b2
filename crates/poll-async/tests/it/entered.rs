//! Which runtime a thread is in while code of others runs, and after it.

use core::future::{Future, poll_fn};
use core::panic::AssertUnwindSafe;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::panic::catch_unwind;
use std::sync::{Arc, mpsc};
use std::thread;

use poll_api::{Clock, Instant as ApiInstant};
use poll_async::runtime::{Builder, Handle, LocalRuntime, Runtime, RuntimeFlavor, block_in_place};
use poll_async::time::{Instant, sleep, sleep_until};
use poll_async::{spawn, sync::oneshot};
use poll_os::Monotonic;

use crate::stage::{LIMIT, runtimes, within_limit};

fn one_thread() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

/// Whether this thread is in `runtime`: a task that it spawns is one of its.
fn is_in(runtime: &Runtime) -> bool {
    let before = runtime.metrics().alive_tasks;
    let task = spawn(core::future::pending::<()>());
    let is_one_more = runtime.metrics().alive_tasks > before;
    drop(task.abort_on_drop());
    is_one_more
}

#[test]
fn guards_that_are_dropped_in_any_order_leave_the_thread_in_what_was_entered_last() {
    let [first, second, third] = [one_thread(), one_thread(), one_thread()];
    let in_first = first.enter();
    let in_second = second.enter();
    let in_third = third.enter();
    drop(in_second);
    assert!(is_in(&third));
    drop(in_third);
    assert!(is_in(&first));
    let in_second = second.enter();
    drop(in_first);
    assert!(is_in(&second));
    drop(in_second);
    assert!(Handle::try_current().is_err());
}

#[test]
fn a_guard_that_leaves_a_task_takes_nobody_elses_runtime_away() {
    let [outer, inner] = [one_thread(), one_thread()];
    let handle = inner.handle().clone();
    let entered = outer.block_on(poll_fn(|_| Poll::Ready(handle.enter())));
    assert!(is_in(&inner));
    outer.block_on(async { assert!(is_in(&outer)) });
    assert!(is_in(&inner));
    drop(entered);
    assert!(Handle::try_current().is_err());
}

#[test]
fn a_task_that_has_entered_a_runtime_may_not_block_its_worker_on_it() {
    let [outer, inner] = [one_thread(), one_thread()];
    let handle = inner.handle().clone();
    let own = outer.handle().clone();
    let task = outer.spawn(async move {
        let blocks = [handle, own].map(|handle| {
            let _entered = handle.enter();
            catch_unwind(AssertUnwindSafe(|| handle.block_on(async {}))).is_ok()
        });
        assert_eq!(blocks, [false; 2]);
    });
    outer.block_on(task).unwrap();
}

#[test]
fn a_worker_that_has_entered_another_runtime_is_handed_over_before_it_blocks() {
    let inner = one_thread();
    let [_, outer] = runtimes();
    let (blocked, blocks) = mpsc::channel();
    let (ends, tasks): (Vec<_>, Vec<_>) = (0..2)
        .map(|_| {
            let (end, ended) = mpsc::channel();
            let (handle, blocked) = (inner.handle().clone(), blocked.clone());
            let task = async move {
                let _entered = handle.enter();
                block_in_place(|| {
                    blocked.send(()).unwrap();
                    ended.recv_timeout(LIMIT)
                })
            };
            (end, outer.spawn(task))
        })
        .unzip();
    for _ in &tasks {
        blocks.recv_timeout(LIMIT).unwrap();
    }
    outer.spawn(async move { ends.into_iter().for_each(|end| end.send(()).unwrap()) });
    for task in tasks {
        assert_eq!(outer.block_on(task).unwrap(), Ok(()));
    }
}

/// A clock that is in a runtime of its own while it is asked.
struct Visitor(Handle);

impl Clock for Visitor {
    fn now(&self) -> ApiInstant {
        let _entered = self.0.enter();
        Monotonic.now()
    }
}

#[test]
fn a_clock_may_enter_another_runtime() {
    let other = one_thread();
    let clock = Arc::new(Visitor(other.handle().clone()));
    let runtime = Builder::new_current_thread().clock(clock).build().unwrap();
    runtime.block_on(async {
        let start = Instant::now();
        sleep(Duration::from_millis(1)).await;
        sleep_until(start + Duration::from_millis(2)).await;
        assert!(start.elapsed() >= Duration::from_millis(2));
    });
}

/// Ends at its first poll, and tells when it is dropped whether it was in a runtime.
struct LastWill {
    panics: bool,
    told: mpsc::Sender<bool>,
}

impl Future for LastWill {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<()> {
        assert!(!self.panics, "its last words");
        Poll::Ready(())
    }
}

impl Drop for LastWill {
    fn drop(&mut self) {
        self.told.send(Handle::try_current().is_ok()).unwrap();
    }
}

/// Blocks on one that returns and on one that panics, and asserts that both were in a runtime.
fn assert_dropped_inside(block_on: impl Fn(LastWill) + Sync) {
    for panics in [false, true] {
        let (told, was_inside) = mpsc::channel();
        let will = LastWill { panics, told };
        let ended = thread::scope(|scope| scope.spawn(|| block_on(will)).join());
        assert_eq!(ended.is_err(), panics);
        assert_eq!(was_inside.recv(), Ok(true));
    }
}

#[test]
fn a_future_that_a_thread_is_blocked_on_is_dropped_in_the_runtime() {
    assert_dropped_inside(|will| LocalRuntime::new().unwrap().block_on(will));
    for runtime in runtimes() {
        assert_dropped_inside(|will| runtime.block_on(will));
        assert_dropped_inside(|will| runtime.handle().block_on(will));
    }
}

#[test]
fn so_is_one_while_another_thread_drives_the_runtime() {
    within_limit(|| {
        let runtime = one_thread();
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel::<()>();
        let (running, is_running) = mpsc::channel();
        let driver = thread::spawn(move || {
            runtime.block_on(async {
                running.send(()).unwrap();
                ended.await.unwrap();
            });
        });
        is_running.recv_timeout(LIMIT).unwrap();
        assert_dropped_inside(|will| handle.block_on(will));
        end.send(()).unwrap();
        driver.join().unwrap();
    });
}

#[test]
fn a_runtime_says_of_which_kind_it_is() {
    let local = LocalRuntime::new().unwrap();
    let flavor = local.block_on(async { Handle::current().runtime_flavor() });
    assert_eq!(flavor, RuntimeFlavor::CurrentThread);
    for (runtime, several) in runtimes().into_iter().zip([false, true]) {
        let task = runtime.spawn(async { Handle::current().runtime_flavor() });
        let task = runtime.block_on(task).unwrap();
        assert_eq!(task == RuntimeFlavor::MultiThread, several);
        assert_eq!(runtime.handle().runtime_flavor(), task);
    }
}
