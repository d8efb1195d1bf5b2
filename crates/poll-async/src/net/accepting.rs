//! Accepting: what the listeners share.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::io;
use std::os::fd::AsFd;

use poll_api::Interest;
use poll_net::{Accept, AcceptGate};

use crate::io::AsyncFd;
use crate::io::source::Direction;
use crate::runtime::Handle;
use crate::threads::{Mutex, lock};
use crate::time::{Instant, Sleep, sleep_until};

/// A listener with a gate: when descriptors run out, the queue is left alone for a while, and not
/// forgotten.
#[derive(Debug)]
pub(super) struct Accepting<L: AsFd> {
    io: AsyncFd<L>,
    // Where those that are accepted are registered, whoever accepts them.
    handle: Handle,
    gate: Mutex<AcceptGate>,
    // The pause that the last caller of `poll_accept` waits for.
    pause: Mutex<Option<Pin<Box<Sleep>>>>,
}

/// What one attempt comes to, if it does not fail.
enum Attempt<T> {
    Accepted(T),
    /// The gate is closed until then; in the past if there was only a turn to end.
    Closed(Instant),
}

impl<L: Accept + AsFd> Accepting<L> {
    pub(super) fn new(listener: L) -> io::Result<Self> {
        let handle = Handle::try_current()?;
        Ok(Self {
            io: AsyncFd::with_interest(listener, Interest::READABLE)?,
            handle,
            gate: Mutex::new(AcceptGate::new()),
            pause: Mutex::new(None),
        })
    }

    pub(super) const fn io(&self) -> &AsyncFd<L> {
        &self.io
    }

    pub(super) fn into_inner(self) -> io::Result<L> {
        self.io.into_inner()
    }

    pub(super) const fn handle(&self) -> &Handle {
        &self.handle
    }

    /// The next connection. An error that is not about one connection closes the gate, and whoever
    /// accepts next waits.
    pub(super) async fn accept(&self) -> io::Result<L::Accepted> {
        loop {
            let attempt = |listener: &L| self.attempt(listener);
            match self.io.read_with(attempt).await? {
                Attempt::Accepted(accepted) => return Ok(accepted),
                Attempt::Closed(until) => {
                    let mut pause = Box::pin(sleep_until(until));
                    core::future::poll_fn(|context| self.poll_pause(&mut pause, context)).await;
                }
            }
        }
    }

    pub(super) fn poll_accept(&self, context: &mut Context<'_>) -> Poll<io::Result<L::Accepted>> {
        loop {
            let pause = lock(&self.pause).take();
            if let Some(mut pause) = pause
                && self.poll_pause(&mut pause, context).is_pending()
            {
                *lock(&self.pause) = Some(pause);
                return Poll::Pending;
            }
            let attempt = |listener: &L| self.attempt(listener);
            match ready!(self.io.poll_with(context, Direction::Read, attempt))? {
                Attempt::Accepted(accepted) => return Poll::Ready(Ok(accepted)),
                Attempt::Closed(until) => {
                    *lock(&self.pause) = Some(Box::pin(sleep_until(until)));
                }
            }
        }
    }

    /// In the runtime of the listener, whose clock the gate goes by, wherever it is polled.
    fn poll_pause(&self, pause: &mut Pin<Box<Sleep>>, context: &mut Context<'_>) -> Poll<()> {
        let _entered = self.handle.enter();
        pause.as_mut().poll(context)
    }

    fn attempt(&self, listener: &L) -> io::Result<Attempt<L::Accepted>> {
        let now = self.handle.shared().clock.now();
        let mut gate = lock(&self.gate);
        // It is asked only while the listener's readiness stands.
        gate.ready();
        loop {
            match gate.accept(listener, now) {
                Some(accepted) => return accepted.map(Attempt::Accepted),
                None => match gate.next_attempt() {
                    None => return Err(io::ErrorKind::WouldBlock.into()),
                    Some(at) if at > now => return Ok(Attempt::Closed(at.into())),
                    // The turn is over; it is the budget of the task that counts here.
                    Some(_) => {}
                },
            }
        }
    }
}
