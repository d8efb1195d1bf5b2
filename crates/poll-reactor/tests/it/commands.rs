//! Controllers: commands, wake-ups, metrics.

use core::time::Duration;
use std::sync::mpsc::channel;
use std::thread;

use poll_os::Monotonic;
use poll_reactor::{Builder, Ended, Limit, Reactor, Status, Stream};

use crate::stage::{LONG, Script, Seen, TestEngine, on_each_engine, pair, runtime};

#[test]
fn commands_come_in_order_and_wake_a_runtime_that_sleeps() {
    fn test<E: TestEngine>(engine: E) {
        let runtime = runtime(engine, Script::passive());
        let controller = runtime.controller();
        let sender = thread::spawn(move || {
            for number in 0..1000 {
                controller.command(number).unwrap();
                if number % 100 == 0 {
                    thread::yield_now();
                }
            }
            controller.shut_down(LONG).unwrap();
        });
        let script = runtime.run().unwrap();
        sender.join().unwrap();
        let commands = (0..1000).map(Seen::Command);
        let expected: Vec<_> = core::iter::once(Seen::Started)
            .chain(commands)
            .chain([Seen::Stopping])
            .collect();
        assert!(script.seen == expected, "not in order");
    }
    on_each_engine!(test);
}

#[test]
fn commands_to_a_runtime_that_is_awake_take_one_turn() {
    fn test<E: TestEngine>(engine: E) {
        let mut runtime = runtime(engine, Script::passive());
        let controller = runtime.controller();
        for number in 0..100 {
            controller.command(number).unwrap();
        }
        assert_eq!(runtime.turn(Limit::Never).unwrap(), Status::Running);
        assert_eq!(runtime.service().seen.len(), 101);
        let metrics = controller.metrics();
        assert_eq!((metrics.turns, metrics.commands), (1, 100));
        assert_eq!(metrics, runtime.metrics());
    }
    on_each_engine!(test);
}

#[test]
fn a_runtime_that_has_ended_gives_commands_back() {
    fn test<E: TestEngine>(engine: E) {
        let runtime = runtime(engine, Script::passive());
        let controller = runtime.controller();
        assert_eq!(controller.ended(), None);
        controller.shut_down(Duration::ZERO).unwrap();
        assert!(runtime.run().is_ok());
        let refused = controller.command(5).unwrap_err();
        assert_eq!((refused.command, refused.reason), (5, Ended::Stopped));
        assert_eq!(controller.shut_down(LONG), Err(Ended::Stopped));
        assert_eq!(controller.ended(), Some(Ended::Stopped));
    }
    on_each_engine!(test);
}

#[test]
fn resources_that_are_idle_cost_no_turn() {
    fn test<E: TestEngine>(engine: E) {
        let runtime = {
            let mut runtime = runtime(engine, Script::passive());
            let mut peers = Vec::new();
            for _ in 0..200 {
                let (here, there) = pair();
                peers.push(there);
                runtime.register(Stream::new(here)).unwrap();
            }
            for _ in 0..4 {
                assert_eq!(runtime.turn(Limit::Now).unwrap(), Status::Running);
            }
            let before = runtime.metrics();
            let wait = Limit::For(Duration::from_millis(20));
            assert_eq!(runtime.turn(wait).unwrap(), Status::Running);
            let after = runtime.metrics();
            assert_eq!(
                (after.turns, after.reports),
                (before.turns + 1, before.reports)
            );
            assert_eq!(after.steps, before.steps);
            runtime
        };
        drop(runtime);
    }
    on_each_engine!(test);
}

#[test]
fn a_reactor_runs_on_a_thread_with_its_name() {
    fn test<E: TestEngine>(engine: E) {
        let (named, name) = channel();
        let script = Script::new(move |seen, _| {
            if *seen == Seen::Started {
                let name = thread::current().name().map(str::to_owned);
                named.send(name).unwrap();
            }
        });
        let reactor = Builder::new()
            .name("worker 7")
            .measure_idle()
            .spawn_on(script, engine, Monotonic)
            .unwrap();
        assert_eq!(
            name.recv_timeout(LONG).unwrap().as_deref(),
            Some("worker 7")
        );
        let controller = reactor.controller();
        controller.command(1).unwrap();
        assert!(!reactor.is_finished());
        controller.shut_down(LONG).unwrap();
        let script = reactor.join().unwrap();
        let expected = [Seen::Started, Seen::Command(1), Seen::Stopping];
        assert_eq!(script.seen, expected);
        assert!(controller.metrics().idle > Duration::ZERO);
    }
    on_each_engine!(test);
}

#[test]
fn a_reactor_that_is_dropped_ends_its_thread() {
    let (alive, is_alive) = channel::<()>();
    let script = Script::new(move |_, _| drop(alive.clone()));
    let reactor = Reactor::new(script).unwrap();
    let controller = reactor.controller();
    drop(reactor);
    assert_eq!(controller.ended(), Some(Ended::Stopped));
    assert!(is_alive.recv().is_err(), "its service is still there");
}
