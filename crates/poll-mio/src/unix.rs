//! What only Unix has: any descriptor as a source, and pipes.

pub mod pipe;

use std::io;

use poll_api::{Interest, Token, Trigger};

use crate::event::Source;
use crate::{Registry, sys};

/// A descriptor of any kind as a source, by its number.
///
/// It is for descriptors that another type owns: it neither opens, closes nor changes anything.
/// Their owner keeps the descriptor open for as long as it is registered, makes it non-blocking,
/// and deregisters it before it is closed: the number may be another file's afterwards. A number
/// that is not open cannot be registered (`EBADF`).
///
/// # Platform notes
///
/// On poll(2), which has no native edges, `reregister` after `WouldBlock` asks for the next event;
/// the other sources of this crate do that by themselves.
///
/// # Examples
///
/// ```
/// use poll_mio::unix::SourceFd;
/// use poll_mio::{Interest, Poll, Token};
/// use std::net::TcpListener;
/// use std::os::fd::AsRawFd;
///
/// let poll = Poll::new()?;
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// listener.set_nonblocking(true)?;
/// let number = listener.as_raw_fd();
/// let mut source = SourceFd(&number);
/// poll.registry().register(&mut source, Token(0), Interest::READABLE)?;
/// poll.registry().deregister(&mut source)?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
#[expect(clippy::disallowed_types, reason = "the interface of mio")]
pub struct SourceFd<'a>(pub &'a std::os::fd::RawFd);

impl Source for SourceFd<'_> {
    fn register(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        let engine = registry.engine();
        sys::with_borrowed(*self.0, |fd| {
            engine.register(&fd, token, interests, Trigger::Edge)
        })
    }

    fn reregister(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        let engine = registry.engine();
        sys::with_borrowed(*self.0, |fd| {
            engine.modify(&fd, token, interests, Trigger::Edge)
        })
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        sys::with_borrowed(*self.0, |fd| registry.engine().deregister(&fd))
    }
}
