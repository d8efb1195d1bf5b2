//! The echo servers' common part, the process that runs one, and the generator that drives it.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};

use core::time::Duration;

use polling::PollMode;

use crate::peers::runtimes::{Compio, Monoio, Ours, Smol, Tokio};
use crate::peers::{self, Amy, PollLoop, PollTwo, Popol, UringPoll, runtimes};

/// The size of a message.
pub(crate) const MESSAGE: usize = 64;
/// The size of a server's one read buffer.
pub(crate) const BUFFER: usize = 1024;
/// The room in a server's event buffer.
pub(crate) const EVENTS: usize = 256;

/// The servers; the first is the reference.
pub(crate) const KINDS: &[&str] = &[
    "raw level",
    "raw edge drain",
    "raw edge short",
    "uring poll",
    "uring recv",
    "mio drain",
    "mio short",
    "polling oneshot",
    "polling edge short",
    "popol",
    "amy",
    "io-reactor",
    "poll-os",
    "poll-os + waker",
    "poll-os on poll(2)",
    "poll-mio drain",
    "poll-mio short",
    "poll-loop",
    "poll-reactor",
];

/// The servers of the group *async-echo* that have one thread.
pub(crate) const RUNTIMES: &[&str] = &[
    "mio short",
    "raw level",
    "tokio",
    "smol",
    "monoio",
    "compio",
    "poll-async",
];

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
    crate::sys::end_after(Duration::from_secs(900));
    crate::sys::end_with_parent()?;
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
        "raw edge drain" => peers::raw::serve_edge(streams, bytes, Idiom::Drain),
        "raw edge short" => peers::raw::serve_edge(streams, bytes, Idiom::Short),
        "uring poll" => peers::server::serve::<UringPoll>(&streams, bytes),
        "uring recv" => peers::uring::serve_received(streams, bytes),
        "mio drain" => peers::mio::serve(streams, bytes, Idiom::Drain),
        "mio short" => peers::mio::serve(streams, bytes, Idiom::Short),
        "poll-mio drain" => peers::poll_mio::serve(streams, bytes, Idiom::Drain),
        "poll-mio short" => peers::poll_mio::serve(streams, bytes, Idiom::Short),
        "polling oneshot" => peers::polling::serve(streams, bytes, PollMode::Oneshot),
        "polling edge short" => peers::polling::serve(streams, bytes, PollMode::Edge),
        "popol" => peers::server::serve::<Popol>(&streams, bytes),
        "amy" => peers::server::serve::<Amy>(&streams, bytes),
        "poll-os" => peers::ours::serve(streams, bytes, false),
        "poll-os + waker" => peers::ours::serve(streams, bytes, true),
        "poll-os on poll(2)" => peers::server::serve::<PollTwo>(&streams, bytes),
        "poll-loop" => peers::server::serve::<PollLoop>(&streams, bytes),
        "io-reactor" => peers::io_reactor::serve(streams, bytes),
        "poll-reactor" => peers::reactor::serve(streams, bytes),
        "tokio" => runtimes::echo::serve(&Tokio::one()?, streams),
        "tokio workers" => runtimes::echo::serve(&Tokio::workers()?, streams),
        "smol" => runtimes::echo::serve(&Smol::one(), streams),
        "monoio" => runtimes::echo::serve(&Monoio::one()?, streams),
        "compio" => runtimes::echo::serve(&Compio::one()?, streams),
        "smol workers" => runtimes::echo::serve(&Smol::workers(), streams),
        "poll-async" => runtimes::echo::serve(&Ours::one()?, streams),
        "poll-async workers" => runtimes::echo::serve(&Ours::workers()?, streams),
        other => Err(io::Error::other(format!("no server is called {other:?}"))),
    }?;
    println!("{}", served.waits);
    Ok(())
}

/// The process that drives a server: connects, then sends and checks as many messages as it is told
/// to, line by line, until nobody is there to tell. One for each server, because of the limit of
/// descriptors.
pub(crate) fn drive(port: u16, connections: usize) -> io::Result<()> {
    crate::sys::end_after(Duration::from_secs(900));
    crate::sys::end_with_parent()?;
    let mut driver = Driver {
        connections: Vec::with_capacity(connections),
        sequence: 0,
    };
    for _ in 0..connections {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        driver.connections.push(stream);
    }
    println!("{}", driver.connections.len());
    orders(|messages, active| driver.drive(messages, active))
}

/// Does what the lines of the input ask for, so much of it and on so many connections.
pub(crate) fn orders(mut work: impl FnMut(u64, usize) -> io::Result<()>) -> io::Result<()> {
    for line in io::stdin().lines() {
        let line = line?;
        let mut numbers = line.split_whitespace().map(str::parse);
        let (Some(Ok(messages)), Some(Ok(active))) = (numbers.next(), numbers.next()) else {
            return Err(io::Error::other(format!("{line:?} is no order")));
        };
        work(messages, usize::try_from(active).map_err(io::Error::other)?)?;
        println!("{messages}");
    }
    Ok(())
}

/// The connections, and what is sent next.
struct Driver {
    connections: Vec<TcpStream>,
    sequence: u64,
}

impl Driver {
    // Sends `messages` in rounds of one per active connection, and checks every answer.
    fn drive(&mut self, messages: u64, active: usize) -> io::Result<()> {
        let connections = self.connections.get_mut(..active).unwrap_or_default();
        let per_round = u64::try_from(connections.len()).map_err(io::Error::other)?;
        for _ in 0..messages.checked_div(per_round).unwrap_or(0) {
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
}

/// A child of this program, with the numbers that it prints.
struct Process {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Process {
    fn start(command: &mut Command) -> io::Result<Self> {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let Some(output) = child.stdout.take() else {
            return Err(io::Error::other("a child has no output"));
        };
        Ok(Self {
            child,
            output: BufReader::new(output),
        })
    }

    fn read_number(&mut self) -> io::Result<u64> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        let number = line.trim().parse();
        number.map_err(|_no_number| io::Error::other("a child ended before its work was done"))
    }

    fn tell(&mut self, order: &str) -> io::Result<()> {
        match &mut self.child.stdin {
            Some(input) => input.write_all(order.as_bytes()),
            None => Err(io::Error::other("a child has no input")),
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        drop(self.child.stdin.take());
        let status = self.child.wait()?;
        if !status.success() {
            return Err(io::Error::other(format!("a child ended with {status}")));
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // After `finish` the child is gone, and both calls say so.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What a server does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// Echoes on connections that it has accepted before.
    Echo,
    /// Accepts connections, answers one message on each, and closes what its peer has reset.
    Accept,
}

impl Work {
    // The subcommands of the server and of what drives it.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Echo => ("serve", "drive"),
            Self::Accept => ("accept", "connect"),
        }
    }
}

/// A server process with the one that drives it.
pub(crate) struct Server {
    // Dropped first, so that whoever waits for an answer does not hear of an end.
    driver: Process,
    server: Process,
    connections: usize,
}

impl Server {
    /// Starts a server of this program, behind `wrapper` (a tracer with its arguments, or
    /// nothing), and connects to it.
    pub(crate) fn start(
        wrapper: &[&str],
        (work, kind): (Work, &str),
        connections: usize,
        messages: u64,
    ) -> io::Result<Self> {
        let (serve, drive) = work.words();
        let program = std::env::current_exe()?;
        let mut command = match wrapper {
            [] => Command::new(&program),
            [tool, arguments @ ..] => {
                let mut command = Command::new(tool);
                command.args(arguments).arg(&program);
                command
            }
        };
        let count = connections.to_string();
        command
            .args([serve, kind, &count, &messages.to_string()])
            .stdin(Stdio::null())
            .stderr(if wrapper.is_empty() {
                Stdio::inherit()
            } else {
                Stdio::null()
            });
        let mut server = Process::start(&mut command)?;
        let port = server.read_number()?.to_string();
        let mut command = Command::new(program);
        command.args([drive, &port, &count]).stdin(Stdio::piped());
        let mut driver = Process::start(&mut command)?;
        driver.read_number()?;
        Ok(Self {
            driver,
            server,
            connections,
        })
    }

    /// The CPU time of all of the server's threads so far, as the scheduler accounts it.
    pub(crate) fn cpu_ns(&self) -> io::Result<u64> {
        let mut sum = 0;
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.server.child.id()))? {
            let text = std::fs::read_to_string(thread?.path().join("schedstat"))?;
            let first = text.split_whitespace().next().unwrap_or_default();
            sum += first.parse::<u64>().map_err(io::Error::other)?;
        }
        Ok(sum)
    }

    /// Sends `messages` in rounds of one per connection, and checks every answer.
    pub(crate) fn drive(&mut self, messages: u64) -> io::Result<()> {
        self.drive_some(messages, self.connections)
    }

    /// The same on the first `active` connections, while the others are idle.
    pub(crate) fn drive_some(&mut self, messages: u64, active: usize) -> io::Result<()> {
        self.driver.tell(&format!("{messages} {active}\n"))?;
        match self.driver.read_number()? {
            done if done == messages => Ok(()),
            done => Err(io::Error::other(format!("{done} messages of {messages}"))),
        }
    }

    /// Ends the server by its messages or by hanging up; returns how often it waited.
    pub(crate) fn finish(mut self) -> io::Result<u64> {
        self.driver.finish()?;
        let waits = self.server.read_number()?;
        self.server.finish()?;
        Ok(waits)
    }
}

pub(crate) fn message(number: u64) -> [u8; MESSAGE] {
    let mut message = [b'.'; MESSAGE];
    for (byte, value) in message.iter_mut().zip(number.to_le_bytes()) {
        *byte = value;
    }
    message
}
