//! What a program writes: a service, and how it handles each kind of resource.

use std::io;

use crate::context::Context;
use crate::error::{Error, Released};
use crate::id::{Id, TimerId};
use crate::resource::Resource;

/// The logic of a program: what it does with commands, timers and the passing of time.
///
/// For each kind of resource that it owns it also implements [`Handle`]. All methods run on the
/// runtime's thread, one at a time, and none may block. Through its [`Context`] a service acts on
/// the runtime at once: it registers, sends, sets timers.
///
/// A panic ends the runtime: whoever joins it gets the payload, and each call of a
/// [`Controller`](crate::Controller) the message.
pub trait Service: Sized + 'static {
    /// What controllers send; `()` if they send nothing.
    type Command: Send + 'static;
    /// What a timer carries; `()` if that is nothing.
    type Timer: 'static;

    /// The runtime starts: before the first wait.
    fn started(&mut self, context: &mut Context<'_, Self>) {
        let _ = context;
    }

    /// A wait has returned: before what it found is handled.
    fn tick(&mut self, context: &mut Context<'_, Self>) {
        let _ = context;
    }

    /// A controller has sent a command. Those of one controller come in their order.
    fn command(&mut self, command: Self::Command, context: &mut Context<'_, Self>) {
        drop((command, context));
    }

    /// The deadline of a timer has passed.
    fn timer(&mut self, id: TimerId, timer: Self::Timer, context: &mut Context<'_, Self>) {
        drop((id, timer, context));
    }

    /// A wait has failed. The runtime tries again, and ends when 16 waits in a row have failed.
    fn error(&mut self, error: &io::Error, context: &mut Context<'_, Self>) {
        let _ = (error, context);
    }

    /// A graceful shutdown begins: the last chance to send. After this, nothing is read or
    /// accepted, nothing can be registered, and each resource is handed over
    /// ([`Handle::handed_over`]) once what was sent to it is written.
    fn stopping(&mut self, context: &mut Context<'_, Self>) {
        let _ = context;
    }
}

/// How a service handles its resources of type `R`.
///
/// A service with two kinds of resources implements this twice, one with ten kinds ten times.
pub trait Handle<R: Resource>: Service {
    /// A resource was registered: before any of its events.
    fn registered(&mut self, id: Id<R>, context: &mut Context<'_, Self>) {
        let _ = (id, context);
    }

    /// The resource tells something: a connection, bytes, the end of the input.
    ///
    /// It needs no draining: what is left comes with the next event.
    fn event(&mut self, id: Id<R>, event: R::Event<'_>, context: &mut Context<'_, Self>);

    /// The resource failed and was taken out of the runtime; everything that could still be read
    /// from it was handed out before.
    fn failed(
        &mut self,
        id: Id<R>,
        released: Released<R>,
        error: Error,
        context: &mut Context<'_, Self>,
    );

    /// The write queue of the resource has grown above its high mark, or shrunk to its low one.
    fn pressure(&mut self, id: Id<R>, pressure: Pressure, context: &mut Context<'_, Self>) {
        let _ = (id, pressure, context);
    }

    /// The resource was taken out of the runtime after [`Context::close`], or because the runtime
    /// shuts down. If nobody wants it, it is dropped, and so closed.
    fn handed_over(&mut self, id: Id<R>, released: Released<R>, context: &mut Context<'_, Self>) {
        drop((id, released, context));
    }
}

/// How full a write queue is, by its [`Marks`](crate::Marks).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pressure {
    /// More than the high mark waits: hold back.
    High,
    /// No more than the low mark waits again: go on.
    Low,
}
