//! The pipe that ends another thread's wait.

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;

use crate::{sys, target};

/// A pipe whose reading end becomes readable on [`wake`](Self::wake).
///
/// Manual: pipe(2)
#[derive(Debug)]
pub struct WakePipe {
    reader: OwnedFd,
    writer: OwnedFd,
}

impl WakePipe {
    /// A new pipe, close-on-exec and non-blocking. One system call.
    ///
    /// # Errors
    ///
    /// * `EMFILE`, `ENFILE`: the process or the system has no descriptor left.
    ///
    /// # Platform notes
    ///
    /// Apple's systems set the two flags after the creation, in seven system calls: a fork on
    /// another thread in between can inherit the pipe.
    ///
    /// Manual: pipe(2)
    #[doc(alias = "pipe2")]
    pub fn new() -> Result<Self, Errno> {
        let (reader, writer) = target::pipe()?;
        Ok(Self { reader, writer })
    }

    /// Makes the reading end readable. One system call.
    ///
    /// # Errors
    ///
    /// * `EAGAIN`: the pipe is full, hence readable already.
    /// * `EINTR`: a signal handler ran first.
    ///
    /// Manual: write(2)
    #[doc(alias = "write")]
    pub fn wake(&self) -> Result<(), Errno> {
        sys::write_byte(self.writer.as_fd())
    }

    /// Takes up to 1024 wakes out of the pipe and returns how many. One system call.
    ///
    /// # Errors
    ///
    /// * `EAGAIN`: there was none.
    /// * `EINTR`: a signal handler ran first.
    ///
    /// Manual: read(2)
    #[doc(alias = "read")]
    pub fn drain(&self) -> Result<usize, Errno> {
        sys::read(self.reader.as_fd(), &mut [0; 1024])
    }

    /// The end to poll for reading.
    #[must_use]
    pub fn reader(&self) -> BorrowedFd<'_> {
        self.reader.as_fd()
    }
}

static_assertions::assert_impl_all!(WakePipe: Send, Sync);
