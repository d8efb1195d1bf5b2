//! The waiting half.

use core::fmt;
use core::num::NonZeroU64;
use core::time::Duration;
use std::io::{Error, ErrorKind, Result};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use poll_api::{Clock, Engine, Event as Report, Instant, Token};
use poll_driver::{Budget, Driver, Due, Limit};
use poll_os::{Monotonic, Poll};

use crate::always::Queue;
use crate::command::{Command, Timer};
use crate::id::Id;
use crate::notification::{Event, Notification, Notifications};
use crate::registrar::{Registrar, Shared, nanos};
use crate::table::{Kind, Table};
use crate::timers::{Timers, ticks};

/// The waiting half: one thread waits, every other may register, cancel and send.
///
/// # Examples
///
/// ```
/// use core::time::Duration;
/// use poll_loop::{Event, Interest, Notifications, Poller, Trigger};
/// use std::io::Write;
/// use std::os::unix::net::UnixStream;
///
/// let mut poller: Poller = Poller::new()?;
/// let registrar = poller.registrar().clone();
/// let (here, mut there) = UnixStream::pair()?;
///
/// // On any thread, while the poller waits or not:
/// let id = registrar.register(&here, Interest::READABLE, Trigger::Edge)?;
/// let timeout = registrar.set_timeout(Duration::from_secs(60))?;
/// there.write_all(b"hello")?;
///
/// let mut notifications = Notifications::with_capacity(64);
/// poller.wait(&mut notifications, None)?;
/// for notification in &notifications {
///     assert_eq!(notification.id, id);
///     assert!(notification.ready().is_readable());
/// }
/// registrar.deregister(id, &here)?;
/// assert!(registrar.cancel(timeout));
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Poller<E: Engine = Poll, C = Monotonic> {
    driver: Driver<E, C, Timer, Command>,
    registrar: Registrar<E, C>,
    timers: Timers,
    // Sources that are ready without the engine.
    always: Queue,
    // Somebody asked for a wait to return.
    is_woken: bool,
}

/// The token of no registration, because slot zero is none's: of the driver's own wake-ups among
/// the engine's events, and of [`Registrar::wake`] among the ready tokens.
const NOBODY: Token = Token(0);

impl Poller {
    /// A new poller on the target's own engine and the monotonic clock.
    ///
    /// # Errors
    ///
    /// As [`poll_os::engine::Poll::new`] and [`poll_os::engine::Waker::new`].
    pub fn new() -> Result<Self> {
        Self::with_engine(Poll::new()?, Monotonic)
    }

    /// Lets every finite wait end as late as the next multiple of `slack` on the clock, so that
    /// deadlines near each other cost one wake-up; see [`poll_os::engine::Poll::set_slack`].
    pub const fn set_slack(&mut self, slack: Duration) {
        self.driver.engine_mut().set_slack(slack);
    }
}

impl<E: Engine<Error = Error>, C: Clock + Clone> Poller<E, C> {
    /// A new poller on `engine` and `clock`.
    ///
    /// # Errors
    ///
    /// As [`Engine::waker`].
    pub fn with_engine(engine: E, clock: C) -> Result<Self> {
        Self::member(engine, clock, 0)
    }

    /// The poller with this number in its set.
    pub(crate) fn member(engine: E, clock: C, member: u8) -> Result<Self> {
        Self::with_table(engine, clock, Table::new(member))
    }

    /// A poller whose ids are those of this table.
    pub(crate) fn with_table(engine: E, clock: C, table: Table) -> Result<Self> {
        let driver = Driver::new(engine, clock.clone(), NOBODY, Budget::default())?;
        let shared = Shared {
            table: Arc::new(table),
            registry: driver.registry().clone(),
            remote: driver.remote(),
            ready: driver.ready().clone(),
            wake: driver.ready().ping(NOBODY),
            clock,
        };
        Ok(Self {
            driver,
            registrar: Registrar {
                shared: Arc::new(shared),
            },
            timers: Timers::default(),
            always: Queue::default(),
            is_woken: false,
        })
    }

    /// The registering half, to be cloned for other threads.
    #[must_use]
    pub const fn registrar(&self) -> &Registrar<E, C> {
        &self.registrar
    }

    /// Waits for notifications, at most for `timeout`, and puts them into `notifications`.
    ///
    /// The buffer is cleared first. Zero looks and does not block; no timeout waits for ever. It
    /// returns without any only when the timeout has passed or [`Registrar::wake`] was called: what
    /// others ask of the loop, and signals that interrupt it, do not end it. It never returns
    /// before a timeout is over, and never reports a timer before its deadline; how much later is
    /// the engine's accuracy, and the slack that was allowed.
    ///
    /// One system call for a wait that finds something or nothing, and one more for each time that
    /// it was disturbed. No allocation, once the tables have room for as many timers as there are.
    ///
    /// # Errors
    ///
    /// The engine is broken, or the system has no memory left. Whatever was found beside it is
    /// reported first, and the error by the next wait, if it is still there.
    pub fn wait(
        &mut self,
        notifications: &mut Notifications,
        timeout: Option<Duration>,
    ) -> Result<()> {
        let limit = match timeout {
            None => Limit::Never,
            Some(Duration::ZERO) => Limit::Now,
            Some(timeout) => Limit::Until(self.clock().now().saturating_add(timeout)),
        };
        self.wait_with(notifications, limit)
    }

    /// As [`wait`](Self::wait), until `deadline` on the poller's clock at most; [`Instant::MAX`]
    /// never comes.
    ///
    /// # Errors
    ///
    /// As for [`wait`](Self::wait).
    pub fn wait_until(
        &mut self,
        notifications: &mut Notifications,
        deadline: Instant,
    ) -> Result<()> {
        self.wait_with(notifications, Limit::Until(deadline))
    }

    fn wait_with(&mut self, notifications: &mut Notifications, limit: Limit) -> Result<()> {
        notifications.begin(&self.registrar.shared.table);
        self.timers.end_passed(&self.registrar.shared.table);
        // What others have asked for by the end of this wait, and is still to be done.
        let mut owed = None;
        loop {
            let look = !self.always.is_empty() || self.is_woken;
            // What is left may be for those who have gone, so that it takes another turn to look.
            let is_left = self.driver.is_unfinished();
            let turned = self.driver.turn(if look { Limit::Now } else { limit });
            let obeyed = self.collect(notifications);
            // There is room at the end of each turn, whatever the driver hands out.
            self.collect_always(notifications);
            let woken = core::mem::take(&mut self.is_woken);
            if !notifications.is_empty() {
                return Ok(());
            }
            turned?;
            let over = match limit {
                Limit::Until(end) => end < Instant::MAX && self.driver.now() >= end,
                Limit::Now => true,
                Limit::For(_) | Limit::Never => false,
            };
            if woken {
                return Ok(());
            }
            if over && !is_left {
                // It may set a timer that is due. Of what comes meanwhile the next wait knows.
                let owed = owed.get_or_insert(obeyed + self.driver.backlog());
                *owed = owed.saturating_sub(obeyed);
                if *owed == 0 {
                    return Ok(());
                }
            }
        }
    }

    /// Moves what the driver hands out into the buffer, as far as there is room, and says how many
    /// requests of others were met.
    fn collect(&mut self, notifications: &mut Notifications) -> usize {
        let mut obeyed = 0;
        while !notifications.is_full() {
            let Some(due) = self.driver.next_due() else {
                // All that was harvested has been looked at.
                self.registrar.shared.table.end_batch();
                break;
            };
            let notification = match due {
                Due::Event(report) => self.source(report),
                Due::Timer(_, deadline, timer) => self.expired(deadline, timer),
                Due::Message(command) => {
                    obeyed += 1;
                    self.obey(command);
                    None
                }
                Due::Ready(NOBODY) => {
                    self.is_woken = true;
                    None
                }
                Due::Ready(token) => self.channel(token),
            };
            if let Some(notification) = notification {
                notifications.push(notification);
            }
        }
        obeyed
    }

    fn source(&self, report: Report) -> Option<Notification> {
        // Nothing for one that has ended since the engine harvested the report.
        let (id, kind) = self.registrar.shared.table.resolve(report.token())?;
        let event = Event::Source {
            ready: report.ready(),
            os_error: report.os_error(),
            available: report.available(),
        };
        (kind == Kind::Source).then_some(Notification { id, event })
    }

    fn channel(&self, token: Token) -> Option<Notification> {
        let (id, kind) = self.registrar.shared.table.resolve(token)?;
        let event = Event::Channel;
        (kind == Kind::Channel).then_some(Notification { id, event })
    }

    fn expired(&mut self, deadline: Instant, timer: Timer) -> Option<Notification> {
        let Timer { id, period } = timer;
        let table = &self.registrar.shared.table;
        self.timers.take(id);
        let event = match NonZeroU64::new(period) {
            None if table.pass(id) => {
                self.timers.pass(id);
                Event::Timeout
            }
            // If it is cancelled from now on, the message about that takes it off.
            Some(period) if table.kind(id).is_some() => {
                let (ticks, next) = ticks(deadline, period, self.driver.now());
                self.timers.set(id, self.driver.insert(next, timer));
                Event::Interval(ticks)
            }
            // Another thread has cancelled it, and its message will find nothing any more.
            _ => {
                self.timers.release(id, table);
                return None;
            }
        };
        Some(Notification { id, event })
    }

    fn obey(&mut self, command: Command) {
        let table = &self.registrar.shared.table;
        match command {
            Command::Start(id, deadline, period) => {
                if table.kind(id).is_some() {
                    let key = self.driver.insert(deadline, Timer { id, period });
                    self.timers.set(id, key);
                } else {
                    self.timers.release(id, table);
                }
            }
            Command::Cancel(id) => {
                if let Some(key) = self.timers.take(id) {
                    self.driver.cancel(key);
                    self.timers.release(id, table);
                }
            }
            Command::Reset(id, deadline) => {
                if let Some(key) = self.timers.key(id) {
                    self.driver.reset(key, deadline);
                }
            }
            Command::Always(source) => self.always.begin(source),
            Command::Sweep => {}
        }
    }

    /// Adds the sources that are ready without the engine, as far as there is room: each once, and
    /// those for every wait stay in line.
    fn collect_always(&mut self, notifications: &mut Notifications) {
        let table = &self.registrar.shared.table;
        let end = self.always.end();
        while !notifications.is_full() {
            let is_live = |id| table.kind(id) == Some(Kind::Always);
            let Some(source) = self.always.turn(end, is_live) else {
                return;
            };
            notifications.push(Notification {
                id: source.id,
                event: Event::Source {
                    ready: source.ready,
                    os_error: None,
                    available: None,
                },
            });
        }
    }

    /// As [`Registrar::set_timeout`], from the poller's own thread: no lock but once in 64 times,
    /// no atomic read-modify-write, and never a system call.
    ///
    /// # Errors
    ///
    /// `StorageFull`: there are 2^32 - 2 registrations.
    pub fn set_timeout(&mut self, after: Duration) -> Result<Id> {
        self.set_timeout_at(self.clock().now().saturating_add(after))
    }

    /// As [`Registrar::set_timeout_at`], from the poller's own thread.
    ///
    /// # Errors
    ///
    /// As for [`set_timeout`](Self::set_timeout).
    pub fn set_timeout_at(&mut self, deadline: Instant) -> Result<Id> {
        self.start(deadline, 0)
    }

    /// As [`Registrar::set_interval`], from the poller's own thread.
    ///
    /// # Errors
    ///
    /// * `InvalidInput`: the period is zero.
    /// * As for [`set_timeout`](Self::set_timeout).
    pub fn set_interval(&mut self, period: Duration) -> Result<Id> {
        let nanos = nanos(period)?;
        self.start(self.clock().now().saturating_add(period), nanos)
    }

    fn start(&mut self, deadline: Instant, period: u64) -> Result<Id> {
        let claimed = self.timers.claim(&self.registrar.shared.table);
        let id = claimed.ok_or_else(|| Error::from(ErrorKind::StorageFull))?;
        let key = self.driver.insert(deadline, Timer { id, period });
        self.timers.set(id, key);
        Ok(id)
    }

    /// As [`Registrar::cancel`], from the poller's own thread. If another thread cancels the timer
    /// at the same moment, both are told that they ended it.
    pub fn cancel(&mut self, id: Id) -> bool {
        let table = &self.registrar.shared.table;
        let ended = table.end_timer(id);
        // If another thread has ended it, the message about that will find nothing any more.
        if let Some(key) = self.timers.take(id) {
            self.driver.cancel(key);
            self.timers.release(id, table);
        }
        ended
    }

    /// As [`Registrar::reset`], from the poller's own thread.
    pub fn reset(&mut self, id: Id, after: Duration) -> bool {
        if self.registrar.shared.table.kind(id) != Some(Kind::Timer) {
            return false;
        }
        let deadline = self.clock().now().saturating_add(after);
        let key = self.timers.key(id);
        let is_reset = key.is_some_and(|key| self.driver.reset(key, deadline));
        if is_reset && !self.driver.has_messages() {
            return true;
        }
        // What sets it may be among the messages that are still to come, or an earlier reset,
        // whose word would be the last one.
        let reset = Command::Reset(id, deadline);
        let is_posted = self.registrar.shared.remote.post(reset, deadline).is_ok();
        is_reset || is_posted
    }

    /// When a host that sleeps on the poller's descriptor has to come back at the latest, and wait
    /// with a timeout of zero; none if only the descriptor will tell.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        if self.always.is_empty() {
            self.driver.next_deadline()
        } else {
            Some(Instant::START)
        }
    }

    /// The poller's clock.
    #[must_use]
    pub const fn clock(&self) -> &C {
        self.driver.clock()
    }
}

impl<E: Engine + AsFd, C: Clock> AsFd for Poller<E, C> {
    /// The engine's descriptor, readable while a wait would find something other than a timer; see
    /// [`next_deadline`](Poller::next_deadline).
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.driver.as_fd()
    }
}

impl<E: Engine, C> Drop for Poller<E, C> {
    fn drop(&mut self) {
        // Sources may still be registered and deregistered, for ever.
        self.registrar.shared.table.abandon();
    }
}

impl<E: Engine + fmt::Debug, C> fmt::Debug for Poller<E, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poller")
            .field("driver", &self.driver)
            .finish_non_exhaustive()
    }
}
