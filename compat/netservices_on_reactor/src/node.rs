//! A handler for both ends: a server that sends back what it receives, and a client that counts it.

use std::collections::VecDeque;
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::Sender;

use cyphernet::addr::{HostName, NetAddr};
use cyphernet::encrypt::noise::{HandshakePattern, Keyset, NoiseState};
use cyphernet::proxy::socks5::Socks5;
use cyphernet::{Sha256, x25519};
use netservices::session::{NetProtocol, NoiseSession, Socks5Session};
use netservices::{Direction, ListenerEvent, NetAccept, NetTransport, SessionEvent};
use reactor::{Action, Error, Handler, ResourceId, ResourceType, Timestamp};

pub(crate) type Session = NoiseSession<x25519::PrivateKey, Sha256, Socks5Session<TcpStream>>;
type Act = Action<NetAccept<Session>, NetTransport<Session>>;

/// The length of a message.
pub(crate) const MESSAGE: usize = 16_000;
/// How many the client sends: together more than the system takes at once.
pub(crate) const MESSAGES: usize = 64;

/// A session over `stream`, whose handshake is to come.
pub(crate) fn session(stream: TcpStream, peer: SocketAddr, direction: Direction) -> Session {
    let proxy = Socks5::with(NetAddr::<HostName>::from(peer), false);
    let is_outbound = direction.is_outbound();
    let pattern = HandshakePattern::nn();
    let noise = NoiseState::initialize::<32>(pattern, is_outbound, &[], Keyset::noise_nn());
    NetProtocol::with(NetProtocol::with(stream, proxy), noise)
}

pub(crate) struct Node {
    pub(crate) actions: VecDeque<Act>,
    tell: Sender<String>,
    is_client: bool,
    received: usize,
}

impl Node {
    pub(crate) fn new(tell: Sender<String>) -> Self {
        Self {
            actions: VecDeque::new(),
            tell,
            is_client: true,
            received: 0,
        }
    }

    fn tell(&self, text: String) {
        // Nobody listens any more once something else went wrong.
        drop(self.tell.send(text));
    }

    fn received(&mut self, id: ResourceId, data: Vec<u8>) {
        if !self.is_client {
            self.actions.push_back(Action::Send(id, data));
            return;
        }
        self.received += data.len();
        if self.received == MESSAGE * MESSAGES {
            self.tell(format!("{} bytes came back", self.received));
            self.actions.push_back(Action::UnregisterTransport(id));
        }
    }
}

impl Iterator for Node {
    type Item = Act;

    fn next(&mut self) -> Option<Act> {
        self.actions.pop_front()
    }
}

impl Handler for Node {
    type Listener = NetAccept<Session>;
    type Transport = NetTransport<Session>;
    type Command = ();

    fn tick(&mut self, _time: Timestamp) {}

    fn handle_timer(&mut self) {}

    fn handle_listener_event(
        &mut self,
        _id: ResourceId,
        event: ListenerEvent<Session>,
        _time: Timestamp,
    ) {
        let made = match event {
            ListenerEvent::Accepted(stream) => stream
                .peer_addr()
                .and_then(|peer| NetTransport::accept(session(stream, peer, Direction::Inbound))),
            ListenerEvent::Failure(error) => Err(error),
        };
        match made {
            Ok(transport) => self.actions.push_back(Action::RegisterTransport(transport)),
            Err(error) => self.tell(format!("accepting: {error}")),
        }
    }

    fn handle_transport_event(
        &mut self,
        id: ResourceId,
        event: SessionEvent<Session>,
        _time: Timestamp,
    ) {
        match event {
            SessionEvent::Established(..) => {
                self.tell(format!("established {id}"));
                if self.is_client {
                    let messages = (0..MESSAGES).map(|_| Action::Send(id, vec![7; MESSAGE]));
                    self.actions.extend(messages);
                }
            }
            SessionEvent::Data(data) => self.received(id, data),
            SessionEvent::Terminated(_) => {
                self.tell(format!("ended {id}"));
                self.actions.push_back(Action::UnregisterTransport(id));
            }
        }
    }

    fn handle_registered(&mut self, _fd: i32, id: ResourceId, ty: ResourceType) {
        if ty == ResourceType::Listener {
            self.is_client = false;
        }
        self.tell(format!("registered {id}"));
    }

    fn handle_command(&mut self, (): ()) {}

    fn handle_error(&mut self, error: Error<NetAccept<Session>, NetTransport<Session>>) {
        self.tell(error.to_string());
    }

    fn handover_listener(&mut self, _id: ResourceId, _listener: NetAccept<Session>) {}

    fn handover_transport(&mut self, id: ResourceId, _transport: NetTransport<Session>) {
        self.tell(format!("back {id}"));
    }
}
