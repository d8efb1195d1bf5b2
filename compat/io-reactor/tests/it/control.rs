//! Commands, shutting down, and dropping what reaches a reactor.

use core::time::Duration;
use std::io::{ErrorKind, Read, Write};
use std::sync::mpsc;
use std::thread;

use reactor::poller::popol::Poller;
use reactor::{Action, Reactor, Runtime};

use crate::registrations::id;
use crate::stage::{Cmd, Conn, LONG, Own, on_each, pair, read, teller};

#[test]
fn commands_come_in_their_order_and_after_the_events_of_their_turn() {
    on_each(|stage| {
        let (here, mut there) = pair();
        stage.act([Action::RegisterTransport(Conn::new(here).chunk(1))]);
        stage.expect(&["registered 1 Transport"]);
        for round in 0..100 {
            // Held up, so that what follows is found by one wait.
            let (go, wait) = mpsc::channel();
            stage.with(move |teller| {
                teller.tell("held up");
                wait.recv_timeout(LONG).unwrap();
            });
            stage.expect(&["held up"]);
            there.write_all(b"x").unwrap();
            for number in 0..3 {
                stage.with(move |teller| teller.tell(format!("{round} {number}")));
            }
            go.send(()).unwrap();
            let numbers = [0, 1, 2].map(|number| format!("{round} {number}"));
            stage.expect(&["1: x", &numbers[0], &numbers[1], &numbers[2]]);
        }
    });
}

#[test]
fn a_shutdown_comes_after_earlier_commands_and_their_actions_and_before_later_ones() {
    on_each(|mut stage| {
        let (here, mut there) = pair();
        let (go, wait) = mpsc::channel();
        stage.with(move |_| wait.recv_timeout(LONG).unwrap());
        stage.act([
            Action::RegisterTransport(Conn::new(here)),
            Action::Send(id(1), b"bye".to_vec()),
        ]);
        assert!(stage.shut_down());
        stage.with(|teller| teller.tell("too late"));
        go.send(()).unwrap();
        stage.join().unwrap();
        // Neither told of the shutdown nor handed its resources.
        stage.expect(&["registered 1 Transport", "dropped"]);
        assert_eq!(read(&mut there, 3), "bye");
        assert_eq!(there.read(&mut [0; 1]).unwrap(), 0, "closed");
    });
}

#[test]
fn a_reactor_that_has_ended_says_so() {
    on_each(|mut stage| {
        assert!(stage.shut_down());
        stage.join().unwrap();
        assert!(!stage.shut_down());
        let error = stage.post(|_| ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn a_panic_of_the_handler_is_told_to_who_joins_and_to_controllers() {
    on_each(|mut stage| {
        stage.with(|_| panic!("as is intended"));
        let payload = stage.join().unwrap_err();
        assert_eq!(payload.downcast_ref(), Some(&"as is intended"));
        assert_eq!(
            stage.post(|_| ()).unwrap_err().kind(),
            ErrorKind::BrokenPipe
        );
        assert!(!stage.shut_down());
    });
}

#[test]
fn a_handler_with_actions_without_end_starves_nobody() {
    on_each(|mut stage| {
        let (here, mut there) = pair();
        stage.with(|teller| {
            teller.endless = true;
            teller.actions.push_back(Action::SetTimer(Duration::ZERO));
        });
        stage.expect(&["timer"]);
        stage.act([Action::RegisterTransport(Conn::new(here))]);
        stage.expect(&["registered 1 Transport"]);
        there.write_all(b"x").unwrap();
        stage.expect(&["1: x"]);
        assert!(stage.shut_down());
        stage.join().unwrap();
    });
}

#[test]
fn actions_beyond_those_of_one_turn_follow_without_a_wake() {
    on_each(|stage| {
        let (here, _there) = pair();
        let idle = (0..5000).map(|_| Action::UnregisterTransport(id(9)));
        let last = Action::RegisterTransport(Conn::new(here));
        stage.act(idle.chain([last]).collect::<Vec<_>>());
        stage.expect(&["registered 1 Transport"]);
    });
}

#[test]
fn a_reactor_that_nobody_can_reach_any_more_ends() {
    let (handler, told) = teller();
    let reactor = Reactor::new(handler, Poller::new()).unwrap();
    drop(reactor);
    // The drop has waited for the thread.
    assert_eq!(told.try_recv().unwrap(), "dropped");
}

#[test]
fn a_reactor_that_was_dropped_goes_on_for_its_controllers_and_ends_with_the_last() {
    let (handler, told) = teller();
    let reactor = Reactor::named(handler, Own::default(), "mine".to_owned()).unwrap();
    let controller = reactor.controller();
    drop(reactor);
    let say = |teller: &mut crate::stage::Teller| {
        let name = thread::current().name().map(str::to_owned);
        teller.tell(name.unwrap());
    };
    controller.cmd(Cmd(Box::new(say))).unwrap();
    assert_eq!(told.recv_timeout(LONG).unwrap(), "mine");
    let other = controller.clone();
    drop(controller);
    other.cmd(Cmd(Box::new(say))).unwrap();
    assert_eq!(told.recv_timeout(LONG).unwrap(), "mine");
    drop(other);
    assert_eq!(told.recv_timeout(LONG).unwrap(), "dropped");
}

#[test]
fn a_runtime_runs_on_the_thread_that_calls_it_with_or_without_controllers() {
    let (mut handler, told) = teller();
    handler.actions.push_back(Action::SetTimer(Duration::ZERO));
    let runtime = Runtime::with(handler, Poller::new()).unwrap();
    // A controller that is dropped does not end it.
    drop(runtime.controller());
    let controller = runtime.controller();
    let other = thread::spawn(move || {
        assert_eq!(told.recv_timeout(LONG).unwrap(), "timer");
        controller.shutdown().unwrap();
        told
    });
    runtime.run().unwrap();
    assert_eq!(other.join().unwrap().recv_timeout(LONG).unwrap(), "dropped");
}

#[test]
fn what_a_handler_wants_from_the_start_is_done_without_a_command() {
    let (mut handler, told) = teller();
    let (here, _there) = pair();
    handler
        .actions
        .push_back(Action::RegisterTransport(Conn::new(here)));
    let reactor = Reactor::new(handler, Poller::with_capacity(8)).unwrap();
    assert_eq!(told.recv_timeout(LONG).unwrap(), "registered 1 Transport");
    drop(reactor);
}

#[test]
fn an_idle_reactor_sleeps() {
    on_each(|stage| {
        let (here, _there) = pair();
        stage.act([Action::RegisterTransport(Conn::new(here))]);
        stage.expect(&["registered 1 Transport"]);
        stage.with(|teller| {
            teller.ticks = 0;
            let soon = Action::SetTimer(Duration::from_millis(50));
            teller.actions.push_back(soon);
        });
        stage.expect(&["timer"]);
        stage.with(|teller| teller.tell(teller.ticks.to_string()));
        let turns: u32 = stage.next().parse().unwrap();
        assert!(turns <= 8, "{turns}");
    });
}
