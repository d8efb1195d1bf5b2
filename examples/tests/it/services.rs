//! The services of poll-reactor, each on each engine: as their own clients, and as processes.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{self, Child, ChildStdout, Command, ExitStatus, Stdio};

use examples::engine::EngineName;
use examples::receive;
use examples::server_process::{ServerProcess, is_readable_within};
use examples::tty::Pair;
use poll_os::{ChildExit, Signal};

use crate::programs::run;
use crate::support::LIMIT;

/// Runs a program that is its own client on each engine.
pub(crate) fn run_on_each_engine(program: &str, expected: &str) {
    for engine in EngineName::ALL {
        let output = run(program, &["--self-test", "--engine", &engine.to_string()]);
        assert!(output.contains(expected), "on {engine}: {output}");
    }
}

#[test]
fn the_echo_service_returns_what_comes_over_any_socket() {
    let program = env!("CARGO_BIN_EXE_reactor_echo");
    run_on_each_engine(program, "2 connections served\n");
}

#[test]
fn chat_guests_hear_each_other_and_who_does_not_read_is_shown_the_door() {
    let program = env!("CARGO_BIN_EXE_reactor_chat");
    run_on_each_engine(program, "1 were shown the door\n");
}

#[test]
fn chat_guests_hear_the_goodbye_of_a_room_that_is_told_to_close() {
    for engine in EngineName::ALL {
        let mut command = Command::new(env!("CARGO_BIN_EXE_reactor_chat"));
        command.args(["--engine", &engine.to_string()]);
        let mut server = ServerProcess::start(command).unwrap();
        let mut guest = TcpStream::connect(server.address()).unwrap();
        guest.set_read_timeout(Some(LIMIT)).unwrap();
        guest.write_all(b"anna\n").unwrap();
        let mut greeting = [0; 16];
        guest.read_exact(&mut greeting).unwrap();
        assert_eq!(&greeting, b"* anna comes in\n");
        server.signal(Signal::TERMINATE).unwrap();
        let goodbye = io::read_to_string(guest).unwrap();
        assert_eq!(goodbye, "* the room closes\n");
        assert!(server.wait(LIMIT).unwrap().unwrap().success());
    }
}

#[test]
fn files_that_grow_are_cut_or_are_replaced_are_shown() {
    run_on_each_engine(env!("CARGO_BIN_EXE_tail_files"), "");
}

#[test]
fn a_file_longer_than_the_output_takes_is_shown_without_waiting_for_the_timer() {
    let path = scratch("long");
    let text: String = (0..500_000).map(|number| format!("{number}\n")).collect();
    fs::write(&path, &text).unwrap();
    for engine in EngineName::ALL {
        let mut tail = Command::new(env!("CARGO_BIN_EXE_tail_files"));
        tail.args(["--engine", &engine.to_string(), "--interval-ms", "3600000"])
            .args(["--from-start", "--file"])
            .arg(&path);
        let mut tail = Console::start(tail);
        let mut output = tail.output.take().unwrap().into_inner();
        let shown = receive::exactly(&mut output, text.len(), LIMIT).unwrap();
        assert!(shown == text.as_bytes());
    }
    fs::remove_file(&path).unwrap();
}

#[test]
fn a_tail_that_nobody_reads_any_more_ends() {
    let path = scratch("tail");
    for engine in EngineName::ALL {
        fs::write(&path, "one\ntwo\n").unwrap();
        let mut tail = Command::new(env!("CARGO_BIN_EXE_tail_files"));
        tail.args(["--engine", &engine.to_string(), "--interval-ms", "1"])
            .args(["--from-start", "--file"])
            .arg(&path);
        let mut tail = Console::start(tail);
        assert_eq!(tail.line(), "one\n");
        tail.output = None;
        File::options()
            .append(true)
            .open(&path)
            .unwrap()
            .write_all(b"three\n")
            .unwrap();
        assert!(tail.end().success());
    }
    fs::remove_file(&path).unwrap();
}

#[test]
fn a_device_talks_to_one_client_after_the_other() {
    run_on_each_engine(env!("CARGO_BIN_EXE_serial_pipe"), "");
}

#[test]
fn a_device_answers_standard_input_on_standard_output() {
    for engine in EngineName::ALL {
        let mut pair = Pair::new().unwrap();
        let mut pipe = Command::new(env!("CARGO_BIN_EXE_serial_pipe"));
        pipe.args(["--engine", &engine.to_string(), "--speed", "9600"])
            .arg("--device")
            .arg(pair.path());
        let mut pipe = Console::start(pipe);
        let mut input = pipe.child.stdin.take().unwrap();
        input.write_all(b"AT\r").unwrap();
        let asked = receive::exactly(&mut pair.hardware, 3, LIMIT).unwrap();
        assert_eq!(asked, b"AT\r", "in raw mode");
        // The answer comes after the end of the input.
        drop(input);
        pair.hardware.write_all(b"OK\r\n").unwrap();
        assert_eq!(pipe.line(), "OK\r\n");
        assert_eq!(pipe.line(), "", "the end");
        assert!(pipe.end().success());
    }
}

#[test]
fn a_device_that_is_none_is_refused_by_name() {
    let path = scratch("none");
    fs::write(&path, "").unwrap();
    let mut pipe = Command::new(env!("CARGO_BIN_EXE_serial_pipe"));
    let output = pipe.arg("--device").arg(&path).output().unwrap();
    fs::remove_file(&path).unwrap();
    assert!(!output.status.success());
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(
        complaint.contains(&path.display().to_string()),
        "{complaint}"
    );
}

fn scratch(name: &str) -> PathBuf {
    let name = format!("{name}-{}", process::id());
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// A program with pipes at its input and output; killed when dropped.
struct Console {
    child: Child,
    output: Option<BufReader<ChildStdout>>,
}

impl Console {
    fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let output = child.stdout.take().map(BufReader::new);
        Self { child, output }
    }

    /// The next line of the output; empty at its end.
    fn line(&mut self) -> String {
        let output = self.output.as_mut().unwrap();
        if output.buffer().is_empty() {
            assert!(is_readable_within(output.get_ref(), LIMIT).unwrap());
        }
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        line
    }

    fn end(mut self) -> ExitStatus {
        let exit = ChildExit::new(&self.child).unwrap();
        assert!(is_readable_within(&exit, LIMIT).unwrap());
        self.child.wait().unwrap()
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        // An error says that it has ended and was waited for, which is what is wanted.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
