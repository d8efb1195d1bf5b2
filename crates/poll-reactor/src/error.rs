//! What goes wrong, with the resource it concerns and what was attempted.

use core::error;
use core::fmt;
use std::io::{self, ErrorKind};

use crate::chunk::Chunk;
use crate::id::AnyId;
use crate::outbox::Unsent;

/// What was attempted when something went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// Starting to watch the resource.
    Register,
    /// Telling the engine what the resource waits for now.
    Watch,
    /// A [`step`](crate::Resource::step): an accept, a read, the end of a connect.
    Read,
    /// A [`write`](crate::Sink::write) of what was sent.
    Write,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Register => "registering",
            Self::Watch => "watching",
            Self::Read => "reading from",
            Self::Write => "writing to",
        })
    }
}

/// Why a resource failed: what was attempted, on which one, and what the system said.
#[derive(Debug)]
pub struct Error {
    /// The resource; none if it was not registered.
    pub id: Option<AnyId>,
    /// Its type, as the compiler names it.
    pub resource: &'static str,
    /// What was attempted.
    pub operation: Operation,
    /// What the system said.
    pub source: io::Error,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            id,
            resource,
            operation,
            source,
        } = self;
        match id {
            Some(id) => write!(f, "{operation} {resource} {id}: {source}"),
            None => write!(f, "{operation} {resource}: {source}"),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.source)
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::new(error.source.kind(), error)
    }
}

/// A registration that failed, with the resource it was for.
pub struct RegisterError<R> {
    /// The resource, as it was given.
    pub resource: R,
    /// Why it was not registered.
    pub error: Error,
}

impl<R> fmt::Display for RegisterError<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

// Derived, this would ask the same of `R`, and whoever unwraps would have to see to it.
impl<R> fmt::Debug for RegisterError<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegisterError")
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

impl<R> error::Error for RegisterError<R> {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.error)
    }
}

impl<R> From<RegisterError<R>> for io::Error {
    fn from(failed: RegisterError<R>) -> Self {
        failed.error.into()
    }
}

/// Why nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendError {
    /// There is no such resource any more, or it is being closed, or writing to it has failed.
    Closed,
    /// As many bytes wait as [`Marks::limit`](crate::Marks::limit) allows.
    Full,
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "the resource takes nothing any more",
            Self::Full => "the write queue is full",
        })
    }
}

impl error::Error for SendError {}

impl From<SendError> for io::Error {
    /// `BrokenPipe` if it is closed, `WouldBlock` if the queue is full.
    fn from(error: SendError) -> Self {
        let kind = match error {
            SendError::Closed => ErrorKind::BrokenPipe,
            SendError::Full => ErrorKind::WouldBlock,
        };
        Self::new(kind, error)
    }
}

/// A chunk that was not sent, and why.
#[derive(Debug)]
pub struct Refused {
    /// The chunk, as it was given.
    pub chunk: Chunk,
    /// Why.
    pub reason: SendError,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

impl error::Error for Refused {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.reason)
    }
}

impl From<Refused> for io::Error {
    /// As of its reason; the chunk is dropped.
    fn from(refused: Refused) -> Self {
        refused.reason.into()
    }
}

/// A resource that is the caller's again.
#[derive(Debug)]
pub struct Released<R> {
    /// The resource: open, registered nowhere.
    pub resource: R,
    /// What was sent to it and not written.
    pub unsent: Unsent,
}

/// A command that did not reach the service, and why.
pub struct CommandError<C> {
    /// The command, as it was given.
    pub command: C,
    /// Why the runtime takes none.
    pub reason: Ended,
}

impl<C> fmt::Display for CommandError<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

impl<C> fmt::Debug for CommandError<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommandError")
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl<C> error::Error for CommandError<C> {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.reason)
    }
}

impl<C> From<CommandError<C>> for io::Error {
    /// As of its reason; the command is dropped.
    fn from(error: CommandError<C>) -> Self {
        error.reason.into()
    }
}

/// The engine failed too often, and the runtime has ended.
pub struct RunError<S> {
    /// The service.
    pub service: S,
    /// What the engine said last.
    pub error: io::Error,
}

impl<S> fmt::Display for RunError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the engine failed: {}", self.error)
    }
}

impl<S> fmt::Debug for RunError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunError")
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

impl<S> error::Error for RunError<S> {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&self.error)
    }
}

impl<S> From<RunError<S>> for io::Error {
    fn from(failed: RunError<S>) -> Self {
        failed.error
    }
}

/// How a runtime ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ended {
    /// It was shut down, or dropped.
    Stopped,
    /// The service panicked, with this message.
    Panicked(String),
    /// The engine failed again and again, lastly with this error.
    Failed(String),
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped => f.write_str("the runtime has stopped"),
            Self::Panicked(message) => write!(f, "the service panicked: {message}"),
            Self::Failed(message) => write!(f, "the engine failed: {message}"),
        }
    }
}

impl error::Error for Ended {}

impl From<Ended> for io::Error {
    /// `BrokenPipe`: nobody is there to take anything.
    fn from(ended: Ended) -> Self {
        Self::new(ErrorKind::BrokenPipe, ended)
    }
}

#[cfg(test)]
mod tests {
    use static_assertions::assert_impl_all;

    use super::*;

    // So that `?` takes them to `Box<dyn Error + Send + Sync>`.
    assert_impl_all!(Error: Send, Sync);
    assert_impl_all!(Refused: Send, Sync);
    assert_impl_all!(RegisterError<()>: Send, Sync);
    assert_impl_all!(Released<()>: Send, Sync);
    assert_impl_all!(CommandError<()>: Send, Sync);
    // Whatever a command is, as long as it can be sent.
    assert_impl_all!(crate::Controller<core::cell::Cell<u8>>: Clone, Send, Sync);

    #[test]
    fn errors_keep_their_kind_and_their_text_as_io_errors() {
        let table = [
            (
                SendError::Closed.into(),
                ErrorKind::BrokenPipe,
                "takes nothing",
            ),
            (
                SendError::Full.into(),
                ErrorKind::WouldBlock,
                "queue is full",
            ),
            (Ended::Stopped.into(), ErrorKind::BrokenPipe, "has stopped"),
            (
                Ended::Panicked("odd".to_owned()).into(),
                ErrorKind::BrokenPipe,
                "panicked: odd",
            ),
        ];
        for (error, kind, text) in table {
            let error: io::Error = error;
            assert_eq!(error.kind(), kind);
            assert!(error.to_string().contains(text), "{error}");
        }
    }
}
