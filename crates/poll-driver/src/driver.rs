//! One turn of a loop: the wait, and the handing out of what it found.

use core::fmt;
use core::time::Duration;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use poll_api::{Clock, Engine, Event, EventBuffer, Instant, Token};
use poll_channel::{Drained, ReadyRegistry, ReadySet};
use poll_timer::{Expired, Expiry, TimerKey, TimerWheel};

use crate::letters::Letters;
use crate::limit::{Limit, Plan};
use crate::mailbox::Mailbox;
use crate::remote::Remote;
use crate::trace::trace;

/// How much of a kind one turn hands out before the next look at the engine.
///
/// What exceeds it is not lost: the next turn does not sleep, and goes on with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Messages of other threads: how many of them an event of a source waits for.
    ///
    /// Timers wait for messages, so that none comes that was cancelled in time: see
    /// [`Driver::next_due`].
    pub messages: usize,
    /// Events of sources that one wait reports at most; the size of the buffer.
    pub events: usize,
    /// Tokens that were made ready by the program.
    pub ready: usize,
    /// Expired timers: how many of them an event of a source waits for.
    pub timers: usize,
}

impl Default for Budget {
    /// 1024 events, and 256 of each of the others.
    fn default() -> Self {
        Self {
            messages: 256,
            events: 1024,
            ready: 256,
            timers: 256,
        }
    }
}

/// Something that a turn hands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due<T, M> {
    /// A message that another thread posted.
    Message(M),
    /// A source is ready, says the engine.
    Event(Event),
    /// A token was made ready by the program.
    Ready(Token),
    /// A timer whose deadline has passed: its key, which is stale now, its deadline, and what it
    /// carries.
    Timer(TimerKey, Instant, T),
}

/// An event loop that its owner turns: any engine, any clock.
///
/// A turn is one wait of the engine, and then as many calls of [`next_due`](Self::next_due) as it
/// takes to get nothing. Everything between two of them may use the driver: a timer that is
/// cancelled there is not handed out.
///
/// `T` is what a timer carries and `M` what other threads post.
///
/// # Examples
///
/// ```
/// use core::time::Duration;
/// use poll_driver::{Budget, Driver, Due, Limit};
/// use poll_os::{Clock, Monotonic, Poll, Token};
///
/// let own = Token(usize::MAX);
/// let mut driver = Driver::new(Poll::new()?, Monotonic, own, Budget::default())?;
/// let remote = driver.remote();
/// let deadline = driver.now().saturating_add(Duration::from_millis(5));
/// driver.insert(deadline, "tick");
/// std::thread::spawn(move || remote.post("stop", poll_os::Instant::MAX).unwrap());
///
/// let (mut ticked, mut stopped) = (false, false);
/// while !(ticked && stopped) {
///     driver.turn(Limit::Never)?;
///     while let Some(due) = driver.next_due() {
///         match due {
///             Due::Timer(_, at, "tick") => ticked = Monotonic.now() >= at,
///             Due::Message("stop") => stopped = true,
///             other => unreachable!("{other:?}"),
///         }
///     }
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Driver<E: Engine, C, T, M> {
    engine: E,
    clock: C,
    events: E::Events,
    // The place of the first event that was not handed out.
    next_event: usize,
    token: Token,
    ready: ReadySet<E::Waker>,
    // Whether the ready set may hold something: its waker was reported, or a budget reached.
    is_marked: bool,
    timers: TimerWheel<T>,
    mailbox: Arc<Mailbox<M, E::Waker>>,
    letters: Letters<M>,
    // Whether all of this turn was handed out.
    is_over: bool,
    // The expiry of this turn, once it has begun.
    expiry: Option<Expiry>,
    budget: Budget,
    // How many ready tokens this turn may still hand out.
    ready_left: usize,
    // The present instant as this turn knows it; none until somebody asks.
    now: Option<Instant>,
}

impl<E: Engine, C: Clock, T, M> Driver<E, C, T, M> {
    /// A driver of `engine`, whose own wake-ups are reported under `token`: no source may have it.
    ///
    /// What the engine allocates, the buffer of events, and three allocations.
    ///
    /// # Errors
    ///
    /// As [`Engine::waker`].
    pub fn new(engine: E, clock: C, token: Token, budget: Budget) -> Result<Self, E::Error> {
        let waker = E::waker(engine.registry(), token)?;
        // Of a budget of nothing there would be no end.
        let budget = Budget {
            messages: budget.messages.max(1),
            events: budget.events,
            ready: budget.ready.max(1),
            timers: budget.timers.max(1),
        };
        Ok(Self {
            events: E::Events::with_capacity(budget.events),
            engine,
            clock,
            next_event: 0,
            token,
            ready: ReadySet::new(waker.clone()),
            is_marked: false,
            timers: TimerWheel::new(),
            mailbox: Arc::new(Mailbox::new(waker)),
            letters: Letters::new(),
            is_over: true,
            expiry: None,
            ready_left: budget.ready,
            budget,
            now: None,
        })
    }

    /// The engine, for settings of its own. A wait on it would lose what it reports.
    pub const fn engine_mut(&mut self) -> &mut E {
        &mut self.engine
    }

    /// The registering half of the engine.
    pub fn registry(&self) -> &E::Registry {
        self.engine.registry()
    }

    /// What makes pings: tokens that any thread can make ready.
    pub const fn ready(&self) -> &ReadyRegistry<E::Waker> {
        self.ready.registry()
    }

    /// A handle for other threads.
    pub fn remote(&self) -> Remote<M, E::Waker> {
        Remote::new(Arc::clone(&self.mailbox))
    }

    /// The clock.
    pub const fn clock(&self) -> &C {
        &self.clock
    }

    /// The present instant: read once after each [`turn`](Self::turn), when it is first asked for,
    /// so that all that happens until the next one happens at one time.
    pub fn now(&mut self) -> Instant {
        *self.now.get_or_insert_with(|| self.clock.now())
    }

    /// Inserts a timer that is due at `deadline`; [`Instant::MAX`] never comes. No atomic operation
    /// and no system call.
    ///
    /// While timers are handed out, one whose deadline has passed waits for the next turn, which
    /// does not sleep then.
    ///
    /// # Panics
    ///
    /// If there are 2^32 - 1 timers.
    pub fn insert(&mut self, deadline: Instant, value: T) -> TimerKey {
        self.timers.insert(deadline, value)
    }

    /// Takes a timer out before it was handed out, and returns what it carries; none if the key is
    /// out of date. No atomic operation and no system call.
    pub fn cancel(&mut self, key: TimerKey) -> Option<T> {
        self.timers.cancel(key)
    }

    /// Moves a timer to another deadline; false if the key is out of date. No atomic operation and
    /// no system call.
    pub fn reset(&mut self, key: TimerKey, deadline: Instant) -> bool {
        self.timers.reset(key, deadline)
    }

    /// How many timers there are.
    pub fn timers(&self) -> usize {
        self.timers.len()
    }

    /// Gives back the memory that a burst of timers or ready tokens needed.
    pub fn shrink_to_fit(&mut self) {
        self.timers.shrink_to_fit();
        self.ready.shrink_to_fit();
    }

    /// When the next turn has something to do at the latest, as far as is known here: the instant
    /// to come back for a host that sleeps on the driver's descriptor. [`Instant::START`] if it is
    /// now; none if only the descriptor will tell.
    pub fn next_deadline(&self) -> Option<Instant> {
        if !self.is_over || self.is_marked || self.has_messages() {
            return Some(Instant::START);
        }
        self.timers.next_deadline()
    }

    /// One wait of the engine, at most until `limit` or the next deadline, whichever is earlier.
    ///
    /// It only renews [`now`](Self::now) and takes the messages that were posted meanwhile, unless
    /// the turn before was pulled to its end, which is when [`next_due`](Self::next_due) returned
    /// nothing: so nothing is lost, and whoever has no room for all of it gets the timers too,
    /// however many events there are. The budgets are those of the whole turn then. One system
    /// call where the engine makes one, and no allocation, unless messages come faster than they
    /// are handed out.
    ///
    /// A sleep with an end is as long as was left of the time when the clock was read. If the
    /// system takes the processor away between that and the engine's system call, the sleep ends
    /// later by as much; never earlier.
    ///
    /// # Errors
    ///
    /// As [`Engine::wait`]. Whatever was found before is still handed out.
    pub fn turn(&mut self, limit: Limit) -> Result<(), E::Error> {
        self.now = None;
        if !self.is_over {
            // What is left may be a timer that another thread has reset or cancelled long ago.
            self.mailbox.take(self.letters.queue());
            return Ok(());
        }
        self.is_over = false;
        self.letters.begin(self.budget.messages);
        self.ready_left = self.budget.ready;
        self.expiry = None;
        let timeout = self.park(limit);
        let looked = self.engine.wait(&mut self.events, timeout);
        self.mailbox.unpark();
        self.next_event = 0;
        self.mailbox.take(self.letters.queue());
        trace!(
            ?timeout,
            events = self.events.len(),
            messages = self.letters.len(),
            "turn"
        );
        looked
    }

    /// Publishes until when the engine may sleep, and returns for how long.
    fn park(&mut self, limit: Limit) -> Option<Duration> {
        let limit = match self.is_marked || !self.letters.is_empty() {
            true => Limit::Now,
            false => limit,
        };
        let deadline = match self.timers.is_empty() {
            true => None,
            false => self.timers.next_deadline(),
        };
        match Plan::new(limit, deadline, &self.clock) {
            Plan::Sleep { timeout, until } if self.mailbox.park(until) => timeout,
            Plan::Sleep { .. } | Plan::Look => Some(Duration::ZERO),
        }
    }

    /// The next thing this turn hands out; none when it is over, because nothing is left or
    /// because its budgets are used up.
    ///
    /// Messages come first, in the order they were posted; then events, ready tokens, and timers in
    /// the order of their deadlines.
    ///
    /// A timer comes after all messages that were posted before its deadline, however many there
    /// are, so that one that another thread cancelled in time is not handed out; and after all that
    /// were posted before this turn, unless they are more than the budget. Those that were posted
    /// since are asked for once more before the first timer, and come before it too.
    pub fn next_due(&mut self) -> Option<Due<T, M>> {
        if self.is_over {
            return None;
        }
        if let Some(message) = self.letters.pop() {
            return Some(Due::Message(message));
        }
        if let Some(event) = self.next_event() {
            return Some(Due::Event(event));
        }
        if let Some(token) = self.next_ready() {
            return Some(Due::Ready(token));
        }
        // Also without a timer if messages are left: one of them may set a timer that is due, and
        // does not have to wait for those that come from here on.
        let may_come = !self.timers.is_empty() || !self.letters.is_empty();
        if self.expiry.is_none() && may_come {
            // What was posted before this instant is in the box when it is looked into afterwards.
            let now = self.now();
            self.mailbox.take(self.letters.queue());
            if let Some(message) = self.letters.pop() {
                return Some(Due::Message(message));
            }
            let heard = self.letters.heard(now);
            self.expiry = Some(self.timers.expiry(heard, self.budget.timers));
        }
        let timer = self.next_timer();
        self.is_over = timer.is_none();
        timer
    }

    fn next_event(&mut self) -> Option<Event> {
        while let Some(event) = self.events.iter().nth(self.next_event) {
            self.next_event += 1;
            if event.token() != self.token {
                return Some(event);
            }
            // Woken for a message, which has been taken, or because a token was marked.
            self.is_marked = true;
        }
        None
    }

    fn next_ready(&mut self) -> Option<Token> {
        if !self.is_marked || self.ready_left == 0 {
            return None;
        }
        let mut token = None;
        // One at a time: a ping that is retired meanwhile is not handed out.
        let drained = self.ready.drain(1, |marked| token = Some(marked));
        self.is_marked = drained == Drained::More;
        self.ready_left -= 1;
        token
    }

    fn next_timer(&mut self) -> Option<Due<T, M>> {
        let fired = self.timers.expire(self.expiry.as_mut()?)?;
        let Expired {
            key,
            deadline,
            value,
        } = fired;
        Some(Due::Timer(key, deadline, value))
    }

    /// Whether messages were posted that were not handed out yet. One load; a message that the
    /// caller knows of, because its thread was told by the one that posted it, is seen.
    pub fn has_messages(&self) -> bool {
        !self.letters.is_empty() || self.mailbox.is_filled()
    }

    /// How many messages were taken and not handed out yet: after a turn, those that exceeded its
    /// budget.
    pub fn backlog(&self) -> usize {
        self.letters.len()
    }

    /// From here on somebody else may sleep on the engine, wherever its descriptor came from: what
    /// is posted between two turns makes it readable. As [`as_fd`](AsFd::as_fd) does, for those
    /// that do not know whether the engine has a descriptor.
    pub fn lend(&self) {
        self.mailbox.lend();
    }

    /// Whether the present turn was not pulled to its end: then [`turn`](Self::turn) does not
    /// look at the engine.
    pub const fn is_unfinished(&self) -> bool {
        !self.is_over
    }
}

impl<E: Engine + AsFd, C, T, M> AsFd for Driver<E, C, T, M> {
    /// The engine's descriptor, readable while a turn would find an event, a message or a ready
    /// token. Whoever sleeps on it comes back at [`next_deadline`](Driver::next_deadline) at the
    /// latest.
    ///
    /// Ask for that deadline after this call, and again after each turn, once
    /// [`next_due`](Driver::next_due) has returned nothing: a turn takes what made the descriptor
    /// readable, and what it leaves is told by the deadline alone.
    fn as_fd(&self) -> BorrowedFd<'_> {
        let descriptor = self.engine.as_fd();
        self.mailbox.lend();
        descriptor
    }
}

impl<E: Engine, C, T, M> Drop for Driver<E, C, T, M> {
    fn drop(&mut self) {
        self.mailbox.close();
    }
}

impl<E: Engine + fmt::Debug, C, T, M> fmt::Debug for Driver<E, C, T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver")
            .field("engine", &self.engine)
            .field("timers", &self.timers.len())
            .finish_non_exhaustive()
    }
}
