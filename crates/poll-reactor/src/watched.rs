//! A source of which the service wants to know no more than that it is ready.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use poll_api::{Interest, Ready, Trigger};

use crate::resource::{Io, Resource, Step};

/// Anything with a descriptor: its events are what the engine reports, as long as it lasts.
///
/// The service does the reading and writing, through
/// [`Context::get_mut`](crate::Context::get_mut). What it leaves is reported in the next turn: an
/// event for nobody keeps the runtime busy, so a source that is not to be read for now is
/// [paused](crate::Context::pause).
///
/// # Examples
///
/// ```
/// use poll_net::UnixStream;
/// use poll_reactor::{
///     Context, Error, Handle, Id, Interest, Limit, Ready, Released, Runtime, Service, Watched,
/// };
/// use std::io::{Read, Write};
///
/// #[derive(Default)]
/// struct Looking(Vec<u8>);
///
/// impl Service for Looking {
///     type Command = ();
///     type Timer = ();
/// }
///
/// impl Handle<Watched<UnixStream>> for Looking {
///     fn event(
///         &mut self,
///         id: Id<Watched<UnixStream>>,
///         ready: Ready,
///         context: &mut Context<'_, Self>,
///     ) {
///         let Some(watched) = context.get_mut(id) else {
///             return;
///         };
///         let mut byte = [0];
///         match watched.get_mut().read(&mut byte) {
///             Ok(0) => drop(context.unregister(id)),
///             Ok(_) => self.0.extend(byte),
///             Err(_) => assert!(ready.is_readable()), // a hint is not a promise
///         }
///     }
///
///     fn failed(
///         &mut self,
///         _: Id<Watched<UnixStream>>,
///         _: Released<Watched<UnixStream>>,
///         error: Error,
///         _: &mut Context<'_, Self>,
///     ) {
///         eprintln!("{error}"); // it could not be watched
///     }
/// }
///
/// let (here, mut there) = UnixStream::pair()?;
/// let mut runtime = Runtime::new(Looking::default())?;
/// runtime.register(Watched::new(here, Interest::READABLE))?;
/// there.write_all(b"two")?;
/// while runtime.service().0 != b"two" {
///     let _ = runtime.turn(Limit::Never)?;
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Watched<S> {
    source: S,
    interest: Option<Interest>,
}

impl<S: AsFd + 'static> Watched<S> {
    /// A source that is watched for `interest`.
    #[must_use]
    pub const fn new(source: S, interest: Interest) -> Self {
        Self {
            source,
            interest: Some(interest),
        }
    }

    /// Watches it for something else from now on, or for nothing.
    pub const fn set_interest(&mut self, interest: Option<Interest>) {
        self.interest = interest;
    }

    /// The source.
    #[must_use]
    pub const fn get_ref(&self) -> &S {
        &self.source
    }

    /// The source, to be read and written. Its descriptor has to stay the same.
    pub const fn get_mut(&mut self) -> &mut S {
        &mut self.source
    }

    /// The source back.
    #[must_use]
    pub fn into_inner(self) -> S {
        self.source
    }
}

impl<S: AsFd> AsFd for Watched<S> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.source.as_fd()
    }
}

impl<S: AsFd + 'static> Resource for Watched<S> {
    type Event<'a> = Ready;
    const TRIGGER: Trigger = Trigger::Level;

    fn interest(&self) -> Option<Interest> {
        self.interest
    }

    fn step<'buffer>(&mut self, io: Io<'buffer, '_>) -> io::Result<Step<Self::Event<'buffer>>> {
        Ok(Step::Last(io.ready()))
    }
}
