//! Sends back whatever comes, over TCP and over Unix sockets, in one service on one thread.
//!
//! The service owns five kinds of resources and says of three what it does with them: listeners of
//! any sort, streams of any sort, and signals.
//!
//! ```text
//! reactor_echo --port 7000 --path /tmp/echo.socket --engine native
//! ```
//!
//! With `--self-test` it is its own clients, and ends.
#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program talks to its user"
)]

use core::net::SocketAddr;
use core::time::Duration;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::{env, fs, panic, process, thread};

use examples::arguments::Arguments;
use examples::engine::{self, EngineName};
use examples::self_test;
use poll_net::{Accept, TcpListener, UnixListener};
use poll_os::{Signal, Signals};
use poll_reactor::{
    Builder, Context, Error, Handle, Id, Input, Listener, Output, Pressure, Released, Service,
    Stream, StreamEvent,
};

/// How long a client that does not read may delay its end, and the program's.
const GRACE: Duration = Duration::from_secs(5);
/// No wait of the self-test is longer.
const LIMIT: Duration = Duration::from_secs(20);

/// The service. What it would have to remember of a stream, the runtime remembers.
#[derive(Default)]
struct Echo {
    served: u64,
    failure: Option<Error>,
}

impl Service for Echo {
    type Command = ();
    type Timer = ();
}

/// Any listener, if the runtime can read and write what it accepts.
impl<L, S, A> Handle<Listener<L>> for Echo
where
    L: Accept<Accepted = (S, A)> + AsFd + 'static,
    S: Input + Output,
{
    fn event(
        &mut self,
        _: Id<Listener<L>>,
        accepted: io::Result<(S, A)>,
        context: &mut Context<'_, Self>,
    ) {
        let registered = accepted.and_then(|(stream, _peer)| {
            self.served += 1;
            Ok(context.register(Stream::new(stream))?)
        });
        // Of one connection, or for want of descriptors: the listener tries again by itself.
        if let Err(error) = registered {
            eprintln!("a connection is lost: {error}");
        }
    }

    fn failed(
        &mut self,
        _: Id<Listener<L>>,
        _: Released<Listener<L>>,
        error: Error,
        context: &mut Context<'_, Self>,
    ) {
        self.give_up(error, context);
    }
}

/// Any stream.
impl<S: Input + Output> Handle<Stream<S>> for Echo {
    fn event(
        &mut self,
        id: Id<Stream<S>>,
        event: StreamEvent<'_>,
        context: &mut Context<'_, Self>,
    ) {
        match event {
            StreamEvent::Received(bytes) => {
                if context.send(id, bytes).is_err() {
                    // Who cannot be sent to was paused long before its queue was full: it has
                    // failed, and we are told so next.
                    context.pause(id);
                }
            }
            StreamEvent::End => {
                context.close_within(id, GRACE);
            }
            StreamEvent::Connected => {}
        }
    }

    /// Nothing is read of a client that does not read, so that nobody makes us remember more than
    /// the high mark and one buffer.
    fn pressure(&mut self, id: Id<Stream<S>>, pressure: Pressure, context: &mut Context<'_, Self>) {
        match pressure {
            Pressure::High => context.pause(id),
            Pressure::Low => context.resume(id),
        };
    }

    fn failed(
        &mut self,
        _: Id<Stream<S>>,
        _: Released<Stream<S>>,
        _gone: Error,
        _: &mut Context<'_, Self>,
    ) {
    }
}

impl Handle<Signals> for Echo {
    fn event(&mut self, _: Id<Signals>, _: Signal, context: &mut Context<'_, Self>) {
        context.shut_down(GRACE);
    }

    fn failed(
        &mut self,
        _: Id<Signals>,
        _: Released<Signals>,
        error: Error,
        context: &mut Context<'_, Self>,
    ) {
        self.give_up(error, context);
    }
}

impl Echo {
    /// Without its listeners and signals the program is of no use.
    fn give_up(&mut self, error: Error, context: &mut Context<'_, Self>) {
        self.failure.get_or_insert(error);
        context.shut_down(GRACE);
    }
}

fn main() -> io::Result<()> {
    let mut line = Arguments::of_this_program();
    let is_test = line.flag("--self-test");
    let engine = line.value("--engine", EngineName::Native)?;
    let port = line.value("--port", if is_test { 0 } else { 7000 })?;
    let own = format!("reactor_echo-{}.socket", process::id());
    let path: PathBuf = line
        .value("--path", env::temp_dir().join(own).display().to_string())?
        .into();
    line.finish()?;
    let tcp = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port)))?;
    let address = tcp.local_addr()?;
    let unix = UnixListener::bind(&path)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
    println!("echo on {address} and {}, {engine}", path.display());
    let serve = || {
        engine::run(engine, Builder::new(), Echo::default(), |_, context| {
            context.register(Listener::new(tcp))?;
            context.register(Listener::new(unix))?;
            context.register(Signals::new([Signal::INTERRUPT, Signal::TERMINATE])?)?;
            Ok(())
        })
    };
    let served = match is_test {
        true => {
            let path = path.clone();
            self_test::against(move || be_clients(address, &path), serve)
        }
        false => serve(),
    };
    // The name of a Unix socket outlives it.
    fs::remove_file(&path)?;
    let echo = served?;
    println!("{} connections served", echo.served);
    echo.failure.map_or(Ok(()), |error| Err(error.into()))
}

fn be_clients(address: SocketAddr, path: &Path) -> io::Result<()> {
    let tcp = TcpStream::connect(address)?;
    tcp.set_read_timeout(Some(LIMIT))?;
    be_client(&tcp, || tcp.shutdown(Shutdown::Write))?;
    let unix = UnixStream::connect(path)?;
    unix.set_read_timeout(Some(LIMIT))?;
    be_client(&unix, || unix.shutdown(Shutdown::Write))
}

/// Sends more than any queue on the way holds, hears it again, and then nothing but the end.
fn be_client<S>(stream: S, end: impl FnOnce() -> io::Result<()> + Send) -> io::Result<()>
where
    S: Read + Write + Copy + Send + Sync,
{
    // 251 is prime, so that nothing that is lost or out of place looks like something else.
    let said: Vec<u8> = (0..=250).cycle().take(16 << 20).collect();
    let mut heard = Vec::new();
    thread::scope(|scope| {
        let speak = scope.spawn(|| {
            { stream }.write_all(&said)?;
            end()
        });
        { stream }.read_to_end(&mut heard)?;
        let spoken = speak.join();
        spoken.unwrap_or_else(|panic| panic::resume_unwind(panic))
    })?;
    match heard == said {
        true => Ok(()),
        false => Err(ErrorKind::InvalidData.into()),
    }
}
