//! Signals as a source.

use core::fmt;
use core::iter;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use sys_process::{Signal, SignalListener};

/// A set of signals as a source: readable while one of them is pending.
///
/// Register it with [`Interest::READABLE`](crate::Interest::READABLE), and on each event
/// [`drain`](Self::drain) it. With the poll(2) engine and
/// [`Trigger::Edge`](crate::Trigger::Edge), call
/// [`Registered::rearm`](crate::Registered::rearm) afterwards.
///
/// While it exists, the signals do not do what they do by default: `SIGTERM` does not end the
/// process. Handlers that were installed before are still called, several sources may share a
/// signal, and when the last one is dropped the earlier state comes back. Started programs inherit
/// nothing of all this. See [`SignalListener`] for the details.
///
/// Signals that come several times before they are drained are reported once. A source of a signal
/// that others listen to, or did until a moment ago, may be told one that came shortly before.
///
/// # Examples
///
/// ```no_run
/// use poll_os::{Events, Interest, Poll, Signal, Signals, Token, Trigger};
///
/// let mut poll = Poll::new()?;
/// let mut events = Events::with_capacity(64);
/// let stop = Signals::new([Signal::INTERRUPT, Signal::TERMINATE])?;
/// poll.registry().register(&stop, Token(0), Interest::READABLE, Trigger::Level)?;
/// 'server: loop {
///     poll.wait(&mut events, None)?;
///     for event in &events {
///         if event.token() == Token(0) && stop.drain().next().is_some() {
///             break 'server;
///         }
///     }
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Signals {
    listener: SignalListener,
}

impl Signals {
    /// A source for `signals`. One system call for the source, and up to three for each signal.
    ///
    /// # Errors
    ///
    /// * `EINVAL`: a signal cannot be listened to: `SIGKILL`, `SIGSTOP`, and those of failed
    ///   instructions, `SIGILL`, `SIGFPE`, `SIGSEGV` and `SIGBUS`.
    /// * `EBUSY`: other code has installed a handler over that of an earlier source.
    /// * `EMFILE`, `ENFILE`: no descriptors are left.
    ///
    /// The signals are then as they were.
    ///
    /// Manual: sigaction(2), pipe(2)
    pub fn new(signals: impl IntoIterator<Item = Signal>) -> io::Result<Self> {
        let mut listener = SignalListener::new()?;
        for signal in signals {
            listener.add(signal)?;
        }
        Ok(Self { listener })
    }

    /// Adds a signal; one that is there already stays.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new).
    ///
    /// Manual: sigaction(2)
    pub fn add(&mut self, signal: Signal) -> io::Result<()> {
        Ok(self.listener.add(signal)?)
    }

    /// Takes a signal out and forgets it if it is pending.
    pub fn remove(&mut self, signal: Signal) {
        self.listener.remove(signal);
    }

    /// Takes the next pending signal; never blocks.
    ///
    /// The source stays readable until it has returned `None`.
    #[must_use = "the signal is no longer pending"]
    pub fn take(&self) -> Option<Signal> {
        self.listener.take().map(|pending| pending.signal)
    }

    /// Takes the pending signals, smallest number first, until there are none; never blocks.
    ///
    /// Signals left in the iterator stay pending, and the source readable.
    pub fn drain(&self) -> impl Iterator<Item = Signal> {
        iter::from_fn(|| self.take())
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }
}

impl fmt::Debug for Signals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Signals").field(&self.listener).finish()
    }
}
