//! Pipes: bytes written to one end are read from the other.

use std::io;
use std::os::fd::OwnedFd;
use std::process::{ChildStderr, ChildStdin, ChildStdout};

use poll_net::pipe;

use crate::tied::{Tied, reads, source, try_io, writes};

/// Creates a pipe, both ends non-blocking and close-on-exec.
///
/// # Errors
///
/// `EMFILE`, `ENFILE`: no descriptors are left.
///
/// # Examples
///
/// ```
/// use poll_mio::unix::pipe;
/// use poll_mio::{Events, Interest, Poll, Token};
/// use std::io::{Read, Write};
///
/// let mut poll = Poll::new()?;
/// let mut events = Events::with_capacity(8);
/// let (mut sender, mut receiver) = pipe::new()?;
/// poll.registry().register(&mut receiver, Token(1), Interest::READABLE)?;
/// sender.write_all(b"hello")?;
/// poll.poll(&mut events, None)?;
/// let mut buffer = [0; 8];
/// assert_eq!(receiver.read(&mut buffer)?, 5);
///
/// drop(sender);
/// poll.poll(&mut events, None)?;
/// assert!(events.iter().all(|event| event.is_read_closed()));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Manual: pipe2(2)
pub fn new() -> io::Result<(Sender, Receiver)> {
    let (sender, receiver) = pipe::pipe()?;
    Ok((sender.into(), receiver.into()))
}

/// The end of a pipe that is written to.
///
/// When the last receiver is gone, it has an event that
/// [`is_write_closed`](crate::event::Event::is_write_closed).
pub struct Sender {
    tied: Tied<pipe::Sender>,
}

/// The end of a pipe that is read from.
///
/// When the last sender is gone, it has an event that
/// [`is_read_closed`](crate::event::Event::is_read_closed).
pub struct Receiver {
    tied: Tied<pipe::Receiver>,
}

source!(Sender, pipe::Sender);
source!(Receiver, pipe::Receiver);
writes!(Sender);
reads!(Receiver);
try_io!(Sender);
try_io!(Receiver);

/// The mode of an end, which ends of child processes need.
macro_rules! mode {
    ($type:ident) => {
        impl $type {
            /// Makes operations return `WouldBlock` instead of waiting, or wait again.
            ///
            /// # Errors
            ///
            /// None on an open descriptor.
            ///
            /// Manual: fcntl(2)
            pub fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
                self.tied.get().set_nonblocking(nonblocking)
            }
        }
    };
}

mode!(Sender);
mode!(Receiver);

/// An end of a child process is taken over as it is.
macro_rules! takes_over {
    ($($other:ident => $end:ident),*) => { $(
        impl From<$other> for $end {
            /// Takes the end over **as it is, blocking**: call `set_nonblocking` before it is
            /// registered.
            fn from(other: $other) -> Self {
                Self::from(OwnedFd::from(other))
            }
        }
    )* };
}

takes_over!(ChildStdin => Sender, ChildStdout => Receiver, ChildStderr => Receiver);
