//! What is asked, and what is answered.

use examples::engine::EngineName;
use examples::fetch::{counter, fetch};
use examples::server_process::ServerProcess;

use crate::support::{Client, HELLO, command, count, on_each_engine, until_all_closed};

#[test]
fn one_connection_serves_many_requests() {
    on_each_engine(&[], |server| {
        let mut client = Client::connect(server);
        for _ in 0..100 {
            let response = client.ask(HELLO);
            assert_eq!((response.status(), response.closes()), ("200 OK", false));
            assert_eq!(response.body, b"Hello, world!\n");
            assert!(response.head.contains("\r\nDate: "), "{}", response.head);
        }
        assert_eq!(count(server, "connections_accepted"), 2);
        assert_eq!(count(server, "requests"), 102);
    });
}

#[test]
fn pipelined_requests_are_answered_in_order_however_many_come_at_once() {
    on_each_engine(&[], |server| {
        let mut client = Client::connect(server);
        let mut requests = String::new();
        for n in 0..3000 {
            requests += &format!("GET /bytes/{n} HTTP/1.1\r\nHost: h\r\n\r\n");
        }
        // From a thread: the responses fill the connection while requests are still being sent.
        let mut stream = client.stream.try_clone().unwrap();
        let sender = std::thread::spawn(move || {
            std::io::Write::write_all(&mut stream, requests.as_bytes()).unwrap();
        });
        for n in 0..3000 {
            assert_eq!(client.response().body.len(), n);
        }
        sender.join().unwrap();
    });
}

#[test]
fn a_request_that_comes_byte_by_byte_is_answered_once() {
    on_each_engine(&[], |server| {
        let mut client = Client::connect(server);
        for _ in 0..2 {
            for byte in HELLO.as_bytes() {
                client.send([*byte]);
            }
            assert_eq!(client.response().status(), "200 OK");
        }
        client.stream.shutdown(std::net::Shutdown::Write).unwrap();
        client.expect_end();
    });
}

#[test]
fn every_refusal_has_its_status_and_ends_the_connection() {
    let long_target = format!("GET /{} HTTP/1.1\r\n", "a".repeat(9000));
    let long_head = format!("GET / HTTP/1.1\r\nHost: h\r\nA: {}", "a".repeat(9000));
    let large_body = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1048577\r\n\r\n";
    let chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";
    let cases = [
        ("\x16\x03\x01 this is not HTTP\r\n\r\n", "400 Bad Request"),
        ("GET / HTTP/1.1\r\n\r\n", "400 Bad Request"),
        ("GET / HTTP/3.0\r\n\r\n", "505 HTTP Version Not Supported"),
        (&long_target, "414 URI Too Long"),
        (&long_head, "431 Request Header Fields Too Large"),
        (large_body, "413 Content Too Large"),
        (chunked, "501 Not Implemented"),
    ];
    on_each_engine(&[], |server| {
        for (request, status) in cases {
            let mut client = Client::connect(server);
            // With more behind it, which must neither be answered nor destroy the response.
            client.send(format!("{request}{}", HELLO.repeat(50)));
            let response = client.response();
            assert_eq!((response.status(), response.closes()), (status, true));
            client.expect_end();
            assert!(count(server, status) > 0, "{status} is not counted");
        }
    });
}

#[test]
fn a_request_that_cannot_be_served_leaves_the_connection_as_it_was() {
    on_each_engine(&[], |server| {
        let mut client = Client::connect(server);
        for (request, status) in [
            ("GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n", "404 Not Found"),
            (
                "DELETE / HTTP/1.1\r\nHost: h\r\n\r\n",
                "405 Method Not Allowed",
            ),
            ("BREW / HTTP/1.1\r\nHost: h\r\n\r\n", "501 Not Implemented"),
            (HELLO, "200 OK"),
        ] {
            let response = client.ask(request);
            assert_eq!((response.status(), response.closes()), (status, false));
        }
    });
}

#[test]
fn a_body_is_read_and_dropped_up_to_the_limit() {
    on_each_engine(&[], |server| {
        let mut client = Client::connect(server);
        for length in [0, 1, 10_000, 1_048_576] {
            client.send(format!(
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n"
            ));
            client.send(vec![b'x'; length]);
            client.send(HELLO);
            assert_eq!(client.response().status(), "405 Method Not Allowed");
            assert_eq!(client.response().status(), "200 OK");
        }
    });
}

#[test]
fn a_client_that_sends_a_refused_body_to_its_end_still_gets_its_answer() {
    on_each_engine(&[], |server| {
        let mut client = Client::connect(server);
        client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 20000000\r\n\r\n");
        // Had the server closed the connection, this would fail, and the response be lost.
        client.send(vec![b'x'; 20_000_000]);
        assert_eq!(client.response().status(), "413 Content Too Large");
        client.expect_end();
    });
}

#[test]
fn a_client_that_waits_to_send_its_body_is_invited() {
    on_each_engine(&[], |server| {
        let mut client = Client::connect(server);
        client.send(
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
        );
        assert_eq!(client.head(), "HTTP/1.1 100 Continue\r\n\r\n");
        client.send("hello");
        assert_eq!(client.response().status(), "405 Method Not Allowed");
    });
}

#[test]
fn a_head_request_gets_the_head_alone() {
    on_each_engine(&[], |server| {
        let mut client = Client::connect(server);
        client.send("HEAD /bytes/1000 HTTP/1.1\r\nHost: h\r\n\r\n");
        assert!(client.head().contains("\r\nContent-Length: 1000\r\n"));
        assert_eq!(client.ask(HELLO).status(), "200 OK");
    });
}

#[test]
fn connections_are_kept_or_closed_as_agreed() {
    on_each_engine(&[], |server| {
        for (request, connection, stays) in [
            ("GET /hello HTTP/1.0\r\n\r\n", "close", false),
            (
                "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
                "keep-alive",
                true,
            ),
            (
                "GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
                "close",
                false,
            ),
        ] {
            let mut client = Client::connect(server);
            let response = client.ask(request);
            assert!(
                response
                    .head
                    .contains(&format!("\r\nConnection: {connection}\r\n"))
            );
            if stays {
                assert_eq!(client.ask(HELLO).status(), "200 OK");
            } else {
                client.expect_end();
            }
        }
    });
}

#[test]
fn a_response_larger_than_all_buffers_comes_whole_to_a_reader_that_stops_and_goes() {
    const LEN: usize = 20_000_000;
    on_each_engine(&[], |server| {
        let mut slow = Client::connect(server);
        slow.send(format!("GET /bytes/{LEN} HTTP/1.1\r\nHost: h\r\n\r\n"));
        slow.send(HELLO);
        // While it does not read, others are served.
        let mut other = Client::connect(server);
        for _ in 0..10 {
            assert_eq!(other.ask(HELLO).status(), "200 OK");
        }
        let body = slow.response().body;
        assert_eq!(body.len(), LEN);
        let line = b"poll-io sends sixty-four bytes in each line of this long file.\r\n";
        assert!(body.chunks(line.len()).all(|chunk| line.starts_with(chunk)));
        assert_eq!(slow.response().status(), "200 OK");
    });
}

#[test]
fn a_connection_costs_two_registrations_and_a_request_none() {
    let server = ServerProcess::start(command(EngineName::Native, &[])).unwrap();
    until_all_closed(&server);
    let before = fetch(server.address(), "/counters").unwrap();
    for _ in 0..20 {
        let mut client = Client::connect(&server);
        for _ in 0..20 {
            client.ask(HELLO);
        }
        // More than fits into the socket, so that the server has to wait for room.
        client.ask("GET /bytes/10000000 HTTP/1.1\r\nHost: h\r\n\r\n");
    }
    until_all_closed(&server);
    let after = fetch(server.address(), "/counters").unwrap();
    let grown = |name| counter(&after, name) - counter(&before, name);
    // What the poller does besides waiting is to register and to deregister; the connections that
    // ask for the counters may be there at either end.
    let registrations = grown("system_calls_poller") - grown("waits");
    let expected = 2 * grown("connections_accepted");
    assert!(
        registrations.abs_diff(expected) <= 2,
        "{registrations} instead of {expected}"
    );
}

#[test]
fn the_page_shows_the_counters_which_count() {
    on_each_engine(&[], |server| {
        let page = fetch(server.address(), "/").unwrap();
        assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
        assert!(page.contains("fetch(\"/counters\")"));
        shows_what_happened(server);
    });
}

fn shows_what_happened(server: &ServerProcess) {
    let mut client = Client::connect(server);
    let before = fetch(server.address(), "/counters").unwrap();
    for _ in 0..10 {
        client.ask(HELLO);
    }
    let after = fetch(server.address(), "/counters").unwrap();
    let grown = |name| counter(&after, name) - counter(&before, name);
    assert_eq!(grown("requests"), 11);
    assert_eq!(grown("connections_accepted"), 1);
    assert!(grown("bytes_read") >= 10 * u64::try_from(HELLO.len()).unwrap());
    assert!(grown("bytes_written") > 10 * 14);
    for name in [
        "waits",
        "fruitful_waits",
        "system_calls_poller",
        "system_calls_sockets",
    ] {
        assert!(grown(name) >= 10, "{name}: {before} {after}");
    }
    assert!(counter(&after, "connections_open") >= 2);
    assert!(after.ends_with("\"errors\":{}}"), "{after}");
}
