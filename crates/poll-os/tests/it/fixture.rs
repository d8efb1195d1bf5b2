//! The kernel's sources for the conformance suite: TCP over loopback, UDP, and a regular file.

use core::net::{Ipv4Addr, SocketAddr};
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};
use std::process::Command;

use poll_conformance::{Fixture, Interrupter};
use poll_os::engine::{Backend, Poll, Registry};
use poll_os::{Monotonic, Token, Trigger};
use sys_process::{Pid, Signal, SignalListener, kill};
use sys_socket::{Address, Domain, Kind, Protocol, SendFlags};

/// A mechanism over the kernel's own sources.
pub(crate) struct KernelFixture<B: Backend> {
    pub(crate) new: fn() -> io::Result<Poll<B>>,
    pub(crate) nesting: Option<Nesting<B>>,
    /// Whether the kernel may round waits up to whole milliseconds.
    pub(crate) rounds_waits_up: bool,
    /// How to let the next wait of this thread fail, where the kernel is played.
    pub(crate) fail_next_wait: Option<fn()>,
}

/// How to watch a poller, for mechanisms whose poller is a source.
pub(crate) struct Nesting<B: Backend> {
    pub(crate) nest: fn(&Registry<B>, &Poll<B>, Token, Trigger) -> io::Result<()>,
    pub(crate) unnest: fn(&Registry<B>, &Poll<B>) -> io::Result<()>,
}

impl<B: Backend> KernelFixture<B> {
    /// The fixture for the engine that `new` makes.
    pub(crate) fn new(new: fn() -> io::Result<Poll<B>>, nesting: Option<Nesting<B>>) -> Self {
        Self {
            new,
            nesting,
            rounds_waits_up: false,
            fail_next_wait: None,
        }
    }
}

/// Any source of the suite.
#[derive(Debug)]
pub(crate) enum Source {
    Stream(TcpStream),
    Listener(TcpListener),
    Datagram(UdpSocket),
    File(File),
}

impl AsFd for Source {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Stream(it) => it.as_fd(),
            Self::Listener(it) => it.as_fd(),
            Self::Datagram(it) => it.as_fd(),
            Self::File(it) => it.as_fd(),
        }
    }
}

const LOOPBACK: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);

fn stream(stream: TcpStream) -> Source {
    stream.set_nonblocking(true).unwrap();
    stream.set_nodelay(true).unwrap();
    Source::Stream(stream)
}

impl<B: Backend + 'static> Fixture for KernelFixture<B> {
    type Engine = Poll<B>;
    type Source = Source;
    type Clock = Monotonic;

    fn name(&self) -> &str {
        core::any::type_name::<B>()
    }

    fn engine(&self) -> Poll<B> {
        (self.new)().unwrap()
    }

    fn clock(&self) -> Monotonic {
        Monotonic
    }

    fn pair(&self) -> (Source, Source) {
        let listener = TcpListener::bind(LOOPBACK).unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (far, _) = listener.accept().unwrap();
        (stream(near), stream(far))
    }

    fn read(&self, source: &Source, buffer: &mut [u8]) -> io::Result<usize> {
        match source {
            Source::Stream(it) => (&*it).read(buffer),
            Source::Datagram(it) => it.recv(buffer),
            Source::Listener(_) | Source::File(_) => Err(ErrorKind::Unsupported.into()),
        }
    }

    fn write(&self, source: &Source, bytes: &[u8]) -> io::Result<usize> {
        match source {
            Source::Stream(it) => (&*it).write(bytes),
            Source::Datagram(it) => it.send(bytes),
            Source::Listener(_) | Source::File(_) => Err(ErrorKind::Unsupported.into()),
        }
    }

    fn fail_next_wait(&self, _: &Poll<B>) -> Option<()> {
        self.fail_next_wait.map(|fail| fail())
    }

    fn rounds_waits_up(&self) -> bool {
        self.rounds_waits_up
    }

    fn duplicate(&self, source: &Source) -> Option<Source> {
        match source {
            Source::Stream(it) => Some(Source::Stream(it.try_clone().unwrap())),
            Source::Datagram(it) => Some(Source::Datagram(it.try_clone().unwrap())),
            Source::Listener(it) => Some(Source::Listener(it.try_clone().unwrap())),
            Source::File(_) => None,
        }
    }

    fn shutdown_write(&self, source: &Source) -> Option<()> {
        match source {
            Source::Stream(it) => it.shutdown(Shutdown::Write).ok(),
            _ => None,
        }
    }

    fn resets(&self) -> bool {
        true
    }

    fn write_urgent(&self, source: &Source) -> Option<()> {
        assert_eq!(
            sys_socket::send(source, b"!", SendFlags::OUT_OF_BAND),
            Ok(1)
        );
        Some(())
    }

    fn refused(&self) -> Option<Source> {
        let new = || sys_socket::socket(Domain::IPV4, Kind::STREAM, Protocol::TCP).unwrap();
        // Bound, so that nobody else listens there, and not listening.
        let deaf = new();
        sys_socket::bind(&deaf, &Address::from(SocketAddr::from(LOOPBACK))).unwrap();
        let socket = new();
        let _in_progress = sys_socket::connect(&socket, &sys_socket::local_addr(&deaf).unwrap());
        Some(Source::Stream(socket.into()))
    }

    fn datagrams(&self) -> Option<(Source, Source)> {
        let near = UdpSocket::bind(LOOPBACK).unwrap();
        let far = UdpSocket::bind(LOOPBACK).unwrap();
        near.connect(far.local_addr().unwrap()).unwrap();
        far.connect(near.local_addr().unwrap()).unwrap();
        for socket in [&near, &far] {
            socket.set_nonblocking(true).unwrap();
        }
        Some((Source::Datagram(near), Source::Datagram(far)))
    }

    fn listener(&self) -> Option<Source> {
        let listener = TcpListener::bind(LOOPBACK).unwrap();
        listener.set_nonblocking(true).unwrap();
        Some(Source::Listener(listener))
    }

    fn connect(&self, listener: &Source) -> Option<Source> {
        match listener {
            Source::Listener(it) => Some(stream(
                TcpStream::connect(it.local_addr().unwrap()).unwrap(),
            )),
            _ => None,
        }
    }

    fn accept(&self, listener: &Source) -> io::Result<Source> {
        match listener {
            Source::Listener(it) => it.accept().map(|(accepted, _)| stream(accepted)),
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }

    fn unwatchable(&self) -> Option<Source> {
        // kqueue, the engine that cannot tell what is registered, takes files.
        let refuses_files = B::CAPABILITIES.tracks_registrations;
        let file = || File::open(std::env::current_exe().unwrap()).unwrap();
        refuses_files.then(|| Source::File(file()))
    }

    fn interrupter(&self) -> Option<Interrupter> {
        // Linux tells a thread its id this way; elsewhere no safe call does.
        let task = std::fs::read_link("/proc/thread-self").ok()?;
        let thread = task.file_name()?.to_str()?.parse().ok()?;
        // A signal for a thread's id prefers that thread, and a handler makes it interrupt. One
        // that is still on its way when the listener is gone meets the default action, which for
        // this signal is to ignore it.
        let thread = Pid::from_raw(thread)?;
        let mut listener = SignalListener::new().unwrap();
        listener.add(Signal::URGENT).unwrap();
        Some(Box::new(move || {
            assert!(listener.listens_to(Signal::URGENT));
            kill(thread, Signal::URGENT).unwrap();
        }))
    }

    fn stop_and_continue(&self) -> Option<()> {
        let script = format!("kill -STOP {0}; kill -CONT {0}", std::process::id());
        Command::new("/bin/sh")
            .args(["-c", &script])
            .status()
            .ok()
            .map(drop)
    }

    fn nest(
        &self,
        outer: &Registry<B>,
        inner: &Poll<B>,
        token: Token,
        trigger: Trigger,
    ) -> Option<io::Result<()>> {
        self.nesting
            .as_ref()
            .map(|it| (it.nest)(outer, inner, token, trigger))
    }

    fn unnest(&self, outer: &Registry<B>, inner: &Poll<B>) -> Option<io::Result<()>> {
        self.nesting.as_ref().map(|it| (it.unnest)(outer, inner))
    }
}
