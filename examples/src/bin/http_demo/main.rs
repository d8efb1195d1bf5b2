//! Starts the HTTP server, puts it under load at 1, 64 and 1000 connections, prints one table of
//! what it did and what that cost, and stops it.
//!
//! ```text
//! http_demo --seconds 3 --engine native
//! http_demo --serve
//! ```
//!
//! With `--serve` it leaves the server running until it is interrupted.
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
    // Before the server is started, which inherits it.
    descriptors::make_all_room();
    let mut command = Command::new(ServerProcess::program("http_server")?);
    command.args(["--engine", &engine.to_string()]);
    let server = ServerProcess::start(command)?;
    println!("http_server is process {} on {engine}", server.id());
    if serves {
        println!("http://{}/ until interrupted", server.address());
        is_readable_within(&interruption, Duration::MAX)?;
        return stop(server);
    }
    let mut rounds = Vec::new();
    for connections in CONNECTIONS {
        match round::run(&server, engine, connections, time, &interruption)? {
            Some(round) => rounds.push(round),
            None => {
                stop(server)?;
                return Err(ErrorKind::Interrupted.into());
            }
        }
    }
    println!("\n{}", table::draw(&rounds));
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
