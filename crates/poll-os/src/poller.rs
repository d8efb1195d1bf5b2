//! The waiting half, once for every engine.

use core::fmt;
use core::time::Duration;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use poll_api::{Capabilities, Clock, Engine, Instant, Token};
use sys_poll::Errno;

use crate::backend::{Backend, Cut, Nestable};
use crate::events::Events;
use crate::registry::{Registry, Shared};
use crate::time::{Deadline, Monotonic};
use crate::trace::trace;
use crate::waker::Waker;
use crate::wakers::Wakers;

/// The waiting half of an engine: one thread waits, everything else may happen on any thread.
///
/// Engines whose capabilities say *nestable* make it a source itself (`AsFd`). From the first time
/// its descriptor was asked for, a wake rings in the kernel also while the poller is outside its
/// own wait, so that whoever sleeps on the descriptor is woken; before that, such a wake makes no
/// system call. Whoever watches it for edges waits on it until the buffer is not full: what is left
/// over makes no new edge.
///
/// # Examples
///
/// ```
/// use poll_os::{Events, Poll, Token, Waker};
///
/// let mut poll = Poll::new()?;
/// let waker = Waker::new(poll.registry(), Token(7))?;
/// std::thread::spawn(move || waker.wake());
///
/// let mut events = Events::with_capacity(64);
/// poll.wait(&mut events, None)?;
/// assert!(events.iter().all(|event| event.token() == Token(7)));
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Poll<B: Backend> {
    registry: Registry<B>,
    slack: Duration,
}

impl<B: Backend> Poll<B> {
    /// A new poller. One system call (kqueue: two; poll(2): two, for the pipe that ends a wait).
    ///
    /// # Errors
    ///
    /// * `EMFILE`, `ENFILE`: the process or the system has no descriptor left.
    /// * `ENOMEM`: the kernel has no memory left.
    ///
    /// Manual: epoll_create1(2), kqueue(2), pipe(2)
    pub fn new() -> io::Result<Self> {
        let shared = Shared {
            backend: B::new()?,
            wakers: Arc::new(Wakers::new()),
        };
        let registry = Registry::new(Arc::new(shared));
        Ok(Self {
            registry,
            slack: Duration::ZERO,
        })
    }

    /// The registering half.
    #[must_use]
    pub const fn registry(&self) -> &Registry<B> {
        &self.registry
    }

    /// Lets every finite wait end as late as the next multiple of `slack` on the clock, so that
    /// deadlines near each other cost one wake-up. Zero, which is the start, lets none.
    ///
    /// Linux adds the thread's own timer slack, 50 µs by default: prctl(2), `PR_SET_TIMERSLACK`.
    pub const fn set_slack(&mut self, slack: Duration) {
        self.slack = slack;
    }

    /// Waits for events, at most for `timeout`, and puts them into `events`.
    ///
    /// The buffer is cleared first. Zero looks and does not block; no timeout waits for ever. A
    /// wait is never shorter than asked: a signal handler that runs meanwhile does not end it, and
    /// neither does stopping and continuing the process.
    ///
    /// One system call and no allocation; time proportional to the events returned (poll(2): to
    /// the registrations, and one system call more when it was woken or disturbed).
    ///
    /// # Errors
    ///
    /// * `EBADF`, `EINVAL`: the poller's descriptor was closed or replaced behind its back, or,
    ///   for poll(2), there are more registrations than the process may have descriptors.
    /// * `ENOMEM`: the kernel has no memory left.
    ///
    /// # Platform notes
    ///
    /// Waits are exact to the nanosecond where the kernel allows it: Linux 5.11 (older kernels
    /// and sandboxes that forbid epoll_pwait2(2): rounded up to a millisecond), kqueue, ppoll(2).
    ///
    /// Manual: epoll_wait(2), kevent(2), poll(2)
    #[inline]
    pub fn wait(&mut self, events: &mut Events<B>, timeout: Option<Duration>) -> io::Result<()> {
        // A wait without end that is not woken is most of a server's life, and worth a path that
        // the compiler can put into the caller's loop.
        if timeout.is_none() && self.look(events) == Look::Found {
            return Ok(());
        }
        self.wait_with(events, timeout, Interruption::Retried)
    }

    /// As [`wait`](Self::wait), until `deadline` on the clock [`Monotonic`] at most;
    /// [`Instant::MAX`] never comes. Reads the clock once more.
    ///
    /// # Errors
    ///
    /// As for [`wait`](Self::wait).
    pub fn wait_until(&mut self, events: &mut Events<B>, deadline: Instant) -> io::Result<()> {
        let remaining = || deadline.saturating_duration_since(Monotonic.now());
        let timeout = (deadline < Instant::MAX).then(remaining);
        self.wait(events, timeout)
    }

    /// As [`wait`](Self::wait), but ended by a signal handler, for callers with a promise of their
    /// own about that.
    ///
    /// # Errors
    ///
    /// As for [`wait`](Self::wait), and `EINTR` (`Interrupted`) when a signal handler ran and
    /// there is nothing to report.
    #[inline]
    pub fn wait_interruptible(
        &mut self,
        events: &mut Events<B>,
        timeout: Option<Duration>,
    ) -> io::Result<()> {
        if timeout.is_none() {
            match self.look(events) {
                Look::Found => return Ok(()),
                Look::Interrupted => return Err(Errno::INTR.into()),
                Look::Nothing => {}
            }
        }
        self.wait_with(events, timeout, Interruption::Surfaced)
    }

    /// One look without end at a poller that nobody woke before.
    ///
    /// Where it found nothing, for whatever reason, a wait says why. Always inline: by its length
    /// the compiler might decide otherwise, and a call costs more than what it wraps.
    #[inline(always)]
    fn look(&mut self, events: &mut Events<B>) -> Look {
        let Shared { backend, wakers } = self.registry.shared();
        events.clear();
        if !wakers.park_if_quiet() {
            return Look::Nothing;
        }
        let looked = backend.wait(events, None);
        wakers.unpark(|token| events.push_wake(token));
        // An error beside the report of a wake will be there in the next wait too.
        trace!(?looked, events = events.len(), "wait");
        match looked {
            _ if !events.is_empty() => Look::Found,
            Err(Errno::INTR) => Look::Interrupted,
            _ => Look::Nothing,
        }
    }

    fn wait_with(
        &mut self,
        events: &mut Events<B>,
        timeout: Option<Duration>,
        interruption: Interruption,
    ) -> io::Result<()> {
        let (deadline, mut timeout) = Deadline::new(timeout, self.slack);
        let Shared { backend, wakers } = self.registry.shared();
        events.clear();
        loop {
            let woken = wakers.park();
            let result = backend.wait(events, if woken { NOW } else { timeout });
            wakers.unpark(|token| events.push_wake(token));
            if !events.is_empty() {
                trace!(events = events.len(), "wait");
                return Ok(());
            }
            let looked = result.is_ok();
            let over = match nothing(result, interruption)? {
                Cut::No if !woken => deadline.ends_with(timeout),
                // Others may cut each look short, so the end is looked at as well.
                _ => looked && deadline.has_passed(),
            };
            if over {
                return Ok(());
            }
            timeout = deadline.remaining();
        }
    }
}

impl<B: Nestable> AsFd for Poll<B> {
    /// The poller's descriptor, readable while a wait would have something to report.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.registry.as_fd()
    }
}

/// A timeout that only looks.
const NOW: Option<Duration> = Some(Duration::ZERO);

/// What to make of a look that found nothing: whether it was cut short, or why the wait fails.
#[cold]
fn nothing(result: Result<Cut, Errno>, interruption: Interruption) -> io::Result<Cut> {
    match (result, interruption) {
        (Ok(cut), _) => Ok(cut),
        (Err(Errno::INTR), Interruption::Retried) => Ok(Cut::Short),
        (Err(error), _) => Err(error.into()),
    }
}

/// What became of a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    /// There are events.
    Found,
    /// A signal handler ran, and there are none.
    Interrupted,
    /// There are none, or nobody has looked.
    Nothing,
}

/// What a wait does when a signal handler ran and there is nothing to report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Interruption {
    /// It goes on with the time that remains.
    Retried,
    /// It returns the error.
    Surfaced,
}

impl<B: Backend> Engine for Poll<B> {
    type Error = io::Error;
    type Events = Events<B>;
    type Registry = Registry<B>;
    type Waker = Waker<B>;

    const CAPABILITIES: Capabilities = B::CAPABILITIES;

    fn registry(&self) -> &Registry<B> {
        self.registry()
    }

    fn waker(registry: &Registry<B>, token: Token) -> io::Result<Waker<B>> {
        Waker::new(registry, token)
    }

    fn wait(&mut self, events: &mut Events<B>, timeout: Option<Duration>) -> io::Result<()> {
        self.wait(events, timeout)
    }
}

impl<B: Backend> fmt::Debug for Poll<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poll")
            .field("backend", &self.registry.shared().backend)
            .finish_non_exhaustive()
    }
}
