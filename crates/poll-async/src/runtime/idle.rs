//! Which workers sleep, which look for work, and who watches those that run.
//!
//! ```text
//!   worker, about to sleep                whoever makes a task ready
//!   sleep: one more sleeper               push it to a queue
//!          fence                                 fence
//!          is a queue filled? then rise          a sleeper, and nobody searching? then wake it
//! ```
//!
//! Of the two one sees the other, whatever the order: that is what the two fences are for. Nobody
//! is woken while a worker searches: it will find the task, or see it when it looks once more
//! before it sleeps; and the last one that finds something has another one woken if that was not
//! all there is. For that it looks, behind a fence, when it does not count as searching any more:
//! what it does not see is pushed by somebody who sees that nobody searches.
//!
//! While a worker runs and another sleeps, one of the sleepers watches: now and then it looks
//! whether something was left behind by a worker that does not come back from a task, such as
//! tasks in its queue, or the engine that nobody looks at. The invariant: *if somebody is awake and
//! somebody asleep, there is a watcher*. Every change of who sleeps keeps it, under one lock. To
//! tell a sleeper that it is the watcher is to wake it, which costs more than many tasks do; so a
//! watcher is one that is not about to rise, and stays one for a while when all sleep.

use core::marker::PhantomData;
use core::sync::atomic::Ordering::{self, Relaxed, SeqCst};

use crate::threads::{AtomicUsize, Mutex, fence, lock};

/// The fences of the sides, apart so that the models can weaken each.
pub(crate) trait Fences {
    /// Between going to sleep and looking once more.
    const SLEEP: Ordering = SeqCst;
    /// Between pushing a task and looking who sleeps, and whether the runtime has ended.
    const NOTIFY: Ordering = SeqCst;
    /// Between the end of the runtime and dropping what was pushed: see [`super::ending`].
    const DRAIN: Ordering = SeqCst;
    /// Between the end of a search and looking whether more is queued.
    const FOUND: Ordering = SeqCst;
}

/// The fences in use; the models prove that none can be weaker.
#[derive(Debug)]
pub(crate) struct Proven;

impl Fences for Proven {}

/// One sleeper, in the upper half of the word; the lower half counts those that search.
const SLEEPER: usize = 1 << (usize::BITS / 2);
const SEARCHERS: usize = SLEEPER - 1;
/// Nobody's seat.
const NONE: usize = usize::MAX;

#[derive(Debug)]
pub(crate) struct Idle<F: Fences = Proven> {
    /// How many sleep, and how many search. Sleepers change under the lock.
    word: AtomicUsize,
    /// The seat that waits on the engine, which is woken last; a hint.
    poller: AtomicUsize,
    seats: usize,
    /// Whether one of the sleepers is to watch the others.
    watches: bool,
    asleep: Mutex<Asleep>,
    fences: PhantomData<F>,
}

#[derive(Debug)]
struct Asleep {
    seats: Vec<usize>,
    watcher: Option<usize>,
}

/// What a change asks its caller to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub(crate) struct Calls {
    /// The seat to wake for work; it counts as awake and searching already.
    pub(crate) work: Option<usize>,
    /// The seat to tell that it is to watch.
    pub(crate) watch: Option<usize>,
}

/// How a sleeper that wants to rise finds itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Risen {
    /// It was asleep, and is awake now, searching if it wanted to.
    Itself(Calls),
    /// Somebody has woken it meanwhile: it counts as awake and searching.
    ByAnother,
}

impl<F: Fences> Idle<F> {
    /// All of `seats` workers are awake, and none searches.
    pub(crate) fn new(seats: usize, watches: bool) -> Self {
        Self {
            word: AtomicUsize::new(0),
            poller: AtomicUsize::new(NONE),
            seats,
            watches,
            asleep: Mutex::new(Asleep {
                seats: Vec::with_capacity(seats),
                watcher: None,
            }),
            fences: PhantomData,
        }
    }

    /// Says who waits on the engine.
    pub(crate) fn set_poller(&self, seat: Option<usize>) {
        self.poller.store(seat.unwrap_or(NONE), Relaxed);
    }

    /// A running worker begins to search; false if enough others do.
    pub(crate) fn try_search(&self) -> bool {
        let searching = self.word.load(Relaxed) & SEARCHERS;
        if 2 * searching >= self.seats {
            return false;
        }
        self.word.fetch_add(1, SeqCst);
        true
    }

    /// A searching worker has found something; true if it was the last one. Then somebody has to be
    /// [notified](Self::notify) if more is queued after this call.
    #[must_use]
    pub(crate) fn end_search(&self) -> bool {
        let is_last = self.word.fetch_sub(1, SeqCst) & SEARCHERS == 1;
        if is_last {
            fence(F::FOUND);
        }
        is_last
    }

    /// A worker goes to sleep; true if it is to watch. Afterwards it has to look once more whether
    /// there is something to do.
    pub(crate) fn sleep(&self, seat: usize, is_searching: bool) -> bool {
        let mut asleep = lock(&self.asleep);
        asleep.seats.push(seat);
        let searching = usize::from(is_searching);
        self.word.fetch_add(SLEEPER - searching, SeqCst);
        let is_watcher = self.watches
            && match asleep.watcher {
                None => asleep.seats.len() < self.seats,
                // The next event has that one rise, which would have to tell another.
                Some(watcher) => watcher == self.poller.load(Relaxed),
            };
        if is_watcher {
            asleep.watcher = Some(seat);
        }
        drop(asleep);
        fence(F::SLEEP);
        is_watcher
    }

    /// A sleeper wakes up by itself, `to_search` if it does so for a task that is queued. Then it
    /// has another one woken for the next, as all that search do: those that pushed may have woken
    /// nobody, because it searched before.
    pub(crate) fn rise(&self, seat: usize, to_search: bool) -> Risen {
        let mut asleep = lock(&self.asleep);
        let Some(place) = asleep.seats.iter().position(|other| *other == seat) else {
            return Risen::ByAnother;
        };
        asleep.seats.swap_remove(place);
        self.word
            .fetch_sub(SLEEPER - usize::from(to_search), SeqCst);
        let watch = self.watcher_after(&mut asleep, seat);
        Risen::Itself(Calls { work: None, watch })
    }

    /// Something was pushed: who has to be woken for it, if anybody. A fence and a load if nobody
    /// has.
    pub(crate) fn notify(&self) -> Calls {
        fence(F::NOTIFY);
        let word = self.word.load(SeqCst);
        if word & SEARCHERS != 0 || word < SLEEPER {
            return Calls::default();
        }
        self.wake_one()
    }

    #[cold]
    fn wake_one(&self) -> Calls {
        let mut asleep = lock(&self.asleep);
        if self.word.load(SeqCst) & SEARCHERS != 0 {
            return Calls::default();
        }
        let poller = self.poller.load(Relaxed);
        let watcher = asleep.watcher.unwrap_or(NONE);
        // Those that wait for nothing first, the one that has to be woken through the engine last.
        let rank = |seat: usize| usize::from(seat == watcher) + 2 * usize::from(seat == poller);
        let best = asleep.seats.iter().copied().enumerate().rev();
        let Some((place, seat)) = best.min_by_key(|(_, seat)| rank(*seat)) else {
            return Calls::default();
        };
        asleep.seats.swap_remove(place);
        self.word.fetch_sub(SLEEPER - 1, SeqCst);
        let watch = self.watcher_after(&mut asleep, seat);
        Calls {
            work: Some(seat),
            watch,
        }
    }

    /// Keeps the invariant after `risen` has left the sleepers: who is to watch from now on, if it
    /// is somebody else than before.
    fn watcher_after(&self, asleep: &mut Asleep, risen: usize) -> Option<usize> {
        if asleep.watcher == Some(risen) {
            asleep.watcher = None;
        }
        if !self.watches || asleep.watcher.is_some() {
            return None;
        }
        let poller = self.poller.load(Relaxed);
        let all = asleep.seats.iter().copied().rev();
        asleep.watcher = all.min_by_key(|seat| *seat == poller);
        asleep.watcher
    }

    /// A watcher asks whether it may stop: if another one has become the watcher, or if nobody is
    /// awake and it was quiet, so that the next to rise will not be here at once.
    pub(crate) fn stop_watching(&self, seat: usize, is_quiet: bool) -> bool {
        let mut asleep = lock(&self.asleep);
        let may_stop = is_quiet && asleep.seats.len() == self.seats;
        let is_over = asleep.watcher != Some(seat) || may_stop;
        if is_over && asleep.watcher == Some(seat) {
            asleep.watcher = None;
        }
        is_over
    }

    /// How many workers sleep.
    pub(crate) fn sleepers(&self) -> usize {
        self.word.load(Relaxed) / SLEEPER
    }
}

#[cfg(test)]
#[cfg(loom)]
mod model;

#[cfg(all(test, not(loom)))]
mod tests {
    use super::{Calls, Idle, Proven, Risen};

    #[test]
    fn the_watch_goes_from_the_one_on_the_engine_to_the_next_sleeper() {
        let idle = Idle::<Proven>::new(3, true);
        assert!(idle.sleep(0, false));
        idle.set_poller(Some(0));
        assert!(idle.sleep(1, false), "who is on the engine rises first");
        assert!(!idle.sleep(2, false));
        assert_eq!(idle.rise(0, false), Risen::Itself(Calls::default()));
    }

    #[test]
    fn a_watcher_of_sleepers_stops_when_it_was_quiet() {
        let idle = Idle::<Proven>::new(2, true);
        assert!(idle.sleep(0, false));
        assert!(!idle.stop_watching(0, true), "the other one is awake");
        assert!(!idle.sleep(1, false));
        assert!(!idle.stop_watching(0, false), "the other one was just now");
        assert!(idle.stop_watching(0, true));
    }
}
