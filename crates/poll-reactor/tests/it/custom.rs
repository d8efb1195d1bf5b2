//! Resources of the test's own, which use all that the contract of a resource allows.

use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};

use poll_api::{Instant, Interest, Ready};
use poll_net::UnixStream;
use poll_os::Monotonic;
use poll_reactor::{
    Builder, Chunk, Context, Error, Handle, Id, Input, Io, Limit, Output, Released, Resource,
    SendError, Sink, Status, Step, Stream, StreamEvent, Target,
};

use crate::stage::{
    Script, Seen, TestEngine, noted, on_each_engine, pair, runtime, settle, turn_until,
};

type OnStep = Box<dyn FnMut(&UnixStream, Ready, Instant) -> io::Result<Step<u32>> + Send>;
type OnWrite = Box<dyn FnMut(&UnixStream, &[IoSlice<'_>]) -> io::Result<usize> + Send>;

/// Does what its test says.
pub(crate) struct Custom {
    stream: UnixStream,
    pub(crate) interest: Option<Interest>,
    never_blocks: bool,
    step: OnStep,
    write: OnWrite,
}

impl Custom {
    pub(crate) fn new(
        stream: UnixStream,
        step: impl FnMut(&UnixStream, Ready, Instant) -> io::Result<Step<u32>> + Send + 'static,
    ) -> Self {
        Self {
            stream,
            interest: Some(Interest::READABLE),
            never_blocks: false,
            step: Box::new(step),
            write: Box::new(|mut stream, buffers| stream.write_vectored(buffers)),
        }
    }

    pub(crate) fn interest(mut self, interest: Option<Interest>) -> Self {
        self.interest = interest;
        self
    }

    fn never_blocks(mut self) -> Self {
        self.never_blocks = true;
        self
    }

    pub(crate) fn writing(
        mut self,
        write: impl FnMut(&UnixStream, &[IoSlice<'_>]) -> io::Result<usize> + Send + 'static,
    ) -> Self {
        self.write = Box::new(write);
        self
    }
}

impl AsFd for Custom {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

impl Resource for Custom {
    type Event<'a> = u32;

    fn interest(&self) -> Option<Interest> {
        self.interest
    }

    fn never_blocks(&self) -> bool {
        self.never_blocks
    }

    fn step<'buffer>(&mut self, mut io: Io<'buffer, '_>) -> io::Result<Step<u32>> {
        let now = io.now();
        (self.step)(&self.stream, io.ready(), now)
    }
}

impl Sink for Custom {
    fn write(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        assert!(!buffers.is_empty());
        (self.write)(&self.stream, buffers)
    }
}

impl Handle<Custom> for Script {
    fn registered(&mut self, id: Id<Custom>, context: &mut Context<'_, Self>) {
        self.note(Seen::Registered(id.any()), context);
    }

    fn event(&mut self, id: Id<Custom>, event: u32, context: &mut Context<'_, Self>) {
        self.note(Seen::Told(id.any(), event), context);
    }

    fn failed(
        &mut self,
        id: Id<Custom>,
        _released: Released<Custom>,
        error: Error,
        context: &mut Context<'_, Self>,
    ) {
        let told = format!("{:?} {:?}", error.operation, error.source.kind());
        self.note(Seen::Failed(id.any(), told), context);
    }

    fn handed_over(
        &mut self,
        id: Id<Custom>,
        released: Released<Custom>,
        context: &mut Context<'_, Self>,
    ) {
        self.note(Seen::HandedOver(id.any(), released.unsent.len()), context);
    }
}

/// A step that reads a byte, and tells it.
fn byte(mut stream: &UnixStream) -> io::Result<Step<u32>> {
    let mut byte = [0];
    match stream.read(&mut byte) {
        Ok(0) => Ok(Step::End(1000)),
        Ok(_) => Ok(Step::Event(u32::from(byte[0]))),
        Err(error) => Err(error),
    }
}

#[test]
fn one_that_is_always_ready_is_told_to_be_registered_before_its_events() {
    fn test<E: TestEngine>(engine: E) {
        let mut has_registered = false;
        let script = Script::new(move |seen, context| {
            // Between the notices and the work that was held over.
            if matches!(seen, Seen::Registered(_)) && !has_registered {
                has_registered = true;
                let mut number = 0;
                let always = Custom::new(pair().0, move |_, _, _| {
                    number += 1;
                    Ok(if number < 3 {
                        Step::Event(number)
                    } else {
                        Step::End(number)
                    })
                });
                context.register(always.never_blocks()).unwrap();
            }
        });
        let mut runtime = runtime(engine, script);
        let (here, _there) = pair();
        runtime
            .register(Custom::new(here, |_, _, _| Ok(Step::Pending)))
            .unwrap();
        settle(&mut runtime);
        let seen = &runtime.service().seen;
        let Seen::Registered(id) = seen[2] else {
            panic!("{seen:?}");
        };
        assert_eq!(seen[3..], [1, 2, 3].map(|number| Seen::Told(id, number)));
    }
    on_each_engine!(test);
}

#[test]
fn one_that_is_always_ready_is_written_although_it_takes_little_at_a_time() {
    fn test<E: TestEngine>(engine: E) {
        let (here, mut there) = pair();
        let slow = Custom::new(here, |_, _, _| Ok(Step::Pending))
            .interest(None)
            .never_blocks()
            .writing(|mut stream, buffers| {
                let first = &buffers[0];
                stream.write(&first[..first.len().min(10)])
            });
        let mut runtime = runtime(engine, Script::passive());
        let id = runtime.register(slow).unwrap();
        let sent: Vec<u8> = (0..200).collect();
        runtime.with(|_, context| context.send(id, &sent).unwrap());
        runtime.with(|_, context| context.close(id));
        turn_until(&mut runtime, |script| {
            script.seen.contains(&Seen::HandedOver(id.any(), 0))
        });
        let mut received = vec![0; 200];
        there.read_exact(&mut received).unwrap();
        assert_eq!(received, sent);
    }
    on_each_engine!(test);
}

/// Takes a thousand bytes at a time, as some layers above a socket do, and no vectors.
#[derive(Debug)]
struct Little(UnixStream);

impl AsFd for Little {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Write for Little {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.0.write(&buffer[..buffer.len().min(1000)])
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Output for Little {}

impl Handle<Target<Little>> for Script {
    fn event(
        &mut self,
        _id: Id<Target<Little>>,
        event: core::convert::Infallible,
        _context: &mut Context<'_, Self>,
    ) {
        match event {}
    }

    fn failed(
        &mut self,
        _id: Id<Target<Little>>,
        _released: Released<Target<Little>>,
        error: Error,
        _context: &mut Context<'_, Self>,
    ) {
        panic!("{error}");
    }
}

#[test]
fn an_output_that_takes_little_at_a_time_gets_everything() {
    fn test<E: TestEngine>(engine: E) {
        const LEN: usize = 40_000;
        let (here, mut there) = pair();
        let mut runtime = runtime(engine, Script::passive());
        let id = runtime.register(Target::new(Little(here))).unwrap();
        runtime.with(|_, context| {
            context.send(id, b"first").unwrap();
            context.send_chunk(id, vec![1; LEN]).unwrap();
            context.send_chunk(id, vec![2; LEN]).unwrap();
        });
        // All of it fits, so that nothing that the peer does makes the engine report anything.
        for _ in 0..1000 {
            assert_eq!(runtime.turn(Limit::Now).unwrap(), Status::Running);
        }
        let mut received = vec![0; 5 + 2 * LEN];
        there.read_exact(&mut received).unwrap();
        assert!(received.starts_with(b"first") && received.ends_with(&[2; LEN]));
    }
    on_each_engine!(test);
}

#[test]
fn what_a_resource_waits_for_anew_is_told_although_it_was_so_before() {
    fn test<E: TestEngine>(engine: E) {
        let (here, mut there) = pair();
        let mut runtime = runtime(engine, Script::passive());
        let id = runtime
            .register(Custom::new(here, |stream, _, _| byte(stream)))
            .unwrap();
        settle(&mut runtime);
        for round in 0..3_u8 {
            runtime.with(|_, context| context.get_mut(id).unwrap().interest = None);
            there.write_all(&[round]).unwrap();
            settle(&mut runtime);
            let told = Seen::Told(id.any(), u32::from(round));
            assert_ne!(runtime.service().seen.last(), Some(&told), "nobody asked");
            let readable = Some(Interest::READABLE);
            runtime.with(|_, context| context.get_mut(id).unwrap().interest = readable);
            settle(&mut runtime);
            assert_eq!(runtime.service().seen.last(), Some(&told));
        }
    }
    on_each_engine!(test);
}

#[test]
fn a_resource_that_wants_to_write_now_and_then_is_told_that_it_can() {
    fn test<E: TestEngine>(engine: E) {
        let (here, _there) = pair();
        let mut runtime = runtime(engine, Script::passive());
        let once = |_: &UnixStream, ready: Ready, _| {
            Ok(if ready.is_writable() {
                Step::Last(7)
            } else {
                Step::Pending
            })
        };
        let id = runtime.register(Custom::new(here, once)).unwrap();
        settle(&mut runtime);
        for round in 1..4 {
            let both = Some(Interest::READABLE | Interest::WRITABLE);
            runtime.with(|_, context| context.get_mut(id).unwrap().interest = both);
            settle(&mut runtime);
            let readable = Some(Interest::READABLE);
            runtime.with(|_, context| context.get_mut(id).unwrap().interest = readable);
            settle(&mut runtime);
            let told = Seen::Told(id.any(), 7);
            let seen = runtime.service().seen.iter();
            let count = seen.filter(|seen| **seen == told).count();
            assert!(count >= round, "{count} of {round}");
        }
    }
    on_each_engine!(test);
}

#[test]
fn one_that_is_always_ready_is_told_when_it_wants_to_be() {
    fn test<E: TestEngine>(engine: E) {
        let always = Custom::new(pair().0, |_, _, _| Ok(Step::Event(1)));
        let mut runtime = runtime(engine, Script::passive());
        let id = runtime
            .register(always.interest(None).never_blocks())
            .unwrap();
        settle(&mut runtime);
        assert_eq!(runtime.service().seen.len(), 2);
        let readable = Some(Interest::READABLE);
        runtime.with(|_, context| context.get_mut(id).unwrap().interest = readable);
        settle(&mut runtime);
        assert!(runtime.service().seen.len() > 10);
    }
    on_each_engine!(test);
}

#[test]
fn a_resource_that_waits_for_an_instant_is_asked_then_whatever_it_is_watched_for() {
    fn test<E: TestEngine>(engine: E) {
        let interests = [Interest::READABLE, Interest::WRITABLE, Interest::PRIORITY];
        let can_be = |interest: &Interest| !interest.is_priority() || E::CAPABILITIES.priority;
        let mut runtime = runtime(engine, Script::passive());
        let mut peers = Vec::new();
        for interest in interests.into_iter().filter(can_be) {
            let (here, there) = pair();
            peers.push(there);
            let mut end = None;
            let waits = Custom::new(here, move |_, _, now| {
                let end = *end.get_or_insert(now.saturating_add(Duration::from_millis(3)));
                Ok(match now < end {
                    true => Step::Until(end),
                    false => Step::End(5),
                })
            });
            let id = runtime.register(waits.interest(Some(interest))).unwrap();
            // What is not ready by itself is asked once.
            runtime.with(|_, context| context.resume(id));
            let told = Seen::Told(id.any(), 5);
            turn_until(&mut runtime, |script| script.seen.contains(&told));
        }
    }
    on_each_engine!(test);
}

#[test]
fn a_chunk_whose_owner_changes_its_length_leaves_no_bytes_behind() {
    struct Shrinking(AtomicUsize);
    impl AsRef<[u8]> for Shrinking {
        fn as_ref(&self) -> &[u8] {
            let asked = self.0.fetch_add(1, Ordering::Relaxed);
            &[7; 100][..100_usize.saturating_sub(10 * asked)]
        }
    }
    fn test<E: TestEngine>(engine: E) {
        let (here, _there) = pair();
        let mut runtime = runtime(engine, Script::passive());
        let id = runtime
            .register(Custom::new(here, |_, _, _| Ok(Step::Pending)))
            .unwrap();
        let chunk = Chunk::from_owner(Shrinking(0.into()));
        runtime.with(|_, context| {
            context.send_chunk(id, chunk).unwrap();
            let unsent = context.unsent(id) as u64;
            assert_eq!(context.metrics().bytes_queued, unsent);
        });
        settle(&mut runtime);
        assert_eq!(runtime.metrics().bytes_queued, 0);
    }
    on_each_engine!(test);
}

#[test]
fn a_sink_that_claims_too_much_or_takes_nothing_or_fails_harms_nobody() {
    fn test<E: TestEngine>(engine: E) {
        type Answer = fn() -> io::Result<usize>;
        let answers: [(Answer, Option<&str>); 5] = [
            (|| Ok(usize::MAX), None),
            (|| Ok(0), Some("Write WriteZero")),
            (|| Err(ErrorKind::Interrupted.into()), Some("")),
            (|| Err(ErrorKind::WouldBlock.into()), Some("")),
            (|| Err(ErrorKind::TimedOut.into()), Some("Write TimedOut")),
        ];
        let mut runtime = runtime(engine, Script::passive());
        let mut peers = Vec::new();
        for (answer, failure) in answers {
            let (here, there) = pair();
            peers.push(there);
            let sink = Custom::new(here, |_, _, _| Ok(Step::Pending)).writing(move |_, _| answer());
            let id = runtime.register(sink).unwrap();
            runtime.with(|_, context| {
                context.send_chunk(id, vec![1; 100]).unwrap();
                context.send_chunk(id, vec![1; 50]).unwrap();
            });
            settle(&mut runtime);
            let unsent = runtime.with(|_, context| context.unsent(id));
            match failure {
                None => assert_eq!(unsent, 0),
                Some("") => assert_eq!(unsent, 150),
                Some(failure) => {
                    let failed = Seen::Failed(id.any(), failure.to_owned());
                    assert_eq!(runtime.service().seen.last(), Some(&failed));
                    let sent = runtime.with(|_, context| context.send(id, b"x"));
                    assert_eq!(sent, Err(SendError::Closed));
                }
            }
        }
        assert_eq!(runtime.metrics().bytes_queued, 300);
    }
    on_each_engine!(test);
}

impl Read for Little {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Input for Little {}

impl Handle<Stream<Little>> for Script {
    fn event(
        &mut self,
        id: Id<Stream<Little>>,
        event: StreamEvent<'_>,
        context: &mut Context<'_, Self>,
    ) {
        self.note(noted(id.any(), event), context);
    }

    fn failed(
        &mut self,
        id: Id<Stream<Little>>,
        _released: Released<Stream<Little>>,
        error: Error,
        context: &mut Context<'_, Self>,
    ) {
        self.note(Seen::Failed(id.any(), error.to_string()), context);
    }
}

#[test]
fn much_that_was_still_readable_comes_before_a_failed_write() {
    fn test<E: TestEngine>(engine: E) {
        let (here, mut there) = pair();
        let mut runtime = Builder::new()
            .buffer_size(100)
            .build_on(Script::passive(), engine, Monotonic)
            .unwrap();
        let id = runtime.register(Stream::new(Little(here))).unwrap();
        settle(&mut runtime);
        there.write_all(&[5; 5050]).unwrap();
        drop(there);
        runtime.with(|_, context| context.send(id, b"hello?").unwrap());
        turn_until(&mut runtime, |script| {
            matches!(script.seen.last(), Some(Seen::Failed(..)))
        });
        assert_eq!(runtime.service().bytes_of(id.any()), [5; 5050]);
    }
    on_each_engine!(test);
}
