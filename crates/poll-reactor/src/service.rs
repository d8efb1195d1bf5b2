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
///
/// # Examples
///
/// ```
/// use core::time::Duration;
/// use poll_reactor::{Context, Reactor, Service, TimerId};
///
/// /// Beats until it is told how often that was to be.
/// struct Heart {
///     beats: u32,
/// }
///
/// impl Service for Heart {
///     type Command = u32;
///     type Timer = (); // with more than one kind of timer, an enum
///
///     fn command(&mut self, beats: u32, context: &mut Context<'_, Self>) {
///         self.beats = beats;
///         context.set_timer(Duration::from_millis(1), ());
///     }
///
///     fn timer(&mut self, _: TimerId, (): (), context: &mut Context<'_, Self>) {
///         self.beats -= 1;
///         match self.beats {
///             0 => context.shut_down(Duration::ZERO),
///             _ => drop(context.set_timer(Duration::from_millis(1), ())),
///         }
///     }
/// }
///
/// let reactor = Reactor::new(Heart { beats: 0 })?;
/// reactor.controller().command(3)?;
/// assert_eq!(reactor.join()?.beats, 0);
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait Service: Sized + 'static {
    /// What controllers send; `()` if they send nothing.
    type Command: Send + 'static;
    /// What a timer carries, mostly an enum of what it is for; `()` if that is nothing.
    type Timer: 'static;

    /// The runtime starts, on its own thread: before the first wait. Where that is this thread,
    /// [`Runtime::register`](crate::Runtime::register) does as well, and reports what fails to
    /// whoever starts the program.
    fn started(&mut self, context: &mut Context<'_, Self>) {
        let _ = context;
    }

    /// A wait has returned: before what it found is handled. Once in each turn, also if it has
    /// found nothing.
    fn tick(&mut self, context: &mut Context<'_, Self>) {
        let _ = context;
    }

    /// A controller has sent a command. Those of one thread come in their order; also while a
    /// shutdown waits for what is to be written.
    fn command(&mut self, command: Self::Command, context: &mut Context<'_, Self>) {
        drop((command, context));
    }

    /// The deadline of a timer has passed: never early. Its id names nothing any more.
    ///
    /// One that is to come again sets itself again: by
    /// [`Context::set_timer_at`] from the deadline before, which it may carry, it does not drift.
    fn timer(&mut self, id: TimerId, timer: Self::Timer, context: &mut Context<'_, Self>) {
        drop((id, timer, context));
    }

    /// A wait has failed. The runtime tries again, and ends when 16 waits in a row have failed.
    fn error(&mut self, error: &io::Error, context: &mut Context<'_, Self>) {
        let _ = (error, context);
    }

    /// A graceful shutdown begins: the last chance to send. After this, nothing is read or
    /// accepted, nothing can be registered, and each resource is handed over
    /// ([`Handle::handed_over`]) once what was sent to it is written, or the grace is over. Timers
    /// and commands still come until the last one is.
    fn stopping(&mut self, context: &mut Context<'_, Self>) {
        let _ = context;
    }
}

/// How a service handles its resources of type `R`.
///
/// A service with two kinds of resources implements this twice, one with ten kinds ten times. Where
/// two resources of one type are different things, [`Tagged`](crate::Tagged) makes two kinds of
/// them.
///
/// A resource ends once, in one of three ways: it is [`failed`](Self::failed), or
/// [`handed_over`](Self::handed_over), or [`Context::unregister`] returns it; what a service keeps
/// for each is removed there. When a runtime is dropped or fails, its resources are dropped.
///
/// # Examples
///
/// An echo whose peers cannot make it keep more than the high [mark](crate::Marks) and what one
/// read brings: whoever does not take its answers is not read either.
///
/// ```
/// use poll_net::UnixStream;
/// use poll_reactor::{
///     Context, Error, Handle, Id, Pressure, Released, Service, Stream, StreamEvent,
/// };
///
/// type Guest = Stream<UnixStream>;
///
/// struct Echo;
///
/// impl Service for Echo {
///     type Command = ();
///     type Timer = ();
/// }
///
/// impl Handle<Guest> for Echo {
///     fn event(
///         &mut self,
///         id: Id<Guest>,
///         event: StreamEvent<'_>,
///         context: &mut Context<'_, Self>,
///     ) {
///         match event {
///             StreamEvent::Received(bytes) => {
///                 if context.send(id, bytes).is_err() {
///                     context.unregister(id);
///                 }
///             }
///             // What was sent is written first.
///             StreamEvent::End => drop(context.close(id)),
///             StreamEvent::Connected => {}
///         }
///     }
///
///     fn pressure(&mut self, id: Id<Guest>, pressure: Pressure, context: &mut Context<'_, Self>) {
///         match pressure {
///             Pressure::High => context.pause(id),
///             Pressure::Low => context.resume(id),
///         };
///     }
///
///     fn failed(
///         &mut self,
///         _: Id<Guest>,
///         _: Released<Guest>,
///         error: Error,
///         _: &mut Context<'_, Self>,
///     ) {
///         // "reading from …Stream<…> 7: Connection reset by peer"
///         eprintln!("{error}");
///     }
/// }
/// # use std::io::{Read, Write};
/// # let (here, there) = UnixStream::pair()?;
/// # let mut runtime = poll_reactor::Runtime::new(Echo)?;
/// # runtime.register(Stream::new(here))?;
/// # (&there).write_all(b"hello")?;
/// # let mut buffer = [0; 8];
/// # let mut answer = (&there).read(&mut buffer);
/// # while answer.is_err() {
/// #     let _ = runtime.turn(poll_reactor::Limit::Never)?;
/// #     answer = (&there).read(&mut buffer);
/// # }
/// # assert_eq!(&buffer[..answer?], b"hello");
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait Handle<R: Resource>: Service {
    /// A resource was registered: after the callback that did so, and before any of its events.
    fn registered(&mut self, id: Id<R>, context: &mut Context<'_, Self>) {
        let _ = (id, context);
    }

    /// The resource tells something: a connection, bytes, the end of the input.
    ///
    /// It needs no draining: what is left comes with the next event. What the event is, the
    /// resource says: [`StreamEvent`](crate::StreamEvent) for streams, `io::Result` of a
    /// connection for listeners, and so on.
    fn event(&mut self, id: Id<R>, event: R::Event<'_>, context: &mut Context<'_, Self>);

    /// The resource failed and was taken out of the runtime; everything that could still be read
    /// from it was handed out before, unless it was paused or closed. The error says what was
    /// attempted.
    fn failed(
        &mut self,
        id: Id<R>,
        released: Released<R>,
        error: Error,
        context: &mut Context<'_, Self>,
    );

    /// The write queue of the resource has grown above its high mark, or shrunk to its low one
    /// ([`Marks`](crate::Marks)).
    ///
    /// Growth is told before the next event of the same resource.
    fn pressure(&mut self, id: Id<R>, pressure: Pressure, context: &mut Context<'_, Self>) {
        let _ = (id, pressure, context);
    }

    /// The resource was taken out of the runtime after [`Context::close`], or because the runtime
    /// shuts down. If nobody wants it, it is dropped, and so closed. What the peer did not take
    /// within the grace of a shutdown is [`Released::unsent`].
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
