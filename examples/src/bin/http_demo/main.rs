//! Starts one HTTP server after the other, puts it under load at 1, 64 and 1000 connections, prints
//! a table of what it did and what that cost, and stops it: the server on one thread, then that of
//! hyper on poll-async, on one worker and on two.
//!
//! ```text
//! http_demo --seconds 3 --engine native
//! http_demo --serve
//! ```
//!
//! With `--serve` it leaves the first one running until it is interrupted.
#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program talks to the one who started it"
)]

mod round;
mod table;

use core::time::Duration;
use std::io::{Error, ErrorKind, Result};
use std::process::{Command, ExitCode};

use examples::arguments::Arguments;
use examples::descriptors;
use examples::engine::EngineName;
use examples::fetch::counter;
use examples::server_process::{ServerProcess, is_readable_within};
use poll_os::{Signal, Signals};

use crate::round::Round;

const CONNECTIONS: [usize; 3] = [1, 64, 1000];

/// How long the server may take to finish what is in flight.
const STOP_LIMIT: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("http_demo: {error}");
            ExitCode::FAILURE
        }
    }
}

fn start() -> Result<()> {
    let mut line = Arguments::of_this_program();
    let engine = line.value("--engine", EngineName::Native)?;
    let time = Duration::from_secs(line.value("--seconds", 3)?);
    let serves = line.flag("--serve");
    line.finish()?;

    // From here on an interruption is an event, so that the server is ended in any case.
    let interruption = Signals::new([Signal::INTERRUPT, Signal::TERMINATE])?;
    // Before the first server is started, which inherits it.
    descriptors::make_all_room();
    let on_engine = ["--engine", &engine.to_string()];
    if serves {
        let server = launch("http_server", &on_engine)?;
        println!("http://{}/ until interrupted", server.address());
        is_readable_within(&interruption, Duration::MAX)?;
        return stop(server);
    }
    show("http_server", &on_engine, engine, time, &interruption)?;
    for workers in ["1", "2"] {
        println!();
        let arguments = ["--workers", workers];
        show("hyper_server", &arguments, engine, time, &interruption)?;
    }
    Ok(())
}

/// Starts a server that stands beside this program.
fn launch(name: &str, arguments: &[&str]) -> Result<ServerProcess> {
    let mut command = Command::new(ServerProcess::program(name)?);
    command.args(arguments);
    let server = ServerProcess::start(command)?;
    let (arguments, id) = (arguments.join(" "), server.id());
    println!("{name} {arguments}: process {id}");
    Ok(server)
}

/// Shows one server, from its start to its end; the load comes by `engine`.
fn show(
    name: &str,
    arguments: &[&str],
    engine: EngineName,
    time: Duration,
    interruption: &Signals,
) -> Result<()> {
    let server = launch(name, arguments)?;
    let mut rounds = Vec::new();
    for connections in CONNECTIONS {
        match round::run(&server, engine, connections, time, interruption)? {
            Some(round) => rounds.push(round),
            None => {
                stop(server)?;
                return Err(ErrorKind::Interrupted.into());
            }
        }
    }
    println!("{}", table::draw(&rounds));
    stop(server)?;
    match rounds.iter().find_map(Round::failure) {
        Some(failure) => Err(Error::other(failure)),
        None => Ok(()),
    }
}

/// Stops the server as an operator would and looks whether it left anything behind.
fn stop(mut server: ServerProcess) -> Result<()> {
    server.signal(Signal::TERMINATE)?;
    let Some(status) = server.wait(STOP_LIMIT)? else {
        return Err(Error::new(ErrorKind::TimedOut, "the server does not stop"));
    };
    let counters = server.line()?;
    let open = counter(&counters, "connections_open");
    if !status.success() || open > 0 {
        let what = format!("the server ended with {status} and {open} open connections");
        return Err(Error::other(what));
    }
    println!("the server ended cleanly, with no connection open");
    Ok(())
}
