//! A resource with something of the service's beside it, which makes it a kind of its own.

use std::io::{self, IoSlice};
use std::os::fd::{AsFd, BorrowedFd};

use poll_api::{Interest, Trigger};

use crate::resource::{Io, Resource, Sink, Step};

/// A resource and a tag: the same events, and a kind of its own.
///
/// Two listeners of one type are one kind, which a service tells apart by their ids. With tags of
/// two types they are two kinds, and have a [`Handle`](crate::Handle) each. A tag that has a value
/// is at hand through [`Context::get`](crate::Context::get): the name of a log, the side of a
/// proxy.
///
/// Costs what the tag takes, and no time.
///
/// # Examples
///
/// ```
/// use poll_net::{TcpListener, TcpStream};
/// use poll_reactor::{
///     Context, Error, Handle, Id, Listener, Released, Runtime, Service, Tagged,
/// };
/// use std::io;
/// use std::net::SocketAddr;
///
/// struct Public;
/// struct Admin;
/// type Door<T> = Tagged<Listener<TcpListener>, T>;
///
/// struct Server;
///
/// impl Service for Server {
///     type Command = ();
///     type Timer = ();
/// }
///
/// impl Handle<Door<Public>> for Server {
///     fn event(
///         &mut self,
///         _: Id<Door<Public>>,
///         accepted: io::Result<(TcpStream, SocketAddr)>,
///         _: &mut Context<'_, Self>,
///     ) {
///         // Customers.
/// #       drop(accepted);
///     }
/// #   fn failed(&mut self, _: Id<Door<Public>>, _: Released<Door<Public>>, _: Error,
/// #       _: &mut Context<'_, Self>) {}
///     // fn failed…
/// }
///
/// impl Handle<Door<Admin>> for Server {
///     fn event(
///         &mut self,
///         _: Id<Door<Admin>>,
///         accepted: io::Result<(TcpStream, SocketAddr)>,
///         _: &mut Context<'_, Self>,
///     ) {
///         // Colleagues.
/// #       drop(accepted);
///     }
/// #   fn failed(&mut self, _: Id<Door<Admin>>, _: Released<Door<Admin>>, _: Error,
/// #       _: &mut Context<'_, Self>) {}
///     // fn failed…
/// }
///
/// let listen = || TcpListener::bind("127.0.0.1:0".parse().unwrap()).map(Listener::new);
/// let mut runtime = Runtime::new(Server)?;
/// runtime.register(Tagged { resource: listen()?, tag: Public })?;
/// runtime.register(Tagged { resource: listen()?, tag: Admin })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tagged<R, T> {
    /// The resource.
    pub resource: R,
    /// What the service wants beside it; a type without fields if that is only the kind.
    pub tag: T,
}

impl<R: AsFd, T> AsFd for Tagged<R, T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.resource.as_fd()
    }
}

impl<R: Resource, T: 'static> Resource for Tagged<R, T> {
    type Event<'a> = R::Event<'a>;
    const TRIGGER: Trigger = R::TRIGGER;
    const STOPS_AT_URGENT: bool = R::STOPS_AT_URGENT;

    fn interest(&self) -> Option<Interest> {
        self.resource.interest()
    }

    fn never_blocks(&self) -> bool {
        self.resource.never_blocks()
    }

    fn step<'buffer>(&mut self, io: Io<'buffer, '_>) -> io::Result<Step<Self::Event<'buffer>>> {
        self.resource.step(io)
    }
}

impl<R: Sink, T: 'static> Sink for Tagged<R, T> {
    const SHORT_WRITE_IS_LAST: bool = R::SHORT_WRITE_IS_LAST;

    fn write(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        self.resource.write(buffers)
    }
}
