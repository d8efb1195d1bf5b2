//! Resources other than streams.

use std::fs::File;
use std::io::{self, Write};
use std::process::{Command, ExitStatus, Stdio};

use poll_api::{Clock, Interest};
use poll_net::{UdpSocket, UnixDatagram, UnixStream};
use poll_os::{ChildExit, Monotonic, Signal, Signals};
use poll_reactor::{
    Builder, Context, Datagrams, Error, Handle, Id, Limit, Ready, ReceivedDatagram, Released,
    Resource, Runtime, Service, Source, Watched,
};

use crate::stage::{LONG, Script, Seen, TestEngine, on_each_engine, runtime, settle, turn_until};

#[test]
fn a_regular_file_is_read_to_its_end_and_again_when_it_has_grown() {
    fn test<E: TestEngine>(engine: E) {
        let path = std::env::temp_dir().join(format!(
            "poll-reactor-{}-{}",
            std::process::id(),
            core::any::type_name::<E>().len()
        ));
        let mut file = File::create(&path).unwrap();
        let text: Vec<u8> = (0..=255).cycle().take(200_000).collect();
        file.write_all(&text).unwrap();
        let mut runtime = runtime(engine, Script::passive());
        let source = Source::new(File::open(&path).unwrap());
        std::fs::remove_file(&path).unwrap();
        let id: Id<Source<File>> = runtime.register(source).unwrap();
        let ends = |script: &Script| {
            let ends = script
                .seen
                .iter()
                .filter(|seen| matches!(seen, Seen::End(_)));
            ends.count()
        };
        turn_until(&mut runtime, |script| ends(script) == 1);
        assert!(runtime.service().bytes_of(id.any()) == text);
        settle(&mut runtime);
        assert_eq!(
            ends(runtime.service()),
            1,
            "the end is told again and again"
        );
        file.write_all(b"more").unwrap();
        runtime.with(|_, context| assert!(context.resume(id)));
        turn_until(&mut runtime, |script| ends(script) == 2);
        assert!(runtime.service().bytes_of(id.any()).ends_with(b"more"));
    }
    on_each_engine!(test);
}

#[test]
fn a_pipe_is_read_to_its_end() {
    fn test<E: TestEngine>(engine: E) {
        let (sender, receiver) = poll_net::pipe::pipe().unwrap();
        let mut runtime = runtime(engine, Script::passive());
        let id = runtime.register(Source::new(receiver)).unwrap().any();
        settle(&mut runtime);
        (&sender).write_all(b"through").unwrap();
        drop(sender);
        turn_until(&mut runtime, |script| script.seen.contains(&Seen::End(id)));
        assert_eq!(runtime.service().bytes_of(id), b"through");
    }
    on_each_engine!(test);
}

/// Counts what it is told.
#[derive(Default)]
pub(crate) struct Looking {
    pub(crate) reports: u32,
    messages: Vec<(Vec<u8>, core::net::SocketAddr)>,
    statuses: Vec<ExitStatus>,
    signals: Vec<Signal>,
}

pub(crate) fn watched(stream: UnixStream) -> Watched<UnixStream> {
    Watched::new(stream, Interest::READABLE)
}

impl Service for Looking {
    type Command = ();
    type Timer = ();
}

macro_rules! handles {
    ($($kind:ty: |$service:ident, $event:pat_param| $note:expr;)*) => {$(
        impl Handle<$kind> for Looking {
            fn event(
                &mut self,
                _id: Id<$kind>,
                event: <$kind as Resource>::Event<'_>,
                _context: &mut Context<'_, Self>,
            ) {
                let ($service, $event) = (self, event);
                $note;
            }

            fn failed(
                &mut self,
                _id: Id<$kind>,
                _released: Released<$kind>,
                error: Error,
                _context: &mut Context<'_, Self>,
            ) {
                panic!("{error}");
            }
        }
    )*};
}

handles! {
    Watched<UnixStream>: |service, ready| {
        assert!(Ready::is_readable(ready));
        service.reports += 1;
    };
    Datagrams<UdpSocket>: |service, datagram| {
        let ReceivedDatagram { message, from } = datagram.unwrap();
        service.messages.push((message.to_vec(), from));
    };
    Datagrams<UnixDatagram>: |_service, datagram| drop(datagram);
    ChildExit: |service, status| service.statuses.push(status);
    Signals: |service, signal| service.signals.push(signal);
}

type OnLooking<E> = Runtime<Looking, E, Monotonic>;

fn looking<E: TestEngine>(engine: E) -> OnLooking<E> {
    Builder::new()
        .build_on(Looking::default(), engine, Monotonic)
        .unwrap()
}

fn look_until<E: TestEngine>(runtime: &mut OnLooking<E>, is_done: impl Fn(&Looking) -> bool) {
    let end = Monotonic.now().saturating_add(LONG);
    while !is_done(runtime.service()) {
        assert!(runtime.turn(Limit::Until(end)).is_ok());
        assert!(Monotonic.now() < end, "waits in vain");
    }
}

#[test]
fn datagrams_come_with_their_senders() {
    fn test<E: TestEngine>(engine: E) {
        let bound = || UdpSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let (here, there) = (bound(), bound());
        let (address, from) = (here.local_addr().unwrap(), there.local_addr().unwrap());
        let mut runtime = looking(engine);
        let id = runtime.register(Datagrams::new(here)).unwrap();
        for message in [&b"one"[..], b"", b"three"] {
            there.send_to(message, address).unwrap();
        }
        look_until(&mut runtime, |service| service.messages.len() == 3);
        let messages = &runtime.service().messages;
        let expected = [&b"one"[..], b"", b"three"].map(|message| (message.to_vec(), from));
        assert_eq!(messages[..], expected);
        runtime.with(|_, context| {
            let socket = context.get_mut(id).unwrap();
            socket.send_to(b"back", from).unwrap();
            assert_eq!(socket.waiting(), 0);
            let error = socket.send_to(&[0; 100_000], from).unwrap_err();
            assert_ne!(error.kind(), io::ErrorKind::WouldBlock);
        });
        let mut buffer = [0; 8];
        assert_eq!(there.recv_from(&mut buffer).unwrap(), (4, address));
    }
    on_each_engine!(test);
}

#[test]
fn a_child_that_ends_is_told_once() {
    fn test<E: TestEngine>(engine: E) {
        let mut child = Command::new("sh")
            .args(["-c", "read line; exit 3"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut runtime = looking(engine);
        runtime.register(ChildExit::new(&child).unwrap()).unwrap();
        for _ in 0..4 {
            assert!(runtime.turn(Limit::Now).is_ok());
        }
        assert!(runtime.service().statuses.is_empty());
        drop(child.stdin.take());
        look_until(&mut runtime, |service| !service.statuses.is_empty());
        for _ in 0..4 {
            assert!(runtime.turn(Limit::Now).is_ok());
        }
        let codes = runtime.service().statuses.iter().map(ExitStatus::code);
        assert_eq!(codes.collect::<Vec<_>>(), [Some(3)]);
        assert_eq!(child.wait().unwrap().code(), Some(3));
    }
    on_each_engine!(test);
}

#[test]
fn a_signal_is_told() {
    fn test<E: TestEngine>(engine: E) {
        let mut runtime = looking(engine);
        runtime
            .register(Signals::new([Signal::WINDOW_CHANGE]).unwrap())
            .unwrap();
        for _ in 0..2 {
            let count = runtime.service().signals.len();
            let own = std::process::id().to_string();
            let sent = Command::new("kill")
                .args(["-WINCH", &own])
                .status()
                .unwrap();
            assert!(sent.success());
            look_until(&mut runtime, |service| service.signals.len() > count);
        }
        assert!(
            runtime
                .service()
                .signals
                .iter()
                .all(|signal| *signal == Signal::WINDOW_CHANGE)
        );
    }
    on_each_engine!(test);
}

#[test]
fn datagrams_for_a_peer_whose_queue_is_full_arrive_once_it_reads() {
    fn test<E: TestEngine>(engine: E) {
        const COUNT: usize = 700;
        let name = format!(
            "poll-reactor-{}-{}.socket",
            std::process::id(),
            core::any::type_name::<E>().len()
        );
        let path = std::env::temp_dir().join(name);
        let there = UnixDatagram::bind(&path).unwrap();
        let to = poll_net::UnixAddr::from_pathname(&path).unwrap();
        // Not connected, so the system tells nobody when the peer has room again.
        let here = Datagrams::new(UnixDatagram::unbound().unwrap());
        let mut runtime = looking(engine);
        let id = runtime.register(here).unwrap();
        let is_queued = runtime.with(|_, context| {
            let socket = context.get_mut(id).unwrap();
            let mut sent = (0..COUNT).map(|_| socket.send_to(b"message", to));
            sent.all(|sent| sent.is_ok())
        });
        if !is_queued {
            // The BSDs say ENOBUFS, which is an error of the one message.
            std::fs::remove_file(&path).unwrap();
            return;
        }
        runtime.with(|_, context| assert!(context.get_mut(id).unwrap().waiting() > 0));
        for _ in 0..5 {
            assert!(runtime.turn(Limit::Now).is_ok());
        }
        let before = runtime.metrics().turns;
        let wait = Limit::For(core::time::Duration::from_millis(30));
        let end = Monotonic
            .now()
            .saturating_add(core::time::Duration::from_millis(30));
        while Monotonic.now() < end {
            assert!(runtime.turn(wait).is_ok());
        }
        assert!(runtime.metrics().turns - before < 20, "it spins");
        let end = Monotonic.now().saturating_add(LONG);
        let mut received = 0;
        while received < COUNT && Monotonic.now() < end {
            while there.recv(&mut [0; 8]).is_ok() {
                received += 1;
            }
            assert!(runtime.turn(wait).is_ok());
        }
        std::fs::remove_file(&path).unwrap();
        assert_eq!(received, COUNT);
    }
    on_each_engine!(test);
}
