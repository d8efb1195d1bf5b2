//! The model: a runtime of one thread that ends while others spawn tasks in it, wake them, and
//! drive it; and a mutant for the fence of each side and for each duty.
//!
//! Tasks, their table and the queues are models too, with no more order than those in use have.
//! Workers among several are the simpler case: others see their queues, and one of them leaves only
//! when the runtime is closing.

use std::panic::catch_unwind;

use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use loom::sync::{Arc, Mutex};
use loom::thread;

use super::Ending;
use crate::runtime::idle::{Fences, Idle, Proven};
use crate::task::message_of;

/// A task that has left its future: dropped, in this model.
const ENDED: usize = 4;
const SCHEDULED: usize = 1;
const RUNNING: usize = 2;

/// What each side does, each left out or put off by a mutant.
#[derive(Clone, Copy)]
struct Duties {
    /// Whoever ends the runtime says so before it looks for what is queued.
    says_so_first: bool,
    /// It says that tasks are to be looked up before it wakes them.
    aborts_first: bool,
    /// It wakes what is not queued.
    wakes_all: bool,
    /// A table that is closed refuses tasks that are spawned.
    refuses: bool,
    /// And those that have to wait for the first time.
    refuses_to_wait: bool,
    /// Whoever makes a task ready asks whether all are dropped.
    asks_after_push: bool,
    /// The worker asks when it has left its queue where others find it.
    asks_after_leaving: bool,
    /// Whoever ends the runtime looks there too.
    looks_for_the_queue: bool,
    /// Waking a task that is queued already is seen by whoever polls it, as async-task has it.
    wakes_are_published: bool,
}

const ALL: Duties = Duties {
    says_so_first: true,
    aborts_first: true,
    wakes_all: true,
    refuses: true,
    refuses_to_wait: true,
    asks_after_push: true,
    asks_after_leaving: true,
    looks_for_the_queue: true,
    wakes_are_published: true,
};

#[derive(Default)]
struct Table {
    is_closed: bool,
    alive: Vec<usize>,
    /// Those that have left a waker.
    wait: Vec<usize>,
}

struct Task {
    state: AtomicUsize,
    /// Whether it is in the common queue.
    is_injected: AtomicBool,
    /// How often its future was dropped.
    drops: AtomicUsize,
}

struct Runtime<F: Fences> {
    ending: Ending<F>,
    idle: Idle<F>,
    table: Mutex<Table>,
    tasks: Vec<Task>,
    /// The worker's own queue, while no thread is the worker.
    left: Mutex<Option<Vec<usize>>>,
    duties: Duties,
}

/// The worker's own queue on the thread that is the worker; nowhere else.
type Own<'a> = Option<&'a mut Vec<usize>>;

impl<F: Fences + Send + Sync + 'static> Runtime<F> {
    fn new(duties: Duties, tasks: usize) -> Arc<Self> {
        let task = |_| Task {
            state: AtomicUsize::new(SCHEDULED),
            is_injected: AtomicBool::new(false),
            drops: AtomicUsize::new(0),
        };
        Arc::new(Self {
            ending: Ending::new(),
            idle: Idle::new(1, false),
            table: Mutex::default(),
            tasks: (0..tasks).map(task).collect(),
            left: Mutex::new(Some(Vec::new())),
            duties,
        })
    }

    fn spawn(&self, task: usize, own: Own<'_>) {
        let mut table = self.table.lock().unwrap();
        // A worker looks without the lock, and may see it too late.
        let is_refused = own.is_none() && table.is_closed && self.duties.refuses;
        if !is_refused {
            table.alive.push(task);
        }
        drop(table);
        match is_refused {
            true => self.cancel(task),
            false => self.push(task, own),
        }
    }

    fn push(&self, task: usize, own: Own<'_>) {
        if let Some(own) = own {
            return own.push(task);
        }
        self.tasks[task].is_injected.store(true, Ordering::Release);
        assert_eq!(self.idle.notify().work, None);
        if self.duties.asks_after_push && self.ending.is_drained() {
            self.drop_injected();
        }
    }

    fn take_injected(&self) -> Option<usize> {
        (0..self.tasks.len()).find(|task| {
            let is_injected = &self.tasks[*task].is_injected;
            // The first look is as weak as that of the common queue.
            is_injected.load(Ordering::Acquire) && is_injected.swap(false, Ordering::AcqRel)
        })
    }

    fn drop_injected(&self) {
        while let Some(task) = self.take_injected() {
            self.cancel(task);
        }
    }

    fn wake(&self, task: usize, own: Own<'_>) {
        let state = &self.tasks[task].state;
        let mut seen = state.load(Ordering::Acquire);
        loop {
            if seen == ENDED || seen & SCHEDULED != 0 && !self.duties.wakes_are_published {
                return;
            }
            let to = seen | SCHEDULED;
            match state.compare_exchange(seen, to, Ordering::AcqRel, Ordering::Acquire) {
                Ok(0) => return self.push(task, own),
                // Whoever polls it queues it again, or it is queued.
                Ok(_) => return,
                Err(other) => seen = other,
            }
        }
    }

    fn cancel(&self, task: usize) {
        self.tasks[task].state.swap(RUNNING, Ordering::AcqRel);
        self.drop_polled(task);
    }

    fn drop_polled(&self, task: usize) {
        self.tasks[task].drops.fetch_add(1, Ordering::AcqRel);
        let mut table = self.table.lock().unwrap();
        table.alive.retain(|other| *other != task);
        table.wait.retain(|other| *other != task);
        drop(table);
        self.tasks[task].state.store(ENDED, Ordering::Release);
    }

    /// Leaves a waker; false if the task is refused.
    fn wait(&self, task: usize) -> bool {
        let mut table = self.table.lock().unwrap();
        let is_first = !table.wait.contains(&task);
        let is_refused = is_first && table.is_closed && self.duties.refuses_to_wait;
        if is_first && !is_refused {
            table.wait.push(task);
        }
        !is_refused
    }

    /// It waits, unless it is to be dropped instead.
    fn poll(&self, task: usize, own: Own<'_>) {
        let state = &self.tasks[task].state;
        state.swap(RUNNING, Ordering::AcqRel);
        let is_aborted = || self.ending.may_be_aborted() && self.table.lock().unwrap().is_closed;
        if is_aborted() || !self.wait(task) {
            self.drop_polled(task);
        } else if state.fetch_and(!RUNNING, Ordering::AcqRel) & SCHEDULED != 0 {
            self.push(task, own);
        }
    }

    /// A thread that is the worker for a moment: it spawns a task, polls another, and leaves.
    fn drive(&self, spawned: usize) {
        let mut own = self.left.lock().unwrap().take().unwrap();
        self.spawn(spawned, Some(&mut own));
        if let Some(task) = self.take_injected() {
            self.poll(task, Some(&mut own));
        }
        *self.left.lock().unwrap() = Some(own);
        if self.duties.asks_after_leaving && self.ending.is_drained() {
            self.drop_left();
        }
    }

    fn drop_left(&self) {
        loop {
            let mut left = self.left.lock().unwrap();
            let Some(task) = left.as_mut().and_then(Vec::pop) else {
                return;
            };
            drop(left);
            self.cancel(task);
        }
    }

    fn end(&self) {
        self.ending.close();
        if self.duties.says_so_first {
            self.ending.drain();
        }
        if self.duties.aborts_first {
            self.ending.look_up();
        }
        let mut table = self.table.lock().unwrap();
        table.is_closed = true;
        let wait = table.wait.clone();
        drop(table);
        if self.duties.wakes_all {
            wait.into_iter().for_each(|task| self.wake(task, None));
        }
        if !self.duties.aborts_first {
            self.ending.look_up();
        }
        self.drop_injected();
        if !self.duties.says_so_first {
            self.ending.drain();
        }
        if self.duties.looks_for_the_queue {
            self.drop_left();
        }
    }

    /// The end of a runtime whose tasks only this thread drops, but for those that are refused.
    fn end_alone(&self) {
        self.ending.close();
        self.ending.look_up();
        let mut table = self.table.lock().unwrap();
        table.is_closed = true;
        let wait = table.wait.clone();
        drop(table);
        wait.into_iter().for_each(|task| self.wake(task, None));
        while !self.table.lock().unwrap().alive.is_empty() {
            self.drop_injected();
            thread::yield_now();
        }
    }

    /// # Panics
    ///
    /// If a task was forgotten or dropped twice.
    fn assert_all_dropped(&self) {
        for (number, task) in self.tasks.iter().enumerate() {
            let drops = task.drops.load(Ordering::Acquire);
            assert!(drops > 0, "task {number} was forgotten");
            assert_eq!(drops, 1, "task {number} was dropped again");
        }
    }
}

fn checked(scenario: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(scenario);
}

/// Others spawn a task each.
fn spawned<F: Fences + Send + Sync + 'static, const SPAWNERS: usize>(duties: Duties) {
    checked(move || {
        let runtime = Runtime::<F>::new(duties, SPAWNERS);
        let spawners: Vec<_> = (0..SPAWNERS)
            .map(|task| {
                let runtime = runtime.clone();
                thread::spawn(move || runtime.spawn(task, None))
            })
            .collect();
        runtime.end();
        spawners.into_iter().for_each(|it| it.join().unwrap());
        runtime.assert_all_dropped();
    });
}

/// Another spawns a task in a runtime whose tasks stay on its thread.
fn spawned_from_elsewhere(duties: Duties) {
    checked(move || {
        let duties = Duties {
            asks_after_push: false,
            ..duties
        };
        let runtime = Runtime::<Proven>::new(duties, 1);
        let spawner = runtime.clone();
        let spawner = thread::spawn(move || spawner.spawn(0, None));
        runtime.end_alone();
        spawner.join().unwrap();
        runtime.assert_all_dropped();
    });
}

/// Another wakes a task that waits.
fn woken(duties: Duties) {
    checked(move || {
        let runtime = Runtime::<Proven>::new(duties, 1);
        runtime.tasks[0].state.store(0, Ordering::Release);
        assert!(runtime.wait(0));
        let waker = runtime.clone();
        let waker = thread::spawn(move || waker.wake(0, None));
        runtime.end();
        waker.join().unwrap();
        runtime.assert_all_dropped();
    });
}

/// Another is the worker: it spawns a task, polls one that was queued before, and leaves.
fn driven(duties: Duties) {
    driving(duties, false);
}

/// The same where the task that was queued has waited before.
fn driven_again(duties: Duties) {
    driving(duties, true);
}

fn driving(duties: Duties, has_waited: bool) {
    checked(move || {
        let runtime = Runtime::<Proven>::new(duties, 2);
        assert!(!has_waited || runtime.wait(1));
        runtime.spawn(1, None);
        let driver = runtime.clone();
        let driver = thread::spawn(move || driver.drive(0));
        runtime.end();
        driver.join().unwrap();
        runtime.assert_all_dropped();
    });
}

/// Whoever ends the runtime is not ordered.
struct WeakDrain;

impl Fences for WeakDrain {
    const DRAIN: Ordering = Ordering::AcqRel;
}

/// Whoever pushes is not ordered.
struct WeakNotify;

impl Fences for WeakNotify {
    const NOTIFY: Ordering = Ordering::AcqRel;
}

#[test]
fn loom_tasks_that_are_spawned_at_the_end_are_dropped() {
    spawned::<Proven, 1>(ALL);
    spawned::<Proven, 2>(ALL);
    spawned_from_elsewhere(ALL);
}

#[test]
fn loom_a_task_that_is_woken_at_the_end_is_dropped() {
    woken(ALL);
}

#[test]
fn loom_tasks_of_a_worker_that_leaves_at_the_end_are_dropped() {
    driven(ALL);
    driven_again(ALL);
}

fn without(leave_out: impl FnOnce(&mut Duties)) -> Duties {
    let mut duties = ALL;
    leave_out(&mut duties);
    duties
}

/// Asserts that `model` finds what is wrong.
fn finds(complaint: &str, model: fn(Duties), duties: Duties) {
    let found = catch_unwind(|| model(duties)).expect_err("the model has not found it");
    let found = message_of(&found).unwrap_or("something else");
    assert!(found.contains(complaint), "{found}");
}

const FORGOTTEN: &str = "was forgotten";

#[test]
fn loom_ending_without_its_fence_is_found() {
    finds(FORGOTTEN, spawned::<WeakDrain, 1>, ALL);
}

#[test]
fn loom_pushing_without_its_fence_is_found() {
    finds(FORGOTTEN, spawned::<WeakNotify, 1>, ALL);
}

#[test]
fn loom_ending_that_is_said_after_the_tasks_were_dropped_is_found() {
    finds(
        FORGOTTEN,
        spawned::<Proven, 1>,
        without(|it| it.says_so_first = false),
    );
}

#[test]
fn loom_waking_tasks_that_are_not_looked_up_is_found() {
    finds(
        FORGOTTEN,
        driven_again,
        without(|it| it.aborts_first = false),
    );
}

#[test]
fn loom_a_closed_table_that_lets_tasks_wait_is_found() {
    finds(FORGOTTEN, driven, without(|it| it.refuses_to_wait = false));
}

#[test]
fn loom_pushing_without_asking_for_the_end_is_found() {
    finds(
        FORGOTTEN,
        spawned::<Proven, 1>,
        without(|it| it.asks_after_push = false),
    );
}

#[test]
fn loom_a_closed_table_that_takes_tasks_is_found() {
    finds(
        FORGOTTEN,
        spawned_from_elsewhere,
        without(|it| it.refuses = false),
    );
}

#[test]
fn loom_leaving_what_waits_for_nobody_unwoken_is_found() {
    finds(FORGOTTEN, driven, without(|it| it.wakes_all = false));
}

#[test]
fn loom_a_worker_that_leaves_without_asking_is_found() {
    finds(
        FORGOTTEN,
        driven,
        without(|it| it.asks_after_leaving = false),
    );
}

#[test]
fn loom_ending_without_a_look_at_what_a_worker_has_left_is_found() {
    finds(
        FORGOTTEN,
        driven,
        without(|it| it.looks_for_the_queue = false),
    );
}

#[test]
fn loom_a_wake_that_whoever_polls_does_not_see_is_found() {
    finds(
        FORGOTTEN,
        driven_again,
        without(|it| it.wakes_are_published = false),
    );
}
