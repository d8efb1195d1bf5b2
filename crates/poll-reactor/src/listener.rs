//! Listeners: sockets that connections come from.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use poll_net::{Accept, AcceptGate};

use crate::resource::{Io, Resource, Step};

/// A listening socket. Its events are connections, each with its peer's address, and errors of
/// accepting.
///
/// An error concerns one connection, or says that descriptors or memory are short: then the
/// listener pauses for a moment and tries again, as [`AcceptGate`] describes. It never ends the
/// listener.
///
/// With a `poll_net::TcpListener` the event is `io::Result<(TcpStream, SocketAddr)>`.
/// [`Context::pause`](crate::Context::pause) leaves further connections in the system's queue, for
/// as long as a service has enough of them.
#[derive(Debug)]
pub struct Listener<L> {
    listener: L,
    gate: AcceptGate,
}

impl<L: Accept + AsFd + 'static> Listener<L> {
    /// A listener in non-blocking mode, as those of poll-net are.
    #[must_use]
    pub const fn new(listener: L) -> Self {
        Self {
            listener,
            gate: AcceptGate::new(),
        }
    }

    /// The socket.
    #[must_use]
    pub const fn get_ref(&self) -> &L {
        &self.listener
    }

    /// The socket back.
    #[must_use]
    pub fn into_inner(self) -> L {
        self.listener
    }
}

impl<L: AsFd> AsFd for Listener<L> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }
}

impl<L: Accept + AsFd + 'static> Resource for Listener<L> {
    type Event<'a> = io::Result<L::Accepted>;

    fn step<'buffer>(&mut self, mut io: Io<'buffer, '_>) -> io::Result<Step<Self::Event<'buffer>>> {
        let now = io.now();
        self.gate.ready();
        loop {
            if let Some(accepted) = self.gate.accept(&self.listener, now) {
                return Ok(Step::Event(accepted));
            }
            match self.gate.next_attempt() {
                None => return Ok(Step::Pending),
                Some(next) if next > now => return Ok(Step::Until(next)),
                // The gate's own turn is over; ours is counted by the runtime.
                Some(_) => {}
            }
        }
    }
}
