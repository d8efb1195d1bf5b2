//! What the tests share: addresses, waiting with a deadline, temporary paths.

use core::net::SocketAddr;
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;
use std::io::{self, ErrorKind};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use poll_net::{TcpListener, TcpStream};
use poll_os::engine::{Backend, Events, Poll};
use poll_os::{Clock, Interest, Monotonic, Token, Trigger};
use sys_socket::Errno;

/// A child holds a copy of every descriptor until it executes: whoever starts one writes, and
/// whoever needs a close to take effect at once reads.
static CHILDREN: RwLock<()> = RwLock::new(());

/// Starts a child while nobody needs that none is started.
pub(crate) fn start(command: &mut Command) -> Child {
    let _guard = CHILDREN.write().unwrap_or_else(PoisonError::into_inner);
    command.spawn().unwrap()
}

pub(crate) fn no_child_starts() -> RwLockReadGuard<'static, ()> {
    CHILDREN.read().unwrap_or_else(PoisonError::into_inner)
}

/// How long any test waits for anything.
pub(crate) const LIMIT: Duration = Duration::from_secs(10);

/// Any free port on the loopback interface.
pub(crate) fn any_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// The number of a failure.
pub(crate) fn errno<T>(result: io::Result<T>) -> Option<Errno> {
    result.err().and_then(|error| Errno::from_io_error(&error))
}

/// Waits until `source` is ready for `interest`.
pub(crate) fn wait(source: &impl AsFd, interest: Interest) {
    wait_on(poll_os::Poll::new().unwrap(), source, interest);
}

/// The same on an engine of the caller's choice.
pub(crate) fn wait_on<B: Backend>(mut poll: Poll<B>, source: &impl AsFd, interest: Interest) {
    let mut events = Events::with_capacity(4);
    let fd = source.as_fd();
    poll.registry()
        .register(&fd, Token(0), interest, Trigger::Level)
        .unwrap();
    poll.wait(&mut events, Some(LIMIT)).unwrap();
    assert!(!events.is_empty(), "nothing within {LIMIT:?}");
}

/// Repeats an operation on `source` until it no longer says `WouldBlock`.
pub(crate) fn until_done<S: AsFd, T>(
    source: &S,
    interest: Interest,
    mut operation: impl FnMut(&S) -> io::Result<T>,
) -> io::Result<T> {
    let end = Monotonic.now().saturating_add(LIMIT);
    loop {
        match operation(source) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => wait(source, interest),
            result => return result,
        }
        assert!(Monotonic.now() < end, "spurious readiness for {LIMIT:?}");
    }
}

/// Reads the descriptor's data, waiting for it.
pub(crate) fn readable<S: AsFd, T>(
    source: &S,
    operation: impl FnMut(&S) -> io::Result<T>,
) -> io::Result<T> {
    until_done(source, Interest::READABLE, operation)
}

/// Two connected streams: the client's and the server's.
pub(crate) fn tcp_pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind(any_port()).unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (server, _peer) = readable(&listener, TcpListener::accept).unwrap();
    wait(&client, Interest::WRITABLE);
    assert!(client.finish_connect().unwrap());
    (client, server)
}

/// A path in the temporary directory that no other test uses, removed when dropped.
pub(crate) struct TempPath(pub(crate) PathBuf);

impl TempPath {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("poll-net-{}-{number}", std::process::id());
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

/// Whether this process is the child that a test runs itself in; otherwise runs it, with at most
/// `descriptors` open at once if given, and expects success.
pub(crate) fn in_child(test: &str, descriptors: Option<u32>) -> bool {
    let script = descriptors.map_or(String::new(), |limit| format!("ulimit -n {limit} && "));
    in_child_after(&script, test, |_command| {})
}

/// As [`in_child`], after the beginning of a shell script, and with the command prepared.
#[expect(clippy::print_stderr, reason = "what the child skipped is said")]
pub(crate) fn in_child_after(script: &str, test: &str, prepare: impl FnOnce(&mut Command)) -> bool {
    const MARK: &str = "POLL_NET_TEST_CHILD";
    if std::env::var(MARK).is_ok_and(|running| running == test) {
        return true;
    }
    let mut command = Command::new("/bin/sh");
    command
        .arg("-c")
        .arg(format!("{script}exec \"$0\" \"$@\""))
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--test-threads=1", "--nocapture"])
        .env(MARK, test)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    prepare(&mut command);
    let output = start(&mut command).wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{errors}");
    for skipped in errors.lines().filter(|line| line.starts_with("SKIP: ")) {
        eprintln!("{skipped}");
    }
    assert!(text.contains("1 passed"), "the child did not run: {text}");
    false
}
