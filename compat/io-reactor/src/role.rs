//! The two kinds of resources of a handler: what differs between listeners and transports.

use std::collections::HashMap;

use poll_reactor::Id;

use crate::handler::{Error, Handler};
use crate::held::Held;
use crate::{Resource, ResourceId, ResourceType, Timestamp};

/// Where the resources of one kind are, by their names.
pub(crate) type Places<H, K> = HashMap<ResourceId, Id<Held<H, K>>>;

/// What a handler's error is made of its own kinds.
pub(crate) type Loss<H> = Error<<H as Handler>::Listener, <H as Handler>::Transport>;

/// All places.
pub(crate) struct Table<H: Handler + 'static> {
    listeners: Places<H, Listening>,
    transports: Places<H, Transporting>,
}

impl<H: Handler + 'static> Table<H> {
    pub(crate) fn new() -> Self {
        Self {
            listeners: HashMap::new(),
            transports: HashMap::new(),
        }
    }
}

/// One of a handler's kinds.
pub(crate) trait Role<H: Handler + 'static>: Sized + 'static {
    type Resource: Resource + 'static;
    const TYPE: ResourceType;

    fn places(table: &mut Table<H>) -> &mut Places<H, Self>;

    fn event(
        handler: &mut H,
        id: ResourceId,
        event: <Self::Resource as Resource>::Event,
        time: Timestamp,
    );

    fn lost(id: ResourceId, resource: Self::Resource) -> Loss<H>;

    fn hand_over(handler: &mut H, id: ResourceId, resource: Self::Resource);
}

/// The kind of listeners.
pub(crate) enum Listening {}

/// The kind of transports.
pub(crate) enum Transporting {}

impl<H: Handler + 'static> Role<H> for Listening {
    type Resource = H::Listener;
    const TYPE: ResourceType = ResourceType::Listener;

    fn places(table: &mut Table<H>) -> &mut Places<H, Self> {
        &mut table.listeners
    }

    fn event(
        handler: &mut H,
        id: ResourceId,
        event: <H::Listener as Resource>::Event,
        time: Timestamp,
    ) {
        handler.handle_listener_event(id, event, time);
    }

    fn lost(id: ResourceId, resource: H::Listener) -> Loss<H> {
        Error::ListenerDisconnect(id, resource)
    }

    fn hand_over(handler: &mut H, id: ResourceId, resource: H::Listener) {
        handler.handover_listener(id, resource);
    }
}

impl<H: Handler + 'static> Role<H> for Transporting {
    type Resource = H::Transport;
    const TYPE: ResourceType = ResourceType::Transport;

    fn places(table: &mut Table<H>) -> &mut Places<H, Self> {
        &mut table.transports
    }

    fn event(
        handler: &mut H,
        id: ResourceId,
        event: <H::Transport as Resource>::Event,
        time: Timestamp,
    ) {
        handler.handle_transport_event(id, event, time);
    }

    fn lost(id: ResourceId, resource: H::Transport) -> Loss<H> {
        Error::TransportDisconnect(id, resource)
    }

    fn hand_over(handler: &mut H, id: ResourceId, resource: H::Transport) {
        handler.handover_transport(id, resource);
    }
}
