//! What can be registered.

use std::io;

use poll_api::{Interest, Token};

use crate::Registry;

/// What can be registered with a [`Registry`], which calls these methods; nobody else has to.
///
/// The types of `net`, the ends of pipes and `SourceFd` implement it. An own type passes the calls
/// on to one of these. It is object-safe.
///
/// # Dropping
///
/// A type that owns its source ends the registration when it is dropped, as the types of this crate
/// do. A `SourceFd` owns nothing: deregister it before its descriptor is closed.
///
/// # Examples
///
#[cfg_attr(all(feature = "os-poll", feature = "net"), doc = "```")]
#[cfg_attr(not(all(feature = "os-poll", feature = "net")), doc = "```ignore")]
/// use poll_mio::event::Source;
/// use poll_mio::net::UdpSocket;
/// use poll_mio::{Interest, Registry, Token};
/// use std::io;
///
/// struct Resolver {
///     socket: UdpSocket,
/// }
///
/// impl Source for Resolver {
///     fn register(
///         &mut self,
///         registry: &Registry,
///         token: Token,
///         interests: Interest,
///     ) -> io::Result<()> {
///         self.socket.register(registry, token, interests)
///     }
///
///     fn reregister(
///         &mut self,
///         registry: &Registry,
///         token: Token,
///         interests: Interest,
///     ) -> io::Result<()> {
///         self.socket.reregister(registry, token, interests)
///     }
///
///     fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
///         self.socket.deregister(registry)
///     }
/// }
/// # let socket = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
/// # let poll = poll_mio::Poll::new()?;
/// # poll.registry().register(&mut Resolver { socket }, Token(0), Interest::READABLE)?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait Source {
    /// Starts to watch this source; called by [`Registry::register`].
    ///
    /// # Errors
    ///
    /// As [`Registry::register`].
    fn register(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()>;

    /// Replaces token and interests; called by [`Registry::reregister`].
    ///
    /// # Errors
    ///
    /// As [`Registry::reregister`].
    fn reregister(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()>;

    /// Stops watching; called by [`Registry::deregister`].
    ///
    /// # Errors
    ///
    /// As [`Registry::deregister`].
    fn deregister(&mut self, registry: &Registry) -> io::Result<()>;
}

impl<T: Source + ?Sized> Source for Box<T> {
    fn register(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        (**self).register(registry, token, interests)
    }

    fn reregister(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        (**self).reregister(registry, token, interests)
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        (**self).deregister(registry)
    }
}
