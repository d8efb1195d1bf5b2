//! Connects a terminal or serial device with standard input and output, or with a TCP port.
//!
//! Whatever takes bytes more slowly than the other side gives them makes it wait: nothing is lost
//! and no queue grows. On the port, one client at a time has the device.
//!
//! ```text
//! serial_pipe --device /dev/ttyUSB0 --speed 115200
//! serial_pipe --device /dev/ttyUSB0 --port 7000 --engine poll
//! ```
//!
//! With `--self-test` it makes a device and is its hardware and its clients, and ends.
#![forbid(unsafe_code)]
#![expect(clippy::print_stderr, reason = "a program talks to its user")]

use core::convert::Infallible;
use core::net::SocketAddr;
use core::time::Duration;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::{panic, thread};

use examples::arguments::Arguments;
use examples::console::{self, NonBlocking};
use examples::engine::{self, EngineName};
use examples::tty::{Device, Pair};
use examples::{receive, self_test};
use poll_net::{TcpListener, TcpStream};
use poll_os::{Signal, Signals};
use poll_reactor::{
    Builder, Context, Error, Handle, Id, Listener, Marks, Pressure, Released, SendError, Service,
    Source, Stream, StreamEvent, Target, TimerId,
};

type Line = Stream<File>;
type Input = Source<File>;
type Output = Target<File>;
type Door = Listener<TcpListener>;
type Client = Stream<TcpStream>;

/// How long what was sent may delay the end, if somebody wants it.
const GRACE: Duration = Duration::from_secs(5);
/// And if the input has ended: what is queued takes a slow line that long.
const SLOW: Duration = Duration::from_secs(60);
/// After the end of standard input, the device may answer for so long since it said something last.
const QUIET: Duration = Duration::from_millis(500);
/// Small, so that an interrupted transfer stops soon: a slow line takes a second for a kilobyte.
const MARKS: Marks = Marks {
    low: 1 << 10,
    high: 4 << 10,
    limit: 1 << 20,
};

/// The service: a device, and whoever talks to it.
#[derive(Default)]
struct Pipe {
    device: Option<Id<Line>>,
    partner: Partner,
    /// The line is slower than what is sent to it.
    is_slow: bool,
    /// The input has ended; when it is quiet, the program ends.
    quiet: Option<TimerId>,
    failure: Option<Error>,
}

/// Who talks to the device.
#[derive(Clone, Copy, Default)]
enum Partner {
    /// What the device says is lost, as it is on a line that nobody is connected to.
    #[default]
    Nobody,
    Console {
        input: Id<Input>,
        output: Id<Output>,
    },
    Client(Id<Client>),
}

impl Service for Pipe {
    type Command = ();
    type Timer = ();

    fn timer(&mut self, _: TimerId, (): (), context: &mut Context<'_, Self>) {
        context.shut_down(SLOW);
    }
}

impl Handle<Line> for Pipe {
    fn event(&mut self, _: Id<Line>, event: StreamEvent<'_>, context: &mut Context<'_, Self>) {
        let StreamEvent::Received(bytes) = event else {
            eprintln!("the device has hung up");
            context.shut_down(GRACE);
            return;
        };
        if let Some(timer) = self.quiet {
            context.reset_timer(timer, QUIET);
        }
        let sent = match self.partner {
            Partner::Nobody => Ok(()),
            Partner::Console { output, .. } => context.send(output, bytes),
            Partner::Client(client) => context.send(client, bytes),
        };
        is_told_otherwise(sent);
    }

    /// A line that is slower than its partner makes it wait.
    fn pressure(&mut self, _: Id<Line>, pressure: Pressure, context: &mut Context<'_, Self>) {
        self.is_slow = pressure == Pressure::High;
        match (self.partner, pressure) {
            (Partner::Nobody, _) => true,
            (Partner::Console { input, .. }, Pressure::High) => context.pause(input),
            (Partner::Console { input, .. }, Pressure::Low) => context.resume(input),
            (Partner::Client(client), Pressure::High) => context.pause(client),
            (Partner::Client(client), Pressure::Low) => context.resume(client),
        };
    }

    fn failed(
        &mut self,
        _: Id<Line>,
        _: Released<Line>,
        error: Error,
        context: &mut Context<'_, Self>,
    ) {
        self.give_up(error, context);
    }
}

impl Handle<Input> for Pipe {
    fn event(&mut self, _: Id<Input>, event: StreamEvent<'_>, context: &mut Context<'_, Self>) {
        match event {
            StreamEvent::Received(bytes) => self.tell_device(bytes, context),
            StreamEvent::Connected | StreamEvent::End => {
                self.quiet = Some(context.set_timer(QUIET, ()));
            }
        }
    }

    fn failed(
        &mut self,
        _: Id<Input>,
        _: Released<Input>,
        error: Error,
        context: &mut Context<'_, Self>,
    ) {
        self.give_up(error, context);
    }
}

impl Handle<Output> for Pipe {
    fn event(&mut self, _: Id<Output>, never: Infallible, _: &mut Context<'_, Self>) {
        match never {}
    }

    fn pressure(&mut self, _: Id<Output>, pressure: Pressure, context: &mut Context<'_, Self>) {
        self.hold_device(pressure, context);
    }

    fn failed(
        &mut self,
        _: Id<Output>,
        _: Released<Output>,
        error: Error,
        context: &mut Context<'_, Self>,
    ) {
        // Whoever has seen enough closes the pipe.
        match error.source.kind() {
            ErrorKind::BrokenPipe => context.shut_down(GRACE),
            _ => self.give_up(error, context),
        }
    }
}

impl Handle<Door> for Pipe {
    fn event(
        &mut self,
        _: Id<Door>,
        accepted: io::Result<(TcpStream, SocketAddr)>,
        context: &mut Context<'_, Self>,
    ) {
        let welcomed = accepted.and_then(|(stream, _)| {
            stream.set_nodelay(true)?;
            Ok(context.register(Stream::new(stream))?)
        });
        match (welcomed, self.partner) {
            (Ok(id), Partner::Nobody) => {
                self.partner = Partner::Client(id);
                if self.is_slow {
                    // With what the last client has sent.
                    context.pause(id);
                }
            }
            (Ok(id), _) => {
                is_told_otherwise(context.send(id, b"the device is in use\r\n"));
                context.close_within(id, GRACE);
            }
            // Of one client, or for want of descriptors: the listener tries again by itself.
            (Err(error), _) => eprintln!("a client is lost: {error}"),
        }
    }

    fn failed(
        &mut self,
        _: Id<Door>,
        _: Released<Door>,
        error: Error,
        context: &mut Context<'_, Self>,
    ) {
        self.give_up(error, context);
    }
}

impl Handle<Client> for Pipe {
    fn event(&mut self, id: Id<Client>, event: StreamEvent<'_>, context: &mut Context<'_, Self>) {
        match event {
            StreamEvent::Connected => {}
            StreamEvent::Received(bytes) => self.tell_device(bytes, context),
            StreamEvent::End => self.leave(id, context),
        }
    }

    fn pressure(&mut self, id: Id<Client>, pressure: Pressure, context: &mut Context<'_, Self>) {
        if self.is_partner(id) {
            self.hold_device(pressure, context);
        }
    }

    fn failed(
        &mut self,
        id: Id<Client>,
        _: Released<Client>,
        _gone: Error,
        context: &mut Context<'_, Self>,
    ) {
        self.leave(id, context);
    }
}

impl Handle<Signals> for Pipe {
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

impl Pipe {
    fn tell_device(&self, bytes: &[u8], context: &mut Context<'_, Self>) {
        if let Some(device) = self.device {
            is_told_otherwise(context.send(device, bytes));
        }
    }

    /// A partner that is slower than the line makes it wait.
    fn hold_device(&self, pressure: Pressure, context: &mut Context<'_, Self>) {
        if let Some(device) = self.device {
            match pressure {
                Pressure::High => context.pause(device),
                Pressure::Low => context.resume(device),
            };
        }
    }

    fn is_partner(&self, id: Id<Client>) -> bool {
        matches!(self.partner, Partner::Client(client) if client == id)
    }

    /// The device is free again, once this client has read what it said.
    fn leave(&mut self, id: Id<Client>, context: &mut Context<'_, Self>) {
        context.close_within(id, GRACE);
        if self.is_partner(id) {
            self.partner = Partner::Nobody;
            self.hold_device(Pressure::Low, context);
        }
    }

    fn give_up(&mut self, error: Error, context: &mut Context<'_, Self>) {
        self.failure.get_or_insert(error);
        context.shut_down(GRACE);
    }
}

/// A partner is paused long before the queue is full, so what is refused has failed, and the
/// service is told so next.
fn is_told_otherwise(sent: Result<(), SendError>) {
    sent.unwrap_or(());
}

fn main() -> io::Result<()> {
    let mut line = Arguments::of_this_program();
    let is_test = line.flag("--self-test");
    let engine = line.value("--engine", EngineName::Native)?;
    let path: Option<PathBuf> = line.values("--device")?.pop();
    let speed = line.values("--speed")?.pop();
    let port = line.values("--port")?.pop();
    line.finish()?;
    let pair = is_test.then(Pair::new).transpose()?;
    let path = path.or_else(|| pair.as_ref().map(|pair| pair.path().to_owned()));
    let path = path.ok_or_else(|| invalid("--device says which one"))?;
    let device = Device::open(&path, speed)?;
    let port = port.or(pair.is_some().then_some(0));
    let Some(port) = port else {
        let output = NonBlocking::new(io::stdout())?;
        return serve(engine, &device, |pipe, context| {
            pipe.partner = Partner::Console {
                input: context.register(Source::new(console::input()?))?,
                output: context.register(Target::new(output.file()?))?,
            };
            Ok(())
        });
    };
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port)))?;
    let address = listener.local_addr()?;
    eprintln!("{} on {address}, {engine}", path.display());
    let serve = || {
        serve(engine, &device, |_, context| {
            context.register(Listener::new(listener))?;
            Ok(())
        })
    };
    match &pair {
        Some(pair) => {
            // Ours stays open, or the end of the test would be a hang-up.
            let hardware = pair.hardware.try_clone()?;
            self_test::against(move || be_both_sides(hardware, address), serve)
        }
        None => serve(),
    }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, what)
}

fn serve(
    engine: EngineName,
    device: &Device,
    start: impl FnOnce(&mut Pipe, &mut Context<'_, Pipe>) -> io::Result<()>,
) -> io::Result<()> {
    let builder = Builder::new().marks(MARKS).buffer_size(MARKS.high);
    let pipe = engine::run(engine, builder, Pipe::default(), |pipe, context| {
        context.register(Signals::new([Signal::INTERRUPT, Signal::TERMINATE])?)?;
        pipe.device = Some(context.register(Stream::new(device.file()?))?);
        start(pipe, context)
    })?;
    pipe.failure.map_or(Ok(()), |error| Err(error.into()))
}

/// No wait of the self-test is longer.
const LIMIT: Duration = Duration::from_secs(20);

/// Clients on one side, and the hardware on the other.
fn be_both_sides(mut hardware: File, address: SocketAddr) -> io::Result<()> {
    let mut first = connect(address)?;
    first.write_all(b"hello")?;
    expect(&mut hardware, b"hello")?;
    let mut second = connect(address)?;
    expect(&mut second, b"the device is in use\r\n")?;
    assert_eq!(second.read(&mut [0])?, 0);
    // More than all queues hold, in one direction after the other, of any bytes.
    let much: Vec<u8> = (0..=250).cycle().take(2 << 20).collect();
    pass(&mut first, &mut hardware, &much)?;
    pass(&mut hardware, &mut first, &much)?;
    first.shutdown(Shutdown::Write)?;
    assert_eq!(first.read(&mut [0])?, 0);
    let mut third = connect(address)?;
    third.write_all(b"again")?;
    expect(&mut hardware, b"again")
}

fn connect(address: SocketAddr) -> io::Result<std::net::TcpStream> {
    let stream = std::net::TcpStream::connect(address)?;
    stream.set_read_timeout(Some(LIMIT))?;
    Ok(stream)
}

fn pass(
    from: &mut (impl Write + Send),
    to: &mut (impl Read + AsFd),
    what: &[u8],
) -> io::Result<()> {
    thread::scope(|scope| {
        let writer = scope.spawn(|| from.write_all(what));
        expect(to, what)?;
        let written = writer.join();
        written.unwrap_or_else(|panic| panic::resume_unwind(panic))
    })
}

fn expect(from: &mut (impl Read + AsFd), what: &[u8]) -> io::Result<()> {
    match receive::exactly(from, what.len(), LIMIT)? == what {
        true => Ok(()),
        false => Err(ErrorKind::InvalidData.into()),
    }
}
