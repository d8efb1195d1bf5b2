//! Sends back whatever a client sends, for any number of clients, on one thread.
//!
//! ```text
//! echo_server --port 7000
//! ```
//!
//! With `--self-test` it is its own client, and ends.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a program talks to its user")]

use core::net::SocketAddr;
use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::{panic, thread};

use examples::arguments::Arguments;
use poll_net::{AcceptGate, TcpListener, TcpStream};
use poll_os::{Clock, Events, Interest, Monotonic, Poll, Registered, Registry, Signal, Signals};
use poll_os::{Token, Trigger};

const LISTENER: Token = Token(0);
const STOP: Token = Token(1);

/// A client, and what it has sent and not got back yet.
struct Client {
    stream: Registered<TcpStream, Registry>,
    pending: Vec<u8>,
}

fn main() -> io::Result<()> {
    let mut line = Arguments::of_this_program();
    let is_test = line.flag("--self-test");
    let port = line.value("--port", if is_test { 0 } else { 7000 })?;
    line.finish()?;
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port)))?;
    let address = listener.local_addr()?;
    println!("echo on {address}");
    let client = is_test.then(|| thread::spawn(move || be_client(address)));
    serve(&listener, is_test)?;
    match client.map(thread::JoinHandle::join) {
        None => Ok(()),
        Some(result) => result.unwrap_or_else(|panic| panic::resume_unwind(panic)),
    }
}

fn serve(listener: &TcpListener, ends_with_the_first_client: bool) -> io::Result<()> {
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(256);
    let registry = poll.registry().clone();
    registry.register(listener, LISTENER, Interest::READABLE, Trigger::Edge)?;
    let stop = Signals::new([Signal::INTERRUPT, Signal::TERMINATE])?;
    registry.register(&stop, STOP, Interest::READABLE, Trigger::Level)?;

    let mut gate = AcceptGate::new();
    // Tokens count up and are never used again, so that no event reaches the wrong client.
    let mut clients = HashMap::new();
    let mut next = STOP.0 + 1;
    loop {
        // The gate needs a turn without an event when descriptors had run out.
        let attempt = gate.next_attempt();
        let timeout = attempt.map(|at| at.saturating_duration_since(Monotonic.now()));
        poll.wait(&mut events, timeout)?;
        for event in &events {
            match event.token() {
                LISTENER => gate.ready(),
                STOP => return Ok(()),
                token => {
                    let client: Option<&mut Client> = clients.get_mut(&token);
                    let has_ended = client.is_some_and(|client| client.echo().is_err());
                    if has_ended && ends_with_the_first_client {
                        return Ok(());
                    }
                    if has_ended {
                        clients.remove(&token);
                    }
                }
            }
        }
        while let Some(accepted) = gate.accept(listener, Monotonic.now()) {
            // A client that is gone already is no reason to stop, and the gate knows all others.
            let Ok((stream, _peer)) = accepted else {
                continue;
            };
            let (token, both) = (Token(next), Interest::READABLE | Interest::WRITABLE);
            next += 1;
            let stream = Registered::new(registry.clone(), stream, token, both, Trigger::Edge)?;
            clients.insert(
                token,
                Client {
                    stream,
                    pending: Vec::new(),
                },
            );
        }
    }
}

impl Client {
    /// Reads and sends back until one of the two has to wait; an error is the end of the client.
    fn echo(&mut self) -> io::Result<()> {
        let mut buffer = [0; 16 * 1024];
        loop {
            // What is pending goes first, and nothing is read meanwhile: a client that does not
            // read cannot make us remember more than one buffer.
            while !self.pending.is_empty() {
                match self.stream.write(&self.pending) {
                    Ok(len) => drop(self.pending.drain(..len)),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                    Err(error) => return Err(error),
                }
            }
            match self.stream.read(&mut buffer) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(len) => self.pending.extend_from_slice(&buffer[..len]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}

/// Sends a megabyte piece by piece, and compares what comes back.
fn be_client(address: SocketAddr) -> io::Result<()> {
    let mut stream = std::net::TcpStream::connect(address)?;
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
