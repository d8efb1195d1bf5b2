//! A connection in progress that has a deadline.

use std::io;

use poll_api::Instant;
use sys_socket::Errno;

use crate::TcpStream;

/// The deadline of a connection that is being made.
///
/// It holds no stream, so that the stream can be registered once and stay registered; made by
/// [`TcpStream::connect_until`].
///
/// # Examples
///
/// ```
/// use poll_api::Instant;
/// use poll_net::{TcpListener, TcpStream};
/// let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
/// let deadline = Instant::from_nanos(1_000);
/// let (stream, connecting) = TcpStream::connect_until(listener.local_addr()?, deadline)?;
/// // In a loop: wait until the stream is writable or the deadline has come, and check.
/// let connected = connecting.check(&stream, Instant::START)?;
/// # let _ = connected;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connecting {
    deadline: Instant,
}

impl Connecting {
    /// A connection that fails at `deadline` if it has not been made by then.
    #[must_use]
    pub const fn until(deadline: Instant) -> Self {
        Self { deadline }
    }

    /// When to call [`check`](Self::check) even without an event.
    #[must_use]
    pub const fn deadline(self) -> Instant {
        self.deadline
    }

    /// Whether the connection has been made: true, or false while it is in progress.
    ///
    /// A connection that was made counts, however late it is asked for. Two system calls.
    ///
    /// # Errors
    ///
    /// * `ETIMEDOUT`: the deadline has come, or the system gave up earlier. Drop the stream to
    ///   end the attempt.
    /// * As [`TcpStream::finish_connect`].
    pub fn check(self, stream: &TcpStream, now: Instant) -> io::Result<bool> {
        if stream.finish_connect()? {
            Ok(true)
        } else if now >= self.deadline {
            Err(Errno::TIMEDOUT.into())
        } else {
            Ok(false)
        }
    }
}
