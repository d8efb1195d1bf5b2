//! A line chat on a broadcast channel: the first line of a guest is its name, and every other one
//! is heard by all.
//!
//! Nobody waits for a guest that reads slowly: when the channel is full, the oldest line gives way,
//! and the guest is told how many it has missed. To talk: `nc 127.0.0.1 7000`.
//!
//! ```text
//! async_chat --port 7000 --workers 2
//! ```
//!
//! With `--self-test` it is its own guests, and ends.
#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program talks to the one who started it"
)]

mod guests;

use core::net::SocketAddr;
use core::time::Duration;
use std::collections::HashSet;
use std::io;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use examples::arguments::Arguments;
use examples::next_line::next_line;
use examples::{descriptors, self_test, workers};
use poll_async::io::{AsyncBufRead, BufReader};
use poll_async::net::{TcpListener, TcpStream};
use poll_async::runtime::{LocalRuntime, Runtime};
use poll_async::select;
use poll_async::signal::{Signal, Signals};
use poll_async::sync::broadcast::{Receiver, RecvError, Sender, WeakSender};
use poll_async::time::timeout;

/// The longest line, and the longest name, in bytes.
const LINE: usize = 1024;
const NAME: usize = 32;
/// How many lines a guest may be behind, beside what the system keeps for it.
const BEHIND: usize = 256;
/// How many bytes the system keeps for a guest; by itself it keeps megabytes.
const KEPT: usize = 64 * 1024;
/// How long a guest may take to say its name.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a guest that does not read, or has no name, may delay the end of the program.
const GRACE: Duration = Duration::from_secs(5);

/// A line, of which all guests share one copy.
type Line = Arc<str>;

/// What the guests share.
struct Room {
    names: Mutex<HashSet<String>>,
    /// Weak, so that the room is closed when the program lets go of it, not when the guests do.
    lines: WeakSender<Line>,
}

/// A guest with a name, until it leaves.
struct Guest<'a> {
    room: &'a Room,
    name: String,
}

fn main() -> ExitCode {
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("async_chat: {error}");
            ExitCode::FAILURE
        }
    }
}

fn start() -> io::Result<()> {
    let mut line = Arguments::of_this_program();
    let is_test = line.flag("--self-test");
    let port = line.value("--port", if is_test { 0 } else { 7000 })?;
    let workers = line.value("--workers", 1)?;
    line.finish()?;
    // Each guest is a descriptor; the listener takes care of what comes beyond the limit.
    descriptors::make_all_room();
    let runtime = workers::runtime(workers)?;
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let listener = runtime.block_on(async { TcpListener::bind_addr(address) })?;
    let address = listener.local_addr()?;
    println!("chat on {address}, {workers} workers");
    if is_test {
        let client = move || LocalRuntime::new()?.block_on(guests::come(address));
        return self_test::against(client, || run(runtime, listener));
    }
    run(runtime, listener)
}

/// Serves until it is told to stop, and then until everybody has heard the goodbye.
fn run(runtime: Runtime, listener: TcpListener) -> io::Result<()> {
    // As a task, so that it runs on a worker, beside the guests.
    let serving = runtime.spawn(serve(listener));
    let guests = runtime.block_on(serving)??;
    if let Err(error) = runtime.shutdown_graceful(GRACE) {
        eprintln!("async_chat: {error}");
    }
    println!("{guests} guests came");
    Ok(())
}

async fn serve(listener: TcpListener) -> io::Result<u64> {
    // Dropped at the end of this function: a second signal ends the process, as by default.
    let signals = Signals::new([Signal::INTERRUPT, Signal::TERMINATE])?;
    let lines = Sender::new(BEHIND);
    let room = Arc::new(Room {
        names: Mutex::default(),
        lines: lines.downgrade(),
    });
    let mut guests = 0;
    loop {
        let accepted = select! {
            signal = signals.recv() => {
                signal?;
                room.say("* the room closes");
                // With the one sender, the channel ends: guests hear what is left, and then that.
                return Ok(guests);
            }
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _address)) => {
                guests += 1;
                let room = Arc::clone(&room);
                poll_async::spawn(async move {
                    // A guest that fails has left; there is nobody to tell it to.
                    room.receive(&stream).await.unwrap_or(());
                });
            }
            Err(error) => eprintln!("async_chat: accept: {error}"),
        }
    }
}

impl Room {
    /// Has everybody hear a line. Nobody may be there, and the room may be closed.
    fn say(&self, line: &str) {
        if let Some(lines) = self.lines.upgrade() {
            drop(lines.send(format!("{line}\n").into()));
        }
    }

    /// Receives a guest, until it leaves or the room closes.
    async fn receive(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        stream.get_ref().set_send_buffer_size(KEPT)?;
        let mut input = BufReader::new(stream);
        let introduction = self.introduce(stream, &mut input);
        let Some(guest) = timeout(PATIENCE, introduction).await?? else {
            return Ok(());
        };
        let Some(lines) = self.lines.upgrade().map(|lines| lines.subscribe()) else {
            return Ok(());
        };
        self.say(&format!("* {} comes in", guest.name));
        select! {
            ended = guest.speak(&mut input) => ended,
            ended = hear(stream, lines) => ended,
        }
    }

    /// Asks for a name until it is a good one; none if the guest leaves instead.
    async fn introduce(
        &self,
        stream: &TcpStream,
        input: &mut (impl AsyncBufRead + Unpin),
    ) -> io::Result<Option<Guest<'_>>> {
        stream.write_all(b"* what is your name?\n").await?;
        while let Some(name) = next_line(input, LINE).await? {
            if name.is_empty() || name.len() > NAME {
                let refusal = format!("* a name has 1 to {NAME} bytes\n");
                stream.write_all(refusal.as_bytes()).await?;
            } else if self.names().insert(name.clone()) {
                return Ok(Some(Guest { room: self, name }));
            } else {
                stream.write_all(b"* somebody has that name\n").await?;
            }
        }
        Ok(None)
    }

    fn names(&self) -> MutexGuard<'_, HashSet<String>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Guest<'_> {
    /// Lets the others hear what the guest says, until it ends.
    async fn speak(&self, input: &mut (impl AsyncBufRead + Unpin)) -> io::Result<()> {
        while let Some(line) = next_line(input, LINE).await? {
            if !line.is_empty() {
                self.room.say(&format!("{}: {line}", self.name));
            }
        }
        Ok(())
    }
}

impl Drop for Guest<'_> {
    fn drop(&mut self) {
        self.room.names().remove(&self.name);
        self.room.say(&format!("* {} leaves", self.name));
    }
}

/// Lets a guest hear what is said, until the room is closed.
async fn hear(stream: &TcpStream, mut lines: Receiver<Line>) -> io::Result<()> {
    loop {
        match lines.recv().await {
            Ok(line) => stream.write_all(line.as_bytes()).await?,
            Err(RecvError::Lagged(count)) => {
                let apology = format!("* you missed {count} lines\n");
                stream.write_all(apology.as_bytes()).await?;
            }
            Err(RecvError::Closed) => return Ok(()),
        }
    }
}
