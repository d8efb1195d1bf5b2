//! An HTTP/1.1 server on one thread, for any engine: keep-alive, pipelining, limits of size and
//! time for everything, live counters at `/`, and a stop that finishes what is in flight.
//!
//! ```text
//! http_server --port 8080 --engine native
//! ```
//!
//! Read `server` for the loop, `door` for how connections come in, `connection` for what happens
//! on one connection; `request` and `response` are HTTP; `input`, `output`, `slab` and `deadlines`
//! are the pieces in between.
#![forbid(unsafe_code)]
#![expect(
    clippy::print_stderr,
    reason = "a program talks to the one who started it"
)]

mod connection;
mod counters;
mod date;
mod deadlines;
mod door;
mod input;
mod options;
mod output;
mod request;
mod response;
mod server;
mod service;
mod slab;
mod status;

use std::io::{self, Write};
use std::process::ExitCode;

use examples::arguments::Arguments;
use examples::descriptors;
use examples::engine::EngineName;
use poll_os::engine::{Backend, Poll};

use crate::options::Options;
use crate::server::Server;

fn main() -> ExitCode {
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("http_server: {error}");
            ExitCode::FAILURE
        }
    }
}

fn start() -> io::Result<()> {
    let options = Options::read(Arguments::of_this_program())?;
    // Each connection is a descriptor; the gate takes care of what comes beyond the limit.
    descriptors::make_all_room();
    match options.engine {
        EngineName::Native => serve(poll_os::Poll::new()?, &options),
        EngineName::Poll => serve(poll_os::poll::Poll::new()?, &options),
    }
}

fn serve<B: Backend>(poll: Poll<B>, options: &Options) -> io::Result<()> {
    let server = Server::new(poll, options)?;
    let mut stdout = io::stdout();
    writeln!(
        stdout,
        "http://{}/ on {}",
        server.local_addr()?,
        options.engine
    )?;
    let counters = server.run()?;
    writeln!(stdout, "{}", counters.to_json())
}
