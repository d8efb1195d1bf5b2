//! What the tests share: a server on each engine, a client that is as rude as a test needs, and
//! waiting with a deadline.

use core::mem;
use core::time::Duration;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

use examples::engine::EngineName;
use examples::fetch::{counter, fetch};
use examples::server_process::ServerProcess;
use poll_os::{Clock, Monotonic};

/// No wait in these tests is longer.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

pub(crate) const HELLO: &str = "GET /hello HTTP/1.1\r\nHost: test\r\n\r\n";

/// The server's command on this engine.
pub(crate) fn command(engine: EngineName, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_http_server"));
    command
        .args(["--engine", &engine.to_string()])
        .args(arguments);
    command
}

/// Runs `test` with a server of its own on each engine.
pub(crate) fn on_each_engine(arguments: &[&str], test: impl Fn(&mut ServerProcess)) {
    for engine in EngineName::ALL {
        println!("on {engine}");
        test(&mut ServerProcess::start(command(engine, arguments)).unwrap());
    }
}

/// Asks again and again until `holds`; each question is a round trip, so this does not spin.
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let limit = Monotonic.now().saturating_add(LIMIT);
    while !holds() {
        assert!(Monotonic.now() < limit, "never: {what}");
    }
}

/// A counter of the server.
pub(crate) fn count(server: &ServerProcess, name: &str) -> u64 {
    counter(&fetch(server.address(), "/counters").unwrap(), name)
}

/// Waits until no connection is left but the one that asks.
pub(crate) fn until_all_closed(server: &ServerProcess) {
    eventually("all connections are closed", || {
        count(server, "connections_open") == 1
    });
}

/// One connection to the server.
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    received: Vec<u8>,
}

/// One response.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Client {
    pub(crate) fn connect(server: &ServerProcess) -> Self {
        let stream = TcpStream::connect_timeout(&server.address(), LIMIT).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream.set_write_timeout(Some(LIMIT)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            received: Vec::new(),
        }
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).unwrap();
    }

    /// Sends a request and receives its response.
    pub(crate) fn ask(&mut self, request: &str) -> Response {
        self.send(request);
        self.response()
    }

    pub(crate) fn response(&mut self) -> Response {
        let head = self.head();
        // Names of fields are written in any case.
        let fields = head.lines().filter_map(|line| line.split_once(": "));
        let mut lengths = fields.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let length = lengths.next().unwrap().1.parse().unwrap();
        while self.received.len() < length {
            assert_ne!(self.receive(), 0, "the end inside of a body");
        }
        // In one piece: byte by byte, a large body takes a slow machine longer than its transfer.
        let rest = self.received.split_off(length);
        let body = mem::replace(&mut self.received, rest);
        Response { head, body }
    }

    /// The head of a response, of which the body stays to be read, if there is one.
    pub(crate) fn head(&mut self) -> String {
        let end = loop {
            let found = self
                .received
                .windows(4)
                .position(|four| four == b"\r\n\r\n");
            if let Some(at) = found {
                break at + 4;
            }
            assert_ne!(self.receive(), 0, "the end inside of a head");
        };
        String::from_utf8(self.received.drain(..end).collect()).unwrap()
    }

    /// Receives until there is `text` at the end of what came, and takes it all.
    pub(crate) fn until(&mut self, text: &str) -> String {
        while !self.received.ends_with(text.as_bytes()) {
            assert_ne!(self.receive(), 0, "the end before {text:?}");
        }
        String::from_utf8(mem::take(&mut self.received)).unwrap()
    }

    /// Asserts that the server sends nothing more and ends the connection.
    pub(crate) fn expect_end(&mut self) {
        assert_eq!((self.receive(), self.received.len()), (0, 0));
    }

    /// Reads once.
    pub(crate) fn receive(&mut self) -> usize {
        let mut buffer = [0; 64 * 1024];
        let len = self.stream.read(&mut buffer).unwrap();
        self.received.extend_from_slice(&buffer[..len]);
        len
    }
}

impl Response {
    /// The status as it stands in the first line.
    pub(crate) fn status(&self) -> &str {
        let line = self.head.lines().next().unwrap();
        line.strip_prefix("HTTP/1.1 ").unwrap()
    }

    pub(crate) fn closes(&self) -> bool {
        self.head.contains("\r\nConnection: close\r\n")
    }
}
