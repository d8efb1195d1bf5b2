//! What is left of a task for whoever spawned it.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use async_task::Task;

use super::body::{Outcome, Payload};
use super::{Id, Meta, Place};
use crate::runtime::Lane;

/// A task that was spawned, to wait for: as a future it returns what the task returned.
///
/// Dropping it leaves the task alone; use [`abort_on_drop`](Self::abort_on_drop) or a
/// [`JoinSet`](super::JoinSet) where a task is to end with whoever waits for it. It is a future on
/// any executor.
///
/// Cancel-safe: a join that was dropped can be repeated, with `&mut handle`.
pub struct JoinHandle<T> {
    // Taken out when it is dropped or has told the end.
    task: Option<Task<Outcome<T>, Meta>>,
    id: Id,
}

impl<T> JoinHandle<T> {
    pub(crate) const fn new(task: Task<Outcome<T>, Meta>, id: Id) -> Self {
        let task = Some(task);
        Self { task, id }
    }

    /// The name of the task.
    #[must_use]
    pub const fn id(&self) -> Id {
        self.id
    }

    /// Has the task dropped instead of polled again, as soon as it does not run any more. Joining
    /// it returns an error then, unless it had finished before.
    ///
    /// A closure of [`spawn_blocking`](crate::spawn_blocking) that has begun is not stopped.
    pub fn abort(&self) {
        if let Some(task) = &self.task {
            let meta = task.metadata();
            meta.lane.shared().abort(meta.place());
        }
    }

    /// What [`abort`](Self::abort) needs, to be kept elsewhere.
    #[must_use]
    pub fn abort_handle(&self) -> AbortHandle {
        let place = self.task.as_ref().map(|task| {
            let meta = task.metadata();
            (Arc::clone(&meta.lane), meta.place())
        });
        AbortHandle { place, id: self.id }
    }

    /// Whether the task has returned, panicked or been dropped.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.task.as_ref().is_none_or(Task::is_finished)
    }

    /// A handle that aborts the task when it is dropped.
    pub const fn abort_on_drop(self) -> AbortOnDrop<T> {
        AbortOnDrop(self)
    }
}

impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.detach();
        }
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    /// Returns the error of a cancelled task if it is polled after its end.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let id = self.id;
        let outcome = match &mut self.task {
            None => None,
            // It has an outcome in any case: see `running::cancel`.
            Some(task) => Some(core::task::ready!(Pin::new(task).poll(context))),
        };
        if let Some(task) = self.task.take() {
            task.detach();
        }
        Poll::Ready(match outcome.and_then(Outcome::into_result) {
            Some(Ok(value)) => Ok(value),
            Some(Err(payload)) => Err(JoinError::panicked(id, payload)),
            None => Err(JoinError::cancelled(id)),
        })
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle")
            .field("id", &self.id())
            .finish_non_exhaustive()
    }
}

/// What aborts a task from anywhere. It does not keep the task alive.
#[derive(Clone)]
pub struct AbortHandle {
    // None if the task was joined already.
    place: Option<(Arc<Lane>, Place)>,
    id: Id,
}

impl AbortHandle {
    /// The name of the task.
    #[must_use]
    pub const fn id(&self) -> Id {
        self.id
    }

    /// As [`JoinHandle::abort`].
    pub fn abort(&self) {
        if let Some((lane, place)) = &self.place {
            lane.shared().abort(*place);
        }
    }

    /// Whether the task has ended: its future is dropped, or about to be.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        let place = self.place.as_ref();
        place.is_none_or(|(lane, place)| lane.shared().has_ended(*place))
    }
}

impl fmt::Debug for AbortHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AbortHandle")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// A [`JoinHandle`] that aborts its task when it is dropped.
#[derive(Debug)]
#[must_use = "dropping it aborts the task"]
pub struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> AbortOnDrop<T> {
    /// The handle, which does not abort.
    #[must_use]
    pub fn detach(mut self) -> JoinHandle<T> {
        let task = self.0.task.take();
        JoinHandle {
            task,
            id: self.0.id,
        }
    }
}

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        if self.0.task.is_some() {
            self.0.abort();
        }
    }
}

impl<T> Future for AbortOnDrop<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

/// Why a task returned nothing.
pub struct JoinError {
    id: Id,
    // A mutex, so that the error can be shared, which a payload cannot. None: it was cancelled.
    payload: Option<Mutex<Payload>>,
}

impl JoinError {
    pub(crate) const fn cancelled(id: Id) -> Self {
        Self { id, payload: None }
    }

    pub(crate) fn panicked(id: Id, payload: Payload) -> Self {
        let payload = Some(Mutex::new(payload));
        Self { id, payload }
    }

    /// The name of the task.
    #[must_use]
    pub const fn id(&self) -> Id {
        self.id
    }

    /// Whether the task was aborted, or its runtime has ended.
    #[must_use]
    pub const fn is_cancelled(&self) -> bool {
        self.payload.is_none()
    }

    /// Whether the task panicked.
    #[must_use]
    pub const fn is_panic(&self) -> bool {
        self.payload.is_some()
    }

    /// What the task panicked with, for [`resume_unwind`](std::panic::resume_unwind).
    ///
    /// # Errors
    ///
    /// The error itself, if the task did not panic.
    pub fn try_into_panic(self) -> Result<Payload, Self> {
        let id = self.id;
        let payload = self.payload.ok_or(Self::cancelled(id))?;
        let payload = payload.into_inner();
        Ok(payload.unwrap_or_else(PoisonError::into_inner))
    }

    /// As [`try_into_panic`](Self::try_into_panic).
    ///
    /// # Panics
    ///
    /// If the task did not panic.
    #[must_use]
    pub fn into_panic(self) -> Payload {
        match self.try_into_panic() {
            Ok(payload) => payload,
            Err(error) => panic!("{error}, and did not panic"),
        }
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(payload) = &self.payload else {
            return write!(f, "task {} was cancelled", self.id);
        };
        let payload = payload.lock().unwrap_or_else(PoisonError::into_inner);
        match super::message_of(&payload) {
            Some(message) => write!(f, "task {} panicked: {message}", self.id),
            None => write!(f, "task {} panicked", self.id),
        }
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinError({self})")
    }
}

impl core::error::Error for JoinError {}

impl From<JoinError> for io::Error {
    fn from(error: JoinError) -> Self {
        Self::other(error)
    }
}
