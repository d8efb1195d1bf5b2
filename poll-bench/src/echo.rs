//! The echo servers' common part, the process that runs one, and the generator that drives it.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};

use core::time::Duration;

use polling::PollMode;

use crate::peers::runtimes::{Ours, Smol, Tokio};
use crate::peers::{self, runtimes};

/// The size of a message.
pub(crate) const MESSAGE: usize = 64;
/// The size of a server's one read buffer.
pub(crate) const BUFFER: usize = 1024;
/// The room in a server's event buffer.
pub(crate) const EVENTS: usize = 256;

/// The servers; the first is the reference.
pub(crate) const KINDS: &[&str] = &[
    "raw level",
    "raw edge short",
    "mio drain",
    "mio short",
    "poll-mio drain",
    "poll-mio short",
    "polling oneshot",
    "polling edge short",
    "poll-os + std",
    "poll-os + poll-net",
];

/// The servers of the group *reactor*.
pub(crate) const REACTORS: &[&str] = &["raw level", "io-reactor", "poll-reactor"];

/// The servers of the group *async-echo* that have one thread.
pub(crate) const RUNTIMES: &[&str] = &["mio short", "raw level", "tokio", "smol", "poll-async"];

/// Those that have workers.
pub(crate) const WORKERS: &[&str] = &["tokio workers", "smol workers", "poll-async workers"];

/// When a server stops reading one connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Idiom {
    /// At `WouldBlock`, as mio's documentation asks.
    Drain,
    /// At a read that does not fill the buffer.
    Short,
}

/// What a server did.
pub(crate) struct Served {
    bytes: usize,
    /// How often it waited.
    pub(crate) waits: u64,
    /// How many connections are open.
    pub(crate) open: usize,
}

impl Served {
    /// Nothing yet.
    pub(crate) const fn of(open: usize) -> Self {
        Self {
            bytes: 0,
            waits: 0,
            open,
        }
    }

    /// Everything, in so many waits.
    pub(crate) const fn after(waits: u64) -> Self {
        Self {
            bytes: 0,
            waits,
            open: 0,
        }
    }

    /// Whether the server is to go on: less than `bytes` echoed, and somebody there.
    #[inline]
    pub(crate) const fn goes_on(&self, bytes: usize) -> bool {
        self.bytes < bytes && self.open > 0
    }

    /// Counts bytes sent back.
    #[inline]
    pub(crate) const fn echoed(&mut self, bytes: usize) {
        self.bytes += bytes;
    }
}

/// Reads and sends back what there is; `None` when the peer is gone.
// Always, because a call in one server and none in another would be taken for a difference of
// the pollers.
#[inline(always)]
pub(crate) fn answer<S: Read + Write>(
    stream: &mut S,
    buffer: &mut [u8; BUFFER],
    idiom: Idiom,
) -> io::Result<Option<usize>> {
    let mut echoed = 0;
    loop {
        let read = match stream.read(buffer) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        };
        if read == 0 {
            return Ok(None);
        }
        if stream.write(&buffer[..read])? < read {
            return Err(io::ErrorKind::WriteZero.into());
        }
        echoed += read;
        if idiom == Idiom::Short && read < buffer.len() {
            break;
        }
    }
    Ok(Some(echoed))
}

/// The server process: accepts `connections`, then echoes until `messages` went back or all
/// peers are gone. Prints its port at the start and its count of waits at the end.
pub(crate) fn serve(kind: &str, connections: usize, messages: u64) -> io::Result<()> {
    crate::sys::end_after(Duration::from_secs(300));
    // Its queue is longer than that of std's: thousands connect at once, and whoever finds it full
    // tries again after a second.
    let listener = poll_net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0).into())?;
    let listener = TcpListener::from(listener);
    listener.set_nonblocking(false)?;
    println!("{}", listener.local_addr()?.port());
    let mut streams = Vec::with_capacity(connections);
    for _ in 0..connections {
        let (stream, _peer) = listener.accept()?;
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        streams.push(stream);
    }
    let bytes = usize::try_from(messages)
        .map_err(io::Error::other)?
        .saturating_mul(MESSAGE);
    let served = match kind {
        "raw level" => peers::raw::serve_level(streams, bytes),
        "raw edge short" => peers::raw::serve_edge(streams, bytes),
        "mio drain" => peers::mio::serve(streams, bytes, Idiom::Drain),
        "mio short" => peers::mio::serve(streams, bytes, Idiom::Short),
        "poll-mio drain" => peers::poll_mio::serve(streams, bytes, Idiom::Drain),
        "poll-mio short" => peers::poll_mio::serve(streams, bytes, Idiom::Short),
        "polling oneshot" => peers::polling::serve(streams, bytes, PollMode::Oneshot),
        "polling edge short" => peers::polling::serve(streams, bytes, PollMode::Edge),
        "poll-os + std" => peers::ours::serve::<TcpStream>(streams, bytes),
        "poll-os + poll-net" => peers::ours::serve_net(streams, bytes),
        "io-reactor" => peers::io_reactor::serve(streams, bytes),
        "poll-reactor" => peers::reactor::serve(streams, bytes),
        "tokio" => runtimes::echo::serve(&Tokio::one()?, streams),
        "tokio workers" => runtimes::echo::serve(&Tokio::workers()?, streams),
        "smol" => runtimes::echo::serve(&Smol::one(), streams),
        "smol workers" => runtimes::echo::serve(&Smol::workers(), streams),
        "poll-async" => runtimes::echo::serve(&Ours::one()?, streams),
        "poll-async workers" => runtimes::echo::serve(&Ours::workers()?, streams),
        other => Err(io::Error::other(format!("no server is called {other:?}"))),
    }?;
    println!("{}", served.waits);
    Ok(())
}

/// A server process with the connections that drive it.
pub(crate) struct Server {
    child: Child,
    output: BufReader<ChildStdout>,
    connections: Vec<TcpStream>,
    sequence: u64,
}

impl Server {
    /// Starts a server of this program, behind `wrapper` (a tracer with its arguments, or
    /// nothing), and connects to it.
    pub(crate) fn start(
        wrapper: &[&str],
        kind: &str,
        connections: usize,
        messages: u64,
    ) -> io::Result<Self> {
        let program = std::env::current_exe()?;
        let mut command = match wrapper {
            [] => Command::new(program),
            [tool, arguments @ ..] => {
                let mut command = Command::new(tool);
                command.args(arguments).arg(program);
                command
            }
        };
        let mut child = command
            .args([
                "serve",
                kind,
                &connections.to_string(),
                &messages.to_string(),
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(if wrapper.is_empty() {
                Stdio::inherit()
            } else {
                Stdio::null()
            })
            .spawn()?;
        let Some(output) = child.stdout.take() else {
            return Err(io::Error::other("a child has no output"));
        };
        let mut server = Self {
            child,
            output: BufReader::new(output),
            connections: Vec::with_capacity(connections),
            sequence: 0,
        };
        let port = u16::try_from(server.read_number()?).map_err(io::Error::other)?;
        for _ in 0..connections {
            let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(Duration::from_secs(20)))?;
            server.connections.push(stream);
        }
        Ok(server)
    }

    fn read_number(&mut self) -> io::Result<u64> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        line.trim().parse().map_err(io::Error::other)
    }

    /// The CPU time of all of the server's threads so far, as the scheduler accounts it.
    pub(crate) fn cpu_ns(&self) -> io::Result<u64> {
        let mut sum = 0;
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let text = std::fs::read_to_string(thread?.path().join("schedstat"))?;
            let first = text.split_whitespace().next().unwrap_or_default();
            sum += first.parse::<u64>().map_err(io::Error::other)?;
        }
        Ok(sum)
    }

    /// Sends `messages` in rounds of one per connection, and checks every answer.
    pub(crate) fn drive(&mut self, messages: u64) -> io::Result<()> {
        self.drive_some(messages, self.connections.len())
    }

    /// The same on the first `active` connections, while the others are idle.
    pub(crate) fn drive_some(&mut self, messages: u64, active: usize) -> io::Result<()> {
        let connections = self.connections.get_mut(..active).unwrap_or_default();
        let per_round = u64::try_from(connections.len()).map_err(io::Error::other)?;
        for _ in 0..messages / per_round {
            let first = self.sequence;
            for connection in connections.iter_mut() {
                connection.write_all(&message(self.sequence))?;
                self.sequence += 1;
            }
            for (number, connection) in (first..).zip(connections.iter_mut()) {
                let mut answer = [0; MESSAGE];
                connection.read_exact(&mut answer)?;
                if answer != message(number) {
                    return Err(io::Error::other("an answer differs from its message"));
                }
            }
        }
        Ok(())
    }

    /// Ends the server by its messages or by hanging up; returns how often it waited.
    pub(crate) fn finish(mut self) -> io::Result<u64> {
        self.connections.clear();
        let waits = self.read_number()?;
        let status = self.child.wait()?;
        if !status.success() {
            return Err(io::Error::other(format!("a server ended with {status}")));
        }
        Ok(waits)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // After `finish` the child is gone, and both calls say so.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn message(number: u64) -> [u8; MESSAGE] {
    let mut message = [b'.'; MESSAGE];
    for (byte, value) in message.iter_mut().zip(number.to_le_bytes()) {
        *byte = value;
    }
    message
}
