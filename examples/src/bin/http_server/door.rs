//! Where connections come in.

use core::cell::RefCell;
use core::net::SocketAddr;
use std::io;

use poll_net::{Accept, AcceptGate, TcpListener, TcpStream};
use poll_os::engine::{Backend, Registry};
use poll_os::{Instant, Interest, Registered, Token, Trigger};

use crate::slab::Key;

/// The listener, and the gate that says when to ask it for connections.
#[derive(Debug)]
pub(crate) struct Door<B: Backend> {
    gate: AcceptGate,
    entrance: Entrance<B>,
}

#[derive(Debug)]
struct Entrance<B: Backend> {
    listener: Registered<TcpListener, Registry<B>>,
    registry: Registry<B>,
    /// A connection that was accepted and could not be registered: on some engines that takes a
    /// descriptor too. It is kept until it can, so that nobody is turned away.
    held: RefCell<Option<TcpStream>>,
}

/// The entrance for the connection that will have this key.
struct Entering<'a, B: Backend>(&'a Entrance<B>, Key);

impl<B: Backend> Door<B> {
    /// A door on `address`, whose events carry `token`.
    pub(crate) fn open(
        address: SocketAddr,
        token: Token,
        registry: &Registry<B>,
    ) -> io::Result<Self> {
        let explain =
            |error: io::Error| io::Error::new(error.kind(), format!("{address}: {error}"));
        let listener = TcpListener::bind(address).map_err(explain)?;
        // Connections inherit it, so that it costs none of them a system call.
        listener.set_nodelay(true)?;
        let registry = registry.clone();
        let (readable, edge) = (Interest::READABLE, Trigger::Edge);
        let listener = Registered::new(registry.clone(), listener, token, readable, edge)?;
        Ok(Self {
            gate: AcceptGate::new(),
            entrance: Entrance {
                listener,
                registry,
                held: RefCell::new(None),
            },
        })
    }

    pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.entrance.listener.get_ref().local_addr()
    }

    /// Notes an event of the listener.
    pub(crate) const fn note(&mut self) {
        self.gate.ready();
    }

    /// When to [`accept`](Self::accept) without an event.
    pub(crate) fn next_attempt(&self) -> Option<Instant> {
        self.gate.next_attempt()
    }

    /// The next connection, registered under `key`; none ends the turn.
    pub(crate) fn accept(
        &mut self,
        key: Key,
        now: Instant,
    ) -> Option<io::Result<Registered<TcpStream, Registry<B>>>> {
        self.gate.accept(&Entering(&self.entrance, key), now)
    }
}

impl<B: Backend> Accept for Entering<'_, B> {
    type Accepted = Registered<TcpStream, Registry<B>>;

    fn accept_next(&self) -> io::Result<Self::Accepted> {
        let Self(entrance, key) = self;
        let stream = match entrance.held.take() {
            Some(stream) => stream,
            None => entrance.listener.try_io(TcpListener::accept)?.0,
        };
        let registry = entrance.registry.clone();
        // Both directions once and for all: no change of interest ever costs a system call.
        let both = Interest::READABLE | Interest::WRITABLE;
        Registered::new(registry, stream, (*key).into(), both, Trigger::Edge).map_err(|refused| {
            entrance.held.replace(Some(refused.source));
            refused.error
        })
    }
}
