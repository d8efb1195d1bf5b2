//! The accept gate in a process that has run out of descriptors.

use core::time::Duration;
use std::fs::File;
use std::io::{Read, Write};

use poll_net::{
    AcceptGate, TcpListener, TcpStream, UnixListener, UnixSeqpacket, UnixSeqpacketListener,
    UnixStream,
};
use poll_os::poll::{Events as PollEvents, Poll as PollPoll};
use poll_os::{
    Clock, Events, Instant, Interest, Monotonic, Poll, Registered, Registry, Token, Trigger,
};

use crate::support::{LIMIT, TempPath, any_port, in_child, wait};

const LISTENER: Token = Token(0);
const OTHER: Token = Token(1);

#[test]
fn a_server_without_descriptors_neither_spins_nor_forgets_its_clients() {
    let name = "accept_gate::a_server_without_descriptors_neither_spins_nor_forgets_its_clients";
    if in_child(name, Some(32)) {
        starve_and_recover();
    }
}

/// A single-threaded edge-triggered server.
struct Server {
    poll: Poll,
    events: Events,
    gate: AcceptGate,
    listener: Registered<TcpListener, Registry>,
    other: Registered<UnixStream, Registry>,
    accepted: Vec<TcpStream>,
    failures: u32,
    other_served: u32,
}

impl Server {
    fn new(other: UnixStream) -> Self {
        let poll = Poll::new().unwrap();
        let registry = poll.registry().clone();
        let (readable, edge) = (Interest::READABLE, Trigger::Edge);
        let listener = TcpListener::bind(any_port()).unwrap();
        let listener = Registered::new(registry.clone(), listener, LISTENER, readable, edge);
        Self {
            poll,
            events: Events::with_capacity(8),
            gate: AcceptGate::new(),
            listener: listener.unwrap(),
            other: Registered::new(registry, other, OTHER, readable, edge).unwrap(),
            accepted: Vec::new(),
            failures: 0,
            other_served: 0,
        }
    }

    /// One turn of the loop, at most `limit` long.
    fn turn(&mut self, limit: Duration) {
        let now = Monotonic.now();
        let pause = self.gate.next_attempt();
        let pause = pause.map_or(limit, |at| at.saturating_duration_since(now));
        self.poll
            .wait(&mut self.events, Some(pause.min(limit)))
            .unwrap();
        for event in &self.events {
            if event.token() == LISTENER {
                self.gate.ready();
            } else {
                let mut buffer = [0; 64];
                while let Ok(1..) = self.other.read(&mut buffer) {
                    self.other_served += 1;
                }
            }
        }
        while let Some(accepted) = self.gate.accept(&self.listener, Monotonic.now()) {
            match accepted {
                Ok((stream, _peer)) => self.accepted.push(stream),
                Err(_exhausted) => self.failures += 1,
            }
        }
    }
}

fn starve_and_recover() {
    let (other, mut far) = UnixStream::pair().unwrap();
    let mut server = Server::new(other);
    let address = server.listener.get_ref().local_addr().unwrap();
    // The clients' halves first, then everything that is left.
    let clients: Vec<_> = (0..5)
        .map(|_| TcpStream::connect(address).unwrap())
        .collect();
    let mut hoard = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        hoard.push(file);
    }
    assert!(!hoard.is_empty());

    let start = Monotonic.now();
    let starved = Duration::from_millis(700);
    let mut turns = 0;
    while Monotonic.now() < start.saturating_add(starved) {
        far.write_all(b"x").unwrap();
        server.turn(Duration::from_millis(20));
        turns += 1;
    }
    assert!(server.accepted.is_empty());
    assert!((1..=14).contains(&server.failures), "{}", server.failures);
    assert_eq!(server.other_served, turns, "other sources are served");

    // One descriptor is free: one client gets it, and the next failure pauses again.
    drop(hoard.pop());
    let end = Monotonic.now().saturating_add(LIMIT);
    while server.accepted.is_empty() && Monotonic.now() < end {
        server.turn(LIMIT);
    }
    assert_eq!(server.accepted.len(), 1, "without a new client");
    drop(hoard);
    while server.accepted.len() < clients.len() && Monotonic.now() < end {
        server.turn(LIMIT);
    }
    assert_eq!(server.accepted.len(), clients.len());
    // The pause can only end with the queue seen empty.
    while server.gate.next_attempt().is_some() && Monotonic.now() < end {
        server.turn(LIMIT);
    }
    assert!(!server.gate.is_paused());
}

#[test]
fn listeners_of_the_standard_library_pass_the_gate_too() {
    let listener = std::net::TcpListener::bind(any_port()).unwrap();
    listener.set_nonblocking(true).unwrap();
    let mut gate = AcceptGate::new();
    gate.ready();
    assert!(gate.accept(&listener, Instant::START).is_none());
    assert_eq!(gate.next_attempt(), None);
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    wait(&listener, Interest::READABLE);
    gate.ready();
    let (_server, peer) = gate.accept(&listener, Instant::START).unwrap().unwrap();
    assert_eq!(peer, client.local_addr().unwrap());
}

#[test]
fn unix_listeners_of_both_kinds_pass_the_gate() {
    let (streams, packets) = (TempPath::new(), TempPath::new());
    let listener = UnixListener::bind(&streams).unwrap();
    let _client = UnixStream::connect(&streams).unwrap();
    let mut gate = AcceptGate::new();
    gate.ready();
    assert!(gate.accept(&listener, Instant::START).unwrap().is_ok());
    if let Ok(listener) = UnixSeqpacketListener::bind(&packets) {
        let _client = UnixSeqpacket::connect(&packets).unwrap();
        assert!(gate.accept(&listener, Instant::START).unwrap().is_ok());
        assert!(gate.accept(&listener, Instant::START).is_none());
    }
}

#[test]
fn a_registered_listener_asks_for_the_next_edge_where_the_engine_needs_it() {
    let mut poll = PollPoll::new().unwrap();
    let mut events = PollEvents::with_capacity(4);
    let registry = poll.registry().clone();
    let listener = TcpListener::bind(any_port()).unwrap();
    let address = listener.local_addr().unwrap();
    let edge = Trigger::Edge;
    let listener = Registered::new(registry, listener, LISTENER, Interest::READABLE, edge).unwrap();
    let mut gate = AcceptGate::new();
    for _round in 0..3 {
        let _client = TcpStream::connect(address).unwrap();
        poll.wait(&mut events, Some(LIMIT)).unwrap();
        assert_eq!(events.iter().count(), 1, "the next edge was not asked for");
        gate.ready();
        while gate.accept(&listener, Instant::START).is_some() {}
        assert_eq!(gate.next_attempt(), None);
    }
}
