//! What a worker takes next while another one steals from it, or does not come back.

use core::future::pending;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::sync::mpsc;
use std::thread;

use super::{Context, Core, IN_A_ROW, Next, work};
use crate::runtime::clock::{Origin as Time, RuntimeClock};
use crate::runtime::handle::Handle;
use crate::runtime::queue::{steal_one, take_one};
use crate::runtime::settings::Settings;
use crate::runtime::{Lane, Shared};
use crate::task::{Runnable, Spans, running};

#[test]
fn a_thief_that_takes_all_others_does_not_hide_the_task_that_is_next() {
    let clock = RuntimeClock::new(Time::System);
    let (shared, queues) = Shared::new(2, clock, Settings::default()).unwrap();
    let core = Core::new(queues.into_iter().next().unwrap(), 1);
    let lane = Lane::new(shared.clone(), 0);
    let mut tasks: Vec<_> = (0..2)
        .map(|_| {
            drop(
                lane.make(lane.begin_outside(), pending::<()>(), Spans::here("task"))
                    .start(),
            );
            take_one(&shared.injector).unwrap()
        })
        .collect();
    let is_over = AtomicBool::new(false);
    let (steals, stolen) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                if let Some(task) = steal_one(&shared.stealers()[0]) {
                    steals.send(task).unwrap();
                }
            }
        });
        let mut was_left = false;
        for _ in 0..100_000 {
            core.push(&lane, tasks.pop().unwrap(), true);
            core.push(&lane, tasks.pop().unwrap(), false);
            core.in_a_row.set(IN_A_ROW);
            match found(&core, &lane) {
                Next::Run(task) => tasks.push(task),
                _ => was_left = true,
            }
            while tasks.len() < 2 {
                match found(&core, &lane) {
                    Next::Run(task) => tasks.push(task),
                    _ => tasks.extend(stolen.try_recv()),
                }
            }
        }
        is_over.store(true, Ordering::Relaxed);
        assert!(!was_left, "a worker with a task would have gone to sleep");
    });
    tasks.into_iter().for_each(running::cancel);
}

#[test]
fn a_task_that_gives_way_to_the_next_one_waits_behind_it() {
    let clock = RuntimeClock::new(Time::System);
    let (shared, queues) = Shared::new(2, clock, Settings::default()).unwrap();
    let core = Core::new(queues.into_iter().next().unwrap(), 1);
    let lane = Lane::new(shared.clone(), 0);
    let spawned = || {
        drop(
            lane.make(lane.begin_outside(), pending::<()>(), Spans::here("task"))
                .start(),
        );
        take_one(&shared.injector).unwrap()
    };
    let id = |task: &Runnable| task.metadata().place().id();
    let tasks = [spawned(), spawned(), spawned()];
    let ids = tasks.each_ref().map(id);
    let [first, second, third] = tasks;
    core.push(&lane, first, false);
    let stolen = lane.seat().next.take();
    assert_eq!(stolen.as_ref().map(id), Some(ids[0]));
    core.push(&lane, second, false);
    core.push(&lane, third, false);
    for expected in [ids[2], ids[1]] {
        let Next::Run(task) = found(&core, &lane) else {
            panic!("a task was lost");
        };
        assert_eq!(id(&task), expected);
        running::cancel(task);
    }
    stolen.into_iter().for_each(running::cancel);
}

#[test]
fn what_is_queued_for_all_does_not_wait_for_a_searcher_that_is_stuck_in_a_waker() {
    let clock = RuntimeClock::new(Time::System);
    let (shared, queues) = Shared::new(2, clock, Settings::default()).unwrap();
    // The other worker: woken for something, and a waker of others does not return.
    assert!(shared.idle.try_search());
    let core = Core::new(queues.into_iter().next().unwrap(), 1);
    let lane = Lane::new(shared.clone(), 0);
    let handle = Handle::several(Lane::new(shared.clone(), 2));
    let for_worker = lane.clone();
    let worker = thread::spawn(move || work(Context::new(for_worker, handle, Some(core), false)));
    while shared.idle.sleepers() == 0 {
        thread::yield_now();
    }
    let (ran, has_run) = mpsc::channel();
    let task = async move { ran.send(()).unwrap() };
    drop(
        lane.make(lane.begin_outside(), task, Spans::here("task"))
            .start(),
    );
    let result = has_run.recv_timeout(Duration::from_secs(20));
    shared.close();
    worker.join().unwrap();
    shared.drain();
    assert_eq!(result, Ok(()));
}

/// What is next, but for the looks at the engine in between.
fn found(core: &Core, lane: &Lane) -> Next {
    match core.next(lane) {
        Next::Look => core.next(lane),
        next => next,
    }
}
