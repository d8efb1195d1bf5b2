//! mio's best-known program, written for mio's interface: greets every client, and prints what it
//! sends.
//!
//! ```text
//! mio_tcp_server --port 9000
//! ```
//!
//! With `--self-test` it is its own client, and ends.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a program talks to its user")]

use core::net::SocketAddr;
use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::thread;

use examples::arguments::Arguments;
use mio::event::Event;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Registry, Token, Waker};

const SERVER: Token = Token(0);
const STOP: Token = Token(1);
const GREETING: &[u8] = b"hello, whoever you are\n";

/// A client: how much of the greeting it has, and what it has sent.
struct Client {
    stream: TcpStream,
    greeted: usize,
    received: Vec<u8>,
}

/// Whether a client stays.
#[derive(PartialEq, Eq)]
enum Stay {
    Yes,
    No,
}

fn main() -> io::Result<()> {
    let mut line = Arguments::of_this_program();
    let is_test = line.flag("--self-test");
    let port = line.value("--port", if is_test { 0 } else { 9000 })?;
    line.finish()?;
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port)))?;
    let address = listener.local_addr()?;
    println!(
        "greeting on {address}; try: nc 127.0.0.1 {}",
        address.port()
    );
    let mut poll = Poll::new()?;
    if !is_test {
        return serve(&mut poll, listener).map(drop);
    }
    let stop = Waker::new(poll.registry(), STOP)?;
    let client = thread::spawn(move || {
        let result = be_client(address);
        stop.wake().and(result)
    });
    let texts = serve(&mut poll, listener)?;
    match client.join() {
        Ok(result) => result?,
        Err(_panic) => return Err(io::Error::other("the client panicked")),
    }
    match texts == ["first", "second"] {
        true => Ok(()),
        false => Err(io::Error::other(format!("the clients sent {texts:?}"))),
    }
}

/// Serves until it is told to stop, and hands back what the clients sent that have gone.
fn serve(poll: &mut Poll, mut listener: TcpListener) -> io::Result<Vec<String>> {
    let mut events = Events::with_capacity(128);
    let registry = poll.registry().try_clone()?;
    registry.register(&mut listener, SERVER, Interest::READABLE)?;
    let mut clients = HashMap::new();
    let mut texts = Vec::new();
    // Tokens count up and are never used again, so that no event reaches the wrong client.
    let mut tokens = (STOP.0 + 1..).map(Token);
    loop {
        match poll.poll(&mut events, None) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            result => result?,
        }
        for event in &events {
            match event.token() {
                STOP => return Ok(texts),
                SERVER => accept(&listener, &registry, &mut tokens, &mut clients)?,
                token => {
                    let Some(client) = clients.get_mut(&token) else {
                        // It has gone, and this event was on its way.
                        continue;
                    };
                    if client.turn(&registry, event)? == Stay::No {
                        let text = String::from_utf8_lossy(&client.received).into_owned();
                        println!("a client sent {text:?}");
                        texts.push(text);
                        registry.deregister(&mut client.stream)?;
                        drop(clients.remove(&token));
                    }
                }
            }
        }
    }
}

/// Takes all connections from the queue: the next event comes with the next one and not before.
fn accept(
    listener: &TcpListener,
    registry: &Registry,
    tokens: &mut impl Iterator<Item = Token>,
    clients: &mut HashMap<Token, Client>,
) -> io::Result<()> {
    loop {
        let mut stream = match listener.accept() {
            Ok((stream, _peer)) => stream,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            // This one connection was gone before it was taken.
            Err(error) if error.kind() == ErrorKind::ConnectionAborted => continue,
            Err(error) => return Err(error),
        };
        let Some(token) = tokens.next() else {
            return Ok(());
        };
        registry.register(&mut stream, token, Interest::WRITABLE)?;
        let client = Client {
            stream,
            greeted: 0,
            received: Vec::new(),
        };
        clients.insert(token, client);
    }
}

impl Client {
    /// Writes what is left of the greeting, and reads what there is.
    fn turn(&mut self, registry: &Registry, event: &Event) -> io::Result<Stay> {
        if event.is_writable() && self.greeted < GREETING.len() {
            match self.stream.write(&GREETING[self.greeted..]) {
                Ok(count) => self.greeted += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                // Whoever goes before being greeted is no reason to stop.
                Err(_gone) => return Ok(Stay::No),
            }
            if self.greeted == GREETING.len() {
                registry.reregister(&mut self.stream, event.token(), Interest::READABLE)?;
            }
        }
        if !event.is_readable() {
            return Ok(Stay::Yes);
        }
        let mut buffer = [0; 4096];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Ok(Stay::No),
                Ok(count) => self.received.extend(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Stay::Yes),
                Err(_gone) => return Ok(Stay::No),
            }
        }
    }
}

/// Two clients, one after the other, that read the greeting and send a word.
fn be_client(address: SocketAddr) -> io::Result<()> {
    for word in ["first", "second"] {
        let mut stream = std::net::TcpStream::connect(address)?;
        let mut greeting = vec![0; GREETING.len()];
        stream.read_exact(&mut greeting)?;
        if greeting != GREETING {
            return Err(io::Error::other(format!("greeted with {greeting:?}")));
        }
        stream.write_all(word.as_bytes())?;
        stream.shutdown(std::net::Shutdown::Write)?;
        // The server closes when it has read the end.
        let count = stream.read(&mut greeting)?;
        if count != 0 {
            return Err(io::Error::other("the server said more"));
        }
    }
    Ok(())
}
