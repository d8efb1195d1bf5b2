//! A runtime on a thread of its own.

use core::any::Any;
use core::error::Error;
use core::fmt;
use core::time::Duration;
use std::io;
use std::thread::{self, JoinHandle};

use crate::builder::Builder;
use crate::controller::Controller;
use crate::error::RunError;
use crate::runtime::message_of;
use crate::service::Service;

/// A runtime on a thread of its own.
///
/// Dropping it shuts the runtime down without any grace and waits for its thread, unless it is
/// dropped on that thread; [`detach`](Self::detach) leaves the thread to itself.
pub struct Reactor<S: Service> {
    controller: Controller<S::Command>,
    // `None` once somebody has waited for it, or nobody wants to.
    thread: Option<JoinHandle<Result<S, RunError<S>>>>,
}

/// How a reactor ended, if not by a shutdown.
pub enum JoinError<S> {
    /// The service panicked: the payload, as the standard library's `JoinHandle` returns it.
    Panicked(Box<dyn Any + Send>),
    /// The engine failed 16 times in a row.
    Failed(RunError<S>),
}

impl<S: Service + Send> Reactor<S> {
    /// A runtime for `service` on a new thread; [`Builder`] sets more.
    ///
    /// # Errors
    ///
    /// As [`Builder::spawn`].
    pub fn new(service: S) -> io::Result<Self>
    where
        S::Timer: Send,
    {
        Builder::new().spawn(service)
    }

    pub(crate) fn start(
        name: Option<String>,
        controller: Controller<S::Command>,
        run: impl FnOnce() -> Result<S, RunError<S>> + Send + 'static,
    ) -> io::Result<Self> {
        let mut thread = thread::Builder::new();
        if let Some(name) = name {
            thread = thread.name(name);
        }
        Ok(Self {
            controller,
            thread: Some(thread.spawn(run)?),
        })
    }
}

impl<S: Service> Reactor<S> {
    /// A handle for any thread.
    #[must_use]
    pub fn controller(&self) -> Controller<S::Command> {
        self.controller.clone()
    }

    /// Waits for the runtime to be shut down, by the service or a controller, and returns the
    /// service.
    ///
    /// # Errors
    ///
    /// The service panicked, or the engine failed.
    pub fn join(mut self) -> Result<S, JoinError<S>> {
        match self.thread.take() {
            Some(thread) => match thread.join() {
                Ok(ended) => ended.map_err(JoinError::Failed),
                Err(payload) => Err(JoinError::Panicked(payload)),
            },
            None => unreachable!("only joining and dropping take the thread"),
        }
    }

    /// Whether the thread has ended, so that [`join`](Self::join) does not wait.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Leaves the thread to itself: it runs until its service or a controller shuts it down.
    pub fn detach(mut self) {
        self.thread = None;
    }
}

impl<S: Service> Drop for Reactor<S> {
    fn drop(&mut self) {
        let Some(thread) = self.thread.take() else {
            return;
        };
        // If it has ended already, there is nothing to shut down.
        drop(self.controller.shut_down(Duration::ZERO));
        if thread.thread().id() != thread::current().id() {
            // A panic was told to the controllers, and nobody is here to be told by.
            drop(thread.join());
        }
    }
}

impl<S: Service> fmt::Debug for Reactor<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reactor")
            .field("thread", &self.thread)
            .finish_non_exhaustive()
    }
}

impl<S> fmt::Display for JoinError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panicked(payload) => {
                write!(f, "the service panicked: {}", message_of(&**payload))
            }
            Self::Failed(failed) => failed.fmt(f),
        }
    }
}

impl<S> fmt::Debug for JoinError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panicked(_) => f.debug_tuple("Panicked").finish_non_exhaustive(),
            Self::Failed(failed) => f.debug_tuple("Failed").field(failed).finish(),
        }
    }
}

impl<S> Error for JoinError<S> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Panicked(_) => None,
            Self::Failed(failed) => Some(&failed.error),
        }
    }
}

impl<S> From<JoinError<S>> for io::Error {
    /// What the engine said, or an error of kind `Other` that says that the service panicked: the
    /// service or the payload is dropped.
    fn from(error: JoinError<S>) -> Self {
        match error {
            JoinError::Panicked(_) => Self::other(error.to_string()),
            JoinError::Failed(failed) => failed.into(),
        }
    }
}
