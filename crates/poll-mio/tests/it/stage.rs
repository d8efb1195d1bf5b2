//! What the tests share: a poller with its buffer, waits with a deadline, peers, own processes.

use core::net::SocketAddr;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::Command;

use poll_mio::event::Event;
use poll_mio::net::{TcpListener, TcpStream};
use poll_mio::{Events, Interest, Poll, Registry, Token};
use poll_os::{Clock, Monotonic};

/// How long any test waits for anything.
pub(crate) const LIMIT: Duration = Duration::from_secs(10);
/// How long nothing has to happen to be believed.
const SILENCE: Duration = Duration::from_millis(20);

pub(crate) const READ: Interest = Interest::READABLE;
pub(crate) const WRITE: Interest = Interest::WRITABLE;
pub(crate) const BOTH: Interest = READ.add(WRITE);

/// A poller and its buffer.
pub(crate) struct Stage {
    pub(crate) poll: Poll,
    pub(crate) events: Events,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::with_capacity(16)
    }

    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self {
            poll: Poll::new().unwrap(),
            events: Events::with_capacity(capacity),
        }
    }

    pub(crate) fn registry(&self) -> &Registry {
        self.poll.registry()
    }

    /// One wait, made again with the time that remains when a signal handler ends it.
    pub(crate) fn poll(&mut self, timeout: Duration) {
        let end = Monotonic.now().saturating_add(timeout);
        loop {
            let remaining = end.saturating_duration_since(Monotonic.now());
            match self.poll.poll(&mut self.events, Some(remaining)) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => return result.unwrap(),
            }
        }
    }

    /// Waits until an event of `token` is `wanted`; events that are not are let pass.
    #[track_caller]
    pub(crate) fn until(&mut self, token: Token, wanted: impl Fn(&Event) -> bool) {
        let end = Monotonic.now().saturating_add(LIMIT);
        while Monotonic.now() < end {
            self.poll(end.saturating_duration_since(Monotonic.now()));
            if self
                .events
                .iter()
                .any(|event| event.token() == token && wanted(event))
            {
                return;
            }
        }
        panic!("no such event of {token:?} within {LIMIT:?}");
    }

    #[track_caller]
    pub(crate) fn until_readable(&mut self, token: Token) {
        self.until(token, Event::is_readable);
    }

    #[track_caller]
    pub(crate) fn until_writable(&mut self, token: Token) {
        self.until(token, Event::is_writable);
    }

    /// Nothing happens.
    #[track_caller]
    pub(crate) fn silent(&mut self) {
        self.poll(SILENCE);
        assert!(self.events.is_empty(), "{:#?}", self.events);
    }
}

/// Any free port on the loopback interface.
pub(crate) fn any_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// The error of an operation that has nothing to do.
#[track_caller]
pub(crate) fn would_block<T>(result: std::io::Result<T>) {
    match result {
        Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        Ok(_) => panic!("it did not block"),
    }
}

/// A connected stream, and its peer of the standard library, which waits.
pub(crate) fn connected() -> (TcpStream, std::net::TcpStream) {
    let listener = TcpListener::bind(any_port()).unwrap();
    let peer = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    peer.set_read_timeout(Some(LIMIT)).unwrap();
    peer.set_nodelay(true).unwrap();
    let mut stage = Stage::new();
    let mut listener = listener;
    stage
        .registry()
        .register(&mut listener, Token(0), READ)
        .unwrap();
    loop {
        match listener.accept() {
            Ok((stream, _peer)) => return (stream, peer),
            Err(error) if error.kind() == ErrorKind::WouldBlock => stage.until_readable(Token(0)),
            Err(error) => panic!("{error}"),
        }
    }
}

/// A path in the temporary directory that no other test uses, removed when dropped.
pub(crate) struct TempPath(pub(crate) PathBuf);

impl TempPath {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("poll-mio-{}-{number}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl AsRef<std::path::Path> for TempPath {
    fn as_ref(&self) -> &std::path::Path {
        &self.0
    }
}

impl Drop for TempPath {
    fn drop(&mut self) {
        // A test that never made the path has nothing to remove.
        drop(std::fs::remove_file(&self.0));
    }
}

/// Runs the test called `name` alone in a process of its own, and `test` in there.
pub(crate) fn alone(name: &str, test: impl FnOnce()) {
    const CHILD: &str = "POLL_MIO_ALONE";
    if std::env::var(CHILD).is_ok_and(|running| running == name) {
        return test();
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--test-threads=1", "--nocapture"])
        .env(CHILD, name)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{errors}");
    assert!(text.contains("1 passed"), "the child did not run: {text}");
}
