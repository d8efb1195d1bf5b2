//! Group *locks*: what tasks share, free and waited for, on one thread.

mod tasks;

use std::hint::black_box;
use std::io;
use std::os::fd::OwnedFd;

use self::tasks::{run, yield_now};
use super::unknown_kind;
use crate::harness::{Calls, Case, Run, Sample};

pub(super) fn cases() -> Vec<Box<dyn Case>> {
    let case = |name, operation, tasks, what| -> Box<dyn Case> {
        Box::new(Locks {
            name,
            operation,
            tasks,
            what,
        })
    };
    vec![
        case("mutex, free", "lock, add, unlock", 1, What::Mutex),
        case("rwlock, read, free", "lock, look, unlock", 1, What::Read),
        case("rwlock, write, free", "lock, add, unlock", 1, What::Write),
        case(
            "semaphore, free",
            "take a permit, give it back",
            1,
            What::Semaphore,
        ),
        case(
            "mutex, 8 tasks",
            "lock, wait, add, unlock",
            8,
            What::HeldMutex,
        ),
        case(
            "rwlock, 8 tasks",
            "write, and read 3 times; wait in each",
            8,
            What::HeldRwLock,
        ),
        case(
            "semaphore of 3, 8 tasks",
            "take, wait, give back",
            8,
            What::HeldSemaphore,
        ),
        case("barrier, 8 tasks", "wait for all", 8, What::Barrier),
    ]
}

#[derive(Clone, Copy)]
enum What {
    Mutex,
    Read,
    Write,
    Semaphore,
    HeldMutex,
    HeldRwLock,
    HeldSemaphore,
    Barrier,
}

struct Locks {
    name: &'static str,
    operation: &'static str,
    tasks: u64,
    what: What,
}

impl Case for Locks {
    fn name(&self) -> &'static str {
        self.name
    }

    fn operation(&self) -> &'static str {
        self.operation
    }

    fn kinds(&self) -> &'static [&'static str] {
        &["tokio", "async-lock", "poll-async"]
    }

    fn slice(&self) -> u64 {
        100_000
    }

    fn calls(&self) -> Calls {
        Calls::Varying
    }

    fn prepare<'fd>(&self, kind: &str, _sources: &'fd [OwnedFd]) -> io::Result<Run<'fd>> {
        Ok(match kind {
            "tokio" => on_tokio(self.what, self.tasks),
            "async-lock" => on_async_lock(self.what, self.tasks),
            "poll-async" => on_ours(self.what, self.tasks),
            other => return Err(unknown_kind(other)),
        })
    }
}

/// Has so many tasks do `once`, in turn.
fn tasks<'fd>(count: u64, once: impl AsyncFn() + 'fd) -> Run<'fd> {
    Box::new(move |operations| {
        let each = operations.div_ceil(count);
        Sample::of_thread(|| {
            let task = async || {
                for _ in 0..each {
                    once().await;
                }
            };
            run((0..count)
                .map(|_| -> tasks::Task<'_> { Box::pin(task()) })
                .collect())
        })
    })
}

/// The same programs on each crate: only the paths differ.
macro_rules! programs {
    ($name:ident, $path:path) => {
        fn $name<'fd>(what: What, count: u64) -> Run<'fd> {
            use $path as locks;
            let mutex = locks::Mutex::new(0_u64);
            let rwlock = locks::RwLock::new(0_u64);
            let semaphore = locks::Semaphore::new(3);
            let barrier = locks::Barrier::new(8);
            match what {
                What::Mutex => tasks(count, async move || *mutex.lock().await += 1),
                What::Read => tasks(count, async move || {
                    black_box(*rwlock.read().await);
                }),
                What::Write => tasks(count, async move || *rwlock.write().await += 1),
                What::Semaphore => tasks(count, async move || drop(semaphore.acquire().await)),
                What::HeldMutex => tasks(count, async move || {
                    let mut guard = mutex.lock().await;
                    yield_now().await;
                    *guard += 1;
                }),
                What::HeldRwLock => tasks(count, async move || {
                    let mut guard = rwlock.write().await;
                    yield_now().await;
                    *guard += 1;
                    drop(guard);
                    for _ in 0..3 {
                        let guard = rwlock.read().await;
                        yield_now().await;
                        black_box(*guard);
                    }
                }),
                What::HeldSemaphore => tasks(count, async move || {
                    let permit = semaphore.acquire().await;
                    yield_now().await;
                    drop(permit);
                }),
                What::Barrier => tasks(count, async move || {
                    barrier.wait().await;
                }),
            }
        }
    };
}

programs!(on_tokio, tokio::sync);
programs!(on_async_lock, async_lock);
programs!(on_ours, poll_async::sync);
