//! The proxy on poll-async, on one worker and on two.

use core::net::SocketAddr;
use core::time::Duration;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Command;

use examples::server_process::{ServerProcess, is_readable_within};
use poll_os::{Clock, Monotonic, Signal};

use crate::programs::run;
use crate::support::LIMIT;

/// Runs `test` with a proxy in front of `server`, on one worker and on two.
fn on_one_and_two_workers(
    server: SocketAddr,
    arguments: &[&str],
    test: impl Fn(&mut ServerProcess, TcpStream),
) {
    for workers in ["1", "2"] {
        println!("on {workers}");
        let mut command = Command::new(env!("CARGO_BIN_EXE_async_proxy"));
        command.args(["--workers", workers, "--to", &server.to_string()]);
        command.args(arguments);
        let mut proxy = ServerProcess::start(command).unwrap();
        let client = TcpStream::connect(proxy.address()).unwrap();
        client.set_read_timeout(Some(LIMIT)).unwrap();
        test(&mut proxy, client);
    }
}

fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

fn ends(proxy: &mut ServerProcess) -> String {
    proxy.signal(Signal::TERMINATE).unwrap();
    assert!(proxy.wait(LIMIT).unwrap().unwrap().success());
    assert!(proxy.line().unwrap().starts_with("no more connections, "));
    proxy.line().unwrap()
}

#[test]
fn each_end_is_passed_on_and_the_other_way_goes_on() {
    for workers in ["1", "2"] {
        let program = env!("CARGO_BIN_EXE_async_proxy");
        let output = run(program, &["--self-test", "--workers", workers]);
        let totals = "51 connections, 9400000 bytes there, 9400400 back, 0 cut\n1 failed: ";
        assert!(output.contains(totals), "{output}");
    }
    // And the other way round: the server ends first.
    let (listener, address) = listen();
    on_one_and_two_workers(address, &[], |_proxy, mut client| {
        let (mut server, _) = listener.accept().unwrap();
        server.write_all(b"that was all").unwrap();
        server.shutdown(Shutdown::Write).unwrap();
        let mut heard = Vec::new();
        client.read_to_end(&mut heard).unwrap();
        assert_eq!(heard, b"that was all");
        client.write_all(b"thanks").unwrap();
        drop(client);
        server.set_read_timeout(Some(LIMIT)).unwrap();
        let mut said = String::new();
        server.read_to_string(&mut said).unwrap();
        assert_eq!(said, "thanks");
    });
}

#[test]
fn a_server_that_does_not_answer_is_given_up() {
    // A queue that is full answers nobody.
    let socket = poll_net::TcpSocket::v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(300));
    let full = loop {
        match connect() {
            Ok(stream) => waiting.push(stream),
            Err(full) => break full,
        }
    };
    assert_eq!(full.kind(), ErrorKind::TimedOut);
    on_one_and_two_workers(address, &["--connect-ms", "300"], |proxy, mut client| {
        let began = Monotonic.now();
        assert!(!matches!(client.read(&mut [0]), Ok(1..)));
        let waited = Monotonic.now().saturating_duration_since(began);
        assert!(waited < Duration::from_secs(20), "{waited:?}");
        assert!(ends(proxy).starts_with("1 connections, 0 bytes there, 0 back, 0 cut"));
        assert_eq!(proxy.line().unwrap(), "1 failed: the time is over");
    });
}

#[test]
fn a_pair_that_says_nothing_for_long_is_left() {
    let (listener, address) = listen();
    on_one_and_two_workers(address, &["--idle-ms", "500"], |proxy, mut client| {
        let (mut server, _) = listener.accept().unwrap();
        server.set_read_timeout(Some(LIMIT)).unwrap();
        client.write_all(b"a word").unwrap();
        let mut said = String::new();
        server.read_to_string(&mut said).unwrap();
        assert_eq!(
            (said.as_str(), client.read(&mut [0]).unwrap()),
            ("a word", 0)
        );
        ends(proxy);
        assert_eq!(proxy.line().unwrap(), "1 failed: timed out");
    });
}

#[test]
fn who_finds_no_seat_waits_for_one() {
    let (listener, address) = listen();
    on_one_and_two_workers(address, &["--connections", "1"], |proxy, first| {
        let (server, _) = listener.accept().unwrap();
        let second = TcpStream::connect(proxy.address()).unwrap();
        assert!(!is_readable_within(&listener, Duration::from_millis(200)).unwrap());
        drop((first, server));
        let (mut server, _) = listener.accept().unwrap();
        drop(second);
        assert_eq!(server.read(&mut [0]).unwrap(), 0);
    });
}

#[test]
fn a_proxy_that_ends_waits_for_those_who_talk_and_then_cuts_them() {
    let (listener, address) = listen();
    on_one_and_two_workers(address, &[], |proxy, mut client| {
        let (mut server, _) = listener.accept().unwrap();
        proxy.signal(Signal::TERMINATE).unwrap();
        assert_eq!(proxy.line().unwrap(), "no more connections, 1 are left");
        TcpStream::connect(proxy.address()).unwrap_err();
        client.write_all(b"a last word").unwrap();
        drop(client);
        let mut said = String::new();
        server.read_to_string(&mut said).unwrap();
        assert_eq!(said, "a last word");
        drop(server);
        assert!(proxy.wait(LIMIT).unwrap().unwrap().success());
        assert!(proxy.line().unwrap().ends_with(" 0 cut"));
    });
    on_one_and_two_workers(address, &["--stop-ms", "100"], |proxy, _client| {
        let (_server, _) = listener.accept().unwrap();
        assert!(ends(proxy).ends_with(" 1 cut"));
    });
}
