//! The server of hyper on poll-async, on one worker and on two.

use core::iter;
use core::time::Duration;
use std::io::{ErrorKind, Write};
use std::net::Shutdown;
use std::process::Command;
use std::thread;

use examples::fetch::counter;
use examples::server_process::ServerProcess;
use poll_os::{Clock, Monotonic, Signal};

use crate::programs::run;
use crate::stop::{ends_cleanly, is_frozen_under_load, refuses_new_clients};
use crate::support::{Client, HELLO, count, until_all_closed};

const UPLOAD: &str = "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc";

fn on_one_and_two_workers(arguments: &[&str], test: impl Fn(&mut ServerProcess)) {
    for workers in ["1", "2"] {
        println!("on {workers}");
        let mut command = Command::new(env!("CARGO_BIN_EXE_hyper_server"));
        command.args(["--workers", workers]).args(arguments);
        test(&mut ServerProcess::start(command).unwrap());
    }
}

#[test]
fn the_server_of_hyper_answers_its_own_client() {
    for workers in ["1", "2"] {
        let program = env!("CARGO_BIN_EXE_hyper_server");
        let output = run(program, &["--self-test", "--workers", workers]);
        assert!(output.contains("1602 requests\n"), "{output}");
    }
}

#[test]
fn requests_that_come_together_are_answered_in_order() {
    on_one_and_two_workers(&[], |server| {
        let mut client = Client::connect(server);
        client.send(format!(
            "{HELLO}GET /none HTTP/1.1\r\nHost: h\r\n\r\n{HELLO}"
        ));
        let answers = ["200 OK", "404 Not Found", "200 OK"];
        for answer in answers {
            assert_eq!(client.response().status(), answer);
        }
        let asks = "GET /hello HTTP/1.0\r\n\r\n";
        assert!(client.ask(asks).head.starts_with("HTTP/1.0 200 OK\r\n"));
        client.expect_end();
        drop(client);
        until_all_closed(server);
    });
}

#[test]
fn a_body_comes_back_before_it_has_ended() {
    on_one_and_two_workers(&[], |server| {
        let mut client = Client::connect(server);
        client.send("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
        for piece in ["3\r\nabc\r\n", "4\r\ndefg\r\n"] {
            client.send(piece);
            client.until(piece);
        }
        client.send("0\r\n\r\n");
        client.until("0\r\n\r\n");
        assert_eq!(client.ask(HELLO).status(), "200 OK");
    });
}

#[test]
fn who_has_said_all_is_answered() {
    on_one_and_two_workers(&[], |server| {
        let mut client = Client::connect(server);
        let len = 20_000_000;
        client.send(format!(
            "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: {len}\r\n\r\n"
        ));
        let mut sender = client.stream.try_clone().unwrap();
        let sending = thread::spawn(move || {
            sender.write_all(&vec![7; len]).unwrap();
            sender.shutdown(Shutdown::Write).unwrap();
        });
        assert!(client.response().body == vec![7; len]);
        sending.join().unwrap();
        client.expect_end();
    });
}

#[test]
fn what_is_no_request_is_refused_and_ends_the_connection() {
    let long = format!("GET / HTTP/1.1\r\n{}\r\n", "X: a\r\n".repeat(200));
    on_one_and_two_workers(&[], |server| {
        for (request, answer) in [
            ("NONSENSE\r\n\r\n", "400 Bad Request"),
            (&long, "431 Request Header Fields Too Large"),
        ] {
            let mut client = Client::connect(server);
            assert_eq!(client.ask(request).status(), answer);
            client.expect_end();
        }
        assert_eq!(count(server, "message head is too large"), 1);
        until_all_closed(server);
    });
}

#[test]
fn who_says_or_hears_nothing_for_long_is_left() {
    on_one_and_two_workers(&["--head-ms", "500", "--stall-ms", "1000"], |server| {
        let began = Monotonic.now();
        let mut silent = Client::connect(server);
        let mut begun = Client::connect(server);
        begun.send("GET /he");
        let mut uploads = Client::connect(server);
        uploads.send(UPLOAD);
        assert!(uploads.head().starts_with("HTTP/1.1 200 OK\r\n"));
        let deaf = Client::connect(server);
        let head = "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000000\r\n\r\n";
        (&deaf.stream).write_all(head.as_bytes()).unwrap();
        // It says more until there is no room, and then waits until nobody listens.
        let ended = iter::repeat_with(|| (&deaf.stream).write(&[0; 65536])).find_map(Result::err);
        let ended = ended.unwrap().kind();
        assert!(
            matches!(ended, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe),
            "{ended}"
        );
        silent.expect_end();
        begun.expect_end();
        uploads.until("abc");
        uploads.expect_end();
        until_all_closed(server);
        assert!(Monotonic.now().saturating_duration_since(began) >= Duration::from_millis(500));
        assert_eq!(count(server, "read header from client timeout"), 2);
    });
}

#[test]
fn a_request_in_flight_is_answered_before_the_runtime_ends() {
    on_one_and_two_workers(&[], |server| {
        let (mut idle, mut uploads) = (Client::connect(server), Client::connect(server));
        assert_eq!(idle.ask(HELLO).status(), "200 OK");
        uploads.send(UPLOAD);
        let head = uploads.head();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        server.signal(Signal::TERMINATE).unwrap();
        idle.expect_end();
        refuses_new_clients(server);
        uploads.send("def");
        uploads.until("abcdef");
        uploads.expect_end();
        let last = ends_cleanly(server);
        for nothing in ["tasks", "sources", "timers"] {
            assert_eq!(counter(&last, nothing), 0, "{last}");
            assert!(last.contains(&format!("\"{nothing}\":")), "{last}");
        }
    });
}

#[test]
fn who_does_not_end_is_cut_when_the_time_is_over() {
    on_one_and_two_workers(&["--stop-ms", "200"], |server| {
        let mut client = Client::connect(server);
        client.send(UPLOAD);
        client.head();
        server.signal(Signal::INTERRUPT).unwrap();
        let last = ends_cleanly(server);
        assert_eq!(counter(&last, "sources"), 0, "{last}");
    });
}

#[test]
fn a_server_of_hyper_that_is_frozen_under_load_loses_nothing() {
    on_one_and_two_workers(&[], |server| is_frozen_under_load(server));
}
