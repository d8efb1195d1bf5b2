//! A source of one's own in the runtime.

use core::fmt;
use core::future::Future;
use core::task::{Context, Poll, ready};
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use poll_api::{Engine, Interest, Ready, Registered, Trigger};
use poll_os::{Poll as Poller, Registry};

use super::operation::{Any, Operation, Readiness, Transfer, WriteAll};
use super::source::{self, Direction, Seen, Source};
use crate::runtime::{Handle, Shared};
use crate::task::budget;

/// A descriptor's owner, registered with the runtime: operations on it are tried, and wait for the
/// engine when they would block.
///
/// For what has no type of its own in [`net`](crate::net): devices, sockets of other families,
/// descriptors of other libraries. It must not block, and has to be one that the engine can watch.
/// All methods take `&self`: any number of tasks may read and write at the same time.
///
/// There are no guards of readiness as tokio has them: [`read_with`](Self::read_with) and
/// [`write_with`](Self::write_with) are its `async_io`, [`try_read_with`](Self::try_read_with) and
/// [`try_write_with`](Self::try_write_with) what its `try_io` does. They see `WouldBlock` for
/// themselves, so that no call site can forget to take readiness back, or take back an event that
/// came meanwhile. For a poll function, poll a [`readable`](Self::readable) that is pinned.
///
/// Dropping it deregisters the source, and then drops that.
///
/// ```
/// use std::io::Read;
/// use poll_async::io::AsyncFd;
/// use poll_async::runtime::Runtime;
///
/// let runtime = Runtime::new()?;
/// let (mut sender, receiver) = poll_net::pipe::pipe()?;
/// let text = runtime.block_on(async {
///     let receiver = AsyncFd::new(receiver)?;
///     std::io::Write::write_all(&mut sender, b"hello")?;
///     let mut buffer = [0; 16];
///     let count = receiver.read_with(|mut receiver| receiver.read(&mut buffer)).await?;
///     std::io::Result::Ok(buffer[..count].to_vec())
/// })?;
/// assert_eq!(text, b"hello");
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct AsyncFd<T: AsFd> {
    // None only inside `into_inner` and drop.
    registered: Option<Registered<T, Registry>>,
    source: Arc<Source>,
    shared: Arc<Shared>,
}

impl<T: AsFd> AsyncFd<T> {
    /// Registers `source`, for reading and writing, with the runtime that this thread is in. One
    /// allocation and one system call.
    ///
    /// # Errors
    ///
    /// * Those of registering it, such as `EPERM` for a file that is always ready, and `EEXIST` if
    ///   its descriptor is registered already. The source is dropped.
    /// * If this thread is in no runtime, or that has ended.
    pub fn new(source: T) -> io::Result<Self> {
        Self::with_handle(source, &Handle::try_current()?)
    }

    /// As [`new`](Self::new), with the runtime of `handle`.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn with_handle(source: T, handle: &Handle) -> io::Result<Self> {
        Self::register(source, Interest::READABLE | Interest::WRITABLE, handle)
    }

    /// As [`new`](Self::new), for one direction: for what has only one, such as an end of a pipe.
    ///
    /// An operation of a direction that is not watched is tried all the same, and fails where it
    /// would have to wait.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), and as registering says of an interest that the engine lacks.
    pub fn with_interest(source: T, interest: Interest) -> io::Result<Self> {
        Self::register(source, interest, &Handle::try_current()?)
    }

    fn register(inner: T, interest: Interest, handle: &Handle) -> io::Result<Self> {
        let shared = Arc::clone(handle.shared());
        let source = Arc::new(Source::new());
        let token = shared.sources.insert(&source).ok_or_else(source::ended)?;
        let registry = shared.registry.clone();
        // At urgent data a read ends before the data does, which a reader has to know.
        let interest = match interest.is_readable() && TELLS_URGENT {
            true => interest | Interest::PRIORITY,
            false => interest,
        };
        match Registered::new(registry, inner, token, interest, Trigger::Edge) {
            Ok(registered) => Ok(Self {
                registered: Some(registered),
                source,
                shared,
            }),
            Err(failed) => {
                shared.sources.remove(token);
                Err(failed.error)
            }
        }
    }

    pub(super) const fn source(&self) -> &Arc<Source> {
        &self.source
    }

    const fn registered(&self) -> &Registered<T, Registry> {
        match &self.registered {
            Some(registered) => registered,
            None => unreachable!(),
        }
    }

    /// The source.
    #[must_use]
    pub const fn get_ref(&self) -> &T {
        self.registered().get_ref()
    }

    /// Deregisters the source and hands it back.
    ///
    /// # Errors
    ///
    /// As deregistering; the source is dropped then.
    pub fn into_inner(mut self) -> io::Result<T> {
        let Some(registered) = self.registered.take() else {
            unreachable!()
        };
        let token = registered.token();
        let inner = registered.deregister();
        self.shared.sources.remove(token);
        inner.map_err(|failed| failed.error)
    }

    /// What was ready when it was last seen. A hint: the next operation may block all the same.
    #[must_use]
    pub fn ready(&self) -> Ready {
        self.source.ready()
    }

    /// Waits until a read may succeed, or has an end or an error to tell.
    ///
    /// A hint, as all readiness; what would block then takes it back through
    /// [`try_read_with`](Self::try_read_with).
    ///
    /// # Errors
    ///
    /// If the runtime ends meanwhile.
    ///
    /// Cancel-safe: readiness stays until an operation would block.
    pub fn readable(&self) -> impl Future<Output = io::Result<()>> {
        Operation::new(self, Direction::Read, Readiness)
    }

    /// Waits until a write may succeed, or has an error to tell: as [`readable`](Self::readable).
    ///
    /// # Errors
    ///
    /// As [`readable`](Self::readable).
    ///
    /// Cancel-safe.
    pub fn writable(&self) -> impl Future<Output = io::Result<()>> {
        Operation::new(self, Direction::Write, Readiness)
    }

    /// Tries `operation`, a read, and waits whenever it would block.
    ///
    /// # Errors
    ///
    /// Those of `operation` but for `WouldBlock`, and if the runtime ends meanwhile.
    ///
    /// Cancel-safe if `operation` does nothing when it would block.
    pub fn read_with<R>(
        &self,
        operation: impl FnMut(&T) -> io::Result<R>,
    ) -> impl Future<Output = io::Result<R>> {
        Operation::new(self, Direction::Read, Any(operation))
    }

    /// Tries `operation`, a write: as [`read_with`](Self::read_with).
    ///
    /// # Errors
    ///
    /// As [`read_with`](Self::read_with).
    ///
    /// Cancel-safe if `operation` does nothing when it would block.
    pub fn write_with<R>(
        &self,
        operation: impl FnMut(&T) -> io::Result<R>,
    ) -> impl Future<Output = io::Result<R>> {
        Operation::new(self, Direction::Write, Any(operation))
    }

    /// Tries `operation`, a read, now: `WouldBlock` takes the readiness back, so that the next wait
    /// is for an event. It is not tried if it is known that it would block.
    ///
    /// # Errors
    ///
    /// Those of `operation`, and `WouldBlock`.
    pub fn try_read_with<R>(&self, operation: impl FnOnce(&T) -> io::Result<R>) -> io::Result<R> {
        self.try_with(Direction::Read, operation)
    }

    /// Tries `operation`, a write, now: as [`try_read_with`](Self::try_read_with).
    ///
    /// # Errors
    ///
    /// Those of `operation`, and `WouldBlock`.
    pub fn try_write_with<R>(&self, operation: impl FnOnce(&T) -> io::Result<R>) -> io::Result<R> {
        self.try_with(Direction::Write, operation)
    }

    fn try_with<R>(
        &self,
        direction: Direction,
        operation: impl FnOnce(&T) -> io::Result<R>,
    ) -> io::Result<R> {
        let seen = self.source.seen(direction).ok_or(ErrorKind::WouldBlock)?;
        self.attempt(seen, direction, operation, |_| false)
    }

    /// As [`try_with`](Self::try_with) for `wanted` bytes of a stream: see
    /// [`poll_transfer`](Self::poll_transfer).
    pub(crate) fn try_transfer(
        &self,
        direction: Direction,
        wanted: usize,
        operation: impl FnOnce(&T) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let seen = self.source.seen(direction).ok_or(ErrorKind::WouldBlock)?;
        self.attempt(
            seen,
            direction,
            operation,
            is_short(direction, seen, wanted),
        )
    }

    const fn watches(&self, direction: Direction) -> bool {
        let interest = self.registered().interest();
        match direction {
            Direction::Read => interest.is_readable(),
            Direction::Write => interest.is_writable(),
        }
    }

    /// Tries `operation`. If it would block, or has used up what there was, the readiness that it
    /// was tried with is over, and the next edge tells.
    pub(super) fn attempt<R>(
        &self,
        seen: Seen,
        direction: Direction,
        operation: impl FnOnce(&T) -> io::Result<R>,
        is_short: impl FnOnce(&R) -> bool,
    ) -> io::Result<R> {
        let result = operation(self.get_ref());
        let is_over = match &result {
            Ok(value) => is_short(value),
            Err(error) => error.kind() == ErrorKind::WouldBlock,
        };
        if !is_over {
            return result;
        }
        if seen.is_ended() && result.is_err() {
            return Err(source::ended());
        }
        if result.is_err() && !self.watches(direction) {
            return Err(source::unwatched());
        }
        self.source.clear(seen, direction);
        match self.registered().rearm() {
            // What was moved was moved; the next operation meets the same error.
            Err(error) if result.is_err() => Err(error),
            _ => result,
        }
    }

    /// Tries `operation` as a poll function: the last caller of a direction is woken.
    pub(crate) fn poll_with<R>(
        &self,
        context: &mut Context<'_>,
        direction: Direction,
        mut operation: impl FnMut(&T) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        poll_by(
            context,
            |context| self.source.poll(context, direction),
            |seen| self.attempt(seen, direction, &mut operation, |_| false),
        )
    }

    /// The same for `wanted` bytes of a stream. Fewer bytes say that the stream is drained, or
    /// full, as `WouldBlock` does, and save the call that would say so. None at all is the end; and
    /// at urgent data a read ends before the data does.
    pub(crate) fn poll_transfer(
        &self,
        context: &mut Context<'_>,
        direction: Direction,
        wanted: usize,
        mut operation: impl FnMut(&T) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        poll_by(
            context,
            |context| self.source.poll(context, direction),
            |seen| {
                self.attempt(
                    seen,
                    direction,
                    &mut operation,
                    is_short(direction, seen, wanted),
                )
            },
        )
    }

    /// The same as a future, with a place of its own among those that wait.
    pub(crate) const fn transfer<F: FnMut(&T) -> io::Result<usize>>(
        &self,
        direction: Direction,
        wanted: usize,
        operation: F,
    ) -> Operation<'_, T, Transfer<F>> {
        Operation::new(self, direction, Transfer { wanted, operation })
    }

    /// The same for all of a buffer.
    pub(crate) const fn write_all<'b>(&self, buffer: &'b [u8]) -> Operation<'_, T, WriteAll<'b>> {
        Operation::new(self, Direction::Write, WriteAll(buffer))
    }
}

/// How often one poll attempts: an event may come during an attempt, but not again and again.
const ATTEMPTS: u32 = 8;

/// Waits and attempts until something else comes of it than that it would block.
pub(super) fn poll_by<R>(
    context: &mut Context<'_>,
    mut wait: impl FnMut(&Context<'_>) -> Poll<Seen>,
    mut attempt: impl FnMut(Seen) -> io::Result<R>,
) -> Poll<io::Result<R>> {
    let unit = ready!(budget::poll_proceed(context));
    for _ in 0..ATTEMPTS {
        let seen = ready!(wait(context));
        match attempt(seen) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            result => {
                unit.made_progress();
                return Poll::Ready(result);
            }
        }
    }
    // An operation of others that says so although the direction is closed, whose readiness stays:
    // it is asked again, but others have their turn.
    context.waker().wake_by_ref();
    Poll::Pending
}

/// Whether the engine tells of urgent data. If it does not, a short read proves nothing: it may
/// have ended at the place of some, with more behind it and no edge to come.
const TELLS_URGENT: bool = <Poller as Engine>::CAPABILITIES.priority;

pub(super) fn is_short(
    direction: Direction,
    seen: Seen,
    wanted: usize,
) -> impl FnOnce(&usize) -> bool {
    let proves = direction == Direction::Write || TELLS_URGENT && !seen.is_urgent();
    move |done| 0 < *done && *done < wanted && proves
}

impl<T: AsFd> Drop for AsyncFd<T> {
    fn drop(&mut self) {
        if let Some(registered) = self.registered.take() {
            let token = registered.token();
            // Deregisters, and then drops the source.
            drop(registered);
            self.shared.sources.remove(token);
        }
    }
}

impl<T: AsFd> AsFd for AsyncFd<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.get_ref().as_fd()
    }
}

impl<T: AsFd + fmt::Debug> fmt::Debug for AsyncFd<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncFd")
            .field("inner", self.get_ref())
            .finish_non_exhaustive()
    }
}
