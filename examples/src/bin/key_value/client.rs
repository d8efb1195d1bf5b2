//! The program as its own client: what every command answers, pipelining, and clients that do not
//! read.

use core::net::SocketAddr;
use core::time::Duration;
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::{Shutdown, TcpStream};

use poll_os::{Clock, Monotonic};

/// No wait is longer.
const LIMIT: Duration = Duration::from_secs(20);

/// What is asked as lines, and what is answered.
const DIALOGUE: &[(&str, &str)] = &[
    ("PING", "+PONG"),
    ("ping \"two words\"", "$9\r\ntwo words"),
    ("ECHO '\\'quoted\\''", "$8\r\n'quoted'"),
    ("GET a", "$-1"),
    ("SET a 1", "+OK"),
    ("SET \"b\\x00\" \"\\r\\n\"", "+OK"),
    ("GET a", "$1\r\n1"),
    ("GET \"b\\x00\"", "$2\r\n\r\n"),
    ("EXISTS a a c", ":2"),
    ("TTL a", ":-1"),
    ("TTL c", ":-2"),
    ("SET a 2 ex 100", "+OK"),
    ("TTL a", ":100"),
    ("SET a 3", "+OK"),
    ("TTL a", ":-1"),
    ("SET d 4 PX 1", "+OK"),
    ("SET e 5 EX 0", "-ERR invalid expire time in 'set' command"),
    (
        "SET e 5 EX 9223372036854775807",
        "-ERR invalid expire time in 'set' command",
    ),
    (
        "SET e 5 EX soon",
        "-ERR value is not an integer or out of range",
    ),
    ("SET e 5 KEEPTTL", "-ERR syntax error"),
    ("SET e", "-ERR wrong number of arguments for 'set' command"),
    ("FLY \"\\n\"", "-ERR unknown command 'FLY'"),
    ("DEL a \"b\\x00\" c", ":2"),
];

/// The longest value that the server takes.
const LONG: usize = 1 << 20;

pub(crate) fn be_clients(address: SocketAddr) -> Result<()> {
    answers_lines(&mut Client::connect(address)?)?;
    keeps_what_it_is_given(&mut Client::connect(address)?)?;
    waits_for_who_does_not_read(address)?;
    refuses_what_is_no_request(address)?;
    let mut quits = Client::connect(address)?;
    quits.0.write_all(b"QUIT\r\nPING\r\n")?;
    quits.expect(b"+OK\r\n")?;
    quits.expect_end()
}

fn answers_lines(client: &mut Client) -> Result<()> {
    for (request, reply) in DIALOGUE {
        client.0.write_all(format!("{request}\r\n").as_bytes())?;
        client.expect(format!("{reply}\r\n").as_bytes())?;
    }
    // Nobody asks for it any more, and its timer takes it out.
    let end = Monotonic.now().saturating_add(LIMIT);
    loop {
        client.0.write_all(b"DBSIZE\r\n")?;
        let is_empty = client.receive(4)? == b":0\r\n";
        if is_empty || Monotonic.now() > end {
            assert!(is_empty, "an entry has no end");
            return Ok(());
        }
    }
}

/// Thousands of requests in one piece; what they set is any bytes.
fn keeps_what_it_is_given(client: &mut Client) -> Result<()> {
    const KEYS: u64 = 5000;
    let value = |key: u64| [key.to_le_bytes().as_slice(), b"\r\n\0"].concat();
    let (mut requests, mut replies) = (Vec::new(), Vec::new());
    for key in 0..KEYS {
        request(&[b"SET", &key.to_le_bytes(), &value(key)], &mut requests);
        replies.extend_from_slice(b"+OK\r\n");
    }
    for key in 0..KEYS {
        request(&[b"GET", &key.to_le_bytes()], &mut requests);
        replies.extend_from_slice(b"$11\r\n");
        replies.extend_from_slice(&value(key));
        replies.extend_from_slice(b"\r\n");
    }
    client.0.write_all(&requests)?;
    client.expect(&replies)
}

/// A client that asks for more than any queue holds and does not read holds up nobody, and has it
/// all once it reads.
fn waits_for_who_does_not_read(address: SocketAddr) -> Result<()> {
    const TIMES: usize = 64;
    let mut client = Client::connect(address)?;
    let mut requests = Vec::new();
    let value = vec![b'v'; LONG];
    request(&[b"SET", b"long", &value], &mut requests);
    for _ in 0..TIMES {
        request(&[b"GET", b"long"], &mut requests);
    }
    client.0.write_all(&requests)?;
    client.expect(b"+OK\r\n")?;
    let mut other = Client::connect(address)?;
    other.0.write_all(b"EXISTS long\r\n")?;
    other.expect(b":1\r\n")?;
    let reply = [b"$1048576\r\n", value.as_slice(), b"\r\n"].concat();
    for _ in 0..TIMES {
        client.expect(&reply)?;
    }
    Ok(())
}

/// Who breaks the protocol is told so, although it goes on.
fn refuses_what_is_no_request(address: SocketAddr) -> Result<()> {
    let long_line = "x".repeat(64 << 10);
    for (sent, reply) in [
        ("*1\r\n$1048577\r\n", "invalid bulk length"),
        ("*1025\r\n", "invalid multibulk length"),
        ("*1\r\n+PING\r\n", "expected '$', got '+'"),
        ("GET \"a\r\n", "unbalanced quotes in request"),
        (long_line.as_str(), "too big inline request"),
    ] {
        let mut client = Client::connect(address)?;
        client.0.write_all(sent.as_bytes())?;
        // A server that has closed its side reads this nevertheless, or the reply would be lost.
        client.0.write_all(&vec![b'x'; LONG])?;
        client.expect(format!("-ERR Protocol error: {reply}\r\n").as_bytes())?;
        client.expect_end()?;
    }
    Ok(())
}

/// Appends a request as an array of bulk strings.
fn request(arguments: &[&[u8]], to: &mut Vec<u8>) {
    to.extend_from_slice(format!("*{}\r\n", arguments.len()).as_bytes());
    for argument in arguments {
        to.extend_from_slice(format!("${}\r\n", argument.len()).as_bytes());
        to.extend_from_slice(argument);
        to.extend_from_slice(b"\r\n");
    }
}

struct Client(TcpStream);

impl Client {
    fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(LIMIT))?;
        stream.set_write_timeout(Some(LIMIT))?;
        Ok(Self(stream))
    }

    fn receive(&mut self, len: usize) -> Result<Vec<u8>> {
        let mut received = vec![0; len];
        self.0.read_exact(&mut received)?;
        Ok(received)
    }

    /// Receives exactly this.
    fn expect(&mut self, reply: &[u8]) -> Result<()> {
        if self.receive(reply.len())? == reply {
            return Ok(());
        }
        let start = reply.get(..80).unwrap_or(reply).escape_ascii();
        Err(Error::new(
            ErrorKind::InvalidData,
            format!("something else than {start}"),
        ))
    }

    fn expect_end(&mut self) -> Result<()> {
        self.0.shutdown(Shutdown::Write)?;
        match self.0.read(&mut [0])? {
            0 => Ok(()),
            _ => Err(ErrorKind::InvalidData.into()),
        }
    }
}
