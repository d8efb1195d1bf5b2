//! The waiting half.

use core::fmt;
use core::time::Duration;
use std::io;

use crate::event::Events;
use crate::mechanism::{Mechanism, Raw};
use crate::registry::Registry;

/// Waits for events of everything that is registered with its [`Registry`].
///
/// One thread waits; registering and waking go on meanwhile on any other.
///
/// # Edges
///
/// Every registration is edge-triggered: after an event, use the source until it returns
/// `WouldBlock`, or until a transfer is shorter than the buffer; then the next event comes with the
/// next change. [`Registry::reregister`] reports the present readiness again.
///
/// # Spurious events
///
/// An event is a hint: the operation it promises may return `WouldBlock` all the same.
///
/// # Examples
///
#[cfg_attr(all(feature = "os-poll", feature = "net"), doc = "```")]
#[cfg_attr(not(all(feature = "os-poll", feature = "net")), doc = "```ignore")]
/// use poll_mio::net::{TcpListener, TcpStream};
/// use poll_mio::{Events, Interest, Poll, Token};
/// use std::time::Duration;
///
/// let mut poll = Poll::new()?;
/// let mut events = Events::with_capacity(128);
/// let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
/// let mut stream = TcpStream::connect(listener.local_addr()?)?;
/// poll.registry().register(&mut stream, Token(7), Interest::WRITABLE)?;
///
/// poll.poll(&mut events, Some(Duration::from_secs(5)))?;
/// assert!(events.iter().any(|event| event.token() == Token(7) && event.is_writable()));
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Poll {
    poll: poll_os::engine::Poll<Mechanism>,
    registry: Registry,
    // Reports of wakers for which the buffer of a wait had no room left. They are the next wait's:
    // nobody else knows of them any more.
    owed: Vec<Raw>,
    // A buffer with more room than this is for a wait: zero, or all there can be while something
    // is owed. So one comparison tells both rare cases.
    refused: usize,
}

impl Poll {
    /// A new poller, close-on-exec.
    ///
    /// # Errors
    ///
    /// `EMFILE`, `ENFILE`, `ENOMEM`: no descriptor or no memory is left.
    ///
    /// Manual: epoll_create1(2), kqueue(2), pipe(2)
    #[cfg(feature = "os-poll")]
    pub fn new() -> io::Result<Self> {
        let poll = poll_os::engine::Poll::new()?;
        let registry = Registry::new(poll.registry().clone());
        Ok(Self {
            poll,
            registry,
            owed: Vec::new(),
            refused: 0,
        })
    }

    /// The registering half.
    #[must_use]
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Waits for events, at most for `timeout`, and puts them into `events`, which is cleared
    /// first.
    ///
    /// Zero looks and does not block; no timeout waits for ever. A wait that is neither interrupted
    /// nor woken never ends before its timeout, to the nanosecond where the kernel allows it, and
    /// no timeout is too long. When it has passed, `events` is empty and the result is `Ok`. What
    /// does not fit into `events` is in the next wait.
    ///
    /// One system call and no allocation.
    ///
    /// # Errors
    ///
    /// * `EINTR` (`Interrupted`): a signal handler ran and there is nothing to report. Wait again.
    /// * `InvalidInput`: `events` has room for nothing.
    ///
    /// Manual: epoll_wait(2), kevent(2), poll(2)
    // Always inline, as the look of poll-os in it: by its length the compiler might decide
    // otherwise, and the call costs half of what it wraps.
    #[inline(always)]
    pub fn poll(&mut self, events: &mut Events, timeout: Option<Duration>) -> io::Result<()> {
        let capacity = events.capacity();
        if capacity <= self.refused {
            return self.poll_without_wait(events);
        }
        let list = events.list();
        self.poll.wait_interruptible(list, timeout)?;
        if list.len() > capacity {
            self.owe(list, capacity);
        }
        Ok(())
    }

    /// Pays what is owed: a wait that has something to report need not look for more.
    #[cold]
    fn poll_without_wait(&mut self, events: &mut Events) -> io::Result<()> {
        let capacity = events.capacity();
        let list = events.list();
        list.clear();
        if capacity == 0 {
            let why = "a poll with a buffer for no events would have nothing to report";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let count = self.owed.len().min(capacity);
        for report in self.owed.drain(..count) {
            list.push(report);
        }
        if self.owed.is_empty() {
            self.refused = 0;
        }
        Ok(())
    }

    /// Takes away what there is no room for, which are reports of wakers: they stand at the end.
    #[cold]
    fn owe(&mut self, list: &mut poll_os::engine::Events<Mechanism>, capacity: usize) {
        self.owed
            .extend(list.as_raw().get(capacity..).into_iter().flatten());
        list.truncate(capacity);
        self.refused = usize::MAX;
    }
}

impl fmt::Debug for Poll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poll")
            .field("registry", &self.registry)
            .finish_non_exhaustive()
    }
}
