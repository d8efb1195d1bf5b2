//! What all threads of a runtime share.

use core::cell::Cell;
use core::fmt;
use core::ptr;
use core::sync::atomic::Ordering::SeqCst;
use core::sync::atomic::{AtomicBool, AtomicU64, fence};
use core::task::Waker;
use std::io;
use std::sync::Arc;

use crossbeam_deque::{Injector, Stealer};
use crossbeam_utils::CachePadded;
use poll_api::Instant;
use poll_driver::{Budget, Driver, Remote};
use poll_os::{Poll, Registry};

use super::blocking::Pool;
use super::caught::caught;
use super::clock::{RuntimeClock, SharedClock};
use super::ending::Ending;
use super::idle::{Calls, Idle, Risen};
use super::parker::{Parker, Token};
use super::queue::{Front, Queue, steal_one, take_one};
use super::settings::{Settings, UnhandledPanic};
use super::tasks::{self, Slots, Tasks};
use super::waiters::{Waiter, Waiters};
use super::wheel::Wheel;
use crate::io::source::{OWN, Sources};
use crate::task::{Id, Payload, Place, Runnable, Running, running};
use crate::threads::Mutex;

/// The engine with its loop. Timers are in the wheels of the workers, and what is posted says only
/// that one of them became earlier.
pub(crate) type Engine = Driver<Poll, SharedClock, (), ()>;

/// How many expired timers of one wheel an event waits for.
const TIMERS: usize = 256;

thread_local! {
    /// The runtime whose queued tasks this thread drops, as a name: it is not looked at.
    static DROPS: Cell<*const Shared> = const { Cell::new(ptr::null()) };
}

/// Puts back what the thread did before.
struct Drops(*const Shared);

impl Drop for Drops {
    fn drop(&mut self) {
        DROPS.set(self.0);
    }
}

/// What others may see and touch of a worker. One more than there are workers is for the threads
/// that are none.
pub(crate) struct Seat {
    /// The task that was made ready last, to run next: its data is still in the cache.
    pub(crate) next: Front,
    pub(crate) parker: Parker,
    pub(crate) wheel: Wheel,
    pub(crate) tasks: Tasks,
    /// How many tasks were polled; written by the worker alone.
    pub(crate) polls: AtomicU64,
    pub(crate) steals: AtomicU64,
    pub(crate) parks: AtomicU64,
}

impl Seat {
    fn new() -> Self {
        Self {
            next: Front::new(),
            parker: Parker::default(),
            wheel: Wheel::new(),
            tasks: Tasks::default(),
            polls: AtomicU64::new(0),
            steals: AtomicU64::new(0),
            parks: AtomicU64::new(0),
        }
    }
}

pub(crate) struct Shared {
    /// One for each worker, and the last for everybody else.
    seats: Box<[CachePadded<Seat>]>,
    stealers: Vec<Stealer<Runnable>>,
    /// What other threads made ready, and what did not fit elsewhere.
    pub(crate) injector: Injector<Runnable>,
    pub(crate) idle: Idle,
    pub(crate) engine: Mutex<Engine>,
    remote: Remote<(), poll_os::Waker>,
    pub(crate) registry: Registry,
    pub(crate) sources: Sources,
    pub(crate) clock: Arc<RuntimeClock>,
    pub(crate) settings: Settings,
    pub(crate) pool: Pool,
    ending: Ending,
    /// Whether a panic has stopped the runtime.
    has_panicked: AtomicBool,
    pub(crate) waiters: Waiters,
    /// How many turns the engine had.
    pub(crate) turns: AtomicU64,
}

impl Shared {
    pub(crate) fn new(
        workers: usize,
        clock: RuntimeClock,
        settings: Settings,
    ) -> io::Result<(Arc<Self>, Vec<Queue>)> {
        let clock = Arc::new(clock);
        let driver_clock = SharedClock(Arc::clone(&clock));
        let engine = Driver::new(Poll::new()?, driver_clock, OWN, Budget::default())?;
        let (queues, stealers) = Queue::all(workers);
        let watches = workers > 1 && settings.watch_interval.is_some();
        let seats = (0..=workers).map(|_| CachePadded::new(Seat::new()));
        let shared = Self {
            seats: seats.collect(),
            stealers,
            injector: Injector::new(),
            idle: Idle::new(workers, watches),
            remote: engine.remote(),
            registry: engine.registry().clone(),
            engine: Mutex::new(engine),
            sources: Sources::default(),
            clock,
            pool: Pool::new(&settings),
            settings,
            ending: Ending::new(),
            has_panicked: AtomicBool::new(false),
            waiters: Waiters::default(),
            turns: AtomicU64::new(0),
        };
        Ok((Arc::new(shared), queues))
    }

    /// How many workers there are.
    pub(crate) fn workers(&self) -> usize {
        self.seats.len() - 1
    }

    /// The seat of a worker, or that of everybody else.
    pub(crate) fn seat(&self, index: usize) -> &Seat {
        let outside = self.workers();
        &self.seats[index.min(outside)]
    }

    pub(crate) fn seats(&self) -> impl Iterator<Item = &Seat> {
        self.seats.iter().map(|seat| &**seat)
    }

    pub(crate) fn stealers(&self) -> &[Stealer<Runnable>] {
        &self.stealers
    }

    /// Queues a task that no worker of this runtime made ready.
    pub(crate) fn inject(&self, runnable: Runnable) {
        self.injector.push(runnable);
        self.notify();
        if self.is_drained() {
            self.drop_queued();
        }
    }

    /// Something is queued: has a worker look at it, if none does anyway.
    pub(crate) fn notify(&self) {
        self.call(self.idle.notify());
    }

    /// Wakes those that a change of who sleeps asks for.
    pub(crate) fn call(&self, calls: Calls) {
        if let Some(seat) = calls.work {
            self.unpark(seat, Token::Work);
        }
        if let Some(seat) = calls.watch {
            self.unpark(seat, Token::Watch);
        }
    }

    fn unpark(&self, seat: usize, token: Token) {
        if self.seat(seat).parker.unpark(token) {
            self.wake_engine();
        }
    }

    /// Ends the wait of the engine.
    fn wake_engine(&self) {
        // Refused only if the poller is gone, and then nobody waits on it.
        drop(self.remote.wake());
    }

    /// A sleeper rises by itself, because there is something to do.
    pub(crate) fn rise(&self, seat: usize, to_search: bool) -> Risen {
        let risen = self.idle.rise(seat, to_search);
        if let Risen::Itself(calls) = risen {
            self.call(calls);
        }
        risen
    }

    /// Whether there is something to do for a worker that sleeps: a task, or to end.
    pub(crate) fn has_work(&self) -> bool {
        self.has_queued() || self.is_closing()
    }

    /// Whether a task waits anywhere for a worker that has nothing to do.
    pub(crate) fn has_queued(&self) -> bool {
        !self.injector.is_empty() || self.stealers.iter().any(|stealer| !stealer.is_empty())
    }

    /// A timer became earlier than all of its wheel: whoever sleeps until later is woken.
    pub(crate) fn announce(&self, deadline: Instant) {
        // An error says that the engine is gone, and no timer fires any more.
        drop(self.remote.post((), deadline));
    }

    /// The next instant at which a timer may be due.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let seats = self.seats.iter();
        seats.filter_map(|seat| seat.wheel.next_deadline()).min()
    }

    /// Moves out the wakers of timers that are due. Reads the clock once if a timer is set.
    pub(crate) fn expire(&self, wakers: &mut Vec<Waker>) {
        if self.next_deadline().is_none() {
            return;
        }
        let now = self.clock.now();
        for seat in &self.seats {
            seat.wheel.expire(now, TIMERS, wakers);
        }
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.ending.is_closing()
    }

    /// # Panics
    ///
    /// If the runtime was told to stop when a task panics, and one has.
    pub(crate) fn assert_not_stopped(&self) {
        assert!(
            !self.has_panicked.load(SeqCst),
            "a task panicked that nobody joined, and the runtime was built to stop then"
        );
    }

    /// Has `waker` called when the runtime stops because of a panic, if it was built to.
    pub(crate) fn tell_stop(&self, waker: &Waker) -> Option<Waiter<'_>> {
        let stops = matches!(
            self.settings.unhandled_panic,
            UnhandledPanic::ShutdownRuntime
        );
        stops.then(|| self.waiters.add(waker.clone()))
    }

    /// Has all workers end; tasks that run go on until they return.
    pub(crate) fn close(&self) {
        self.ending.close();
        for seat in 0..self.workers() {
            self.unpark(seat, Token::Work);
        }
    }

    /// Drops all tasks, also those that are still made ready from here on: whoever does so drops
    /// them.
    pub(crate) fn drain(&self) {
        self.ending.drain();
        self.drop_tasks();
    }

    /// Drops all tasks that are left, on this thread but for those that another thread polls, or is
    /// about to: that thread does the same afterwards.
    pub(crate) fn drop_tasks(&self) {
        let mut wakers = Vec::new();
        self.sources.close(&mut wakers);
        self.ending.look_up();
        for seat in &self.seats {
            wakers.extend(seat.tasks.close());
        }
        // Whoever waits for a timer elsewhere finds out that this one does not fire any more.
        for seat in &self.seats {
            seat.wheel.expire(Instant::MAX, usize::MAX, &mut wakers);
        }
        for waker in wakers {
            // What is not queued yet is queued, and dropped from there: one after the other, and
            // not inside each other's destructors.
            caught(|| waker.wake());
            self.drop_queued();
        }
        self.drop_queued();
    }

    /// Whether tasks are dropped: a thread that has polled some does its part then.
    pub(crate) fn is_drained(&self) -> bool {
        self.ending.is_drained()
    }

    /// Whether a timer that is gone was dropped with the others at the end, and is not due.
    pub(crate) fn has_dropped(&self, deadline: Instant) -> bool {
        self.is_closing() && deadline > self.clock.now()
    }

    fn drop_queued(&self) {
        // A destructor that this thread runs has made a task ready: the loop below it comes to it.
        if ptr::eq(DROPS.get(), self) {
            return;
        }
        let _before = Drops(DROPS.replace(self));
        while let Some(runnable) = self.take_queued() {
            running::cancel(runnable);
        }
    }

    fn take_queued(&self) -> Option<Runnable> {
        let next = self.seats.iter().find_map(|seat| seat.next.take());
        next.or_else(|| self.stealers.iter().find_map(steal_one))
            .or_else(|| take_one(&self.injector))
    }

    /// How many tasks are alive.
    pub(crate) fn tasks(&self) -> usize {
        let seats = self.seats.iter();
        let alive = tasks::alive(seats.map(|seat| &seat.tasks));
        usize::try_from(alive).unwrap_or(usize::MAX)
    }

    /// Whether a task is alive.
    pub(crate) fn has_tasks(&self) -> bool {
        self.tasks() > 0
    }

    /// Calls those that wait for the last task, if there is none. What counts ends leaves it to
    /// this to find the last one: nothing orders there who waits and what has ended.
    pub(crate) fn tell_if_over(&self) {
        if self.waiters.await_tasks() && !self.has_tasks() {
            self.waiters.wake();
        }
    }

    /// The task is dropped when it is polled next.
    pub(crate) fn abort(&self, place: Place) {
        self.ending.look_up();
        let waker = self.seat(place.id().shard()).tasks.abort(place);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Whether the task is to be dropped. One load as long as none was.
    pub(crate) fn is_aborted(&self, place: Place) -> bool {
        self.ending.may_be_aborted() && self.seat(place.id().shard()).tasks.is_aborted(place)
    }

    pub(crate) fn has_ended(&self, place: Place) -> bool {
        !self.seat(place.id().shard()).tasks.contains(place)
    }

    fn report_panic(&self, id: Option<Id>, payload: Payload) {
        match &self.settings.unhandled_panic {
            UnhandledPanic::Ignore => {}
            UnhandledPanic::ShutdownRuntime => {
                self.has_panicked.store(true, SeqCst);
                self.close();
                self.waiters.wake();
            }
            UnhandledPanic::Call(call) => {
                // Outcomes and futures are dropped by tasks.
                if let Some(id) = id {
                    caught(|| call(id, &*payload));
                }
            }
        }
        // Its destructor may panic in turn.
        caught(|| drop(payload));
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("workers", &self.workers())
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// A worker's handle to what is shared, so that each counts the references of its own tasks.
#[derive(Debug)]
pub(crate) struct Lane {
    shared: Arc<Shared>,
    seat: usize,
}

impl Lane {
    pub(crate) fn new(shared: Arc<Shared>, seat: usize) -> Arc<Self> {
        Arc::new(Self { shared, seat })
    }

    pub(crate) const fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(crate) const fn index(&self) -> usize {
        self.seat
    }

    pub(crate) fn seat(&self) -> &Seat {
        self.shared.seat(self.seat)
    }

    /// The place of a new task that no worker spawns.
    pub(crate) fn begin_outside(&self) -> Place {
        let outside = self.shared.workers();
        self.shared.seat(outside).tasks.begin_outside(outside)
    }

    /// A task has ended; true if somebody may wait for that. Whoever has polled it as this worker
    /// has slots at hand.
    #[must_use]
    pub(crate) fn end(&self, running: Running, at_hand: Option<&Slots>) -> bool {
        let place = running.place;
        let shard = place.id().shard();
        let tasks = &self.shared.seat(shard).tasks;
        match running.is_first {
            true => tasks.end_unseen(place, at_hand.filter(|_| shard == self.seat)),
            false => tasks.end(place),
        }
        if at_hand.is_some() {
            self.seat().tasks.count_end();
        } else {
            let outside = self.shared.workers();
            self.shared.seat(outside).tasks.count_end_outside();
            fence(SeqCst);
        }
        self.shared.waiters.await_tasks()
    }

    pub(crate) fn report_panic(&self, id: Option<Id>, payload: Payload) {
        self.shared.report_panic(id, payload);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use core::future::pending;
    use std::thread;

    use super::super::clock::{Origin as Time, RuntimeClock};
    use super::{Arc, Lane, Settings, Shared, Slots, take_one};
    use crate::task::{Spans, running};

    #[test]
    fn a_task_that_is_spawned_by_the_last_one_is_not_overlooked() {
        let clock = RuntimeClock::new(Time::System);
        // So many that a look at all takes longer than what happens to a task.
        let (shared, _queues) = Shared::new(256, clock, Settings::default()).unwrap();
        let lanes = [0, 255].map(|seat| (Lane::new(shared.clone(), seat), Slots::default()));
        let next = |(lane, at_hand): &(Arc<Lane>, Slots)| {
            // As the worker would.
            let place = lane.seat().tasks.begin(lane.index(), at_hand);
            drop(
                lane.make(place, pending::<()>(), Spans::here("task"))
                    .start(),
            );
            take_one(&shared.injector).unwrap()
        };
        let mut last = next(&lanes[1]);
        thread::scope(|scope| {
            let looks = scope.spawn(|| (0..50_000).all(|_| shared.has_tasks()));
            for lane in lanes.iter().cycle() {
                let before = core::mem::replace(&mut last, next(lane));
                running::cancel(before);
                if looks.is_finished() {
                    break;
                }
            }
            assert!(looks.join().unwrap(), "there was always one");
        });
        running::cancel(last);
        assert!(!shared.has_tasks());
    }
}
