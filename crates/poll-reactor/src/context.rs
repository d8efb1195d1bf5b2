//! What a service does with its runtime.

use core::any::type_name;
use core::fmt;
use core::time::Duration;
use std::io::{self, ErrorKind, IoSlice};

use poll_api::{Instant, Trigger};

use crate::chunk::Chunk;
use crate::entry::{Held, State};
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
///
/// An id of a resource that is not there any more is no error, because a service cannot always
/// know: methods return nothing or false then, and sending [`SendError::Closed`].
///
/// # Examples
///
/// A service that has a timer for each connection, reset by whatever comes:
///
/// ```
/// use core::time::Duration;
/// use poll_net::UnixStream;
/// use poll_reactor::{
///     Context, Error, Handle, Id, Released, Service, Stream, StreamEvent, TimerId,
/// };
/// use std::collections::HashMap;
///
/// const IDLE: Duration = Duration::from_secs(60);
///
/// type Guest = Stream<UnixStream>;
///
/// #[derive(Default)]
/// struct Patient {
///     guests: HashMap<Id<Guest>, TimerId>,
/// }
///
/// impl Service for Patient {
///     type Command = ();
///     type Timer = Id<Guest>;
///
///     fn timer(&mut self, _: TimerId, guest: Id<Guest>, context: &mut Context<'_, Self>) {
///         drop(context.send(guest, b"good night\n"));
///         context.close_within(guest, Duration::from_secs(5)); // it may not read either
///     }
/// }
///
/// impl Handle<Guest> for Patient {
///     fn registered(&mut self, id: Id<Guest>, context: &mut Context<'_, Self>) {
///         self.guests.insert(id, context.set_timer(IDLE, id));
///     }
///
///     fn event(
///         &mut self,
///         id: Id<Guest>,
///         event: StreamEvent<'_>,
///         context: &mut Context<'_, Self>,
///     ) {
///         if event == StreamEvent::End {
///             context.close(id);
///         } else if let Some(timer) = self.guests.get(&id) {
///             context.reset_timer(*timer, IDLE);
///         }
///     }
///
///     fn failed(
///         &mut self,
///         id: Id<Guest>,
///         released: Released<Guest>,
///         _: Error,
///         context: &mut Context<'_, Self>,
///     ) {
///         self.handed_over(id, released, context); // both are its end
///     }
///
///     fn handed_over(
///         &mut self,
///         id: Id<Guest>,
///         _: Released<Guest>,
///         context: &mut Context<'_, Self>,
///     ) {
///         if let Some(timer) = self.guests.remove(&id) {
///             context.cancel_timer(timer);
///         }
///     }
/// }
/// # let (here, there) = UnixStream::pair()?;
/// # let mut runtime = poll_reactor::Runtime::new(Patient::default())?;
/// # runtime.register(Stream::new(here))?;
/// # let _ = runtime.turn(poll_reactor::Limit::Now)?;
/// # assert_eq!(runtime.service().guests.len(), 1);
/// # drop(there);
/// # while !runtime.service().guests.is_empty() {
/// #     let _ = runtime.turn(poll_reactor::Limit::Never)?;
/// # }
/// # Ok::<(), std::io::Error>(())
/// ```
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
        let Some(id) = self.resources.table.claim() else {
            return Err(refused(resource, ErrorKind::StorageFull.into()));
        };
        let occupied = Occupied {
            entry: Box::new(Held::new(resource, self.resources.tells_urgent)),
            kind: kind_of::<S, R>(),
            trigger: match R::TRIGGER {
                Trigger::Edge => Trigger::Edge,
                _ => Trigger::Level,
            },
            outbox: Outbox::default(),
            marks: self.resources.settings.marks,
            state: State::NEW,
        };
        self.resources.table.occupy(id, occupied);
        match self.resources.start(id, &*self.host) {
            Ok(()) => {
                self.resources.give_notice(id);
                Ok(Id::new(id))
            }
            Err(error) => match self.release(id) {
                Some(released) => Err(refused(released.resource, error)),
                None => unreachable!("it was put there just now"),
            },
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
    /// A peer that takes nothing delays this without end: [`close_within`](Self::close_within).
    pub fn close<R: Resource>(&mut self, id: Id<R>) -> bool {
        if self.resources.table.typed::<R>(id.any()).is_none() {
            return false;
        }
        self.begin_close(id.any());
        true
    }

    /// As [`close`](Self::close), and no later than `grace` from now, with what is not written by
    /// then. False if it is not there any more.
    pub fn close_within<R: Resource>(&mut self, id: Id<R>, grace: Duration) -> bool {
        let Some(typed) = self.resources.table.typed::<R>(id.any()) else {
            return false;
        };
        // What it waited for to take a step is of no interest any more.
        if let Some(alarm) = typed.state.alarm.take() {
            self.host.cancel(alarm);
        }
        let deadline = self.host.after(grace);
        typed.state.alarm = Some(self.host.insert(deadline, Alarm::Close(id.any())));
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
    pub fn get<R: Resource>(&self, id: Id<R>) -> Option<&R> {
        Some(&self.resources.table.held(id.any())?.resource)
    }

    /// A resource, to be changed; nothing if it is not there any more. What it waits for is asked
    /// anew afterwards. Its descriptor has to stay the same.
    pub fn get_mut<R: Resource>(&mut self, id: Id<R>) -> Option<&mut R> {
        self.resources.touch(id.any());
        let typed = self.resources.table.typed::<R>(id.any())?;
        Some(&mut typed.held.resource)
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
        self.resources
            .add::<R, _>(id, &*self.host, |outbox, spare| {
                for buffer in buffers {
                    outbox.push_copy(buffer, spare);
                }
            })
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
        let mut chunk = Some(chunk.into());
        let added = self
            .resources
            .add::<R, _>(id.any(), &*self.host, |outbox, _| {
                if let Some(chunk) = chunk.take() {
                    outbox.push(chunk);
                }
            });
        match (added, chunk) {
            (Err(reason), Some(chunk)) => Err(Refused { chunk, reason }),
            _ => Ok(()),
        }
    }

    /// How many bytes were sent to a resource and not written yet.
    #[must_use]
    pub fn unsent<R: Resource>(&self, id: Id<R>) -> usize {
        let occupied = self.resources.table.get(id.any());
        occupied.map_or(0, |occupied| occupied.outbox.queued())
    }

    /// Sets when the service hears of a resource's write queue, and how long it may be, instead of
    /// the runtime's [`Marks`]. False if the resource is not there any more.
    pub fn set_marks<R: Resource>(&mut self, id: Id<R>, marks: Marks) -> bool {
        let Some(occupied) = self.resources.table.get_mut(id.any()) else {
            return false;
        };
        occupied.marks = marks;
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
    /// file may have grown. A step follows in the next turn, unless the resource is watched for a
    /// level: then it follows the engine's report. False if it is not there any more.
    pub fn resume<R: Resource>(&mut self, id: Id<R>) -> bool {
        let id = id.any();
        let Some(occupied) = self.resources.table.get_mut(id) else {
            return false;
        };
        occupied.state.is_paused = false;
        occupied.state.is_ended = false;
        // Of a level the engine will report. It may block, so nothing is tried without that.
        if occupied.trigger == Trigger::Edge || occupied.state.is_always_ready {
            occupied.pretend_ready();
        }
        self.resources.touch(id);
        self.resources.hold_over(id);
        true
    }

    /// Sets a timer that fires once, not before `after` has passed from this call, and carries
    /// `timer` ([`Service::timer`]). Reads the clock, and makes no system call of the engine.
    pub fn set_timer(&mut self, after: Duration, timer: S::Timer) -> TimerId {
        let deadline = self.host.after(after);
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
            Alarm::Step(_) | Alarm::Close(_) | Alarm::Stop => None,
        }
    }

    /// Lets a timer fire `after` from this call instead; false if it has fired or was cancelled.
    pub fn reset_timer(&mut self, id: TimerId, after: Duration) -> bool {
        let deadline = self.host.after(after);
        self.host.reset(id.0, deadline)
    }

    /// The present instant on the runtime's clock: read once in a turn, when it is first asked for.
    #[must_use]
    pub fn now(&mut self) -> Instant {
        self.host.now()
    }

    /// Begins a graceful shutdown at the end of this turn: nothing is read or accepted any more,
    /// what was sent is written, for as long as `grace` at most, and each resource is handed over
    /// to the service. A second one can only end it sooner.
    pub fn shut_down(&mut self, grace: Duration) {
        match self.resources.stop {
            Stop::No => self.resources.stop = Stop::Asked(grace),
            Stop::Asked(before) => self.resources.stop = Stop::Asked(grace.min(before)),
            Stop::Draining(alarm, end) => {
                let sooner = self.host.after(grace);
                if sooner < end && self.host.reset(alarm, sooner) {
                    self.resources.stop = Stop::Draining(alarm, sooner);
                }
            }
            Stop::Late => {}
        }
    }

    /// The id with its type; nothing if there is no such resource any more, or it is of another
    /// type.
    #[must_use]
    pub fn typed<R: Resource>(&self, id: AnyId) -> Option<Id<R>> {
        self.resources.table.held::<R>(id)?;
        Some(Id::new(id))
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
        let interest = occupied.entry.interest();
        let is_due = state.is_always_ready && state.is_due(interest);
        let is_as_wanted = state.interest == interest && state.watched == state.wanted(interest);
        if state.failure.is_some() {
            self.resources.give_notice(id);
        }
        if is_due {
            self.resources.hold_over(id);
        }
        if !is_as_wanted {
            self.resources.watch_on(id, &*self.host);
        }
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
