//! What a service does with its runtime.

use core::any::type_name;
use core::fmt;
use core::time::Duration;
use std::io::{self, ErrorKind, IoSlice};

use poll_api::{Instant, Ready};

use crate::chunk::Chunk;
use crate::entry::{Entry, Held, State};
use crate::error::{Error, Operation, Refused, RegisterError, Released, SendError};
use crate::host::{Alarm, Host};
use crate::id::{AnyId, Id, TimerId};
use crate::kind::{kind_of, released};
use crate::metrics::Metrics;
use crate::outbox::{Marks, Outbox};
use crate::resource::{Resource, Sink};
use crate::resources::{Resources, Stop};
use crate::service::{Handle, Service};
use crate::table::Occupied;

/// The runtime, as a service sees it in its callbacks: all of its effects take place at once.
///
/// What is sent is written when the callback returns, so that several small sends are one system
/// call, and at once if more than the high mark waits.
pub struct Context<'runtime, S: Service> {
    pub(crate) resources: &'runtime mut Resources<S>,
    pub(crate) host: &'runtime mut dyn Host<S::Timer>,
}

impl<S: Service> Context<'_, S> {
    /// Gives a resource to the runtime, which owns it from now on. One system call.
    ///
    /// What the engine cannot wait for because it never blocks, as a regular file with epoll, is
    /// always ready.
    ///
    /// # Errors
    ///
    /// The resource comes back:
    /// * `BrokenPipe`: the runtime shuts down.
    /// * `StorageFull`: there are 2^32 - 2 resources.
    /// * As the engine's [`register`](poll_api::Register::register).
    pub fn register<R: Resource>(&mut self, resource: R) -> Result<Id<R>, RegisterError<R>>
    where
        S: Handle<R>,
    {
        if self.resources.stop.has_begun() {
            return Err(refused(resource, ErrorKind::BrokenPipe.into()));
        }
        let marks = self.resources.settings.marks;
        let occupied = Occupied {
            entry: Box::new(Held::new(resource, Outbox::default(), marks)),
            kind: kind_of::<S, R>(),
            state: State::NEW,
        };
        let (occupied, error) = match self.resources.table.insert(occupied) {
            Ok(id) => match self.resources.start(id, &*self.host) {
                Ok(()) => {
                    self.resources.give_notice(id);
                    return Ok(Id::new(id));
                }
                Err(error) => (self.resources.take(id, self.host), error),
            },
            Err(occupied) => (Some(occupied), ErrorKind::StorageFull.into()),
        };
        match occupied.and_then(released::<S, R>) {
            Some(released) => Err(refused(released.resource, error)),
            None => unreachable!("what was just inserted has its type"),
        }
    }

    /// Takes a resource back at once, with what was sent to it and not written; nothing if it is
    /// not there any more. No callback follows for it. One system call.
    pub fn unregister<R: Resource>(&mut self, id: Id<R>) -> Option<Released<R>> {
        self.resources.table.typed::<R>(id.any())?;
        self.release(id.any())
    }

    pub(crate) fn release<R: Resource>(&mut self, id: AnyId) -> Option<Released<R>> {
        released(self.resources.take(id, self.host)?)
    }

    /// Ends a resource once what was sent to it is written: no event and no send any more, and then
    /// [`Handle::handed_over`]. False if it is not there any more.
    ///
    /// A peer that takes nothing delays this without end; set a timer, and
    /// [`unregister`](Self::unregister) then.
    pub fn close<R: Resource>(&mut self, id: Id<R>) -> bool {
        if self.resources.table.typed::<R>(id.any()).is_none() {
            return false;
        }
        self.begin_close(id.any());
        true
    }

    pub(crate) fn begin_close(&mut self, id: AnyId) {
        if let Some(occupied) = self.resources.table.get_mut(id) {
            occupied.state.is_closing = true;
            self.resources.touch(id);
            self.resources.give_notice(id);
        }
    }

    /// A resource; nothing if it is not there any more.
    #[must_use]
    pub fn get<R: Resource>(&mut self, id: Id<R>) -> Option<&R> {
        let (held, _) = self.resources.table.typed::<R>(id.any())?;
        Some(&held.resource)
    }

    /// A resource, to be changed; nothing if it is not there any more. What it waits for is asked
    /// anew afterwards. Its descriptor has to stay the same.
    pub fn get_mut<R: Resource>(&mut self, id: Id<R>) -> Option<&mut R> {
        self.resources.touch(id.any());
        let (held, _) = self.resources.table.typed::<R>(id.any())?;
        Some(&mut held.resource)
    }

    /// Sends `bytes` in order, as far as the system takes them now, and copies what is left.
    ///
    /// # Errors
    ///
    /// Nothing was sent: [`SendError`].
    pub fn send<R: Sink>(&mut self, id: Id<R>, bytes: &[u8]) -> Result<(), SendError> {
        self.send_vectored(id, &[IoSlice::new(bytes)])
    }

    /// Sends all of `buffers` in order, as [`send`](Self::send) does.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub fn send_vectored<R: Sink>(
        &mut self,
        id: Id<R>,
        buffers: &[IoSlice<'_>],
    ) -> Result<(), SendError> {
        let id = id.any();
        self.make_room::<R>(id)?;
        let resources = &mut *self.resources;
        let Some((held, _)) = resources.table.typed::<R>(id) else {
            return Err(SendError::Closed);
        };
        let outbox = held.outbox_mut();
        for buffer in buffers {
            outbox.push_copy(buffer, &mut resources.spare);
        }
        resources.counters.queued += buffers
            .iter()
            .map(|buffer| buffer.len() as u64)
            .sum::<u64>();
        resources.touch(id);
        Ok(())
    }

    /// Sends bytes that the caller gives away: they are never copied.
    ///
    /// # Errors
    ///
    /// Nothing was sent, and the chunk comes back.
    pub fn send_chunk<R: Sink>(
        &mut self,
        id: Id<R>,
        chunk: impl Into<Chunk>,
    ) -> Result<(), Refused> {
        let chunk = chunk.into();
        let id = id.any();
        if let Err(reason) = self.make_room::<R>(id) {
            return Err(Refused { chunk, reason });
        }
        let resources = &mut *self.resources;
        let Some((held, _)) = resources.table.typed::<R>(id) else {
            let reason = SendError::Closed;
            return Err(Refused { chunk, reason });
        };
        resources.counters.queued += chunk.len() as u64;
        held.outbox_mut().push(chunk);
        resources.touch(id);
        Ok(())
    }

    // Whether something may be added to the queue. What is long is written first.
    fn make_room<R: Sink>(&mut self, id: AnyId) -> Result<(), SendError> {
        let (queued, marks, is_blocked) = self.queue_of::<R>(id)?;
        if queued < marks.high.min(marks.limit) {
            return Ok(());
        }
        if !is_blocked {
            self.resources.flush(id, &*self.host);
        }
        let (queued, marks, _) = self.queue_of::<R>(id)?;
        // Nothing is too long for an empty queue, whatever the limit.
        if queued < marks.limit.max(1) {
            Ok(())
        } else {
            Err(SendError::Full)
        }
    }

    fn queue_of<R: Sink>(&mut self, id: AnyId) -> Result<(usize, Marks, bool), SendError> {
        let Some((held, state)) = self.resources.table.typed::<R>(id) else {
            return Err(SendError::Closed);
        };
        if state.is_closing || state.failure.is_some() {
            return Err(SendError::Closed);
        }
        Ok((held.queued(), held.marks(), state.is_blocked))
    }

    /// How many bytes were sent to a resource and not written yet.
    #[must_use]
    pub fn unsent<R: Resource>(&self, id: Id<R>) -> usize {
        let occupied = self.resources.table.get(id.any());
        occupied.map_or(0, |occupied| occupied.entry.queued())
    }

    /// Sets when the service hears of a resource's write queue, and how long it may be, instead of
    /// the runtime's [`Marks`]. False if the resource is not there any more.
    pub fn set_marks<R: Resource>(&mut self, id: Id<R>, marks: Marks) -> bool {
        let Some(occupied) = self.resources.table.get_mut(id.any()) else {
            return false;
        };
        occupied.entry.set_marks(marks);
        self.resources.touch(id.any());
        true
    }

    /// Wants no events of a resource for now, so that a fast peer has to wait; what was sent to the
    /// resource is still written. False if it is not there any more.
    pub fn pause<R: Resource>(&mut self, id: Id<R>) -> bool {
        let Some(occupied) = self.resources.table.get_mut(id.any()) else {
            return false;
        };
        occupied.state.is_paused = true;
        self.resources.touch(id.any());
        true
    }

    /// Wants events of a resource again, after [`pause`](Self::pause), or after its end: a regular
    /// file may have grown. A step follows in the next turn. False if it is not there any more.
    pub fn resume<R: Resource>(&mut self, id: Id<R>) -> bool {
        let id = id.any();
        let Some(occupied) = self.resources.table.get_mut(id) else {
            return false;
        };
        let state = &mut occupied.state;
        state.is_paused = false;
        state.is_ended = false;
        state.ready |= Ready::READABLE | Ready::WRITABLE;
        self.resources.touch(id);
        self.resources.hold_over(id);
        true
    }

    /// Sets a timer that fires once, not before `after` has passed from now, and carries `timer`
    /// ([`Service::timer`]). No system call.
    pub fn set_timer(&mut self, after: Duration, timer: S::Timer) -> TimerId {
        let deadline = self.host.now().saturating_add(after);
        self.set_timer_at(deadline, timer)
    }

    /// Sets a timer that fires once, not before `deadline` on the runtime's clock;
    /// [`Instant::MAX`] never comes.
    pub fn set_timer_at(&mut self, deadline: Instant, timer: S::Timer) -> TimerId {
        TimerId(self.host.insert(deadline, Alarm::Service(timer)))
    }

    /// Takes a timer off, and returns what it carries; nothing if it has fired or was cancelled.
    pub fn cancel_timer(&mut self, id: TimerId) -> Option<S::Timer> {
        match self.host.cancel(id.0)? {
            Alarm::Service(timer) => Some(timer),
            Alarm::Step(_) | Alarm::Stop => None,
        }
    }

    /// Lets a timer fire `after` from now instead; false if it has fired or was cancelled.
    pub fn reset_timer(&mut self, id: TimerId, after: Duration) -> bool {
        let deadline = self.host.now().saturating_add(after);
        self.host.reset(id.0, deadline)
    }

    /// The present instant on the runtime's clock: read once in a turn, when it is first asked for.
    #[must_use]
    pub fn now(&mut self) -> Instant {
        self.host.now()
    }

    /// Begins a graceful shutdown at the end of this turn: nothing is read or accepted any more,
    /// what was sent is written, for as long as `grace` at most, and each resource is handed over
    /// to the service.
    pub fn shut_down(&mut self, grace: Duration) {
        if !self.resources.stop.has_begun() {
            self.resources.stop = Stop::Asked(grace);
        }
    }

    /// How many resources there are.
    #[must_use]
    pub const fn resources(&self) -> usize {
        self.resources.table.len()
    }

    /// What the runtime has counted up to now.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.resources.metrics()
    }

    /// After each callback.
    #[inline]
    pub(crate) fn settle(&mut self) {
        self.resources.settle(&*self.host);
    }

    /// A resource's steps have come to an end for now.
    pub(crate) fn end_steps(&mut self, id: AnyId) {
        let Some(occupied) = self.resources.table.get_mut(id) else {
            return;
        };
        let state = &occupied.state;
        let is_due = state.is_always_ready && state.is_due(occupied.entry.interest());
        if state.failure.is_some() {
            self.resources.give_notice(id);
        }
        if is_due {
            self.resources.hold_over(id);
        }
        self.resources.watch_on(id, &*self.host);
    }
}

fn refused<R>(resource: R, source: io::Error) -> RegisterError<R> {
    let error = Error {
        id: None,
        resource: type_name::<R>(),
        operation: Operation::Register,
        source,
    };
    RegisterError { resource, error }
}

impl<S: Service> fmt::Debug for Context<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("resources", &self.resources.table.len())
            .finish_non_exhaustive()
    }
}
