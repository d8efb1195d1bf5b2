//! Clients that are gone.

use std::fs;
use std::net::Shutdown;

use examples::server_process::ServerProcess;

use crate::support::{Client, HELLO, count, eventually, on_each_engine, until_all_closed};

#[test]
fn a_client_that_resets_its_connection_leaves_nothing_behind() {
    on_each_engine(&[], |server| {
        leaves_nothing_behind(server, |client| {
            client.send("GET /bytes/100000000 HTTP/1.1\r\nHost: h\r\n\r\n");
            // Closing with unread bytes resets the connection.
            client.stream.peek(&mut [0]).unwrap();
        });
        assert!(count(server, "reset") > 0);
    });
}

#[test]
fn a_client_that_leaves_in_the_middle_of_a_head_or_body_leaves_nothing_behind() {
    on_each_engine(&[], |server| {
        for part in [
            "GET /hel",
            "GET /hello HTTP/1.1\r\nHost: h\r\n",
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nabc",
        ] {
            leaves_nothing_behind(server, |client| client.send(part));
        }
        assert!(count(server, "cut off") > 0);
    });
}

#[test]
fn a_client_that_leaves_without_a_word_leaves_nothing_behind() {
    on_each_engine(&[], |server| {
        leaves_nothing_behind(server, |_client| {});
        leaves_nothing_behind(server, |client| drop(client.ask(HELLO)));
    });
}

#[test]
fn a_client_that_closes_its_half_gets_all_its_responses() {
    on_each_engine(&[], |server| {
        let mut client = Client::connect(server);
        client.send(HELLO.repeat(20));
        client.send("GET /bytes/5000000 HTTP/1.1\r\nHost: h\r\n\r\n");
        client.stream.shutdown(Shutdown::Write).unwrap();
        for _ in 0..20 {
            assert_eq!(client.response().status(), "200 OK");
        }
        assert_eq!(client.response().body.len(), 5_000_000);
        client.expect_end();
        until_all_closed(server);
    });
}

/// A hundred clients behave like that and are dropped.
fn leaves_nothing_behind(server: &ServerProcess, behave: impl Fn(&mut Client)) {
    until_all_closed(server);
    let before = descriptors(server);
    let clients = (0..100).map(|_| {
        let mut client = Client::connect(server);
        behave(&mut client);
        client
    });
    drop(clients.collect::<Vec<_>>());
    until_all_closed(server);
    eventually("all descriptors are closed", || {
        descriptors(server) <= before
    });
}

/// How many descriptors the server has; none where the system does not tell.
fn descriptors(server: &ServerProcess) -> Option<usize> {
    let folder = format!("/proc/{}/fd", server.id());
    let entries = fs::read_dir(&folder);
    if entries.is_err() {
        println!("SKIP: open descriptors are not counted, there is no {folder}");
    }
    entries.ok().map(Iterator::count)
}
