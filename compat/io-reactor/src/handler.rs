//! The service: what it is told, and what it has the reactor do.
#![expect(
    clippy::disallowed_types,
    reason = "io-reactor's interface has raw descriptors"
)]

use core::fmt;
use core::time::Duration;
use std::error;
use std::io;
use std::os::fd::RawFd;

use crate::{Resource, ResourceId, ResourceType, Timestamp};

/// What a handler has the reactor do.
pub enum Action<L: Resource, T: Resource> {
    /// Takes a listener. [`Handler::handle_registered`] follows at once, or, if the system cannot
    /// watch it, [`Error::ListenerDisconnect`] with an id that was not told before.
    RegisterListener(L),
    /// Takes a transport. [`Handler::handle_registered`] follows at once, or, if the system cannot
    /// watch it, [`Error::TransportDisconnect`] with an id that was not told before.
    RegisterTransport(T),
    /// Gives a listener back: [`Handler::handover_listener`] follows at once, and nothing if there
    /// is none of that id.
    UnregisterListener(ResourceId),
    /// Gives a transport back: [`Handler::handover_transport`] follows at once, and nothing if
    /// there is none of that id.
    UnregisterTransport(ResourceId),
    /// Writes to a transport; nothing if there is none of that id.
    ///
    /// What one that is not ready does not take yet waits, up to 4 MiB, and is offered again after
    /// each of its events; beyond that the transport is lost.
    Send(ResourceId, Vec<u8>),
    /// Has [`Handler::handle_timer`] called once, not before this time has passed from now.
    SetTimer(Duration),
}

impl<L: Resource, T: Resource> fmt::Display for Action<L, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RegisterListener(_) => f.write_str("register_listener"),
            Self::RegisterTransport(_) => f.write_str("register_transport"),
            Self::UnregisterListener(_) => f.write_str("unregister_listener"),
            Self::UnregisterTransport(_) => f.write_str("unregister_transport"),
            Self::Send(id, _) => write!(f, "send_to({id})"),
            Self::SetTimer(after) => write!(f, "set_timer({after:?})"),
        }
    }
}

impl<L: Resource, T: Resource> fmt::Debug for Action<L, T> {
    /// As `Display`: resources need not be `Debug`, and data never appears in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What went wrong.
pub enum Error<L: Resource, T: Resource> {
    /// A listener was lost: it is out of the reactor, and here.
    ListenerDisconnect(ResourceId, L),
    /// A transport was lost: it is out of the reactor, and here, after all that was unread was
    /// offered to it.
    TransportDisconnect(ResourceId, T),
    /// A wait failed. The reactor tries again, and ends when 16 waits in a row have failed.
    Poll(io::Error),
}

impl<L: Resource, T: Resource> fmt::Display for Error<L, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ListenerDisconnect(id, _) => {
                write!(f, "listener {id} got disconnected during poll operation.")
            }
            Self::TransportDisconnect(id, _) => {
                write!(f, "transport {id} got disconnected during poll operation.")
            }
            Self::Poll(error) => {
                write!(f, "polling multiple reactor has failed. Details: {error:?}")
            }
        }
    }
}

impl<L: Resource, T: Resource> fmt::Debug for Error<L, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<L: Resource, T: Resource> error::Error for Error<L, T> {}

/// A service. All methods run on the reactor's thread, one at a time; none may block.
///
/// As an iterator it says what the reactor has to do. The reactor asks after each turn, until there
/// is nothing, or 1024 times; then the next turn does not sleep.
///
/// In one turn come [`tick`](Self::tick), events, timers, commands, and then actions.
pub trait Handler: Send + Iterator<Item = Action<Self::Listener, Self::Transport>> {
    /// What other resources come from.
    type Listener: Resource;
    /// What is read and written.
    type Transport: Resource;
    /// What a [`Controller`](crate::Controller) sends.
    type Command: fmt::Debug + Send;

    /// A wait has returned.
    fn tick(&mut self, time: Timestamp);

    /// The time of one [`Action::SetTimer`] has passed.
    fn handle_timer(&mut self);

    /// A listener tells something.
    fn handle_listener_event(
        &mut self,
        id: ResourceId,
        event: <Self::Listener as Resource>::Event,
        time: Timestamp,
    );

    /// A transport tells something.
    fn handle_transport_event(
        &mut self,
        id: ResourceId,
        event: <Self::Transport as Resource>::Event,
        time: Timestamp,
    );

    /// A resource was registered.
    fn handle_registered(&mut self, fd: RawFd, id: ResourceId, ty: ResourceType);

    /// A controller has sent a command. Those of one controller come in their order.
    fn handle_command(&mut self, cmd: Self::Command);

    /// Something went wrong.
    fn handle_error(&mut self, err: Error<Self::Listener, Self::Transport>);

    /// A listener is back, after [`Action::UnregisterListener`]: open, and nobody watches it.
    fn handover_listener(&mut self, id: ResourceId, listener: Self::Listener);

    /// A transport is back, after [`Action::UnregisterTransport`]: open, and nobody watches it.
    fn handover_transport(&mut self, id: ResourceId, transport: Self::Transport);
}
