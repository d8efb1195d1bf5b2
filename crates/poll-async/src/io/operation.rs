//! An operation on a source as a future, which waits whenever it would block.
//!
//! Written by hand: in an `async fn` around another one each layer keeps the arguments a second
//! time, in every task that waits.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::io;
use std::os::fd::AsFd;

use super::AsyncFd;
use super::async_fd::{is_short, poll_by};
use super::source::{self, Direction, Place, Seen};

/// What is tried whenever there is readiness.
pub(crate) trait Attempt<T: AsFd> {
    type Output;

    /// What comes of it whether there is readiness or not, if that is known.
    fn early(&self) -> Option<Self::Output> {
        None
    }

    /// Tries it. An error of `WouldBlock` has taken the readiness back.
    fn attempt(
        &mut self,
        fd: &AsyncFd<T>,
        direction: Direction,
        seen: Seen,
    ) -> io::Result<Self::Output>;
}

/// Nothing but to wait.
#[derive(Debug)]
pub(super) struct Readiness;

impl<T: AsFd> Attempt<T> for Readiness {
    type Output = ();

    fn attempt(&mut self, _: &AsyncFd<T>, _: Direction, seen: Seen) -> io::Result<()> {
        match seen.is_ended() {
            true => Err(source::ended()),
            false => Ok(()),
        }
    }
}

/// Anything.
#[derive(Debug)]
pub(super) struct Any<F>(pub(super) F);

impl<T: AsFd, R, F: FnMut(&T) -> io::Result<R>> Attempt<T> for Any<F> {
    type Output = R;

    fn attempt(&mut self, fd: &AsyncFd<T>, direction: Direction, seen: Seen) -> io::Result<R> {
        fd.attempt(seen, direction, &mut self.0, |_| false)
    }
}

/// What moves `wanted` bytes of a stream, or fewer: see [`AsyncFd::poll_transfer`].
#[derive(Debug)]
pub(crate) struct Transfer<F> {
    pub(super) wanted: usize,
    pub(super) operation: F,
}

impl<T: AsFd, F: FnMut(&T) -> io::Result<usize>> Attempt<T> for Transfer<F> {
    type Output = usize;

    fn attempt(&mut self, fd: &AsyncFd<T>, direction: Direction, seen: Seen) -> io::Result<usize> {
        let is_short = is_short(direction, seen, self.wanted);
        fd.attempt(seen, direction, &mut self.operation, is_short)
    }
}

/// Writing all of a buffer, of which this is left.
#[derive(Debug)]
pub(crate) struct WriteAll<'b>(pub(super) &'b [u8]);

impl<T: AsFd> Attempt<T> for WriteAll<'_>
where
    for<'a> &'a T: io::Write,
{
    type Output = ();

    fn early(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }

    fn attempt(&mut self, fd: &AsyncFd<T>, direction: Direction, seen: Seen) -> io::Result<()> {
        let wanted = self.0.len();
        let write = |mut inner: &T| io::Write::write(&mut inner, self.0);
        let written = fd.attempt(seen, direction, write, is_short(direction, seen, wanted))?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.0 = self.0.get(written..).unwrap_or_default();
        match self.0 {
            [] => Ok(()),
            // What was short has taken the readiness back.
            _ => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

/// The future.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited"]
pub(crate) struct Operation<'a, T: AsFd, A> {
    fd: &'a AsyncFd<T>,
    attempt: A,
    place: Place,
    direction: Direction,
}

impl<'a, T: AsFd, A> Operation<'a, T, A> {
    pub(super) const fn new(fd: &'a AsyncFd<T>, direction: Direction, attempt: A) -> Self {
        Self {
            fd,
            attempt,
            place: Place(None),
            direction,
        }
    }
}

// Nothing in it is pinned.
impl<T: AsFd, A> Unpin for Operation<'_, T, A> {}

impl<T: AsFd, A: Attempt<T>> Future for Operation<'_, T, A> {
    type Output = io::Result<A::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self {
            fd,
            attempt,
            place,
            direction,
        } = &mut *self;
        if let Some(output) = attempt.early() {
            return Poll::Ready(Ok(output));
        }
        poll_by(
            context,
            |context| fd.source().poll_in(place, context, *direction),
            |seen| attempt.attempt(fd, *direction, seen),
        )
    }
}

impl<T: AsFd, A> Drop for Operation<'_, T, A> {
    #[inline]
    fn drop(&mut self) {
        self.fd.source().leave(&mut self.place);
    }
}
