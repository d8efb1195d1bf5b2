//! What needs the type of a resource: its steps, and what its service is told.

use core::any::Any;
use core::any::type_name;
use core::marker::PhantomData;
use core::mem;
use std::io::ErrorKind;

use poll_api::{Instant, Ready};

use crate::context::Context;
use crate::entry::Held;
use crate::error::{Error, Operation, Released};
use crate::host::Alarm;
use crate::id::{AnyId, Id};
use crate::outbox::Unsent;
use crate::resource::{Io, Resource, Step};
use crate::service::{Handle, Pressure, Service};
use crate::table::Occupied;

/// A kind of resource, as its service knows it.
pub(crate) trait Kind<S> {
    /// Takes the steps that are due, as many as the budget allows, and hands out their events.
    fn steps(&self, id: AnyId, service: &mut S, context: &mut Context<'_, S>, buffer: &mut [u8])
    where
        S: Service;

    /// Tells the service what has changed: registered, pressure, failed, handed over.
    fn notify(&self, id: AnyId, service: &mut S, context: &mut Context<'_, S>)
    where
        S: Service;
}

struct Of<R>(PhantomData<fn() -> R>);

/// The kind of resources of type `R`.
pub(crate) fn kind_of<S: Handle<R>, R: Resource>() -> &'static dyn Kind<S> {
    &Of::<R>(PhantomData)
}

impl<S: Handle<R>, R: Resource> Kind<S> for Of<R> {
    fn steps(&self, id: AnyId, service: &mut S, context: &mut Context<'_, S>, buffer: &mut [u8]) {
        for _ in 0..context.resources.settings.steps.get() {
            match step::<S, R>(id, service, context, buffer) {
                Next::Step => {}
                Next::Report => {
                    context.end_steps(id);
                    return;
                }
                Next::Nothing => return,
            }
        }
        context.resources.hold_over(id);
    }

    fn notify(&self, id: AnyId, service: &mut S, context: &mut Context<'_, S>) {
        let Some(typed) = context.resources.table.typed::<R>(id) else {
            return;
        };
        let (held, state) = (typed.held, typed.state);
        if mem::take(&mut state.is_new) {
            service.registered(Id::new(id), context);
            context.settle();
        } else if state.failure.is_some() && !state.is_due(held.interest()) {
            self.fail(id, service, context);
            return;
        } else if state.is_closing
            && (typed.outbox.is_empty() || state.is_late || context.resources.stop.is_late())
        {
            if let Some(released) = context.release::<R>(id) {
                service.handed_over(Id::new(id), released, context);
                context.settle();
            }
            return;
        } else if state.has_pressure_news() {
            // Of a queue that was full and is empty again before anybody was told, the latter.
            let pressure = match mem::take(&mut state.owes_low) {
                true => Pressure::Low,
                false => Pressure::High,
            };
            state.is_high_told = pressure == Pressure::High;
            service.pressure(Id::new(id), pressure, context);
            context.settle();
        } else {
            return;
        }
        // There may be more to tell: with the next notices, for one of them may cause another.
        context.resources.give_notice(id);
    }
}

impl<R: Resource> Of<R> {
    fn fail<S: Handle<R>>(&self, id: AnyId, service: &mut S, context: &mut Context<'_, S>) {
        let Some(mut occupied) = context.resources.take(id, context.host) else {
            return;
        };
        let failure = occupied.state.failure.take();
        let (Some((operation, source)), Some(released)) = (failure, released::<S, R>(occupied))
        else {
            return;
        };
        let error = Error {
            id: Some(id),
            resource: type_name::<R>(),
            operation,
            source,
        };
        service.failed(Id::new(id), released, error, context);
        context.settle();
    }
}

/// The resource and what was not written, out of what the table held.
pub(crate) fn released<S: 'static, R: Resource>(occupied: Occupied<S>) -> Option<Released<R>> {
    let entry: Box<dyn Any> = occupied.entry;
    let resource = entry.downcast::<Held<R>>().ok()?.resource;
    let unsent = Unsent::new(occupied.outbox);
    Some(Released { resource, unsent })
}

/// What follows a step.
enum Next {
    Step,
    /// Nothing, until the engine reports again.
    Report,
    /// Nothing: the resource is gone, or is not due.
    Nothing,
}

#[inline]
fn step<S: Handle<R>, R: Resource>(
    id: AnyId,
    service: &mut S,
    context: &mut Context<'_, S>,
    buffer: &mut [u8],
) -> Next {
    let resources = &mut *context.resources;
    let Some(typed) = resources.table.typed::<R>(id) else {
        return Next::Nothing;
    };
    let (held, state) = (typed.held, typed.state);
    if !state.is_due(held.interest()) {
        return Next::Report;
    }
    if state.is_high && !state.is_high_told {
        // The service may want to pause it, and is told at the end of this turn.
        resources.hold_over(id);
        return Next::Nothing;
    }
    let mut read = 0;
    let io = Io {
        buffer,
        ready: state.ready,
        now: &mut *context.host,
        read: &mut read,
    };
    let stepped = held.resource.step(io);
    resources.counters.steps += 1;
    resources.counters.read += read;
    match stepped {
        Ok(Step::Event(event)) => {
            service.event(Id::new(id), event, context);
            context.settle();
            Next::Step
        }
        Ok(Step::Last(event)) => {
            resources.is_drained(id, &*context.host);
            service.event(Id::new(id), event, context);
            context.settle();
            Next::Report
        }
        Ok(Step::End(event)) => {
            state.is_ended = true;
            state.ready = Ready::EMPTY;
            resources.watch_on(id, &*context.host);
            service.event(Id::new(id), event, context);
            context.settle();
            Next::Report
        }
        Ok(Step::Again) => Next::Step,
        Ok(Step::Pending) => {
            resources.is_drained(id, &*context.host);
            Next::Report
        }
        Ok(Step::Until(instant)) => {
            hold_until(id, instant, context);
            Next::Report
        }
        Err(error) if error.kind() == ErrorKind::Interrupted => Next::Step,
        Err(error) if error.kind() == ErrorKind::WouldBlock => {
            resources.is_drained(id, &*context.host);
            Next::Report
        }
        Err(error) => {
            resources.fail(id, Operation::Read, error);
            Next::Report
        }
    }
}

/// Takes no step before `instant`, unless the engine reports something new.
fn hold_until<S: Service>(id: AnyId, instant: Instant, context: &mut Context<'_, S>) {
    let Some(occupied) = context.resources.table.get_mut(id) else {
        return;
    };
    let state = &mut occupied.state;
    state.ready = Ready::EMPTY;
    match state.alarm {
        Some(alarm) if context.host.reset(alarm, instant) => {}
        _ => state.alarm = Some(context.host.insert(instant, Alarm::Step(id))),
    }
}
