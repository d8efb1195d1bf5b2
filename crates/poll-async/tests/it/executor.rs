//! Spawning, joining, aborting, ending: on each kind of runtime.

use core::cell::RefCell;
use core::future::{Future, pending, poll_fn, ready};
use core::panic::AssertUnwindSafe;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use core::time::Duration;
use std::io;
use std::panic::catch_unwind;
use std::sync::{Arc, mpsc};
use std::thread;

use poll_async::runtime::{Builder, Handle, LocalRuntime, Runtime, UnhandledPanic};
use poll_async::task::{self, JoinSet, yield_now};
use poll_async::{spawn, spawn_blocking, time};

use crate::drive::poll_once;
use crate::stage::within_limit;

/// One thread that drives itself, and one to three of its own.
pub(crate) fn kinds() -> Vec<io::Result<Runtime>> {
    let several = |workers| Builder::new_multi_thread().worker_threads(workers).build();
    let mut kinds = vec![Builder::new_current_thread().build()];
    kinds.extend((1..=3).map(several));
    kinds
}

struct Dropped(Arc<AtomicUsize>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_task_returns_its_value() {
    for runtime in kinds() {
        let runtime = runtime.unwrap();
        let joined = runtime.block_on(async {
            let tasks: Vec<_> = (0..1000).map(|i| spawn(async move { i * 2 })).collect();
            let mut sum = 0;
            for task in tasks {
                sum += task.await.unwrap();
            }
            sum
        });
        assert_eq!(joined, 999 * 1000);
    }
}

#[test]
fn tasks_wake_each_other_across_workers() {
    for runtime in kinds() {
        let runtime = runtime.unwrap();
        let turns = runtime.block_on(async {
            let tasks: Vec<_> = (0..50)
                .map(|_| {
                    spawn(async {
                        for _ in 0..100 {
                            yield_now().await;
                        }
                        spawn(async { 1 }).await.unwrap()
                    })
                })
                .collect();
            let mut sum = 0;
            for task in tasks {
                sum += task.await.unwrap();
            }
            sum
        });
        assert_eq!(turns, 50);
    }
}

#[test]
fn a_panic_comes_out_of_the_join() {
    for runtime in kinds() {
        let runtime = runtime.unwrap();
        let error = runtime.block_on(async {
            let task = spawn(async {
                yield_now().await;
                panic!("seven");
            });
            task.await.unwrap_err()
        });
        assert!(error.is_panic());
        assert!(error.to_string().ends_with("panicked: seven"), "{error}");
        assert_eq!(*error.into_panic().downcast::<&str>().unwrap(), "seven");
    }
}

#[test]
fn a_panic_that_nobody_joins_stops_the_runtime_that_was_built_to() {
    let one = Builder::new_current_thread();
    let two = Builder::new_multi_thread().worker_threads(2);
    for builder in [one, two] {
        let builder = builder.unhandled_panic(UnhandledPanic::ShutdownRuntime);
        let runtime = builder.build().unwrap();
        drop(runtime.spawn(async {
            time::sleep(Duration::from_millis(5)).await;
            panic!("nobody joins");
        }));
        // It waits for nothing that comes, and is told all the same.
        let stopped = catch_unwind(AssertUnwindSafe(|| runtime.block_on(pending::<()>())));
        assert!(stopped.is_err());
    }
}

#[test]
fn a_panic_that_nobody_joins_is_told_and_one_that_is_joined_is_not() {
    let told = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&told);
    let policy = UnhandledPanic::Call(Arc::new(move |_id, payload| {
        assert_eq!(payload.downcast_ref(), Some(&"nobody joins"));
        count.fetch_add(1, Ordering::SeqCst);
    }));
    let builder = Builder::new_current_thread().unhandled_panic(policy);
    let runtime = builder.build().unwrap();
    runtime.block_on(async {
        assert!(spawn(async { panic!("joined") }).await.is_err());
        drop(spawn(async { panic!("nobody joins") }));
        yield_now().await;
        yield_now().await;
    });
    assert_eq!(told.load(Ordering::SeqCst), 1);
}

#[test]
fn an_aborted_task_is_dropped_and_says_so() {
    for runtime in kinds() {
        let runtime = runtime.unwrap();
        let drops = Arc::new(AtomicUsize::new(0));
        let dropped = Dropped(Arc::clone(&drops));
        let error = runtime.block_on(async {
            let task = spawn(async move {
                let _dropped = dropped;
                pending::<()>().await;
            });
            yield_now().await;
            task.abort();
            task.await.unwrap_err()
        });
        assert!(error.is_cancelled());
        assert_eq!(drops.load(Ordering::SeqCst), 1);
        assert_eq!(runtime.metrics().alive_tasks, 0);
    }
}

#[test]
fn many_tasks_are_aborted_in_no_more_than_their_number() {
    within_limit(|| {
        let runtime = Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut set = JoinSet::new();
            for _ in 0..100_000 {
                set.spawn(pending::<()>());
            }
            set.shutdown().await;
        });
    });
}

#[test]
fn the_end_of_a_runtime_drops_all_tasks() {
    for runtime in kinds() {
        let runtime = runtime.unwrap();
        let drops = Arc::new(AtomicUsize::new(0));
        for _ in 0..100 {
            let dropped = Dropped(Arc::clone(&drops));
            runtime.spawn(async move {
                let _dropped = dropped;
                time::sleep(Duration::from_secs(1000)).await;
            });
        }
        runtime.block_on(yield_now());
        let handle = runtime.handle().clone();
        drop(runtime);
        assert_eq!(drops.load(Ordering::SeqCst), 100);
        let late = handle.spawn(async {});
        assert!(late.is_finished());
    }
}

#[test]
fn a_sleep_is_not_early_and_ends() {
    for runtime in kinds() {
        let runtime = runtime.unwrap();
        runtime.block_on(async {
            for micros in [0, 1, 50, 1500, 10_300] {
                let duration = Duration::from_micros(micros);
                let start = time::Instant::now();
                time::sleep(duration).await;
                assert!(start.elapsed() >= duration);
            }
            let in_task = spawn(async {
                let start = time::Instant::now();
                time::sleep(Duration::from_millis(3)).await;
                start.elapsed()
            });
            assert!(in_task.await.unwrap() >= Duration::from_millis(3));
        });
    }
}

#[test]
fn closures_that_block_run_beside() {
    for runtime in kinds() {
        let runtime = runtime.unwrap();
        let value = runtime.block_on(async {
            let blocking = spawn_blocking(|| 42);
            blocking.await.unwrap()
        });
        assert_eq!(value, 42);
    }
}

#[test]
fn a_thread_outside_spawns_and_joins() {
    for runtime in kinds() {
        let runtime = runtime.unwrap();
        let handle = runtime.handle().clone();
        let (sender, receiver) = mpsc::channel();
        runtime.block_on(async move {
            let outside = thread::spawn(move || {
                for i in 0..100 {
                    let sender = sender.clone();
                    handle.spawn(async move { sender.send(i).unwrap() });
                }
            });
            let mut left = 100;
            while left > 0 {
                match receiver.try_recv() {
                    Ok(_) => left -= 1,
                    Err(_) => time::sleep(Duration::from_micros(100)).await,
                }
            }
            outside.join().unwrap();
        });
    }
}

#[test]
fn a_task_from_another_thread_has_its_turn_among_those_that_always_have_one() {
    let intervals = |builder: Builder| builder.event_interval(1).global_queue_interval(1);
    let several = Builder::new_multi_thread;
    let builders = [
        Builder::new_current_thread(),
        intervals(Builder::new_current_thread()),
        several().worker_threads(1),
        several().worker_threads(2),
        intervals(several().worker_threads(2)),
    ];
    for builder in builders {
        let runtime = builder.build().unwrap();
        let handle = runtime.handle().clone();
        let has_come = Arc::new(AtomicBool::new(false));
        let turns = runtime.block_on(async {
            let busy: Vec<_> = (0..3)
                .map(|_| {
                    let has_come = Arc::clone(&has_come);
                    spawn(async move {
                        let mut turns = 0_u32;
                        while !has_come.load(Ordering::SeqCst) && turns < 1_000_000 {
                            turns += 1;
                            yield_now().await;
                        }
                        turns
                    })
                })
                .collect();
            thread::spawn(move || {
                handle.spawn(async move { has_come.store(true, Ordering::SeqCst) })
            });
            let mut most = 0;
            for task in busy {
                most = most.max(task.await.unwrap());
            }
            most
        });
        assert!(turns < 1_000_000);
    }
}

#[test]
fn a_local_runtime_has_futures_that_stay() {
    let runtime = LocalRuntime::new().unwrap();
    let shared = std::rc::Rc::new(core::cell::Cell::new(0));
    let seen = std::rc::Rc::clone(&shared);
    runtime.block_on(async move {
        let tasks: Vec<_> = (0..10)
            .map(|i| {
                let shared = std::rc::Rc::clone(&shared);
                poll_async::spawn_local(async move {
                    yield_now().await;
                    shared.set(shared.get() + i);
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    assert_eq!(seen.get(), 45);
}

#[test]
fn an_abort_that_meets_the_worker_about_to_poll_is_not_lost() {
    let builder = Builder::new_multi_thread().worker_threads(2);
    let runtime = builder.build().unwrap();
    runtime.block_on(async {
        for round in 0..20_000 {
            let task = spawn(pending::<()>());
            // Another moment each time, while a worker takes the task.
            for _ in 0..round % 64 {
                core::hint::spin_loop();
            }
            task.abort();
            assert!(task.await.unwrap_err().is_cancelled());
        }
    });
    assert_eq!(runtime.metrics().alive_tasks, 0);
}

#[test]
fn a_task_knows_its_name_and_nothing_else_has_one() {
    for runtime in kinds() {
        let runtime = runtime.unwrap();
        assert_eq!(task::try_id(), None);
        runtime.block_on(async {
            assert_eq!(task::try_id(), None);
            let handle = spawn(async {
                let before = task::id();
                yield_now().await;
                let inner = spawn(async { task::id() });
                let expected = inner.id();
                assert_eq!(inner.await.unwrap(), expected);
                assert_ne!(expected, before);
                assert_eq!(task::id(), before);
                before
            });
            let expected = handle.id();
            assert_eq!(handle.await.unwrap(), expected);
            let blocking = spawn_blocking(task::id);
            let expected = blocking.id();
            assert_eq!(blocking.await.unwrap(), expected);
        });
    }
}

#[test]
fn a_closure_that_blocks_is_in_its_runtime() {
    for runtime in kinds() {
        let runtime = runtime.unwrap();
        let answer = runtime.block_on(async {
            let closure = || {
                let handle = Handle::current();
                let task = spawn(async { 6 });
                handle.block_on(async { task.await.unwrap() * spawn(async { 7 }).await.unwrap() })
            };
            spawn_blocking(closure).await.unwrap()
        });
        assert_eq!(answer, 42);
    }
}

#[test]
fn a_runtime_may_end_with_the_thread_that_keeps_it() {
    thread_local! {
        static KEPT: RefCell<Option<LocalRuntime>> = const { RefCell::new(None) };
    }
    let drops = Arc::new(AtomicUsize::new(0));
    let dropped = Dropped(Arc::clone(&drops));
    let thread = thread::spawn(move || {
        // First of all, so that it is dropped last.
        KEPT.set(None);
        let runtime = LocalRuntime::new().unwrap();
        let task = runtime.spawn_local(async move {
            let _dropped = dropped;
            time::sleep(Duration::from_secs(1000)).await;
        });
        runtime.block_on(yield_now());
        assert!(!task.is_finished());
        KEPT.set(Some(runtime));
    });
    thread.join().unwrap();
    assert_eq!(drops.load(Ordering::SeqCst), 1);
}

#[test]
fn a_graceful_end_waits_for_tasks_and_tells_how_many_it_has_cut() {
    for runtime in kinds() {
        let runtime = runtime.unwrap();
        let drops = Arc::new(AtomicUsize::new(0));
        for _ in 0..10 {
            let dropped = Dropped(Arc::clone(&drops));
            runtime.spawn(async move {
                time::sleep(Duration::from_millis(5)).await;
                drop(dropped);
            });
        }
        runtime.shutdown_graceful(Duration::from_secs(60)).unwrap();
        assert_eq!(drops.load(Ordering::SeqCst), 10);
    }
    for runtime in kinds() {
        let runtime = runtime.unwrap();
        let drops = Arc::new(AtomicUsize::new(0));
        let dropped = Dropped(Arc::clone(&drops));
        runtime.spawn(async move {
            let _dropped = dropped;
            pending::<()>().await;
        });
        let cut = runtime.shutdown_graceful(Duration::from_millis(5));
        assert_eq!(drops.load(Ordering::SeqCst), 1);
        let cut = cut.unwrap_err();
        assert_eq!(cut.to_string(), "1 task has not ended in time");
        assert_eq!(io::Error::from(cut).kind(), io::ErrorKind::TimedOut);
    }
}

/// Sets sleeps in a runtime, which is ended then.
fn outlive(handle: &Handle, end: impl FnOnce()) {
    let hour = || Box::pin(time::sleep(Duration::from_secs(3600)));
    let (mut asleep, mut left) = (hour(), hour());
    let entered = handle.enter();
    assert!(poll_once(&mut asleep).is_pending() && poll_once(&mut left).is_pending());
    drop(entered);
    let (waits, is_waiting) = mpsc::channel();
    let waiting = thread::spawn(move || {
        // Its clock moves to timers that are set in it.
        let elsewhere = Builder::new_current_thread().start_paused(true);
        elsewhere.build().unwrap().block_on(poll_fn(|context| {
            let polled = asleep.as_mut().poll(context);
            let _told = waits.send(());
            assert_eq!(polled.is_ready(), time::Instant::now() >= asleep.deadline());
            polled
        }));
    });
    is_waiting.recv().unwrap();
    end();
    waiting.join().unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| poll_once(&mut left))).is_err());
    let _entered = handle.enter();
    assert!(catch_unwind(|| poll_once(&mut hour())).is_err());
}

#[test]
fn a_sleep_goes_on_elsewhere_when_its_runtime_ends_and_panics_in_none() {
    within_limit(|| {
        for runtime in kinds() {
            let runtime = runtime.unwrap();
            outlive(&runtime.handle().clone(), || drop(runtime));
        }
        let local = LocalRuntime::new().unwrap();
        outlive(&local.handle().clone(), || drop(local));
    });
}

#[test]
fn a_seed_gives_the_choices_of_select_again() {
    let choices = |builder: Builder| {
        let runtime = builder.build().unwrap();
        let task = runtime.spawn(async {
            let choose = async || {
                poll_async::select! {
                    () = ready(()) => 0_u8,
                    () = ready(()) => 1,
                    () = ready(()) => 2,
                }
            };
            let mut choices = Vec::new();
            for _ in 0..64 {
                choices.push(choose().await);
            }
            choices
        });
        runtime.block_on(task).unwrap()
    };
    let (current, several) = (Builder::new_current_thread(), Builder::new_multi_thread());
    for builder in [current, several.worker_threads(1)] {
        let seeded = |seed| choices(builder.clone().seed(seed));
        assert_eq!(seeded(1), seeded(1));
        assert_ne!(seeded(1), seeded(2));
        assert_ne!(choices(builder.clone()), choices(builder.clone()));
    }
}

#[test]
fn a_number_of_workers_for_one_thread_is_refused_and_so_is_none() {
    let refused = [
        Builder::new_current_thread()
            .worker_threads(1)
            .build()
            .err(),
        Builder::new_current_thread()
            .worker_threads(2)
            .build_local()
            .err(),
        Builder::new_multi_thread().worker_threads(0).build().err(),
        Builder::new_current_thread()
            .thread_name("a\0b")
            .build()
            .err(),
        Builder::new_multi_thread()
            .worker_threads(4097)
            .build()
            .err(),
    ];
    for error in refused {
        assert_eq!(error.unwrap().kind(), io::ErrorKind::InvalidInput);
    }
}
