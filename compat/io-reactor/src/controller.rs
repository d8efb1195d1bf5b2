//! The handle of other threads.

use core::fmt;
use core::marker::PhantomData;
use std::io::{self, ErrorKind};
use std::sync::Arc;

use crate::desk::Letter;
use crate::poller::WakerSend;

/// Sends commands to a handler, from any thread.
pub struct Controller<C, W: WakerSend> {
    tie: Arc<Tie<C>>,
    waker: PhantomData<fn() -> W>,
}

/// What ties a reactor to those who can reach it: without any, it ends.
pub(crate) struct Tie<C>(poll_reactor::Controller<Letter<C>>);

impl<C> Tie<C> {
    pub(crate) fn new(controller: poll_reactor::Controller<Letter<C>>) -> Arc<Self> {
        Arc::new(Self(controller))
    }
}

impl<C> Drop for Tie<C> {
    fn drop(&mut self) {
        // If it has ended already, there is nothing to end.
        drop(self.0.command(Letter::Shutdown));
    }
}

impl<C, W: WakerSend> Controller<C, W> {
    pub(crate) fn new(tie: &Arc<Tie<C>>) -> Self {
        Self {
            tie: Arc::clone(tie),
            waker: PhantomData,
        }
    }

    /// Sends a command. Those of one thread come in their order. The reactor is woken if it sleeps
    /// and nobody has woken it yet.
    ///
    /// # Errors
    ///
    /// `BrokenPipe`: the reactor has ended.
    pub fn cmd(&self, command: C) -> Result<(), io::Error>
    where
        C: 'static,
    {
        self.post(Letter::Command(command))
            .map_err(|()| ErrorKind::BrokenPipe.into())
    }

    /// Ends the reactor, behind the commands that were sent before, and the actions that follow
    /// from them. Later commands are dropped, and so are the resources and the handler.
    ///
    /// # Errors
    ///
    /// The reactor has ended already.
    pub fn shutdown(self) -> Result<(), Self> {
        self.post(Letter::Shutdown).map_err(|()| self)
    }

    fn post(&self, letter: Letter<C>) -> Result<(), ()> {
        self.tie.0.command(letter).map_err(drop)
    }
}

impl<C, W: WakerSend> Clone for Controller<C, W> {
    fn clone(&self) -> Self {
        Self::new(&self.tie)
    }
}

impl<C, W: WakerSend> fmt::Debug for Controller<C, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Controller").field(&self.tie.0).finish()
    }
}
