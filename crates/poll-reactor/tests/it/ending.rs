//! Closing, shutting down, and panics.

use core::panic::AssertUnwindSafe;
use core::time::Duration;
use std::io::Read;
use std::panic::catch_unwind;
use std::thread;

use poll_api::Clock;
use poll_net::TcpListener;
use poll_os::Monotonic;
use poll_reactor::{
    Builder, Chunk, Ended, Id, JoinError, Limit, Listener, SendError, Status, Stream,
};

use crate::stage::{
    LONG, Peer, Script, Seen, TestEngine, on_each_engine, pair, runtime, settle, turn_until,
};

/// More than the buffers of a socket hold.
const MUCH: usize = 3 << 20;

#[test]
fn closing_writes_what_was_sent_and_hands_over() {
    fn test<E: TestEngine>(engine: E) {
        let (here, mut there) = pair();
        let mut runtime = runtime(engine, Script::passive());
        let id: Id<Peer> = runtime.register(Stream::new(here)).unwrap();
        runtime.with(|_, context| {
            context.send_chunk(id, vec![3; MUCH]).unwrap();
            assert!(context.close(id));
            assert_eq!(context.send(id, b"too late"), Err(SendError::Closed));
        });
        settle(&mut runtime);
        assert_eq!(runtime.metrics().resources, 1);
        let reader = thread::spawn(move || {
            let mut all = Vec::new();
            there.read_to_end(&mut all).unwrap();
            all
        });
        let handed_over = Seen::HandedOver(id.any(), 0);
        turn_until(&mut runtime, |script| script.seen.contains(&handed_over));
        let all = reader.join().unwrap();
        assert!(all.len() == MUCH && all.iter().all(|byte| *byte == 3));
        runtime.with(|_, context| assert!(!context.close(id)));
    }
    on_each_engine!(test);
}

#[test]
fn a_shutdown_hands_over_listeners_and_drains_the_rest() {
    fn test<E: TestEngine>(engine: E) {
        let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let (here, mut there) = pair();
        let (idle, _idle_peer) = pair();
        let farewell = Script::new(|seen, context| {
            if *seen == Seen::Stopping {
                let id = poll_reactor::AnyId::from_u64(2).unwrap();
                let id = context.typed::<Peer>(id).unwrap();
                context.send(id, b"goodbye").unwrap();
            }
        });
        let mut runtime = runtime(engine, farewell);
        let door = runtime.register(Listener::new(listener)).unwrap().any();
        let id: Id<Peer> = runtime.register(Stream::new(here)).unwrap();
        let idle = runtime.register(Stream::new(idle)).unwrap().any();
        runtime.with(|_, context| context.send_chunk(id, vec![4; MUCH]).unwrap());
        let controller = runtime.controller();
        controller.shut_down(LONG).unwrap();
        assert_eq!(runtime.turn(Limit::Never).unwrap(), Status::Running);
        assert_eq!(runtime.metrics().resources, 1, "only one has to be drained");
        // While it is, commands arrive.
        controller.command(9).unwrap();
        let reader = thread::spawn(move || {
            let mut all = Vec::new();
            there.read_to_end(&mut all).unwrap();
            all
        });
        let script = runtime.run().unwrap();
        let all = reader.join().unwrap();
        assert_eq!(all.len(), MUCH + 7);
        assert_eq!(&all[MUCH..], b"goodbye");
        for id in [door, id.any(), idle] {
            assert!(script.seen.contains(&Seen::HandedOver(id, 0)), "{id}");
        }
        assert!(script.seen.contains(&Seen::Command(9)));
    }
    on_each_engine!(test);
}

#[test]
fn a_shutdown_waits_no_longer_than_its_grace() {
    fn test<E: TestEngine>(engine: E) {
        let (here, there) = pair();
        let mut runtime = runtime(engine, Script::passive());
        let id: Id<Peer> = runtime.register(Stream::new(here)).unwrap();
        runtime.with(|_, context| context.send_chunk(id, vec![4; MUCH]).unwrap());
        settle(&mut runtime);
        let queued = usize::try_from(runtime.metrics().bytes_queued).unwrap();
        assert!(0 < queued && queued < MUCH);
        let controller = runtime.controller();
        controller.shut_down(Duration::from_millis(20)).unwrap();
        let script = runtime.run().unwrap();
        assert_eq!(
            script.seen.last(),
            Some(&Seen::HandedOver(id.any(), queued))
        );
        drop(there);
    }
    on_each_engine!(test);
}

#[test]
fn nothing_is_registered_during_a_shutdown() {
    fn test<E: TestEngine>(engine: E) {
        let script = Script::new(|seen, context| {
            if matches!(seen, Seen::HandedOver(..)) {
                let (here, _there) = pair();
                let refused = context.register(Stream::new(here)).unwrap_err();
                assert_eq!(refused.error.source.kind(), std::io::ErrorKind::BrokenPipe);
                assert_eq!(refused.error.id, None);
            }
        });
        let (here, _there) = pair();
        let mut runtime = runtime(engine, script);
        runtime.register(Stream::new(here)).unwrap();
        runtime.with(|_, context| context.shut_down(Duration::ZERO));
        let script = runtime.run().unwrap();
        assert!(matches!(script.seen.last(), Some(Seen::HandedOver(..))));
    }
    on_each_engine!(test);
}

fn panicking() -> Script {
    Script::new(|seen, _| {
        if *seen == Seen::Command(13) {
            std::panic::panic_any(String::from("number 13"));
        }
    })
}

#[test]
fn a_panic_is_told_to_whoever_joins_and_to_controllers() {
    fn test<E: TestEngine>(engine: E) {
        let reactor = Builder::new()
            .spawn_on(panicking(), engine, Monotonic)
            .unwrap();
        let controller = reactor.controller();
        controller.command(13).unwrap();
        let Err(error) = reactor.join() else {
            panic!("nobody was told");
        };
        assert_eq!(error.to_string(), "the service panicked: number 13");
        let JoinError::Panicked(payload) = error else {
            panic!("it was the service");
        };
        assert_eq!(payload.downcast_ref::<String>().unwrap(), "number 13");
        let ended = Ended::Panicked(String::from("number 13"));
        assert_eq!(controller.command(1).unwrap_err().reason, ended);
        assert_eq!(controller.shut_down(LONG), Err(ended.clone()));
        assert_eq!(controller.ended(), Some(ended));
    }
    on_each_engine!(test);
}

#[test]
fn a_panic_in_a_turn_is_the_callers_and_the_runtime_has_ended() {
    fn test<E: TestEngine>(engine: E) {
        let mut runtime = runtime(engine, panicking());
        let controller = runtime.controller();
        controller.command(13).unwrap();
        let turned = catch_unwind(AssertUnwindSafe(|| runtime.turn(Limit::Now)));
        assert!(turned.is_err());
        assert!(matches!(controller.ended(), Some(Ended::Panicked(_))));
        assert_eq!(runtime.turn(Limit::Never).unwrap(), Status::Stopped);
    }
    on_each_engine!(test);
}

#[test]
fn a_chunk_of_anything_shows_its_length_and_nothing_else() {
    let chunk = Chunk::from("secret");
    assert_eq!(format!("{chunk:?}"), "Chunk(6 bytes)");
    assert!(!chunk.is_empty() && Chunk::from(Vec::new()).is_empty());
}

fn shut_down_twice<E: TestEngine>(engine: E, first: Duration, second: Duration, drains: bool) {
    let (here, _there) = pair();
    let mut runtime = runtime(engine, Script::passive());
    let id: Id<Peer> = runtime.register(Stream::new(here)).unwrap();
    runtime.with(|_, context| context.send_chunk(id, vec![4; MUCH]).unwrap());
    let controller = runtime.controller();
    controller.shut_down(first).unwrap();
    if drains {
        assert_eq!(runtime.turn(Limit::Now).unwrap(), Status::Running);
    }
    controller.shut_down(second).unwrap();
    let end = Monotonic.now().saturating_add(LONG);
    let mut status = Status::Running;
    while status == Status::Running && Monotonic.now() < end {
        status = runtime.turn(Limit::Until(end)).unwrap();
    }
    assert_eq!(status, Status::Stopped, "{first:?} {second:?} {drains}");
    let stops = runtime.service().seen.iter();
    assert_eq!(stops.filter(|seen| **seen == Seen::Stopping).count(), 1);
}

#[test]
fn a_second_shutdown_can_only_end_sooner() {
    let (soon, late) = (Duration::ZERO, Duration::MAX);
    for drains in [false, true] {
        for (first, second) in [(soon, late), (late, soon)] {
            shut_down_twice(poll_os::Poll::new().unwrap(), first, second, drains);
            shut_down_twice(poll_os::poll::Poll::new().unwrap(), first, second, drains);
        }
    }
}

#[test]
fn a_reactor_that_is_dropped_waits_for_nobody_although_a_shutdown_has_time() {
    let (here, there) = pair();
    let mut stream = Some(here);
    let script = Script::new(move |seen, context| {
        if *seen == Seen::Started {
            let id = context
                .register(Stream::new(stream.take().unwrap()))
                .unwrap();
            context.send_chunk(id, vec![4; MUCH]).unwrap();
        }
    });
    let reactor = poll_reactor::Reactor::new(script).unwrap();
    let controller = reactor.controller();
    controller.shut_down(Duration::MAX).unwrap();
    let dropped = thread::spawn(move || drop(reactor));
    let end = Monotonic.now().saturating_add(LONG);
    while !dropped.is_finished() && Monotonic.now() < end {
        thread::yield_now();
    }
    assert!(
        dropped.is_finished(),
        "it waits for a peer that reads nothing"
    );
    drop(there);
}

#[test]
fn a_shutdown_whose_last_resource_is_taken_between_turns_ends() {
    fn test<E: TestEngine>(engine: E) {
        let (here, _there) = pair();
        let mut runtime = runtime(engine, Script::passive());
        let id: Id<Peer> = runtime.register(Stream::new(here)).unwrap();
        runtime.with(|_, context| {
            context.send_chunk(id, vec![4; MUCH]).unwrap();
            context.shut_down(Duration::MAX);
        });
        settle(&mut runtime);
        runtime.with(|_, context| assert!(context.unregister(id).is_some()));
        assert!(runtime.next_deadline().is_some(), "nobody would come back");
        let end = Monotonic.now().saturating_add(LONG);
        assert_eq!(runtime.turn(Limit::Until(end)).unwrap(), Status::Stopped);
        assert!(Monotonic.now() < end);
    }
    on_each_engine!(test);
}

#[test]
fn controllers_know_that_a_runtime_was_dropped() {
    fn test<E: TestEngine>(engine: E) {
        let runtime = runtime(engine, Script::passive());
        let controller = runtime.controller();
        assert_eq!(controller.ended(), None);
        drop(runtime);
        assert_eq!(controller.ended(), Some(Ended::Stopped));
        assert_eq!(controller.command(1).unwrap_err().reason, Ended::Stopped);
    }
    on_each_engine!(test);
}

#[test]
fn a_resource_that_fails_while_it_is_drained_has_failed_and_is_not_handed_over() {
    fn test<E: TestEngine>(engine: E) {
        let (here, there) = pair();
        let mut runtime = runtime(engine, Script::passive());
        let id: Id<Peer> = runtime.register(Stream::new(here)).unwrap();
        runtime.with(|_, context| {
            context.send_chunk(id, vec![4; MUCH]).unwrap();
            context.shut_down(Duration::MAX);
        });
        settle(&mut runtime);
        drop(there);
        let script = runtime.run().unwrap();
        let Some(Seen::Failed(failed, told)) = script.seen.last() else {
            panic!("{:?}", script.seen);
        };
        assert_eq!(*failed, id.any());
        assert!(told.starts_with("Write "), "{told}");
        assert!(
            !script
                .seen
                .iter()
                .any(|seen| matches!(seen, Seen::HandedOver(..)))
        );
    }
    on_each_engine!(test);
}

#[test]
fn a_reactor_dropped_by_its_own_service_ends() {
    let (ended, end) = std::sync::mpsc::channel::<()>();
    let (give, given) = std::sync::mpsc::channel::<poll_reactor::Reactor<Script>>();
    let script = Script::new(move |seen, _| {
        let _ = &ended;
        if *seen == Seen::Command(1) {
            drop(given.recv_timeout(LONG).unwrap());
        }
    });
    let reactor = poll_reactor::Reactor::new(script).unwrap();
    let controller = reactor.controller();
    controller.command(1).unwrap();
    give.send(reactor).unwrap();
    // Its service is dropped with the thread.
    let gone = end.recv_timeout(LONG);
    assert_eq!(gone, Err(std::sync::mpsc::RecvTimeoutError::Disconnected));
    assert_eq!(controller.ended(), Some(Ended::Stopped));
}
