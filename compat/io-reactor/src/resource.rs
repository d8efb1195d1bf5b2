//! What a handler owns and the reactor watches.

use core::fmt;
use std::error;
use std::io;
use std::os::fd::AsRawFd;

use crate::poller::IoType;

/// What a resource can do without blocking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Io {
    /// There is something to read, or the end.
    Read,
    /// There is room to write.
    Write,
}

/// Something with a descriptor that a reactor watches.
///
/// The descriptor is the one that the resource has when it is registered, and stays open until the
/// resource is handed over.
pub trait Resource: AsRawFd + WriteAtomic + Send {
    /// What a handler is told.
    type Event;

    /// What the resource waits for.
    ///
    /// Asked when it is registered, after each [`handle_io`](Self::handle_io), and after each
    /// [`Action::Send`](crate::Action::Send) to it. If it changes for another reason, with
    /// something that the resource shares with its handler, that is seen at the end of the same
    /// turn while there are 64 resources or fewer, and within 10 milliseconds if there are more.
    fn interests(&self) -> IoType;

    /// Does one of the operations that the resource waits for: [`Io::Write`] first if both are
    /// possible. What is left comes with the next call.
    fn handle_io(&mut self, io: Io) -> Option<Self::Event>;
}

/// Why nothing was written.
#[derive(Debug)]
pub enum WriteError {
    /// The resource takes nothing yet: its connection, or a handshake, is not complete.
    NotReady,
    /// The system said no.
    Io(io::Error),
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotReady => f.write_str("resource not ready to accept the data"),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl error::Error for WriteError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::NotReady => None,
            Self::Io(error) => error.source(),
        }
    }
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// What takes all of a buffer or none of it, and keeps the order.
pub trait WriteAtomic: io::Write {
    /// Writes the buffer, or keeps what the system does not take now.
    ///
    /// # Errors
    ///
    /// Nothing was taken, and nothing of it will be written.
    fn write_atomic(&mut self, buffer: &[u8]) -> Result<(), WriteError> {
        if !self.is_ready_to_write() {
            return Err(WriteError::NotReady);
        }
        Ok(self.write_or_buf(buffer)?)
    }

    /// Whether the resource takes data, if only to keep it.
    fn is_ready_to_write(&self) -> bool;

    /// Writes what was kept, without blocking; whether there was something. No reactor calls this.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if something is left.
    fn empty_write_buf(&mut self) -> io::Result<bool>;

    /// Writes without blocking and keeps what is left.
    ///
    /// # Errors
    ///
    /// The resource has failed. Never `WouldBlock`, `Interrupted` or `WriteZero`: what they leave
    /// is kept.
    #[doc(hidden)]
    fn write_or_buf(&mut self, buffer: &[u8]) -> io::Result<()>;
}
