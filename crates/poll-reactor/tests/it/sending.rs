//! Write queues: order, copies, bounds, and what a slow peer does to them.

use std::io::{self, IoSlice, Read, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Mutex};
use std::thread;

use poll_net::UnixStream;
use poll_os::Monotonic;
use poll_reactor::{
    Builder, Chunk, Context, Error, Handle, Id, Io, Marks, Released, Resource, SendError, Service,
    Sink, Step, Stream, Target,
};

use crate::stage::{
    Peer, Script, Seen, TestEngine, on_each_engine, pair, runtime, settle, turn_until,
};

#[test]
fn a_slow_peer_gets_everything_in_order() {
    fn test<E: TestEngine>(engine: E) {
        let (here, mut there) = pair();
        let mut runtime = runtime(engine, Script::passive());
        let id: Id<Peer> = runtime.register(Stream::new(here)).unwrap();
        let mut expected = Vec::new();
        runtime.with(|_, context| {
            for round in 0..200_u8 {
                let bytes: Vec<u8> = (round..=u8::MAX)
                    .cycle()
                    .take(usize::from(round) * 100)
                    .collect();
                expected.extend_from_slice(&bytes);
                match round % 3 {
                    0 => context.send(id, &bytes).unwrap(),
                    1 => context.send_chunk(id, bytes).unwrap(),
                    _ => {
                        let (front, back) = bytes.split_at(bytes.len() / 3);
                        let parts = [IoSlice::new(front), IoSlice::new(back)];
                        context.send_vectored(id, &parts).unwrap();
                    }
                }
            }
            assert!(context.unsent(id) > 0);
        });
        let len = expected.len();
        let reader = thread::spawn(move || {
            let mut received = Vec::new();
            let mut part = [0; 3000];
            while received.len() < len {
                let count = there.read(&mut part).unwrap();
                received.extend_from_slice(&part[..count]);
            }
            (received, there)
        });
        let total = len as u64;
        let controller = runtime.controller();
        while controller.metrics().bytes_written < total {
            assert_eq!(
                runtime.turn(poll_reactor::Limit::Never).unwrap(),
                poll_reactor::Status::Running
            );
        }
        let (received, _there) = reader.join().unwrap();
        assert!(received == expected, "the order is not that of sending");
        assert_eq!(runtime.metrics().bytes_queued, 0);
    }
    on_each_engine!(test);
}

#[test]
fn a_queue_is_bounded_and_its_service_hears_of_it() {
    fn test<E: TestEngine>(engine: E) {
        const BLOCK: usize = 10_000;
        let (here, mut there) = pair();
        let marks = Marks {
            low: 50_000,
            high: 100_000,
            limit: 200_000,
        };
        let mut runtime = Builder::new()
            .marks(marks)
            .build_on(Script::passive(), engine, Monotonic)
            .unwrap();
        let id: Id<Peer> = runtime.register(Stream::new(here)).unwrap();
        let mut accepted = 0;
        runtime.with(|_, context| {
            loop {
                match context.send(id, &[7; BLOCK]) {
                    Ok(()) => accepted += 1,
                    Err(error) => {
                        assert_eq!(error, SendError::Full);
                        break;
                    }
                }
            }
            let queued = context.unsent(id);
            assert!(
                (marks.limit..marks.limit + BLOCK).contains(&queued),
                "{queued}"
            );
            let refused = context.send_chunk(id, vec![8; 5]).unwrap_err();
            assert_eq!(refused.reason, SendError::Full);
            assert_eq!(refused.chunk.as_slice(), [8; 5]);
        });
        settle(&mut runtime);
        assert_eq!(runtime.service().seen.last(), Some(&Seen::High(id.any())));
        let mut part = vec![0; accepted * BLOCK];
        let reader = thread::spawn(move || {
            there.read_exact(&mut part).unwrap();
            assert!(part.iter().all(|byte| *byte == 7));
            there
        });
        turn_until(&mut runtime, |script| {
            script.seen.last() == Some(&Seen::Low(id.any()))
        });
        let told = |seen: &&Seen| matches!(seen, Seen::High(_) | Seen::Low(_));
        assert_eq!(runtime.service().seen.iter().filter(told).count(), 2);
        runtime.with(|_, context| context.send(id, b"again").unwrap());
        while runtime.metrics().bytes_queued > 0 {
            settle(&mut runtime);
        }
        drop(reader.join().unwrap());
    }
    on_each_engine!(test);
}

#[test]
fn with_marks_of_zero_each_send_is_followed_by_low() {
    fn test<E: TestEngine>(engine: E) {
        let (here, mut there) = pair();
        let mut runtime = runtime(engine, Script::passive());
        let id: Id<Peer> = runtime.register(Stream::new(here)).unwrap();
        let marks = Marks {
            low: 0,
            high: 0,
            ..Marks::default()
        };
        runtime.with(|_, context| assert!(context.set_marks(id, marks)));
        for count in 1..=3 {
            runtime.with(|_, context| context.send(id, b"piece").unwrap());
            turn_until(&mut runtime, |script| {
                let told = |seen: &&Seen| **seen == Seen::Low(id.any());
                script.seen.iter().filter(told).count() == count
            });
            let mut piece = [0; 5];
            there.read_exact(&mut piece).unwrap();
        }
        settle(&mut runtime);
        let low = Seen::Low(id.any());
        let told = runtime.service().seen.iter().filter(|seen| **seen == low);
        assert_eq!(told.count(), 3);
    }
    on_each_engine!(test);
}

/// Where the bytes of one write are, and how many.
type Write = Vec<(usize, usize)>;

/// Notes where the bytes of each write are.
struct Noting {
    stream: UnixStream,
    writes: Arc<Mutex<Vec<Write>>>,
}

impl AsFd for Noting {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

impl Resource for Noting {
    type Event<'a> = ();

    fn step<'buffer>(&mut self, _io: Io<'buffer, '_>) -> io::Result<Step<()>> {
        Ok(Step::Pending)
    }
}

impl Sink for Noting {
    fn write(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        let places = buffers
            .iter()
            .map(|buffer| (buffer.as_ptr().addr(), buffer.len()));
        self.writes.lock().unwrap().push(places.collect());
        self.stream.write_vectored(buffers)
    }
}

struct Nothing;

impl Service for Nothing {
    type Command = ();
    type Timer = ();
}

impl Handle<Noting> for Nothing {
    fn event(&mut self, _id: Id<Noting>, (): (), _context: &mut Context<'_, Self>) {}

    fn failed(
        &mut self,
        _id: Id<Noting>,
        _released: Released<Noting>,
        error: Error,
        _context: &mut Context<'_, Self>,
    ) {
        panic!("{error}");
    }
}

#[test]
fn a_chunk_is_not_copied_and_small_sends_are_one_write() {
    fn test<E: TestEngine>(engine: E) {
        let (here, mut there) = pair();
        let mut runtime = Builder::new().build_on(Nothing, engine, Monotonic).unwrap();
        let writes: Arc<Mutex<Vec<Write>>> = Arc::default();
        let noting = Noting {
            stream: here,
            writes: Arc::clone(&writes),
        };
        let id = runtime.register(noting).unwrap();
        let owned = vec![1; 500];
        let shared: Arc<[u8]> = Arc::from([2; 600]);
        let own = Chunk::from_owner([3; 700]);
        let places = [
            (owned.as_ptr().addr(), 500),
            (shared.as_ptr().addr(), 600),
            (own.as_slice().as_ptr().addr(), 700),
        ];
        runtime.with(|_, context| {
            context.send_chunk(id, owned).unwrap();
            context.send_chunk(id, Arc::clone(&shared)).unwrap();
            context.send_chunk(id, own).unwrap();
            context.send_chunk(id, Vec::new()).unwrap();
        });
        runtime.with(|_, context| {
            for _ in 0..10 {
                context.send(id, b"small").unwrap();
            }
        });
        let mut received = vec![0; 1850];
        there.read_exact(&mut received).unwrap();
        let writes = writes.lock().unwrap();
        assert_eq!(writes[0], places);
        assert_eq!((writes.len(), writes[1].len(), writes[1][0].1), (2, 1, 50));
        assert_eq!(Arc::strong_count(&shared), 1, "a chunk is kept for ever");
        assert_eq!(received[1800..], b"small".repeat(10));
    }
    on_each_engine!(test);
}

impl Handle<Target<poll_net::pipe::Sender>> for Nothing {
    fn event(
        &mut self,
        _id: Id<Target<poll_net::pipe::Sender>>,
        event: core::convert::Infallible,
        _context: &mut Context<'_, Self>,
    ) {
        match event {}
    }

    fn failed(
        &mut self,
        _id: Id<Target<poll_net::pipe::Sender>>,
        _released: Released<Target<poll_net::pipe::Sender>>,
        error: Error,
        context: &mut Context<'_, Self>,
    ) {
        assert_eq!(error.source.kind(), io::ErrorKind::BrokenPipe);
        context.shut_down(core::time::Duration::ZERO);
    }
}

#[test]
fn a_write_only_resource_is_written() {
    fn test<E: TestEngine>(engine: E) {
        let (sender, receiver) = poll_net::pipe::pipe().unwrap();
        let mut runtime = Builder::new().build_on(Nothing, engine, Monotonic).unwrap();
        let id = runtime.register(Target::new(sender)).unwrap();
        let sent = vec![5; 300_000];
        runtime.with(|_, context| context.send_chunk(id, sent.clone()).unwrap());
        let mut received = Vec::new();
        let mut part = vec![0; 10_000];
        while received.len() < sent.len() {
            match (&receiver).read(&mut part) {
                Ok(count) => received.extend_from_slice(&part[..count]),
                Err(error) => assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
            }
            assert_eq!(
                runtime.turn(poll_reactor::Limit::Now).unwrap(),
                poll_reactor::Status::Running
            );
        }
        assert!(received == sent);
        drop(receiver);
        runtime.with(|_, context| context.send(id, b"to nobody").unwrap());
        assert!(runtime.run().is_ok());
    }
    on_each_engine!(test);
}

#[test]
fn sending_nothing_is_nothing() {
    fn test<E: TestEngine>(engine: E) {
        let (here, mut there) = pair();
        let mut runtime = runtime(engine, Script::passive());
        let id: Id<Peer> = runtime.register(Stream::new(here)).unwrap();
        settle(&mut runtime);
        runtime.with(|_, context| {
            context.send(id, b"").unwrap();
            context.send_vectored(id, &[]).unwrap();
            context.send_chunk(id, "").unwrap();
        });
        settle(&mut runtime);
        runtime.with(|_, context| context.send(id, b"something").unwrap());
        let mut buffer = [0; 9];
        there.read_exact(&mut buffer).unwrap();
        assert_eq!(runtime.service().seen.len(), 2, "it has failed");
    }
    on_each_engine!(test);
}
