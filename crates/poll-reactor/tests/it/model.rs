//! Services and peers that do anything at any time: each byte arrives once and in order or is
//! handed back, each resource ends once, and nothing waits that could go on.

use core::fmt::Write as _;
use core::time::Duration;
use std::collections::HashMap;
use std::io::{self, IoSlice, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd};

use poll_net::{TcpListener, TcpStream, UnixStream};
use poll_os::Monotonic;
use poll_reactor::{
    AnyId, Builder, Context, Error, Handle, Id, Input, Limit, Marks, Output, Pressure, Released,
    Runtime, SendError, Service, Status, Stream, StreamEvent,
};

use crate::stage::TestEngine;

enum Socket {
    Unix(UnixStream),
    Tcp(TcpStream),
}

macro_rules! either {
    ($socket:expr, $stream:ident => $does:expr) => {
        match $socket {
            Socket::Unix($stream) => $does,
            Socket::Tcp($stream) => $does,
        }
    };
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        either!(self, stream => stream.as_fd())
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        either!(self, stream => stream.read(buffer))
    }
}

impl Write for Socket {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        either!(self, stream => stream.write(buffer))
    }

    fn write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        either!(self, stream => stream.write_vectored(buffers))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Input for Socket {
    const SHORT_READ_IS_LAST: bool = true;
}

impl Output for Socket {
    const SHORT_WRITE_IS_LAST: bool = true;
}

fn sockets(is_unix: bool) -> (Socket, Socket) {
    if is_unix {
        let (here, there) = UnixStream::pair().unwrap();
        return (Socket::Unix(here), Socket::Unix(there));
    }
    let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let there = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    there.set_nonblocking(true).unwrap();
    let (here, _) = loop {
        match listener.accept() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => std::thread::yield_now(),
            accepted => break accepted.unwrap(),
        }
    };
    let there = TcpStream::from(std::os::fd::OwnedFd::from(there));
    (Socket::Tcp(here), Socket::Tcp(there))
}

/// xorshift64: the same numbers for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

/// What goes one way: how much was given in, and how much came out.
#[derive(Debug, Default)]
struct Way {
    given: usize,
    came: usize,
}

impl Way {
    /// The byte at a place says which place it is, as far as a byte can.
    fn bytes(from: usize, count: usize) -> Vec<u8> {
        let byte = |place: usize| (place.wrapping_mul(0x9e37_79b1) >> 13).to_le_bytes()[0];
        (from..from + count).map(byte).collect()
    }

    fn next(&self, count: usize) -> Vec<u8> {
        Self::bytes(self.given, count)
    }

    fn comes(&mut self, bytes: &[u8]) {
        assert_eq!(
            bytes,
            Self::bytes(self.came, bytes.len()),
            "at {}",
            self.came
        );
        self.came += bytes.len();
        assert!(self.came <= self.given);
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Phase {
    New,
    Open,
    Closing,
    Over,
}

struct Connection {
    peer: Option<Socket>,
    has_peer_ended: bool,
    is_over_told: bool,
    is_high: bool,
    phase: Phase,
    kept: Option<Plain>,
    out: Way,
    back: Way,
}

type Plain = Stream<Socket>;

struct World {
    random: Random,
    connections: HashMap<AnyId, Connection>,
    ids: Vec<Id<Plain>>,
    is_calm: bool,
}

impl World {
    fn register(&mut self, context: &mut Context<'_, Self>) {
        let (here, there) = sockets(self.random.below(2) == 0);
        let id = context.register(Stream::new(here)).unwrap();
        self.ids.push(id);
        let connection = Connection {
            peer: Some(there),
            has_peer_ended: false,
            is_over_told: false,
            is_high: false,
            phase: Phase::New,
            kept: None,
            out: Way::default(),
            back: Way::default(),
        };
        assert!(self.connections.insert(id.any(), connection).is_none());
    }

    /// One thing that a service may do at any time.
    fn act(&mut self, context: &mut Context<'_, Self>) {
        let id = self.ids[self.random.below(self.ids.len())];
        let amount = match self.random.below(4) {
            0 => self.random.below(40_000),
            1 => 0,
            _ => self.random.below(300),
        };
        let connection = self.connections.get_mut(&id.any()).unwrap();
        let is_here = connection.phase != Phase::Over;
        match self.random.below(24) {
            0..10 => {
                let bytes = connection.out.next(amount);
                let sent = match amount % 3 {
                    0 => context.send(id, &bytes),
                    1 => context
                        .send_chunk(id, bytes)
                        .map_err(|refused| refused.reason),
                    _ => {
                        let (front, back) = bytes.split_at(amount / 3);
                        context.send_vectored(id, &[IoSlice::new(front), IoSlice::new(back)])
                    }
                };
                match sent {
                    Ok(()) => connection.out.given += amount,
                    Err(SendError::Full) => assert!(is_here),
                    Err(SendError::Closed) => {
                        let may_fail = connection.peer.is_none();
                        assert!(connection.phase != Phase::Open || may_fail);
                    }
                }
            }
            10..13 => assert_eq!(context.pause(id), is_here),
            13..18 => assert_eq!(context.resume(id), is_here),
            18 => {
                assert_eq!(context.close(id), is_here);
                if is_here {
                    connection.phase = Phase::Closing;
                }
            }
            19 if self.ids.len() < 30 => self.register(context),
            20 => {
                if let Some(released) = context.unregister(id) {
                    assert!(is_here);
                    connection.ends(released);
                } else {
                    assert!(!is_here);
                }
            }
            21 => {
                let marks = Marks {
                    low: self.random.below(3000),
                    high: self.random.below(9000),
                    limit: self.random.below(90_000),
                };
                assert_eq!(context.set_marks(id, marks), is_here);
            }
            _ => assert_eq!(context.get_mut(id).is_some(), is_here),
        }
    }

    /// One thing that a peer may do.
    fn act_as_peer(&mut self) {
        let id = self.ids[self.random.below(self.ids.len())].any();
        let connection = self.connections.get_mut(&id).unwrap();
        let amount = self.random.below(20_000);
        match self.random.below(40) {
            0..18 => connection.peer_reads(amount),
            18..36 => connection.peer_writes(amount),
            36 if connection.peer.is_some() => {
                connection.has_peer_ended = true;
                let peer = connection.peer.as_ref().unwrap();
                // It may be that the other side has gone.
                let _ended = either!(peer, stream => stream.shutdown(Shutdown::Write));
            }
            37 => connection.peer = None,
            _ => {}
        }
    }

    fn react(&mut self, context: &mut Context<'_, Self>) {
        if !self.is_calm && self.random.below(3) == 0 {
            self.act(context);
        }
    }

    fn told(&mut self, id: Id<Plain>) -> &mut Connection {
        let connection = self.connections.get_mut(&id.any()).unwrap();
        assert!(connection.phase != Phase::Over, "told after its end");
        connection
    }
}

impl Connection {
    fn peer_reads(&mut self, amount: usize) {
        let Some(peer) = &mut self.peer else { return };
        let mut buffer = vec![0; amount];
        if let Ok(count) = peer.read(&mut buffer) {
            self.out.comes(&buffer[..count]);
        }
    }

    fn peer_writes(&mut self, amount: usize) {
        let bytes = self.back.next(amount);
        if let Some(peer) = &mut self.peer
            && !self.has_peer_ended
            && let Ok(count) = peer.write(&bytes)
        {
            self.back.given += count;
        }
    }

    fn ends(&mut self, released: Released<Plain>) {
        assert!(self.phase != Phase::Over, "a second end");
        self.phase = Phase::Over;
        let unsent: Vec<u8> = released.unsent.slices().flatten().copied().collect();
        assert_eq!(unsent.len(), released.unsent.len());
        let from = self.out.given - unsent.len();
        assert_eq!(unsent, Way::bytes(from, unsent.len()));
        // What the system took arrives, if there is still somebody to take it.
        self.out.given = from;
        // Closed with something unread, TCP would take back what it has not delivered.
        self.kept = Some(released.resource);
    }
}

impl Service for World {
    type Command = ();
    type Timer = ();
}

impl Handle<Plain> for World {
    fn registered(&mut self, id: Id<Plain>, context: &mut Context<'_, Self>) {
        let connection = self.told(id);
        if connection.phase == Phase::New {
            connection.phase = Phase::Open;
        }
        self.react(context);
    }

    fn event(&mut self, id: Id<Plain>, event: StreamEvent<'_>, context: &mut Context<'_, Self>) {
        let connection = self.told(id);
        assert!(connection.phase == Phase::Open, "{:?}", connection.phase);
        match event {
            StreamEvent::Connected => unreachable!(),
            StreamEvent::Received(bytes) => connection.back.comes(bytes),
            StreamEvent::End => {
                assert!(connection.has_peer_ended || connection.peer.is_none());
                // A peer that closes with something unread takes back what it has not delivered.
                if connection.peer.is_some() {
                    assert_eq!(connection.back.came, connection.back.given);
                }
                connection.is_over_told = true;
            }
        }
        self.react(context);
    }

    fn failed(
        &mut self,
        id: Id<Plain>,
        released: Released<Plain>,
        error: Error,
        context: &mut Context<'_, Self>,
    ) {
        let connection = self.told(id);
        assert!(connection.peer.is_none(), "{error}");
        connection.ends(released);
        self.react(context);
    }

    fn pressure(&mut self, id: Id<Plain>, pressure: Pressure, context: &mut Context<'_, Self>) {
        let connection = self.told(id);
        assert!(!(connection.is_high && pressure == Pressure::High), "twice");
        connection.is_high = pressure == Pressure::High;
        self.react(context);
    }

    fn handed_over(
        &mut self,
        id: Id<Plain>,
        released: Released<Plain>,
        context: &mut Context<'_, Self>,
    ) {
        let connection = self.told(id);
        assert!(connection.phase == Phase::Closing);
        assert!(released.unsent.is_empty(), "not drained");
        connection.ends(released);
        self.react(context);
    }
}

/// Turns, with peers that take everything, until that is so.
fn turn_until<E: TestEngine>(
    runtime: &mut Runtime<World, E, Monotonic>,
    is_done: impl Fn(&Connection) -> bool,
) {
    for round in 0.. {
        runtime.with(|world, _| {
            for connection in world.connections.values_mut() {
                connection.peer_reads(100_000);
            }
        });
        if runtime.service().connections.values().all(&is_done) {
            return;
        }
        if round == 2000 {
            let mut stuck = String::new();
            for (id, connection) in &runtime.service().connections {
                if !is_done(connection) {
                    let (out, back) = (&connection.out, &connection.back);
                    writeln!(stuck, "{id}: {out:?} {back:?} {:?}", connection.phase).unwrap();
                }
            }
            panic!("waits in vain\n{stuck}");
        }
        let status = runtime.turn(Limit::For(Duration::from_millis(1)));
        assert_eq!(status.unwrap(), Status::Running);
    }
}

fn play<E: TestEngine>(engine: E, seed: u64) {
    let world = World {
        random: Random(seed),
        connections: HashMap::new(),
        ids: Vec::new(),
        is_calm: false,
    };
    let marks = Marks {
        low: 1000,
        high: 5000,
        limit: 60_000,
    };
    let mut runtime = Builder::new()
        .buffer_size(997)
        .steps(core::num::NonZeroU32::new(3).unwrap())
        .marks(marks)
        .build_on(world, engine, Monotonic)
        .unwrap();
    for _ in 0..4 {
        runtime.with(World::register);
    }
    for _ in 0..400 {
        runtime.with(|world, context| {
            for _ in 0..world.random.below(4) {
                world.act(context);
            }
            for _ in 0..world.random.below(8) {
                world.act_as_peer();
            }
        });
        assert_eq!(runtime.turn(Limit::Now).unwrap(), Status::Running);
    }
    runtime.with(|world, context| {
        world.is_calm = true;
        for id in &world.ids {
            context.resume(*id);
        }
    });
    turn_until(&mut runtime, |connection| {
        let is_read = connection.back.came == connection.back.given;
        let is_told = connection.is_over_told || !connection.has_peer_ended;
        let is_written = connection.out.came == connection.out.given;
        let is_over = connection.phase == Phase::Over;
        let may_be_read = matches!(connection.phase, Phase::Over | Phase::Closing);
        let has_no_peer = connection.peer.is_none();
        (may_be_read || has_no_peer || is_read && is_told) && (has_no_peer || is_written || is_over)
    });
    runtime.with(|world, context| {
        for id in &world.ids {
            if context.close(*id) {
                world.connections.get_mut(&id.any()).unwrap().phase = Phase::Closing;
            }
        }
    });
    turn_until(&mut runtime, |connection| {
        let is_written = connection.out.came == connection.out.given;
        connection.phase == Phase::Over && (connection.peer.is_none() || is_written)
    });
    let metrics = runtime.metrics();
    assert_eq!((metrics.resources, metrics.bytes_queued), (0, 0));
}

#[test]
fn every_byte_arrives_once_or_is_handed_back_and_every_resource_ends_once() {
    let seeds = match std::env::var("POLL_REACTOR_SEED") {
        Ok(seed) => vec![seed.parse().unwrap()],
        Err(_) => (1..=3)
            .map(|number: u64| number.wrapping_mul(0x2545_f491_4f6c_dd1d))
            .collect(),
    };
    for seed in seeds {
        eprintln!("POLL_REACTOR_SEED={seed}");
        play(poll_os::Poll::new().unwrap(), seed);
        play(poll_os::poll::Poll::new().unwrap(), seed);
    }
}
