//! The key-value server: its own clients, those of Redis, and its limits.

use core::time::Duration;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use examples::engine::EngineName;
use examples::server_process::ServerProcess;
use poll_os::{Clock, Monotonic, Signal};

use crate::services::run_on_each_engine;
use crate::support::{LIMIT, eventually};
use crate::tools::is_installed;

/// Runs `test` with a server of its own on each engine, and ends the server in peace.
fn on_each_engine(arguments: &[&str], test: impl Fn(&ServerProcess)) {
    for engine in EngineName::ALL {
        println!("on {engine}");
        let mut command = Command::new(env!("CARGO_BIN_EXE_key_value"));
        command
            .args(["--engine", &engine.to_string()])
            .args(arguments);
        let mut server = ServerProcess::start(command).unwrap();
        test(&server);
        server.signal(Signal::TERMINATE).unwrap();
        assert!(server.wait(LIMIT).unwrap().unwrap().success());
    }
}

/// What a tool prints that is given `input`.
fn output_of(tool: &str, arguments: &[&str], input: &[u8]) -> String {
    let mut child = Command::new(tool)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{tool} {arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn connect(server: &ServerProcess) -> TcpStream {
    let stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream
}

/// Sends lines and reads as much as is expected.
fn ask(stream: &mut TcpStream, lines: &str, expected: &str) {
    try_ask(stream, lines, expected).unwrap();
}

/// The same; an error if the server has ended the connection.
fn try_ask(stream: &mut TcpStream, lines: &str, expected: &str) -> std::io::Result<()> {
    stream.write_all(lines.as_bytes())?;
    let mut reply = vec![0; expected.len()];
    stream.read_exact(&mut reply)?;
    assert_eq!(String::from_utf8(reply).unwrap(), expected, "to {lines}");
    Ok(())
}

#[test]
fn the_key_value_server_answers_its_own_clients() {
    let program = env!("CARGO_BIN_EXE_key_value");
    run_on_each_engine(program, " requests served\n");
}

#[test]
fn redis_cli_is_served() {
    if !is_installed("redis-cli", "--version") {
        return;
    }
    on_each_engine(&[], |server| {
        let port = server.address().port().to_string();
        let cli = |arguments: &[&str], input: &str| {
            let arguments = [&["-p", &port], arguments].concat();
            output_of("redis-cli", &arguments, input.as_bytes())
        };
        assert_eq!(cli(&["PING"], ""), "PONG\n");
        assert_eq!(cli(&["SET", "a", "x y", "EX", "1000"], ""), "OK\n");
        let asked = "get a\nttl a\nexists a b\ndel a\nget a\nconfig get save\n";
        assert_eq!(cli(&[], asked), "x y\n1000\n1\n1\n\nsave\n\n");
        assert_eq!(cli(&["-x", "SET", "bin"], "\0\u{1}\r\n"), "OK\n");
        assert_eq!(cli(&["GET", "bin"], ""), "\0\u{1}\r\n\n");
        let many: String = (0..1000)
            .map(|key| format!("SET {key} {key}\r\n"))
            .collect();
        let report = cli(&["--pipe"], &many);
        assert!(report.ends_with("errors: 0, replies: 1000\n"), "{report}");
        assert_eq!(cli(&["DBSIZE"], ""), "1001\n");
    });
}

#[test]
fn redis_benchmark_is_served() {
    if !is_installed("redis-benchmark", "--version") {
        return;
    }
    on_each_engine(&[], |server| {
        let port = server.address().port().to_string();
        let asked = [
            "-p", &port, "-t", "set,get", "-n", "20000", "-P", "16", "--csv",
        ];
        let report = output_of("redis-benchmark", &asked, b"");
        for line in ["\"SET\",", "\"GET\","] {
            assert!(
                report.lines().any(|found| found.starts_with(line)),
                "{report}"
            );
        }
        let mut stream = connect(server);
        ask(&mut stream, "GET key:__rand_int__\r\n", "$3\r\nVXK\r\n");
    });
}

#[test]
fn netcat_is_served() {
    // Which one it is differs; all take these.
    if !is_installed("nc", "-h") {
        return;
    }
    on_each_engine(&[], |server| {
        let port = server.address().port().to_string();
        let asked = b"SET a \"b c\"\nGET a\nQUIT\n";
        let told = output_of("nc", &["127.0.0.1", &port], asked);
        assert_eq!(told, "+OK\r\n$3\r\nb c\r\n+OK\r\n");
    });
}

#[test]
fn a_silent_client_is_ended_and_one_that_asks_is_not() {
    on_each_engine(&["--idle-ms", "300"], |server| {
        // A machine that stands still for so long makes a silent client of the other one, too.
        eventually("the machine lets a client ask in time", || {
            the_silent_one_is_ended(server, Duration::from_millis(300))
        });
    });
}

/// False if this one, too, was silent for as long as `idle`.
fn the_silent_one_is_ended(server: &ServerProcess, idle: Duration) -> bool {
    let mut silent = connect(server);
    let mut asks = connect(server);
    let start = Monotonic.now();
    let mut heard = start;
    let mut is_served = || {
        let before = core::mem::replace(&mut heard, Monotonic.now());
        let is_served = try_ask(&mut asks, "PING\r\n", "+PONG\r\n").is_ok();
        let silence = Monotonic.now().saturating_duration_since(before);
        assert!(is_served || silence >= idle, "ended after {silence:?}");
        is_served
    };
    while is_there(&mut silent) {
        let waited = Monotonic.now().saturating_duration_since(start);
        assert!(waited < LIMIT, "a silent client is not ended");
        if !is_served() {
            return false;
        }
    }
    let took = Monotonic.now().saturating_duration_since(start);
    assert!(took.as_millis() >= 299, "ended after {took:?}");
    // As long again: the one that asks has been there for more than its time.
    let again = Monotonic.now().saturating_add(took);
    while Monotonic.now() < again {
        if !is_served() {
            return false;
        }
    }
    true
}

/// Whether the server has not ended this connection, over which nothing comes.
fn is_there(silent: &mut TcpStream) -> bool {
    silent.set_nonblocking(true).unwrap();
    match silent.read(&mut [0]) {
        Ok(len) => {
            assert_eq!(len, 0);
            false
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::WouldBlock);
            true
        }
    }
}

#[test]
fn there_is_a_limit_of_clients_and_one_of_memory() {
    on_each_engine(&["--clients", "1", "--memory-mib", "1"], |server| {
        let mut first = connect(server);
        let value = "v".repeat(60_000);
        for key in 0..17 {
            ask(&mut first, &format!("SET {key} {value}\r\n"), "+OK\r\n");
        }
        let full = "-OOM command not allowed when used memory > 'maxmemory'.\r\n";
        ask(&mut first, &format!("SET more {value}\r\n"), full);
        ask(&mut first, &format!("SET 0 {value}\r\n"), "+OK\r\n");
        ask(&mut first, "DEL 0\r\n", ":1\r\n");
        ask(&mut first, &format!("SET more {value}\r\n"), "+OK\r\n");
        let mut second = connect(server);
        let refused = "-ERR max number of clients reached\r\n";
        ask(&mut second, "PING\r\n", refused);
        assert_eq!(second.read(&mut [0]).unwrap(), 0);
        ask(&mut first, "PING\r\n", "+PONG\r\n");
    });
}
