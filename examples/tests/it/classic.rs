//! The server in async_io's interface.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

use examples::fetch::fetch;
use examples::server_process::ServerProcess;
use poll_os::Signal;

use crate::programs::run;
use crate::stop::refuses_new_clients;
use crate::support::LIMIT;

const PROGRAM: &str = env!("CARGO_BIN_EXE_classic_http");

#[test]
fn each_visitor_is_counted_once_and_nonsense_is_refused() {
    let output = run(PROGRAM, &["--self-test"]);
    assert!(output.contains("\n32 × 200 OK\n"), "{output}");
}

#[test]
fn who_was_there_when_it_was_told_to_stop_is_answered() {
    let mut server = ServerProcess::start(Command::new(PROGRAM)).unwrap();
    let address = server.address();
    let mut early = TcpStream::connect(address).unwrap();
    early.set_read_timeout(Some(LIMIT)).unwrap();
    early.write_all(b"GET / HTTP/1.1\r\n").unwrap();
    // It was accepted before this one, which is answered.
    assert_eq!(fetch(address, "/").unwrap(), "visitor 1\n");
    server.signal(Signal::TERMINATE).unwrap();
    refuses_new_clients(&server);
    early.write_all(b"\r\n").unwrap();
    let mut answer = String::new();
    early.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("\r\n\r\nvisitor 2\n"), "{answer}");
    assert!(server.wait(LIMIT).unwrap().unwrap().success());
}
