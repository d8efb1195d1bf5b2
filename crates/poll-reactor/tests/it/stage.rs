//! A service that does what its test says, and the engines it runs on.

use core::time::Duration;
use std::io;
use std::os::fd::BorrowedFd;

use poll_api::Clock;
use poll_net::{TcpListener, TcpStream, UnixStream};
use poll_os::Monotonic;
use poll_reactor::{
    AnyId, Builder, Context, Engine, Error, Handle, Id, Limit, Listener, Pressure, Released,
    Resource, Runtime, Service, Stream, StreamEvent, TimerId,
};

/// Longer than anything here takes.
pub(crate) const LONG: Duration = Duration::from_secs(20);

pub(crate) type Peer = Stream<UnixStream>;
pub(crate) type Door = Listener<TcpListener>;
pub(crate) type Guest = Stream<TcpStream>;

/// An engine that a runtime can be built on.
pub(crate) trait TestEngine:
    Engine<
        Error = io::Error,
        Events: Send,
        Registry: for<'fd> poll_api::Register<BorrowedFd<'fd>, Error = io::Error>,
        Waker: 'static,
    > + Send
    + 'static
{
}

impl<E> TestEngine for E where
    E: Engine<
            Error = io::Error,
            Events: Send,
            Registry: for<'fd> poll_api::Register<BorrowedFd<'fd>, Error = io::Error>,
            Waker: 'static,
        > + Send
        + 'static
{
}

/// Runs a test on the target's own engine, and on poll(2).
macro_rules! on_each_engine {
    ($test:ident) => {{
        $test(poll_os::Poll::new().unwrap());
        $test(poll_os::poll::Poll::new().unwrap());
    }};
}
pub(crate) use on_each_engine;

/// What happened, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Started,
    Registered(AnyId),
    Accepted,
    Connected,
    Bytes(AnyId, Vec<u8>),
    End(AnyId),
    High(AnyId),
    Low(AnyId),
    Failed(AnyId, String),
    /// How many bytes were not sent.
    HandedOver(AnyId, usize),
    Timer(u32),
    Command(u32),
    /// A resource of the test's own.
    Told(AnyId, u32),
    EngineError,
    Stopping,
}

type Reaction = Box<dyn FnMut(&Seen, &mut Context<'_, Script>) + Send>;

/// Notes what happens, and reacts as its test says.
pub(crate) struct Script {
    pub(crate) seen: Vec<Seen>,
    react: Option<Reaction>,
}

impl Script {
    pub(crate) fn new(react: impl FnMut(&Seen, &mut Context<'_, Self>) + Send + 'static) -> Self {
        Self {
            seen: Vec::new(),
            react: Some(Box::new(react)),
        }
    }

    /// One that only notes.
    pub(crate) fn passive() -> Self {
        Self::new(|_, _| {})
    }

    pub(crate) fn note(&mut self, seen: Seen, context: &mut Context<'_, Self>) {
        if let Some(react) = &mut self.react {
            react(&seen, context);
        }
        self.seen.push(seen);
    }

    /// All bytes of a resource.
    pub(crate) fn bytes_of(&self, id: AnyId) -> Vec<u8> {
        let of = |seen: &Seen| match seen {
            Seen::Bytes(of, bytes) if *of == id => bytes.clone(),
            _ => Vec::new(),
        };
        self.seen.iter().flat_map(of).collect()
    }
}

impl Service for Script {
    type Command = u32;
    type Timer = u32;

    fn started(&mut self, context: &mut Context<'_, Self>) {
        self.note(Seen::Started, context);
    }

    fn command(&mut self, command: u32, context: &mut Context<'_, Self>) {
        self.note(Seen::Command(command), context);
    }

    fn timer(&mut self, _id: TimerId, timer: u32, context: &mut Context<'_, Self>) {
        self.note(Seen::Timer(timer), context);
    }

    fn error(&mut self, _error: &io::Error, context: &mut Context<'_, Self>) {
        self.note(Seen::EngineError, context);
    }

    fn stopping(&mut self, context: &mut Context<'_, Self>) {
        self.note(Seen::Stopping, context);
    }
}

impl Handle<Door> for Script {
    fn event(
        &mut self,
        _id: Id<Door>,
        accepted: <Door as Resource>::Event<'_>,
        context: &mut Context<'_, Self>,
    ) {
        let (stream, _) = accepted.unwrap();
        context.register(Stream::new(stream)).unwrap();
        self.note(Seen::Accepted, context);
    }

    fn failed(
        &mut self,
        id: Id<Door>,
        _released: Released<Door>,
        error: Error,
        context: &mut Context<'_, Self>,
    ) {
        self.note(Seen::Failed(id.any(), error.to_string()), context);
    }

    fn handed_over(
        &mut self,
        id: Id<Door>,
        released: Released<Door>,
        context: &mut Context<'_, Self>,
    ) {
        self.note(Seen::HandedOver(id.any(), released.unsent.len()), context);
    }
}

/// What a resource of bytes tells is noted alike, whatever its type.
pub(crate) fn noted(id: AnyId, event: StreamEvent<'_>) -> Seen {
    match event {
        StreamEvent::Connected => Seen::Connected,
        StreamEvent::Received(bytes) => Seen::Bytes(id, bytes.to_vec()),
        StreamEvent::End => Seen::End(id),
    }
}

macro_rules! handles_streams {
    ($($kind:ty),*) => {$(
        impl Handle<$kind> for Script {
            fn registered(&mut self, id: Id<$kind>, context: &mut Context<'_, Self>) {
                self.note(Seen::Registered(id.any()), context);
            }

            fn event(
                &mut self,
                id: Id<$kind>,
                event: StreamEvent<'_>,
                context: &mut Context<'_, Self>,
            ) {
                self.note(noted(id.any(), event), context);
            }

            fn failed(
                &mut self,
                id: Id<$kind>,
                _released: Released<$kind>,
                error: Error,
                context: &mut Context<'_, Self>,
            ) {
                let told = format!("{:?} {:?}", error.operation, error.source.kind());
                self.note(Seen::Failed(id.any(), told), context);
            }

            fn pressure(
                &mut self,
                id: Id<$kind>,
                pressure: Pressure,
                context: &mut Context<'_, Self>,
            ) {
                let seen = match pressure {
                    Pressure::High => Seen::High(id.any()),
                    Pressure::Low => Seen::Low(id.any()),
                };
                self.note(seen, context);
            }

            fn handed_over(
                &mut self,
                id: Id<$kind>,
                released: Released<$kind>,
                context: &mut Context<'_, Self>,
            ) {
                let unsent = released.unsent.len();
                self.note(Seen::HandedOver(id.any(), unsent), context);
            }
        }
    )*};
}

handles_streams!(
    Peer,
    Guest,
    poll_reactor::Source<std::fs::File>,
    poll_reactor::Source<poll_net::pipe::Receiver>
);

pub(crate) type On<E> = Runtime<Script, E, Monotonic>;

pub(crate) fn runtime<E: TestEngine>(engine: E, service: Script) -> On<E> {
    Builder::new().build_on(service, engine, Monotonic).unwrap()
}

/// Turns until the service has seen what `is_done` looks for.
pub(crate) fn turn_until<E: TestEngine>(
    runtime: &mut On<E>,
    mut is_done: impl FnMut(&Script) -> bool,
) {
    let end = Monotonic.now().saturating_add(LONG);
    while !is_done(runtime.service()) {
        let status = runtime.turn(Limit::Until(end)).unwrap();
        assert_eq!(status, poll_reactor::Status::Running);
        assert!(Monotonic.now() < end, "waits in vain");
    }
}

/// Turns that find nothing to do, as far as nothing comes from outside.
pub(crate) fn settle<E: TestEngine>(runtime: &mut On<E>) {
    for _ in 0..8 {
        assert_eq!(
            runtime.turn(Limit::Now).unwrap(),
            poll_reactor::Status::Running
        );
    }
}

/// Both ends of a Unix stream: ours, and the peer's, which blocks.
pub(crate) fn pair() -> (UnixStream, std::os::unix::net::UnixStream) {
    let (here, there) = UnixStream::pair().unwrap();
    there.set_nonblocking(false).unwrap();
    let there = std::os::unix::net::UnixStream::from(std::os::fd::OwnedFd::from(there));
    there.set_read_timeout(Some(LONG)).unwrap();
    (here, there)
}
