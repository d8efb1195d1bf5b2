//! Clients that take their time.

use core::time::Duration;
use std::io::{ErrorKind, Read, Write};

use poll_os::{Clock, Monotonic};

use crate::support::{Client, HELLO, LIMIT, count, eventually, on_each_engine, until_all_closed};

const SHORT: Duration = Duration::from_millis(200);

#[test]
fn a_head_that_never_ends_is_timed_out_although_bytes_keep_coming() {
    on_each_engine(&["--head-ms", "200"], |server| {
        let mut client = Client::connect(server);
        let start = Monotonic.now();
        client.send("GET /hello HTTP/1.1\r\nA: ");
        // A byte every 20 ms; the wait for an answer is what paces it.
        client.stream.set_read_timeout(Some(SHORT / 10)).unwrap();
        let mut first = [0];
        while let Err(error) = client.stream.read(&mut first) {
            assert_eq!(error.kind(), ErrorKind::WouldBlock);
            assert!(
                Monotonic.now() < start.saturating_add(LIMIT),
                "never timed out"
            );
            client.send("a");
        }
        assert!(Monotonic.now() >= start.saturating_add(SHORT), "too early");
        client.stream.set_read_timeout(Some(LIMIT)).unwrap();
        let head = client.head();
        assert!(
            head.starts_with("TTP/1.1 408 Request Timeout\r\n"),
            "{head}"
        );
        assert_eq!(count(server, "timed out"), 1);
        drop(client);
        until_all_closed(server);
    });
}

#[test]
fn a_body_that_stops_is_timed_out() {
    on_each_engine(&["--body-ms", "200"], |server| {
        let mut client = Client::connect(server);
        let start = Monotonic.now();
        client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
        assert_eq!(client.response().status(), "408 Request Timeout");
        assert!(Monotonic.now() >= start.saturating_add(SHORT), "too early");
        client.expect_end();
    });
}

#[test]
fn an_idle_connection_is_closed_without_a_word() {
    on_each_engine(&["--idle-ms", "200"], |server| {
        let mut fresh = Client::connect(server);
        let mut used = Client::connect(server);
        let start = Monotonic.now();
        assert_eq!(used.ask(HELLO).status(), "200 OK");
        fresh.expect_end();
        used.expect_end();
        assert!(Monotonic.now() >= start.saturating_add(SHORT), "too early");
    });
}

#[test]
fn a_connection_in_use_outlives_the_idle_limit_many_times() {
    on_each_engine(&["--idle-ms", "1000"], |server| {
        let mut client = Client::connect(server);
        let end = Monotonic.now().saturating_add(Duration::from_millis(2500));
        while Monotonic.now() < end {
            client.stream.set_read_timeout(Some(LIMIT)).unwrap();
            assert_eq!(client.ask(HELLO).status(), "200 OK");
            // Nothing comes: this is the pause between two requests.
            client.stream.set_read_timeout(Some(SHORT)).unwrap();
            let nothing = client.stream.read(&mut [0]).unwrap_err();
            assert_eq!(nothing.kind(), ErrorKind::WouldBlock);
        }
    });
}

#[test]
fn a_client_that_does_not_read_is_cut_off_and_costs_no_memory() {
    on_each_engine(&["--room-ms", "200"], |server| {
        let mut client = Client::connect(server);
        client.send("GET /bytes/1000000000 HTTP/1.1\r\nHost: h\r\n\r\n");
        eventually("it is timed out", || count(server, "timed out") == 1);
        until_all_closed(server);
        assert!(count(server, "bytes_written") < 100_000_000);
    });
}

#[test]
fn a_client_that_only_sends_is_not_read_without_end() {
    on_each_engine(&["--room-ms", "200"], |server| {
        let mut client = Client::connect(server);
        let limit = Monotonic.now().saturating_add(LIMIT);
        let page = "GET / HTTP/1.1\r\nHost: h\r\n\r\n".repeat(100);
        // Until the server stops reading, because its responses are not read, and then ends it.
        client.stream.set_write_timeout(Some(SHORT)).unwrap();
        while client.stream.write_all(page.as_bytes()).is_ok() {
            assert!(Monotonic.now() < limit, "it reads without end");
        }
        eventually("it is timed out", || count(server, "timed out") == 1);
    });
}

#[test]
fn a_peer_that_does_not_end_after_the_last_response_is_ended() {
    on_each_engine(&["--end-ms", "200"], |server| {
        let mut client = Client::connect(server);
        client.send("GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        assert_eq!(client.response().status(), "200 OK");
        client.expect_end();
        until_all_closed(server);
        drop(client);
    });
}
