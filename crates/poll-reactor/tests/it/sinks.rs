//! Sinks that take what they like, when they like.

use core::time::Duration;
use std::io::{self, ErrorKind, Read, Write};

use poll_os::Monotonic;
use poll_reactor::{Builder, Id, Marks, SendError, Step, Stream};

use crate::custom::Custom;
use crate::stage::{
    Peer, Script, Seen, TestEngine, on_each_engine, pair, runtime, settle, turn_until,
};

fn blocked(_: &poll_net::UnixStream, _: &[io::IoSlice<'_>]) -> io::Result<usize> {
    Err(ErrorKind::WouldBlock.into())
}

fn pending() -> (Custom, std::os::unix::net::UnixStream) {
    let (here, there) = pair();
    (Custom::new(here, |_, _, _| Ok(Step::Pending)), there)
}

#[test]
fn what_is_closed_is_handed_over_once_it_is_written_below_all_marks() {
    fn test<E: TestEngine>(engine: E) {
        let mut runtime = runtime(engine, Script::passive());
        let (sink, mut there) = pending();
        let mut is_first = true;
        let id = runtime
            .register(sink.writing(move |mut stream, buffers| {
                match core::mem::take(&mut is_first) {
                    true => Err(ErrorKind::WouldBlock.into()),
                    false => stream.write(&buffers[0]),
                }
            }))
            .unwrap();
        settle(&mut runtime);
        runtime.with(|_, context| {
            context.send(id, b"little").unwrap();
            assert!(context.close(id));
        });
        let handed_over = Seen::HandedOver(id.any(), 0);
        turn_until(&mut runtime, |script| script.seen.contains(&handed_over));
        let mut buffer = [0; 6];
        there.read_exact(&mut buffer).unwrap();
    }
    on_each_engine!(test);
}

#[test]
fn a_queue_takes_one_send_when_it_is_empty_and_none_at_its_limit() {
    fn test<E: TestEngine>(engine: E) {
        let mut runtime = runtime(engine, Script::passive());
        let (sink, _there) = pending();
        let id = runtime.register(sink.writing(blocked)).unwrap();
        for (limit, high) in [(0, 0), (100, 50), (100, 1000)] {
            let marks = Marks {
                low: 0,
                high,
                limit,
            };
            let (sink, _there) = pending();
            let id = runtime.register(sink.writing(blocked)).unwrap();
            runtime.with(|_, context| {
                assert!(context.set_marks(id, marks));
                context.send(id, &vec![1; limit.max(1)]).unwrap();
            });
            let sent = runtime.with(|_, context| context.send(id, b"x"));
            assert_eq!(sent, Err(SendError::Full), "{limit}");
        }
        assert_eq!(runtime.with(|_, context| context.unsent(id)), 0);
    }
    on_each_engine!(test);
}

#[test]
fn what_is_not_sent_is_handed_back_from_where_writing_stopped() {
    fn test<E: TestEngine>(engine: E) {
        let mut runtime = runtime(engine, Script::passive());
        let (sink, _there) = pending();
        let mut answers = [Ok(10), Err(ErrorKind::WouldBlock)].into_iter();
        let id = runtime
            .register(sink.writing(move |_, _| {
                let answer = answers.next().unwrap_or(Err(ErrorKind::WouldBlock));
                answer.map_err(io::Error::from)
            }))
            .unwrap();
        let all: Vec<u8> = (0..150).collect();
        runtime.with(|_, context| {
            context.send_chunk(id, all[..100].to_vec()).unwrap();
            context.send_chunk(id, all[100..].to_vec()).unwrap();
        });
        let released = runtime.with(|_, context| context.unregister(id).unwrap());
        let unsent: Vec<u8> = released.unsent.slices().flatten().copied().collect();
        assert_eq!(unsent, all[10..]);
        assert_eq!(released.unsent.len(), 140);
    }
    on_each_engine!(test);
}

#[test]
fn a_sink_that_claims_too_much_behind_a_part_harms_nobody() {
    fn test<E: TestEngine>(engine: E) {
        let mut runtime = runtime(engine, Script::passive());
        let (sink, _there) = pending();
        let mut answers = [10, usize::MAX].into_iter();
        let id = runtime
            .register(sink.writing(move |_, _| Ok(answers.next().unwrap_or(0))))
            .unwrap();
        runtime.with(|_, context| {
            context.send_chunk(id, vec![1; 100]).unwrap();
            context.send_chunk(id, vec![1; 100]).unwrap();
        });
        assert_eq!(runtime.metrics().bytes_queued, 0);
    }
    on_each_engine!(test);
}

#[test]
fn a_read_that_fails_behind_a_failed_write_ends_the_resource() {
    fn test<E: TestEngine>(engine: E) {
        let (here, _there) = pair();
        let fails = Custom::new(here, |_, _, _| Err(ErrorKind::ConnectionReset.into()))
            .writing(|_, _| Err(ErrorKind::TimedOut.into()));
        let mut runtime = runtime(engine, Script::passive());
        let id = runtime.register(fails).unwrap();
        settle(&mut runtime);
        runtime.with(|_, context| context.send(id, b"x").unwrap());
        settle(&mut runtime);
        let failed = Seen::Failed(id.any(), String::from("Write TimedOut"));
        assert_eq!(runtime.service().seen.last(), Some(&failed));
        assert_eq!(runtime.metrics().resources, 0);
    }
    on_each_engine!(test);
}

#[test]
fn a_step_that_was_interrupted_or_wants_another_one_gets_it() {
    fn test<E: TestEngine>(engine: E) {
        let (here, mut there) = pair();
        let mut number = 0;
        let steps = Custom::new(here, move |_, _, _| {
            number += 1;
            match number {
                1 => Ok(Step::Again),
                2 => Err(ErrorKind::Interrupted.into()),
                3 => Ok(Step::Last(3)),
                _ => Ok(Step::Pending),
            }
        });
        let mut runtime = runtime(engine, Script::passive());
        let id = runtime.register(steps).unwrap();
        settle(&mut runtime);
        there.write_all(b"x").unwrap();
        settle(&mut runtime);
        assert_eq!(
            runtime.service().seen.last(),
            Some(&Seen::Told(id.any(), 3))
        );
    }
    on_each_engine!(test);
}

#[test]
fn a_queue_that_is_full_again_is_told_again() {
    fn test<E: TestEngine>(engine: E) {
        let (here, mut there) = pair();
        let marks = Marks {
            low: 0,
            high: 10,
            limit: 1 << 20,
        };
        let mut runtime = Builder::new()
            .marks(marks)
            .build_on(Script::passive(), engine, Monotonic)
            .unwrap();
        let id: Id<Peer> = runtime.register(Stream::new(here)).unwrap();
        there.set_nonblocking(true).unwrap();
        for _ in 0..3 {
            runtime.with(|_, context| context.send_chunk(id, vec![0; 1 << 20]).unwrap());
            settle(&mut runtime);
            assert_eq!(runtime.service().seen.last(), Some(&Seen::High(id.any())));
            let mut part = vec![0; 1 << 20];
            turn_until(&mut runtime, |script| {
                let _count = there.read(&mut part);
                script.seen.last() == Some(&Seen::Low(id.any()))
            });
        }
    }
    on_each_engine!(test);
}

#[test]
fn a_pause_costs_no_call_where_edges_are_native() {
    fn test<E: TestEngine>(engine: E) {
        let mut runtime = runtime(engine, Script::passive());
        let (sink, _there) = pending();
        let id = runtime.register(sink).unwrap();
        settle(&mut runtime);
        let before = runtime.metrics().changes;
        runtime.with(|_, context| assert!(context.pause(id)));
        settle(&mut runtime);
        assert_eq!(runtime.metrics().changes == before, E::CAPABILITIES.edge);
    }
    on_each_engine!(test);
}

#[test]
fn a_runtime_that_has_not_started_wants_a_turn() {
    fn test<E: TestEngine>(engine: E) {
        let mut runtime = runtime(engine, Script::passive());
        assert!(runtime.next_deadline().is_some());
        settle(&mut runtime);
        assert_eq!(runtime.next_deadline(), None);
        let _ = runtime.with(|_, context| context.set_timer(Duration::from_secs(9), 1));
        assert!(runtime.next_deadline().is_some());
    }
    on_each_engine!(test);
}

#[test]
fn nothing_is_written_behind_a_failed_write() {
    fn test<E: TestEngine>(engine: E) {
        let (sink, _there) = pending();
        let marks = Marks {
            high: 10,
            ..Marks::default()
        };
        let mut runtime = Builder::new()
            .marks(marks)
            .build_on(Script::passive(), engine, Monotonic)
            .unwrap();
        let mut is_first = true;
        let id = runtime
            .register(
                sink.writing(move |_, buffers| match core::mem::take(&mut is_first) {
                    true => Err(ErrorKind::TimedOut.into()),
                    false => Ok(buffers[0].len()),
                }),
            )
            .unwrap();
        runtime.with(|_, context| {
            context.send(id, &[1; 20]).unwrap();
            assert_eq!(context.send(id, b"x"), Err(SendError::Closed));
        });
        settle(&mut runtime);
        assert_eq!(runtime.metrics().bytes_written, 0);
        assert_eq!(runtime.metrics().resources, 0);
    }
    on_each_engine!(test);
}
