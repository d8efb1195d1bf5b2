//! Ten thousand connections.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use examples::engine::EngineName;
use examples::fetch::counter;
use examples::server_process::ServerProcess;
use sys_process::descriptor_limit;

use crate::support::{command, count, until_all_closed};

const IDLE: u64 = 10_000;
const ACTIVE: u64 = 64;

#[test]
fn ten_thousand_idle_connections_are_held_while_others_are_served() {
    // Each side is a process of its own, which raises its limit as far as it may.
    let hard = descriptor_limit().hard;
    if hard.is_some_and(|hard| hard < IDLE + ACTIVE + 100) {
        println!("SKIP: {IDLE} connections: the hard limit of descriptors is {hard:?}");
        return;
    }
    let server = ServerProcess::start(command(EngineName::Native, &[])).unwrap();
    let mut client = Command::new(env!("CARGO_BIN_EXE_load"));
    client.args(["--to", &server.address().to_string(), "--ms", "1000"]);
    client.args([
        "--idle",
        &IDLE.to_string(),
        "--connections",
        &ACTIVE.to_string(),
    ]);
    let mut client = client.stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(client.stdout.take().unwrap());

    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert_eq!(line, format!("connected {}\n", IDLE + ACTIVE));
    assert!(count(&server, "connections_open") > IDLE + ACTIVE);

    let mut report = String::new();
    output.read_to_string(&mut report).unwrap();
    assert!(client.wait().unwrap().success());
    assert_eq!(counter(&report, "errors"), 0, "{report}");
    assert!(counter(&report, "responses") > 1000, "{report}");
    until_all_closed(&server);
}
