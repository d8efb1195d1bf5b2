//! What a worker does: the next task, or a look at the engine, or sleep.

use core::cell::{Cell, RefCell};
use core::sync::atomic::AtomicU64;
use core::sync::atomic::Ordering::Relaxed;
use core::task::Waker;
use std::rc::Rc;
use std::sync::TryLockError;

use poll_api::Instant;
use poll_driver::{Due, Limit};

use super::caught::caught;
use super::context::{self, Context};
use super::idle::Risen;
use super::parker::Token;
use super::polling;
use super::queue::Queue;
use super::shared::{Engine, Lane, Seat, Shared};
use super::tasks::Slots;
use crate::random::Random;
use crate::task::{Runnable, budget, running};
use crate::threads::MutexGuard;

/// How often in a row the task that was made ready last may run before those that wait.
const IN_A_ROW: u32 = 3;

/// What makes a thread a worker. It moves to another thread if a task blocks this one.
#[derive(Debug)]
pub(crate) struct Core {
    queue: Queue,
    /// How many tasks more until this worker looks at the engine, even if it has tasks.
    until_look: Cell<u32>,
    /// How many tasks more until it takes one of the common queue, even if it has its own. Counted
    /// apart, so that neither turn comes in the place of the other.
    until_all: Cell<u32>,
    in_a_row: Cell<u32>,
    /// Whether a task was put to be next and not taken by this worker; another may have taken it.
    may_have_next: Cell<bool>,
    is_searching: Cell<bool>,
    /// Whether what a turn has found is being queued, of which others are told at the end.
    is_waking: Cell<bool>,
    slots: Slots,
    random: Random,
    /// What a turn of the engine wakes; kept for its memory.
    wakers: RefCell<Vec<Waker>>,
}

/// What is to be done next.
#[derive(Debug)]
pub(crate) enum Next {
    Run(Runnable),
    /// It is time to look at the engine.
    Look,
    /// There is nothing.
    Nothing,
    /// The runtime ends.
    End,
}

impl Core {
    pub(crate) fn new(queue: Queue, seed: u64) -> Box<Self> {
        Box::new(Self {
            queue,
            until_look: Cell::new(0),
            until_all: Cell::new(0),
            in_a_row: Cell::new(0),
            may_have_next: Cell::new(false),
            is_searching: Cell::new(false),
            is_waking: Cell::new(false),
            slots: Slots::default(),
            random: Random::new(seed),
            wakers: RefCell::default(),
        })
    }

    /// Queues a task that this worker made ready.
    pub(crate) fn push(&self, lane: &Lane, runnable: Runnable, is_yield: bool) {
        if let Queue::Alone(queue) = &self.queue {
            queue.borrow_mut().push_back(runnable);
            return;
        }
        let runnable = match is_yield {
            true => Some(runnable),
            // What others have taken leaves room too, but only this worker fills it.
            false if self.may_have_next.replace(true) => lane.seat().next.replace(runnable),
            false => {
                lane.seat().next.fill(runnable);
                None
            }
        };
        if let Some(runnable) = runnable {
            self.queue.push(runnable);
            if !self.is_waking.get() {
                lane.shared().notify();
            }
        }
    }

    /// What was queued without a word from a turn is told of, if this is such a time.
    pub(crate) fn end_waking(&self, shared: &Shared) {
        if self.is_waking.replace(false) && self.has_tasks() {
            shared.notify();
        }
    }

    /// Whether tasks wait for this worker.
    pub(crate) fn has_tasks(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Takes a task that waits for this worker, to drop it.
    pub(crate) fn take(&self) -> Option<Runnable> {
        self.queue.pop()
    }

    fn next(&self, lane: &Lane) -> Next {
        let shared = lane.shared();
        if shared.is_closing() {
            return Next::End;
        }
        if is_over(&self.until_look, shared.settings.event_interval) {
            return Next::Look;
        }
        let is_turn_of_all = is_over(&self.until_all, shared.settings.global_queue_interval);
        let from_all = || self.queue.take_from(&shared.injector);
        let found = match is_turn_of_all {
            true => from_all().or_else(|| self.own(lane)),
            false => self.own(lane).or_else(from_all),
        };
        match found.or_else(|| self.steal(lane)) {
            Some(runnable) => Next::Run(runnable),
            None => Next::Nothing,
        }
    }

    fn own(&self, lane: &Lane) -> Option<Runnable> {
        if let Queue::Stealable(_) = self.queue {
            // Nothing is asked twice of the queue: others may have emptied it in between, and the
            // task that is next would be left by a worker that goes to sleep.
            if self.in_a_row.get() >= IN_A_ROW {
                self.in_a_row.set(0);
                if let Some(first) = self.queue.pop() {
                    return Some(first);
                }
            }
            if self.may_have_next.replace(false)
                && let Some(next) = lane.seat().next.take()
            {
                self.in_a_row.set(self.in_a_row.get() + 1);
                return Some(next);
            }
            self.in_a_row.set(0);
        }
        self.queue.pop()
    }

    /// Looks into the queues of the other workers, beginning with any of them.
    fn steal(&self, lane: &Lane) -> Option<Runnable> {
        let shared = lane.shared();
        let stealers = shared.stealers();
        if stealers.is_empty() {
            return None;
        }
        if !self.is_searching.get() {
            if !shared.idle.try_search() {
                return None;
            }
            self.is_searching.set(true);
        }
        let start = self.random.below(stealers.len());
        let others = (start..stealers.len()).chain(0..start);
        let mut others = others.filter(|other| *other != lane.index());
        let stolen = others.find_map(|other| self.queue.steal_from(stealers.get(other)?));
        if stolen.is_some() {
            count(&lane.seat().steals);
        }
        stolen.or_else(|| self.queue.take_from(&shared.injector))
    }

    /// Takes what a worker has left behind that did not poll a task since the last look; or what is
    /// queued for all, if nobody was woken for it because a worker searches that does not come back
    /// from a waker of others.
    fn take_over(&self, lane: &Lane, seen: &[u64]) -> Option<Runnable> {
        let shared = lane.shared();
        let stuck = shared.seats().zip(seen).enumerate();
        let mut stuck = stuck.filter(|(other, (seat, seen))| {
            *other != lane.index() && seat.polls.load(Relaxed) == **seen
        });
        let left = stuck.find_map(|(other, (seat, _))| {
            let stealer = shared.stealers().get(other)?;
            self.queue.steal_from(stealer).or_else(|| seat.next.take())
        });
        left.or_else(|| self.queue.take_from(&shared.injector))
    }

    /// Slots for tasks that this worker spawns.
    pub(crate) const fn slots(&self) -> &Slots {
        &self.slots
    }

    pub(crate) const fn random(&self) -> &Random {
        &self.random
    }
}

/// Counts down; true once in `interval` times and one, and then it begins again.
fn is_over(left: &Cell<u32>, interval: u32) -> bool {
    let is_over = left.get() == 0;
    left.set(if is_over { interval } else { left.get() - 1 });
    is_over
}

fn count(counter: &AtomicU64) {
    // Written by one thread.
    counter.store(counter.load(Relaxed) + 1, Relaxed);
}

impl Context {
    /// What to do next; none if this thread is no worker any more.
    pub(crate) fn next(&self) -> Option<Next> {
        let core = self.core.borrow();
        Some(core.as_ref()?.next(&self.lane))
    }

    /// Polls a task.
    pub(crate) fn run(&self, runnable: Runnable) {
        let shared = self.lane.shared();
        if let Some(core) = &*self.core.borrow() {
            // What was found may not be all there is.
            if core.is_searching.replace(false) && shared.idle.end_search() && shared.has_queued() {
                shared.notify();
            }
        }
        count(&self.lane.seat().polls);
        let id = runnable.metadata().place().id();
        let budget = shared.settings.task_budget;
        let started = shared
            .settings
            .slow_poll
            .as_ref()
            .map(|_| shared.clock.now());
        // The task itself is caught; this is for the waker of whoever waits for its end.
        caught(|| budget::with(budget, || running::run(runnable)));
        if let (Some(started), Some((limit, call))) = (started, &shared.settings.slow_poll) {
            let took = shared.clock.now().saturating_duration_since(started);
            if took >= *limit {
                caught(|| call(took, id));
            }
        }
    }

    /// Looks at the engine without waiting, if nobody else does.
    pub(crate) fn look(&self) {
        let shared = self.lane.shared();
        let mut wakers = self.take_wakers();
        if let Some(mut engine) = try_lock(shared)
            && (shared.sources.lock().len() > 0 || engine.has_messages())
        {
            turn(shared, &mut engine, Limit::Now, &mut wakers);
        }
        shared.expire(&mut wakers);
        self.wake_all(wakers);
    }

    /// Waits on the engine until `limit` or the next timer, as the one thread that may.
    pub(crate) fn wait_on(&self, engine: &mut Engine, limit: Limit) -> bool {
        let shared = self.lane.shared();
        let mut wakers = self.take_wakers();
        turn(shared, engine, limit, &mut wakers);
        shared.expire(&mut wakers);
        let has_woken = !wakers.is_empty();
        self.keep_wakers(wakers);
        has_woken
    }

    fn take_wakers(&self) -> Vec<Waker> {
        let core = self.core.borrow();
        core.as_ref()
            .map_or_else(Vec::new, |core| core.wakers.take())
    }

    fn keep_wakers(&self, wakers: Vec<Waker>) {
        if let Some(core) = &*self.core.borrow() {
            core.wakers.replace(wakers);
        }
    }

    /// Wakes what the last turn has found. No lock is held.
    pub(crate) fn wake_found(&self) {
        let wakers = self.take_wakers();
        self.wake_all(wakers);
    }

    fn wake_all(&self, mut wakers: Vec<Waker>) {
        self.is_waking(true);
        for waker in wakers.drain(..) {
            // A waker of others may panic, which is no reason to forget the rest.
            caught(|| waker.wake());
        }
        self.is_waking(false);
        self.keep_wakers(wakers);
    }

    /// Begins or ends to queue what a turn has found. Who sleeps is told once: whoever becomes idle
    /// meanwhile finds it without.
    fn is_waking(&self, now: bool) {
        if let Some(core) = &*self.core.borrow() {
            match now {
                true => core.is_waking.set(true),
                false => core.end_waking(self.lane.shared()),
            }
        }
    }

    /// Sleeps until there is something to do: the loop of a worker among several.
    fn park(&self) {
        let shared = self.lane.shared();
        let seat = self.lane.seat();
        let index = self.lane.index();
        count(&seat.parks);
        let is_searching = self.is_searching(false);
        let mut watch = shared
            .idle
            .sleep(index, is_searching)
            .then(|| Watch::new(shared));
        shared.tell_if_over();
        if shared.has_work() {
            self.rise(true);
            return;
        }
        let mut may_poll = true;
        loop {
            let engine = may_poll.then(|| try_lock(shared)).flatten();
            let token = match engine {
                Some(mut engine) => {
                    let (token, has_woken) = self.park_on(&mut engine, watch.is_some());
                    if let Some(seen) = &mut watch {
                        // Its own turn says nothing of the others.
                        seen.turns = shared.turns.load(Relaxed);
                    }
                    drop(engine);
                    if has_woken {
                        // First it is awake, so that what it wakes is not given to others.
                        if token != Token::Work {
                            self.rise(false);
                        } else {
                            self.is_searching(true);
                        }
                        self.wake_found();
                        return;
                    }
                    token
                }
                None => {
                    let interval = watch.as_ref().and(shared.settings.watch_interval);
                    seat.parker.park(interval)
                }
            };
            match (token, &mut watch) {
                (Token::Work, _) => {
                    self.is_searching(true);
                    return;
                }
                (Token::Watch, _) => {
                    watch = Some(Watch::new(shared));
                    // Whoever has left the engine will be back soon, as a rule.
                    may_poll = false;
                }
                (Token::None, None) => may_poll = true,
                (Token::None, Some(seen))
                    if shared.idle.stop_watching(index, seen.is_quiet(shared)) =>
                {
                    watch = None;
                    may_poll = true;
                }
                (Token::None, Some(seen)) => {
                    if let Some(runnable) = self.take_over(seen) {
                        self.rise(true);
                        self.run(runnable);
                        return;
                    }
                    may_poll = seen.renew(shared);
                }
            }
        }
    }

    /// Waits on the engine as a sleeper: why it ended, and whether something was woken.
    fn park_on(&self, engine: &mut Engine, watches: bool) -> (Token, bool) {
        let shared = self.lane.shared();
        let parker = &self.lane.seat().parker;
        let early = parker.enter_engine();
        if early != Token::None {
            return (early, false);
        }
        shared.idle.set_poller(Some(self.lane.index()));
        let limit = match shared.settings.watch_interval.filter(|_| watches) {
            Some(interval) => Limit::For(interval),
            None => Limit::Never,
        };
        let has_woken = self.wait_on(engine, limit);
        shared.idle.set_poller(None);
        (parker.leave_engine(), has_woken)
    }

    fn is_searching(&self, now: bool) -> bool {
        let core = self.core.borrow();
        core.as_ref()
            .is_some_and(|core| core.is_searching.replace(now))
    }

    /// Whoever has woken this worker counts it as one that searches.
    pub(crate) fn set_searching(&self) {
        self.is_searching(true);
    }

    /// Whether it searched, for its sleep.
    pub(crate) fn stop_searching(&self) -> bool {
        self.is_searching(false)
    }

    /// Whether tasks wait for this worker.
    pub(crate) fn has_tasks(&self) -> bool {
        let core = self.core.borrow();
        core.as_ref().is_some_and(|core| core.has_tasks())
    }

    /// Does the part of this worker if all tasks are dropped.
    pub(crate) fn drop_drained(&self) {
        if self.lane.shared().is_drained() {
            self.lane.shared().drop_tasks();
            self.drop_queued();
        }
    }

    /// Drops what waits for this worker.
    pub(crate) fn drop_queued(&self) {
        loop {
            let core = self.core.borrow();
            let next = || self.lane.seat().next.take();
            let queued = core.as_ref().and_then(|core| core.take().or_else(next));
            let Some(runnable) = queued else {
                return;
            };
            drop(core);
            // Its destructor may queue others.
            running::cancel(runnable);
        }
    }

    fn take_over(&self, watch: &Watch) -> Option<Runnable> {
        let core = self.core.borrow();
        core.as_ref()?.take_over(&self.lane, &watch.polls)
    }

    /// Ends the sleep of this worker, which has found something by itself.
    fn rise(&self, to_search: bool) {
        let shared = self.lane.shared();
        let risen = shared.rise(self.lane.index(), to_search);
        if risen == Risen::ByAnother {
            // The token is there, or about to be.
            while self.lane.seat().parker.park(None) != Token::Work {}
        }
        self.is_searching(to_search || risen == Risen::ByAnother);
    }
}

/// What a watcher has seen of the others.
#[derive(Debug)]
struct Watch {
    turns: u64,
    polls: Vec<u64>,
}

impl Watch {
    fn new(shared: &Shared) -> Self {
        Self {
            turns: shared.turns.load(Relaxed),
            polls: shared.seats().map(Self::polls).collect(),
        }
    }

    fn polls(seat: &Seat) -> u64 {
        seat.polls.load(Relaxed)
    }

    /// Whether no task was polled since the last time.
    fn is_quiet(&self, shared: &Shared) -> bool {
        shared
            .seats()
            .map(Self::polls)
            .eq(self.polls.iter().copied())
    }

    /// Notes what there is now; true if nobody has looked at the engine since the last time.
    fn renew(&mut self, shared: &Shared) -> bool {
        let turns = shared.turns.load(Relaxed);
        let is_left = turns == self.turns;
        self.turns = turns;
        self.polls.clear();
        self.polls.extend(shared.seats().map(Self::polls));
        is_left
    }
}

/// The engine, if nobody has it.
pub(crate) fn try_lock(shared: &Shared) -> Option<MutexGuard<'_, Engine>> {
    match shared.engine.try_lock() {
        Ok(engine) => Some(engine),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// One turn: whatever is found goes to `wakers`.
fn turn(shared: &Shared, engine: &mut Engine, limit: Limit, wakers: &mut Vec<Waker>) {
    let limit = match (limit, shared.next_deadline()) {
        (Limit::Never, Some(deadline)) => Limit::Until(deadline),
        (Limit::For(timeout), Some(deadline)) => {
            let end = shared.clock.now().saturating_add(timeout);
            Limit::Until(end.min(deadline))
        }
        (limit, _) => limit,
    };
    // What a failed wait found before is handed out; the next one tells whether it goes on.
    drop(engine.turn(limit));
    shared.turns.fetch_add(1, Relaxed);
    let mut table = shared.sources.lock();
    while let Some(due) = engine.next_due() {
        if let Due::Event(event) = due {
            table.event(event.token(), event.ready(), wakers);
        }
    }
    table.end_turn();
}

/// The loop of a worker among several, until the runtime ends or the core is moved elsewhere.
pub(crate) fn work(context: Rc<Context>) {
    let _entered = context::enter(Rc::clone(&context));
    let _polling = polling::work(Rc::clone(&context));
    while let Some(next) = context.next() {
        match next {
            Next::Run(runnable) => context.run(runnable),
            Next::Look => context.look(),
            Next::Nothing => context.park(),
            Next::End => break,
        }
    }
    // Before it looks whether the runtime is drained: what destructors make ready after that is
    // found by those that drain it.
    context.drop_queued();
    context.drop_drained();
}

/// The instant that a host comes back at, which is now while tasks are ready.
pub(crate) fn next_deadline(shared: &Shared, engine: &Engine) -> Option<Instant> {
    let deadlines = [engine.next_deadline(), shared.next_deadline()];
    deadlines.into_iter().flatten().min()
}

#[cfg(all(test, not(loom)))]
mod next;
