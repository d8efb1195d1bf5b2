//! The other programs, each run to its end.

use std::process::{Command, Output};

use examples::server_process::is_readable_within;
use poll_os::Signal;
use sys_process::{Pid, kill};

use crate::support::{LIMIT, on_each_engine};

pub(crate) fn run(program: &str, arguments: &[&str]) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(program).args(arguments).output().unwrap();
    let stderr = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{program}: {status}: {stderr}");
    String::from_utf8(stdout).unwrap()
}

#[test]
fn the_echo_server_returns_what_it_gets() {
    run(env!("CARGO_BIN_EXE_echo_server"), &["--self-test"]);
}

#[test]
fn the_udp_echo_returns_what_it_gets_in_batches() {
    let output = run(env!("CARGO_BIN_EXE_udp_echo"), &["--self-test"]);
    assert!(output.contains("200 datagrams in "), "{output}");
}

#[test]
fn a_graceful_end_waits_for_jobs_and_says_what_it_cut() {
    for workers in ["1", "2"] {
        let program = env!("CARGO_BIN_EXE_graceful_shutdown");
        let output = run(program, &["--self-test", "--workers", workers]);
        assert!(
            output.ends_with("3 connections, 2 jobs done, 1 cut\n"),
            "{output}"
        );
    }
}

#[test]
fn a_foreign_loop_draws_in_time_and_its_guest_answers_at_once() {
    let output = run(env!("CARGO_BIN_EXE_foreign_loop"), &["--self-test"]);
    assert!(output.contains(" frames, 503 orders, "), "{output}");
}

#[test]
fn all_engines_agree() {
    let output = run(env!("CARGO_BIN_EXE_engine_choice"), &[]);
    assert!(output.ends_with("all engines agree\n"), "{output}");
}

#[test]
fn the_load_client_counts_what_fails() {
    run(
        env!("CARGO_BIN_EXE_load"),
        &["--self-test", "--ms", "100", "--engine", "poll"],
    );
    let mut refused = Command::new(env!("CARGO_BIN_EXE_load"));
    // Nobody listens on the discard port.
    refused.args(["--to", "127.0.0.1:9", "--connections", "3", "--ms", "1"]);
    let output = refused.output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("\"errors\":3}"));
}

#[test]
fn the_demonstration_prints_its_table_and_ends() {
    let output = run(env!("CARGO_BIN_EXE_http_demo"), &["--seconds", "1"]);
    let lines: Vec<&str> = output.lines().map(str::trim_start).collect();
    for start in [
        "connections ",
        "1 ",
        "64 ",
        "1000 ",
        "the server ended cleanly",
    ] {
        let found = lines.iter().filter(|line| line.starts_with(start));
        assert_eq!(found.count(), 3, "{output}");
    }
    // Of all threads of a server.
    assert!(!output.contains(" 0.0 µs"), "{output}");
}

#[test]
fn a_second_server_on_one_port_says_which_port_it_is() {
    on_each_engine(&[], |server| {
        let mut second = Command::new(env!("CARGO_BIN_EXE_http_server"));
        let port = server.address().port().to_string();
        let output = second.args(["--port", &port]).output().unwrap();
        assert!(!output.status.success());
        let complaint = format!("http_server: {}: Address", server.address());
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.starts_with(&complaint), "{stderr}");
    });
}

#[test]
fn an_interrupted_demonstration_ends_its_server() {
    for arguments in [&["--serve"][..], &["--seconds", "600"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_http_demo"));
        command.args(arguments).stdout(std::process::Stdio::piped());
        let mut demo = command.spawn().unwrap();
        let stdout = demo.stdout.take().unwrap();
        assert!(is_readable_within(&stdout, LIMIT).unwrap());
        let id = Pid::from_raw(i32::try_from(demo.id()).unwrap()).unwrap();
        kill(id, Signal::INTERRUPT).unwrap();
        // The server shares this output, so its end is the end of both.
        let output = std::io::read_to_string(stdout).unwrap();
        demo.wait().unwrap();
        assert!(
            output.ends_with("the server ended cleanly, with no connection open\n"),
            "{output}"
        );
    }
}
