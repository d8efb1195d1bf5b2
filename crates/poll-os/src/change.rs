//! An explicit batch of registrations, with a result for each.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use poll_api::{Interest, Token, Trigger};

/// One entry of a batch: what to do with a source, and afterwards how it went.
///
/// A batch is a slice of these, passed to an engine's `Registry::apply`. Where the system takes
/// many changes in one system call (kqueue) it gets them so; elsewhere each entry is one call.
/// Entries are applied in order, and a failed one does not keep the others from being applied.
///
/// # Examples
///
/// ```
/// use poll_os::{Change, Interest, Poll, Token, Trigger};
/// use std::os::unix::net::UnixStream;
///
/// let poll = Poll::new()?;
/// let (a, b) = UnixStream::pair()?;
/// let mut batch = [
///     Change::register(&a, Token(1), Interest::READABLE, Trigger::Edge),
///     Change::deregister(&b),
///     Change::register(&b, Token(2), Interest::READABLE, Trigger::Edge),
/// ];
/// assert_eq!(poll.registry().apply(&mut batch), 1, "one of them failed");
/// assert!(matches!(batch[1].result(), Some(Err(_))));
/// assert!(matches!(batch[2].result(), Some(Ok(()))));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Change<'fd> {
    operation: Operation,
    source: BorrowedFd<'fd>,
    result: Option<io::Result<()>>,
}

/// What an entry asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Start to watch.
    Register(Token, Interest, Trigger),
    /// Replace the values.
    Modify(Token, Interest, Trigger),
    /// Stop watching.
    Deregister,
}

impl<'fd> Change<'fd> {
    /// Asks to watch `source`.
    pub fn register<S: AsFd + ?Sized>(
        source: &'fd S,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> Self {
        Self::new(source, Operation::Register(token, interest, trigger))
    }

    /// Asks to replace token, interest and trigger of `source`.
    pub fn modify<S: AsFd + ?Sized>(
        source: &'fd S,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> Self {
        Self::new(source, Operation::Modify(token, interest, trigger))
    }

    /// Asks to stop watching `source`.
    pub fn deregister<S: AsFd + ?Sized>(source: &'fd S) -> Self {
        Self::new(source, Operation::Deregister)
    }

    fn new<S: AsFd + ?Sized>(source: &'fd S, operation: Operation) -> Self {
        Self {
            operation,
            source: source.as_fd(),
            result: None,
        }
    }

    /// How it went; none before the batch was applied.
    #[must_use]
    pub const fn result(&self) -> Option<&io::Result<()>> {
        self.result.as_ref()
    }

    /// Takes the result out, as if the batch had not been applied.
    pub fn take_result(&mut self) -> Option<io::Result<()>> {
        self.result.take()
    }

    pub(crate) const fn operation(&self) -> Operation {
        self.operation
    }

    pub(crate) const fn source(&self) -> BorrowedFd<'fd> {
        self.source
    }

    pub(crate) fn settle(&mut self, result: io::Result<()>) {
        self.result = Some(result);
    }
}
