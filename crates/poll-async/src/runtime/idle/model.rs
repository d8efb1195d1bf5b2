//! The model: workers that go to sleep while tasks are pushed, one of which does not come back
//! before the others have run; and a mutant for each fence and each duty.

use std::env;
use std::process::Command;

use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;

use super::{Calls, Fences, Idle, Proven, Risen};
use crate::runtime::parker::{Parker, Token};

/// What a worker does besides, each left out by a mutant.
#[derive(Clone, Copy)]
struct Duties {
    /// Whoever rises for a task searches on.
    searches_on: bool,
    /// The last one that searched and found has another one woken.
    passes_on: bool,
    /// Before it sleeps it looks once more.
    looks_again: bool,
}

const ALL: Duties = Duties {
    searches_on: true,
    passes_on: true,
    looks_again: true,
};

struct Runtime<F: Fences> {
    idle: Idle<F>,
    parkers: Vec<Parker>,
    queued: AtomicUsize,
    is_over: AtomicBool,
    // How many tasks have run, for the one that waits for the others.
    ran: Mutex<usize>,
    changed: Condvar,
    tasks: usize,
}

impl<F: Fences> Runtime<F> {
    fn new(workers: usize, tasks: usize) -> Self {
        Self {
            idle: Idle::new(workers, true),
            parkers: (0..workers).map(|_| Parker::default()).collect(),
            queued: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
            ran: Mutex::new(0),
            changed: Condvar::new(),
            tasks,
        }
    }

    fn call(&self, calls: Calls) {
        if let Some(seat) = calls.work {
            let _at_engine = self.parkers[seat].unpark(Token::Work);
        }
        if let Some(seat) = calls.watch {
            let _at_engine = self.parkers[seat].unpark(Token::Watch);
        }
    }

    fn push(&self) {
        self.queued.fetch_add(1, Ordering::AcqRel);
        self.call(self.idle.notify());
    }

    fn take(&self) -> bool {
        let mut queued = self.queued.load(Ordering::Acquire);
        while queued > 0 {
            let (now, to) = (Ordering::AcqRel, Ordering::Acquire);
            match self.queued.compare_exchange(queued, queued - 1, now, to) {
                Ok(_) => return true,
                Err(other) => queued = other,
            }
        }
        false
    }

    fn has_work(&self) -> bool {
        self.queued.load(Ordering::Acquire) > 0 || self.is_over.load(Ordering::Acquire)
    }

    /// The first task returns when all have begun: whoever runs it is gone until then.
    fn run(&self) {
        let mut ran = self.ran.lock().unwrap();
        *ran += 1;
        let is_first = *ran == 1;
        self.changed.notify_all();
        while is_first && *ran < self.tasks {
            ran = self.changed.wait(ran).unwrap();
        }
    }

    fn end(&self) {
        self.is_over.store(true, Ordering::Release);
        for parker in &self.parkers {
            let _at_engine = parker.unpark(Token::Work);
        }
    }

    fn work(&self, seat: usize, duties: Duties, mut is_asleep: bool) {
        let mut is_searching = false;
        while !self.is_over.load(Ordering::Acquire) {
            if !is_asleep && self.take() {
                if core::mem::take(&mut is_searching)
                    && self.idle.end_search()
                    && duties.passes_on
                    && self.queued.load(Ordering::Acquire) > 0
                {
                    self.call(self.idle.notify());
                }
                self.run();
                continue;
            }
            if !is_asleep && !is_searching && self.idle.try_search() {
                is_searching = true;
                continue;
            }
            if !core::mem::take(&mut is_asleep) {
                let _watches = self.idle.sleep(seat, core::mem::take(&mut is_searching));
            }
            if duties.looks_again && self.has_work() {
                match self.idle.rise(seat, duties.searches_on) {
                    Risen::Itself(calls) => {
                        self.call(calls);
                        is_searching = duties.searches_on;
                        continue;
                    }
                    Risen::ByAnother => {}
                }
            }
            // A watcher is told again and again, which a model cannot wait for.
            while self.parkers[seat].park(None) != Token::Work {}
            is_searching = !self.is_over.load(Ordering::Acquire);
        }
    }
}

/// Two workers of which so many sleep already, from the second on.
fn workers<F: Fences + Send + Sync + 'static>(duties: Duties, asleep: usize) {
    explore::<F>(duties, asleep, 1);
}

fn explore<F: Fences + Send + Sync + 'static>(duties: Duties, asleep: usize, preemptions: usize) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(move || {
        let runtime = Arc::new(Runtime::<F>::new(2, 2));
        if asleep > 0 {
            let _watches = runtime.idle.sleep(1, false);
        }
        let sleeper = {
            let runtime = runtime.clone();
            thread::spawn(move || runtime.work(1, duties, asleep > 0))
        };
        let pusher = {
            let runtime = runtime.clone();
            thread::spawn(move || {
                runtime.push();
                runtime.push();
                let mut ran = runtime.ran.lock().unwrap();
                while *ran < 2 {
                    ran = runtime.changed.wait(ran).unwrap();
                }
                drop(ran);
                runtime.end();
            })
        };
        runtime.work(0, duties, false);
        sleeper.join().unwrap();
        pusher.join().unwrap();
    });
}

/// Whoever sleeps while another is awake is watched over: after each change of who sleeps.
#[test]
fn loom_a_sleeper_watches_while_another_is_awake() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(|| {
        let idle = Arc::new(Idle::<Proven>::new(2, true));
        let threads = [0, 1].map(|seat| {
            let idle = idle.clone();
            thread::spawn(move || {
                let _watches = idle.sleep(seat, false);
                let risen = idle.rise(seat, false);
                let _watches = idle.stop_watching(seat, true);
                matches!(risen, Risen::ByAnother)
            })
        });
        let woken = idle.notify().work;
        let others = threads.map(|thread| thread.join().unwrap());
        let popped = others.iter().position(|by_another| *by_another);
        assert_eq!(popped, woken);
        assert_eq!(idle.sleepers(), 0);
        let _watches = idle.sleep(0, false);
        let asleep = idle.asleep.lock().unwrap();
        assert_eq!(asleep.watcher, Some(0));
    });
}

/// The sleeper's side is not ordered.
struct WeakSleep;

impl Fences for WeakSleep {
    const SLEEP: Ordering = Ordering::AcqRel;
}

/// The side of those that push is not ordered.
struct WeakNotify;

impl Fences for WeakNotify {
    const NOTIFY: Ordering = Ordering::AcqRel;
}

/// The side of those that searched is not ordered.
struct WeakFound;

impl Fences for WeakFound {
    const FOUND: Ordering = Ordering::AcqRel;
}

/// Runs `model` in a process of its own and asserts that it ends with a task that nobody runs.
fn fails(name: &str, model: impl FnOnce()) {
    const CHILD: &str = "POLL_ASYNC_MODEL_OF_A_MUTANT";
    if env::var_os(CHILD).is_some() {
        return model();
    }
    let name = format!("{}::{name}", module_path!().split_once("::").unwrap().1);
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", &name, "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "the model did not find {name}");
    assert!(stderr.contains("deadlock"), "{name}:\n{stderr}");
}

#[test]
fn loom_a_task_is_run_while_another_does_not_come_back() {
    workers::<Proven>(ALL, 0);
    explore::<Proven>(ALL, 1, 2);
}

#[test]
fn loom_a_sleep_without_its_fence_is_found() {
    fails("loom_a_sleep_without_its_fence_is_found", || {
        workers::<WeakSleep>(ALL, 0);
    });
}

#[test]
fn loom_a_push_without_its_fence_is_found() {
    fails("loom_a_push_without_its_fence_is_found", || {
        workers::<WeakNotify>(ALL, 0);
    });
}

#[test]
fn loom_the_end_of_a_search_without_its_fence_is_found() {
    fails(
        "loom_the_end_of_a_search_without_its_fence_is_found",
        || {
            explore::<WeakFound>(ALL, 1, 2);
        },
    );
}

#[test]
fn loom_a_worker_that_rises_and_does_not_search_on_is_found() {
    fails(
        "loom_a_worker_that_rises_and_does_not_search_on_is_found",
        || {
            workers::<Proven>(
                Duties {
                    searches_on: false,
                    ..ALL
                },
                1,
            );
        },
    );
}

#[test]
fn loom_a_worker_that_wakes_nobody_after_its_search_is_found() {
    fails(
        "loom_a_worker_that_wakes_nobody_after_its_search_is_found",
        || {
            workers::<Proven>(
                Duties {
                    passes_on: false,
                    ..ALL
                },
                1,
            );
        },
    );
}

#[test]
fn loom_a_worker_that_does_not_look_again_is_found() {
    fails("loom_a_worker_that_does_not_look_again_is_found", || {
        workers::<Proven>(
            Duties {
                looks_again: false,
                ..ALL
            },
            1,
        );
    });
}
