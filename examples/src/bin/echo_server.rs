//! Sends back whatever a client sends, for any number of clients, on one thread.
//!
//! ```text
//! echo_server --port 7000
//! ```
//!
//! With `--self-test` it is its own client, and ends.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a program talks to its user")]

use core::mem;
use core::net::SocketAddr;
use core::time::Duration;
use std::collections::{BTreeSet, HashMap};
use std::io::{self, ErrorKind, Read, Write};

use examples::arguments::Arguments;
use examples::self_test;
use poll_net::{AcceptGate, TcpListener, TcpStream};
use poll_os::{Clock, Events, Interest, Monotonic, Poll, Registered, Registry, Signal, Signals};
use poll_os::{Token, Trigger};

const LISTENER: Token = Token(0);
const STOP: Token = Token(1);

/// Reads and writes in one turn of a client, so that a busy one does not keep others waiting.
const STEPS: usize = 16;

/// A client, and what it has sent and not got back yet.
struct Client {
    stream: Registered<TcpStream, Registry>,
    pending: Vec<u8>,
}

/// What a client's turn has come to.
enum Turn {
    /// There is more to do; others come first.
    Again,
    /// Nothing can be done before the next event.
    Wait,
}

fn main() -> io::Result<()> {
    let mut line = Arguments::of_this_program();
    let is_test = line.flag("--self-test");
    let port = line.value("--port", if is_test { 0 } else { 7000 })?;
    line.finish()?;
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port)))?;
    let address = listener.local_addr()?;
    println!("echo on {address}");
    if is_test {
        return self_test::against(move || be_client(address), || serve(&listener));
    }
    serve(&listener)
}

fn serve(listener: &TcpListener) -> io::Result<()> {
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(256);
    let registry = poll.registry().clone();
    registry.register(listener, LISTENER, Interest::READABLE, Trigger::Edge)?;
    let stop = Signals::new([Signal::INTERRUPT, Signal::TERMINATE])?;
    registry.register(&stop, STOP, Interest::READABLE, Trigger::Level)?;

    let mut gate = AcceptGate::new();
    let mut clients = HashMap::new();
    // Tokens count up and are never used again, so that no event reaches the wrong client.
    let mut tokens = (STOP.0 + 1..).map(Token);
    // The clients that can go on: an edge is reported once, so who is not done stays here.
    let mut ready = BTreeSet::new();
    loop {
        let timeout = if ready.is_empty() {
            // The gate needs a turn without an event when descriptors had run out.
            let attempt = gate.next_attempt();
            attempt.map(|at| at.saturating_duration_since(Monotonic.now()))
        } else {
            Some(Duration::ZERO)
        };
        poll.wait(&mut events, timeout)?;
        for event in &events {
            match event.token() {
                LISTENER => gate.ready(),
                STOP => return Ok(()),
                token => drop(ready.insert(token)),
            }
        }
        while let Some(accepted) = gate.accept(listener, Monotonic.now()) {
            // A client that is gone already is no reason to stop, and the gate knows all others.
            if let (Ok((stream, _peer)), Some(token)) = (accepted, tokens.next()) {
                clients.insert(token, Client::new(&registry, stream, token)?);
            }
        }
        for token in mem::take(&mut ready) {
            match clients.get_mut(&token).map(Client::turn) {
                Some(Ok(Turn::Again)) => drop(ready.insert(token)),
                Some(Ok(Turn::Wait)) | None => {}
                Some(Err(_gone)) => drop(clients.remove(&token)),
            }
        }
    }
}

impl Client {
    fn new(registry: &Registry, stream: TcpStream, token: Token) -> io::Result<Self> {
        let both = Interest::READABLE | Interest::WRITABLE;
        let stream = Registered::new(registry.clone(), stream, token, both, Trigger::Edge)?;
        let pending = Vec::new();
        Ok(Self { stream, pending })
    }

    /// Reads and sends back until one of the two has to wait; an error is the end of the client.
    fn turn(&mut self) -> io::Result<Turn> {
        let mut buffer = [0; 16 * 1024];
        for _ in 0..STEPS {
            // What is pending goes first, and nothing is read meanwhile: a client that does not
            // read cannot make us remember more than one buffer.
            let result = if self.pending.is_empty() {
                self.stream.read(&mut buffer)
            } else {
                self.stream.write(&self.pending)
            };
            match result {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(len) if self.pending.is_empty() => self.pending.extend(&buffer[..len]),
                Ok(len) => drop(self.pending.drain(..len)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Turn::Wait),
                Err(error) => return Err(error),
            }
        }
        Ok(Turn::Again)
    }
}

/// Sends a megabyte piece by piece, and compares what comes back.
fn be_client(address: SocketAddr) -> io::Result<()> {
    let mut stream = std::net::TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut back = vec![0; 64 * 1024];
    for round in 0..16 {
        let piece = vec![round; back.len()];
        stream.write_all(&piece)?;
        stream.read_exact(&mut back)?;
        if back != piece {
            return Err(ErrorKind::InvalidData.into());
        }
    }
    Ok(())
}
