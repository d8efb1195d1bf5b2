//! A handler that tells all that it is told, resources for it, and two pollers to run it on.

use core::fmt;
use core::time::Duration;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;

use reactor::poller::popol::{Poller, PopolWaker};
use reactor::poller::{IoFail, IoType, Poll};
use reactor::{
    Action, Error, Handler, Io, Reactor, Resource, ResourceId, ResourceType, Timestamp, WriteAtomic,
};

/// Longer than anything takes.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// Whether the system's engine tells hang-ups, and both directions of a source at once. kqueue
/// tells each direction apart, and the end of the peer's half where others hang up.
pub(crate) const TELLS_HANGUPS: bool = <poll_os::Poll as poll_api::Engine>::CAPABILITIES.hangups;

/// The same, of a test that is about nothing else.
pub(crate) fn skips() -> bool {
    if !TELLS_HANGUPS {
        eprintln!("SKIP: the system's engine tells no hang-ups");
    }
    !TELLS_HANGUPS
}

/// What can be read, written and watched.
pub(crate) trait Stream: Read + Write + AsRawFd + Send {}
impl<S: Read + Write + AsRawFd + Send> Stream for S {}

/// A resource over any stream; as a listener it is told of what is readable, and reads nothing.
pub(crate) struct Conn {
    pub(crate) stream: Box<dyn Stream>,
    /// So many bytes are read for each event.
    chunk: usize,
    /// What it waits for; shared, so that it can change for no reason that the reactor knows.
    pub(crate) wanted: Arc<Mutex<IoType>>,
    is_ready: Arc<Mutex<bool>>,
    tells_writes: bool,
}

impl Conn {
    pub(crate) fn new(stream: impl Stream + 'static) -> Self {
        Self {
            stream: Box::new(stream),
            chunk: 4096,
            wanted: Arc::new(Mutex::new(IoType::read_only())),
            is_ready: Arc::new(Mutex::new(true)),
            tells_writes: false,
        }
    }

    pub(crate) fn chunk(mut self, bytes: usize) -> Self {
        self.chunk = bytes;
        self
    }

    pub(crate) fn wanting(self, wanted: IoType) -> Self {
        *self.wanted.lock().unwrap() = wanted;
        self
    }

    pub(crate) fn telling_writes(mut self) -> Self {
        self.tells_writes = true;
        self
    }

    /// It takes nothing until its first event.
    pub(crate) fn not_ready(self) -> Self {
        *self.is_ready.lock().unwrap() = false;
        self
    }
}

impl AsRawFd for Conn {
    fn as_raw_fd(&self) -> RawFd {
        self.stream.as_raw_fd()
    }
}

impl Write for Conn {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl WriteAtomic for Conn {
    fn is_ready_to_write(&self) -> bool {
        *self.is_ready.lock().unwrap()
    }

    fn empty_write_buf(&mut self) -> io::Result<bool> {
        Ok(false)
    }

    fn write_or_buf(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }
}

impl Resource for Conn {
    type Event = String;

    fn interests(&self) -> IoType {
        *self.wanted.lock().unwrap()
    }

    fn handle_io(&mut self, io: Io) -> Option<String> {
        *self.is_ready.lock().unwrap() = true;
        match io {
            Io::Write if self.tells_writes => {
                // Once is enough.
                self.wanted.lock().unwrap().write = false;
                Some("room".to_owned())
            }
            Io::Write => None,
            Io::Read if self.chunk == 0 => Some("readable".to_owned()),
            Io::Read => {
                let mut buffer = vec![0; self.chunk];
                match self.stream.read(&mut buffer) {
                    Ok(0) => {
                        // A level lasts.
                        self.wanted.lock().unwrap().read = false;
                        Some("end".to_owned())
                    }
                    Ok(count) => Some(String::from_utf8_lossy(&buffer[..count]).into_owned()),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => None,
                    Err(error) => Some(format!("{:?}", error.kind())),
                }
            }
        }
    }
}

pub(crate) type Act = Action<Conn, Conn>;

/// A command: whatever the handler shall do.
pub(crate) struct Cmd(pub(crate) Box<dyn FnOnce(&mut Teller) + Send>);

impl fmt::Debug for Cmd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cmd")
    }
}

/// A handler that tells all that it is told.
pub(crate) struct Teller {
    pub(crate) actions: VecDeque<Act>,
    tell: Sender<String>,
    /// Events of transports are sent back.
    pub(crate) echoes: bool,
    pub(crate) on_event: Option<Box<dyn FnMut() + Send>>,
    pub(crate) on_timer: Option<Box<dyn FnMut() -> Option<Act> + Send>>,
    pub(crate) endless: bool,
    /// How often it was called.
    pub(crate) ticks: u32,
    /// What was lost or handed over.
    pub(crate) back: Vec<Conn>,
}

impl Teller {
    pub(crate) fn tell(&self, text: impl Into<String>) {
        // Nobody may want to know.
        drop(self.tell.send(text.into()));
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        self.tell("dropped");
    }
}

impl Iterator for Teller {
    type Item = Act;

    fn next(&mut self) -> Option<Act> {
        let idle = || {
            self.endless
                .then_some(Action::UnregisterListener(ResourceId::WAKER))
        };
        self.actions.pop_front().or_else(idle)
    }
}

impl Handler for Teller {
    type Listener = Conn;
    type Transport = Conn;
    type Command = Cmd;

    fn tick(&mut self, _time: Timestamp) {
        self.ticks += 1;
    }

    fn handle_timer(&mut self) {
        let action = self.on_timer.as_mut().and_then(|on_timer| on_timer());
        self.actions.extend(action);
        self.tell("timer");
    }

    fn handle_listener_event(&mut self, id: ResourceId, event: String, _time: Timestamp) {
        self.tell(format!("listener {id}: {event}"));
    }

    fn handle_transport_event(&mut self, id: ResourceId, event: String, _time: Timestamp) {
        if let Some(on_event) = &mut self.on_event {
            on_event();
        }
        self.tell(format!("{id}: {event}"));
        if self.echoes {
            self.actions.push_back(Action::Send(id, event.into_bytes()));
        }
    }

    fn handle_registered(&mut self, _fd: RawFd, id: ResourceId, ty: ResourceType) {
        self.tell(format!("registered {id} {ty:?}"));
    }

    fn handle_command(&mut self, Cmd(command): Cmd) {
        command(self);
    }

    fn handle_error(&mut self, error: Error<Conn, Conn>) {
        match error {
            Error::ListenerDisconnect(id, conn) => {
                self.tell(format!("lost listener {id}"));
                self.back.push(conn);
            }
            Error::TransportDisconnect(id, conn) => {
                self.tell(format!("lost {id}"));
                self.back.push(conn);
            }
            Error::Poll(error) => self.tell(format!("poll failed: {error}")),
        }
    }

    fn handover_listener(&mut self, id: ResourceId, listener: Conn) {
        self.tell(format!("back listener {id}"));
        self.back.push(listener);
    }

    fn handover_transport(&mut self, id: ResourceId, transport: Conn) {
        self.tell(format!("back {id}"));
        self.back.push(transport);
    }
}

/// A poller of a program: it hands on to another one what it is asked, and tells what it watches.
#[derive(Default)]
pub(crate) struct Own {
    poller: Poller,
    tell: Option<Sender<RawFd>>,
}

impl Iterator for Own {
    type Item = (ResourceId, Result<IoType, IoFail>);

    fn next(&mut self) -> Option<Self::Item> {
        self.poller.next()
    }
}

impl Poll for Own {
    type Waker = PopolWaker;

    fn register_waker(&mut self, fd: &impl AsRawFd) {
        self.poller.register_waker(fd);
    }

    fn register(&mut self, fd: &impl AsRawFd, interest: IoType) -> ResourceId {
        let registered = fd.as_raw_fd();
        if let Some(tell) = &self.tell {
            tell.send(registered).unwrap();
        }
        self.poller.register(fd, interest)
    }

    fn unregister(&mut self, id: ResourceId) {
        self.poller.unregister(id);
    }

    fn set_interest(&mut self, id: ResourceId, interest: IoType) -> bool {
        self.poller.set_interest(id, interest)
    }

    fn poll(&mut self, timeout: Option<Duration>) -> io::Result<usize> {
        self.poller.poll(timeout)
    }
}

impl Own {
    pub(crate) fn telling(tell: Sender<RawFd>) -> Self {
        Self {
            tell: Some(tell),
            ..Self::default()
        }
    }
}

/// A reactor with a [`Teller`], whatever its poller.
pub(crate) struct Stage {
    pub(crate) told: Receiver<String>,
    post: Box<dyn Fn(Cmd) -> io::Result<()> + Send>,
    end: Box<dyn Fn() -> bool>,
    join: Option<Box<dyn FnOnce() -> thread::Result<()>>>,
}

impl Stage {
    pub(crate) fn on<P: Poll + 'static>(poller: P) -> Self {
        let (handler, told) = teller();
        let reactor = Reactor::new(handler, poller).unwrap();
        let (post, end) = (reactor.controller(), reactor.controller());
        Self {
            told,
            post: Box::new(move |command| post.cmd(command)),
            end: Box::new(move || end.clone().shutdown().is_ok()),
            join: Some(Box::new(move || reactor.join())),
        }
    }

    /// Has the handler do something, in the reactor's thread.
    pub(crate) fn with(&self, work: impl FnOnce(&mut Teller) + Send + 'static) {
        self.post(work).unwrap();
    }

    pub(crate) fn post(&self, work: impl FnOnce(&mut Teller) + Send + 'static) -> io::Result<()> {
        (self.post)(Cmd(Box::new(work)))
    }

    pub(crate) fn act(&self, actions: impl IntoIterator<Item = Act>) {
        let actions: Vec<Act> = actions.into_iter().collect();
        self.with(move |teller| teller.actions.extend(actions));
    }

    /// What the handler is told next.
    pub(crate) fn next(&self) -> String {
        self.told.recv_timeout(LONG).expect("something is told")
    }

    #[track_caller]
    pub(crate) fn expect(&self, expected: &[&str]) {
        for expected in expected {
            assert_eq!(self.next(), *expected);
        }
    }

    /// That nothing else was told up to now.
    #[track_caller]
    pub(crate) fn expect_nothing(&self) {
        self.with(|teller| teller.tell("nothing"));
        self.expect(&["nothing"]);
    }

    pub(crate) fn shut_down(&self) -> bool {
        (self.end)()
    }

    pub(crate) fn join(&mut self) -> thread::Result<()> {
        (self.join.take().unwrap())()
    }
}

pub(crate) fn teller() -> (Teller, Receiver<String>) {
    let (tell, told) = mpsc::channel();
    let teller = Teller {
        actions: VecDeque::new(),
        tell,
        echoes: false,
        on_event: None,
        on_timer: None,
        endless: false,
        ticks: 0,
        back: Vec::new(),
    };
    (teller, told)
}

/// Plays on the system's engine, and on a poller of the program's own.
pub(crate) fn on_each(play: impl Fn(Stage)) {
    play(Stage::on(Poller::new()));
    play(Stage::on(Own::default()));
}

/// Two connected sockets: one that does not block, and one that waits for as long as is right.
pub(crate) fn pair() -> (
    std::os::unix::net::UnixStream,
    std::os::unix::net::UnixStream,
) {
    let (here, there) = std::os::unix::net::UnixStream::pair().unwrap();
    here.set_nonblocking(true).unwrap();
    there.set_read_timeout(Some(LONG)).unwrap();
    (here, there)
}

pub(crate) fn read(stream: &mut impl Read, count: usize) -> String {
    let mut buffer = vec![0; count];
    stream.read_exact(&mut buffer).unwrap();
    String::from_utf8(buffer).unwrap()
}
