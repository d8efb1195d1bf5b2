//! Stopping, being stopped, and going on.

use core::ops::ControlFlow;
use core::time::Duration;
use std::net::TcpStream;

use examples::engine::EngineName;
use examples::fetch::counter;
use examples::load::{self, Plan};
use examples::server_process::ServerProcess;
use poll_os::Signal;

use crate::support::{Client, HELLO, LIMIT, command, eventually, on_each_engine};

const LARGE: &str = "GET /bytes/50000000 HTTP/1.1\r\nHost: h\r\n\r\n";

#[test]
fn a_response_in_flight_is_finished_before_the_server_ends() {
    for signal in [Signal::TERMINATE, Signal::INTERRUPT] {
        on_each_engine(&[], |server| {
            let mut client = Client::connect(server);
            client.send(LARGE);
            client.stream.peek(&mut [0]).unwrap();
            server.signal(signal).unwrap();
            refuses_new_clients(server);
            assert_eq!(client.response().body.len(), 50_000_000);
            client.expect_end();
            assert_eq!(not_finished(&ends_cleanly(server)), 0);
        });
    }
}

#[test]
fn an_idle_connection_ends_with_the_server_and_a_begun_request_is_still_answered() {
    on_each_engine(&[], |server| {
        let (mut idle, mut begun) = (Client::connect(server), Client::connect(server));
        assert_eq!(idle.ask(HELLO).status(), "200 OK");
        let (first, second) = HELLO.split_at(10);
        begun.send(HELLO);
        begun.response();
        begun.send(first);
        server.signal(Signal::TERMINATE).unwrap();
        idle.expect_end();
        refuses_new_clients(server);
        begun.send(second);
        let response = begun.response();
        assert_eq!((response.status(), response.closes()), ("200 OK", true));
        begun.expect_end();
        drop((idle, begun));
        ends_cleanly(server);
    });
}

#[test]
fn a_client_that_does_not_read_cannot_keep_the_server_from_ending() {
    on_each_engine(&["--stop-ms", "200"], |server| {
        let mut client = Client::connect(server);
        client.send(LARGE);
        client.stream.peek(&mut [0]).unwrap();
        server.signal(Signal::TERMINATE).unwrap();
        assert_eq!(not_finished(&ends_cleanly(server)), 1);
    });
}

#[test]
fn a_second_signal_ends_the_server_at_once() {
    on_each_engine(&["--stop-ms", "3600000"], |server| {
        let mut client = Client::connect(server);
        client.send(LARGE);
        client.stream.peek(&mut [0]).unwrap();
        server.signal(Signal::TERMINATE).unwrap();
        refuses_new_clients(server);
        server.signal(Signal::TERMINATE).unwrap();
        assert_eq!(not_finished(&ends_cleanly(server)), 1);
    });
}

#[test]
fn a_server_that_is_frozen_under_load_loses_nothing() {
    on_each_engine(&[], |server| {
        is_frozen_under_load(server);
    });
}

#[test]
fn a_server_with_a_time_to_run_ends_by_itself() {
    for engine in EngineName::ALL {
        let mut server = ServerProcess::start(command(engine, &["--run-ms", "100"])).unwrap();
        ends_cleanly(&mut server);
    }
}

/// Stops the server under load for a while, and has it go on.
pub(crate) fn is_frozen_under_load(server: &ServerProcess) {
    let plan = Plan {
        address: server.address(),
        path: "/hello".to_owned(),
        connections: 64,
        idle: 0,
        time: Duration::from_secs(2),
    };
    let mut frozen_for = 0;
    let mut frozen_at = None;
    let mut watch = |progress: load::Progress| {
        frozen_for += u32::from(progress.responses > 0);
        match frozen_for {
            1 => server.signal(Signal::STOP).unwrap(),
            4 => {
                frozen_at = Some(progress.responses);
                server.signal(Signal::CONTINUE).unwrap();
            }
            _ => {}
        }
        ControlFlow::Continue(())
    };
    let report = load::run(poll_os::Poll::new().unwrap(), &plan, &mut watch).unwrap();
    assert_eq!((report.errors, report.first_error), (0, None));
    assert!(report.responses > frozen_at.expect("it was frozen") + 64);
}

pub(crate) fn refuses_new_clients(server: &ServerProcess) {
    eventually("it refuses new clients", || {
        TcpStream::connect_timeout(&server.address(), LIMIT).is_err()
    });
}

fn not_finished(counters: &str) -> u64 {
    counter(counters, "not finished")
}

/// Waits for the end of the server, and returns its last counters.
pub(crate) fn ends_cleanly(server: &mut ServerProcess) -> String {
    let status = server
        .wait(LIMIT)
        .unwrap()
        .expect("the server does not end");
    assert!(status.success(), "{status}");
    let last = server.line().unwrap();
    assert_eq!(counter(&last, "connections_open"), 0, "{last}");
    last
}
