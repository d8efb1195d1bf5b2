//! Puts load on an HTTP server and prints what came of it in one line of JSON.
//!
//! ```text
//! load --to 127.0.0.1:8080 --path /hello --connections 64 --idle 0 --ms 3000 --engine native
//! ```
//!
//! With `--self-test` it starts a server for itself.
#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program talks to the one who started it"
)]

use core::net::SocketAddr;
use core::ops::ControlFlow;
use core::time::Duration;
use std::io;
use std::process::{Command, ExitCode};

use examples::arguments::Arguments;
use examples::descriptors;
use examples::engine::EngineName;
use examples::load::{self, Plan, Report};
use examples::server_process::ServerProcess;

fn main() -> ExitCode {
    match start() {
        Ok(report) => {
            print(&report);
            ExitCode::from(u8::from(report.errors > 0))
        }
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn start() -> io::Result<Report> {
    let mut line = Arguments::of_this_program();
    let server = match line.flag("--self-test") {
        true => Some(ServerProcess::start(Command::new(ServerProcess::program(
            "http_server",
        )?))?),
        false => None,
    };
    let usual = SocketAddr::from(([127, 0, 0, 1], 8080));
    let own = server.as_ref().map_or(usual, ServerProcess::address);
    let plan = Plan {
        address: line.value("--to", own)?,
        path: line.value("--path", "/hello".to_owned())?,
        connections: line.value("--connections", 64)?,
        idle: line.value("--idle", 0)?,
        time: Duration::from_millis(line.value("--ms", 3000)?),
    };
    let engine = line.value("--engine", EngineName::Native)?;
    line.finish()?;
    // The connections, the poller, and what a process has anyway.
    descriptors::make_room_for(plan.connections + plan.idle + 16)?;
    let mut all_connected = false;
    let mut watch = |progress: load::Progress| {
        if !all_connected && progress.connected == plan.connections + plan.idle {
            all_connected = true;
            println!("connected {}", progress.connected);
        }
        ControlFlow::Continue(())
    };
    match engine {
        EngineName::Native => load::run(poll_os::Poll::new()?, &plan, &mut watch),
        EngineName::Poll => load::run(poll_os::poll::Poll::new()?, &plan, &mut watch),
    }
}

fn print(report: &Report) {
    let micros = |parts, whole| report.latency.quantile(parts, whole).as_micros();
    println!(
        "{{\"responses\":{},\"per_second\":{},\"p50_us\":{},\"p99_us\":{},\"p999_us\":{},\
         \"errors\":{}}}",
        report.responses,
        report.rate(),
        micros(1, 2),
        micros(99, 100),
        micros(999, 1000),
        report.errors,
    );
    if let Some(error) = &report.first_error {
        eprintln!("load: the first error: {error}");
    }
}
