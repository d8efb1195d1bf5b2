//! What a runtime costs in system calls, counted in a process of its own, because the count is the
//! process's.
#![cfg(feature = "count")]

use core::time::Duration;
use std::io::{Read, Write};
use std::thread;

use poll_os::Monotonic;
use poll_reactor::{Builder, Id, Limit, Status, Stream};

use crate::stage::{LONG, On, Peer, Script, Seen, TestEngine, on_each_engine, pair, runtime};

/// Resources that have nothing to tell.
const IDLE: usize = 2_000;

fn alone(name: &str, test: impl FnOnce()) {
    crate::alone::alone(&format!("cost::{name}"), test);
}

fn calls(during: impl FnOnce()) -> u64 {
    let before = poll_os::system_calls();
    during();
    poll_os::system_calls() - before
}

fn echo<E: TestEngine>(engine: E) -> On<E> {
    let echo = Script::new(|seen, context| {
        if let Seen::Bytes(id, bytes) = seen {
            let id = context.typed::<Peer>(*id).unwrap();
            context.send(id, bytes).unwrap();
        }
    });
    runtime(engine, echo)
}

/// Gives the runtime resources that nobody ever sends anything to.
fn add_idle<E: TestEngine>(runtime: &mut On<E>) -> Vec<std::os::unix::net::UnixStream> {
    let peers = (0..IDLE).map(|_| {
        let (here, there) = pair();
        runtime.register(Stream::new(here)).unwrap();
        there
    });
    let peers = peers.collect();
    for _ in 0..4 {
        assert_eq!(runtime.turn(Limit::Now).unwrap(), Status::Running);
    }
    peers
}

#[test]
fn a_turn_is_one_call_however_many_resources_are_idle() {
    fn test<E: TestEngine>(engine: E) {
        let mut runtime = echo(engine);
        let idle = add_idle(&mut runtime);
        let (here, mut there) = pair();
        runtime.register(Stream::new(here)).unwrap();
        assert_eq!(runtime.turn(Limit::Now).unwrap(), Status::Running);
        let before = runtime.metrics();
        for _ in 0..10 {
            there.write_all(b"x").unwrap();
            let count = calls(|| {
                assert_eq!(runtime.turn(Limit::Never).unwrap(), Status::Running);
            });
            assert_eq!(count, 1);
            there.read_exact(&mut [0]).unwrap();
        }
        let after = runtime.metrics();
        assert_eq!(after.reports - before.reports, 10);
        assert_eq!(after.steps - before.steps, 10, "an idle one was looked at");
        assert_eq!(after.writes - before.writes, 10);
        drop(idle);
    }
    alone("a_turn_is_one_call_however_many_resources_are_idle", || {
        on_each_engine!(test);
    });
}

#[test]
fn resources_that_are_idle_let_the_runtime_sleep() {
    fn test<E: TestEngine>(engine: E) {
        let mut runtime = echo(engine);
        let idle = add_idle(&mut runtime);
        assert_eq!(runtime.next_deadline(), None);
        let before = runtime.metrics();
        let count = calls(|| {
            let wait = Limit::For(Duration::from_millis(30));
            assert_eq!(runtime.turn(wait).unwrap(), Status::Running);
        });
        let after = runtime.metrics();
        assert_eq!(count, 1);
        assert_eq!((before.reports, before.steps), (after.reports, after.steps));
        drop(idle);
    }
    alone("resources_that_are_idle_let_the_runtime_sleep", || {
        on_each_engine!(test);
    });
}

#[test]
fn a_command_makes_no_call_while_the_runtime_is_awake_and_one_while_it_sleeps() {
    fn test<E: TestEngine>(engine: E) {
        let mut runtime = echo(engine);
        let idle = add_idle(&mut runtime);
        let controller = runtime.controller();
        let other = controller.clone();
        let count = calls(|| {
            let sender = thread::spawn(move || {
                for number in 0..200 {
                    other.command(number).unwrap();
                }
            });
            sender.join().unwrap();
        });
        assert_eq!(count, 0, "of a runtime that is awake");
        assert_eq!(runtime.turn(Limit::Never).unwrap(), Status::Running);
        let sleeper = thread::spawn({
            let controller = controller.clone();
            move || {
                // Whatever the order: a wake, or none if the other one has not slept yet.
                controller.command(7).unwrap();
            }
        });
        let count = calls(|| {
            assert_eq!(runtime.turn(Limit::For(LONG)).unwrap(), Status::Running);
            sleeper.join().unwrap();
        });
        // poll(2) reads its wake-up descriptor empty.
        let most = if E::CAPABILITIES.edge { 2 } else { 3 };
        assert!(count <= most, "{count} calls for a wait and a wake");
        assert_eq!(runtime.service().seen.last(), Some(&Seen::Command(7)));
        drop(idle);
    }
    alone(
        "a_command_makes_no_call_while_the_runtime_is_awake_and_one_while_it_sleeps",
        || {
            on_each_engine!(test);
        },
    );
}

#[test]
fn timers_and_sends_make_none() {
    fn test<E: TestEngine>(engine: E) {
        let (here, there) = pair();
        let mut runtime = Builder::new()
            .build_on(Script::passive(), engine, Monotonic)
            .unwrap();
        let id: Id<Peer> = runtime.register(Stream::new(here)).unwrap();
        assert_eq!(runtime.turn(Limit::Now).unwrap(), Status::Running);
        let count = calls(|| {
            runtime.with(|_, context| {
                for _ in 0..100 {
                    let timer = context.set_timer(LONG, 1);
                    assert!(context.reset_timer(timer, LONG));
                    assert_eq!(context.cancel_timer(timer), Some(1));
                    context.send(id, b"small").unwrap();
                }
            });
        });
        assert_eq!(count, 0);
        assert_eq!(runtime.metrics().writes, 1);
        drop(there);
    }
    alone("timers_and_sends_make_none", || {
        on_each_engine!(test);
    });
}
