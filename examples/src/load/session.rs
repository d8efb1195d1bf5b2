//! One connection of the load client: a request, its response, and again.

use std::io::{self, ErrorKind, Read, Write};

use poll_net::TcpStream;
use poll_os::engine::{Backend, Registry};
use poll_os::{Instant, Ready, Registered};

/// One keep-alive connection with at most one request in flight.
#[derive(Debug)]
pub(super) struct Session<B: Backend> {
    stream: Registered<TcpStream, Registry<B>>,
    is_connected: bool,
    /// How much of the request was written.
    written: usize,
    /// When the request in flight was sent.
    pub(super) sent_at: Option<Instant>,
    /// A head that has come in part.
    head: Vec<u8>,
    /// How much of the body is still to come, once the head has.
    body_left: Option<usize>,
}

/// What an event has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing yet.
    Wait,
    /// The connection was made.
    Connected,
    /// The response to the request in flight is complete.
    Answered,
}

impl<B: Backend> Session<B> {
    pub(super) const fn new(stream: Registered<TcpStream, Registry<B>>) -> Self {
        Self {
            stream,
            is_connected: false,
            written: 0,
            sent_at: None,
            head: Vec::new(),
            body_left: None,
        }
    }

    pub(super) const fn is_connected(&self) -> bool {
        self.is_connected
    }

    /// Starts the next request.
    pub(super) fn send(&mut self, request: &[u8], now: Instant) -> io::Result<()> {
        self.written = 0;
        self.sent_at = Some(now);
        self.write(request)
    }

    /// Does what an event of the connection allows.
    pub(super) fn advance(
        &mut self,
        ready: Ready,
        request: &[u8],
        buffer: &mut [u8],
    ) -> io::Result<Step> {
        if !self.is_connected {
            self.is_connected = self.stream.get_ref().finish_connect()?;
            if !self.is_connected {
                self.stream.rearm()?;
                return Ok(Step::Wait);
            }
            return Ok(Step::Connected);
        }
        self.write(request)?;
        if !ready.wakes_reader() {
            return Ok(Step::Wait);
        }
        self.read(buffer)
    }

    fn write(&mut self, request: &[u8]) -> io::Result<()> {
        let rest = &request[self.written..];
        if self.sent_at.is_none() || rest.is_empty() {
            return Ok(());
        }
        match self.stream.write(rest) {
            Ok(len) => self.written += len,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<Step> {
        let mut step = Step::Wait;
        loop {
            let len = match self.stream.read(buffer) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(len) => len,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(step),
                Err(error) => return Err(error),
            };
            if self.take(&buffer[..len])? {
                step = Step::Answered;
            }
            if len < buffer.len() {
                return Ok(step);
            }
        }
    }

    /// Takes bytes of the response; true if it is complete.
    fn take(&mut self, bytes: &[u8]) -> io::Result<bool> {
        if self.sent_at.is_none() {
            return Err(invalid("bytes that nobody asked for"));
        }
        let missing = match self.body_left {
            Some(left) => left.checked_sub(bytes.len()).map(Some),
            // Nearly always the whole response comes at once and is parsed where it is.
            None if self.head.is_empty() => missing(bytes)?,
            None => {
                self.head.extend_from_slice(bytes);
                missing(&self.head)?
            }
        };
        match missing.ok_or_else(|| invalid("more bytes than the response has"))? {
            None if self.head.is_empty() => self.head.extend_from_slice(bytes),
            None => {}
            Some(left) => {
                self.head.clear();
                self.body_left = (left > 0).then_some(left);
                return Ok(left == 0);
            }
        }
        Ok(false)
    }
}

/// How much of the body is missing after these first bytes of a response: inside, nothing if not
/// even the head is complete; outside, nothing if there are more bytes than the response has.
fn missing(bytes: &[u8]) -> io::Result<Option<Option<usize>>> {
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let mut response = httparse::Response::new(&mut headers);
    let parsed = response
        .parse(bytes)
        .map_err(|error| invalid(&error.to_string()))?;
    let httparse::Status::Complete(head) = parsed else {
        return Ok(Some(None));
    };
    if response.code != Some(200) {
        return Err(invalid(&format!("status {}", response.code.unwrap_or(0))));
    }
    let is_length =
        |header: &&httparse::Header<'_>| header.name.eq_ignore_ascii_case("content-length");
    let length = response.headers.iter().find(is_length);
    let length = length.and_then(|header| core::str::from_utf8(header.value).ok()?.parse().ok());
    let length: usize = length.ok_or_else(|| invalid("a response without its length"))?;
    Ok(length.checked_sub(bytes.len() - head).map(Some))
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}
