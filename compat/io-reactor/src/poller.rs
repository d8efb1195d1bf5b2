//! What a reactor waits with: the system's engine, or one of the program's own.

pub mod popol;

use core::fmt;
use core::ops::Not;
use core::time::Duration;
use std::error;
use std::io;
use std::os::fd::AsRawFd;

use crate::{Io, ResourceId};

/// Directions: those that are waited for, or those that are ready.
///
/// As an iterator it gives those that are set, [`Io::Write`] first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IoType {
    /// Reading.
    pub read: bool,
    /// Writing.
    pub write: bool,
}

impl IoType {
    /// Neither.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            read: false,
            write: false,
        }
    }

    /// Reading.
    #[must_use]
    pub const fn read_only() -> Self {
        Self {
            read: true,
            write: false,
        }
    }

    /// Writing.
    #[must_use]
    pub const fn write_only() -> Self {
        Self {
            read: false,
            write: true,
        }
    }

    /// Both.
    #[must_use]
    pub const fn read_write() -> Self {
        Self {
            read: true,
            write: true,
        }
    }

    /// Whether it is neither.
    #[must_use]
    pub const fn is_none(self) -> bool {
        !self.read && !self.write
    }

    /// Whether it is reading alone.
    #[must_use]
    pub const fn is_read_only(self) -> bool {
        self.read && !self.write
    }

    /// Whether it is writing alone.
    #[must_use]
    pub const fn is_write_only(self) -> bool {
        !self.read && self.write
    }

    /// Whether it is both.
    #[must_use]
    pub const fn is_read_write(self) -> bool {
        self.read && self.write
    }
}

impl Not for IoType {
    type Output = Self;

    fn not(self) -> Self {
        Self {
            read: !self.read,
            write: !self.write,
        }
    }
}

impl Iterator for IoType {
    type Item = Io;

    fn next(&mut self) -> Option<Io> {
        if self.write {
            self.write = false;
            Some(Io::Write)
        } else if self.read {
            self.read = false;
            Some(Io::Read)
        } else {
            None
        }
    }
}

impl fmt::Display for IoType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.read, self.write) {
            (false, false) => "none",
            (true, false) => "read",
            (false, true) => "write",
            (true, true) => "read-write",
        })
    }
}

/// Why nothing more will come of a source, with the flags of poll(2).
#[derive(Clone, Copy, Debug)]
pub enum IoFail {
    /// It has hung up.
    Connectivity(i16),
    /// It is in error, or is no descriptor.
    Os(i16),
}

impl fmt::Display for IoFail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connectivity(flags) => write!(f, "hung up (POSIX events {flags:#b})"),
            Self::Os(flags) => write!(f, "errored (POSIX events {flags:#b})"),
        }
    }
}

impl error::Error for IoFail {}

/// What a reactor waits with. [`popol::Poller`] is the system's engine.
///
/// Sources are reported for as long as they are ready. As an iterator it gives what
/// [`poll`](Self::poll) has found.
pub trait Poll: Send + Iterator<Item = (ResourceId, Result<IoType, IoFail>)> {
    /// How a wait is ended from another thread.
    type Waker: Waker;

    /// Watches the receiving half of a waker, under [`ResourceId::WAKER`].
    fn register_waker(&mut self, fd: &impl AsRawFd);

    /// Watches a source. If that fails, it is reported with [`IoFail`].
    fn register(&mut self, fd: &impl AsRawFd, interest: IoType) -> ResourceId;

    /// Watches a source no longer.
    fn unregister(&mut self, id: ResourceId);

    /// Watches a source for something else; false if there is none of that id.
    fn set_interest(&mut self, id: ResourceId, interest: IoType) -> bool;

    /// Waits, at most so long, and returns how much was found: 0 if the time is over.
    ///
    /// # Errors
    ///
    /// The wait failed.
    fn poll(&mut self, timeout: Option<Duration>) -> io::Result<usize>;
}

/// Makes the two halves of a waker.
pub trait Waker {
    /// What wakes.
    type Send: WakerSend;
    /// What is watched.
    type Recv: WakerRecv;

    /// The two halves.
    ///
    /// # Errors
    ///
    /// The system has no descriptors left.
    fn pair() -> Result<(Self::Send, Self::Recv), io::Error>;
}

/// The half of a waker that wakes.
pub trait WakerSend: Send + Sync + Clone {
    /// Ends the present wait, or the next one.
    ///
    /// # Errors
    ///
    /// The system refused.
    fn wake(&self) -> io::Result<()>;
}

/// The half of a waker that is watched.
pub trait WakerRecv: AsRawFd + Send + io::Read {
    /// Forgets the wakes that there were.
    fn reset(&self);
}
