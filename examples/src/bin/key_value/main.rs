//! A key-value server that redis-cli, redis-benchmark and nc can talk to: keys and values of any
//! bytes, with an end if they are given one, in memory that is limited.
//!
//! It knows PING, ECHO, GET, SET with EX and PX, DEL, EXISTS, TTL, DBSIZE and QUIT, and what tools
//! ask before they begin.
//!
//! ```text
//! key_value --port 6379 --engine native
//! ```
//!
//! Read `server` for what the service does with its resources and timers; `resp` and `reply` are
//! the protocol, `commands` and `store` what it is for. With `--self-test` the program is its own
//! clients, and ends.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a program talks to its user")]

mod client;
mod commands;
mod reply;
mod resp;
mod server;
mod store;

use core::net::SocketAddr;
use core::num::NonZeroU64;
use core::time::Duration;
use std::io;

use examples::arguments::Arguments;
use examples::descriptors;
use examples::engine::{self, EngineName};
use examples::self_test;
use poll_net::TcpListener;
use poll_os::{Signal, Signals};
use poll_reactor::{Builder, Listener};

use crate::server::{MARKS, Server};

/// How long a client may be silent, if nobody says otherwise: five minutes.
const IDLE_MS: NonZeroU64 = NonZeroU64::MIN.saturating_add(299_999);

fn main() -> io::Result<()> {
    let mut line = Arguments::of_this_program();
    let is_test = line.flag("--self-test");
    let engine = line.value("--engine", EngineName::Native)?;
    let port = line.value("--port", if is_test { 0 } else { 6379 })?;
    let clients = line.value("--clients", 10_000)?;
    let idle = Duration::from_millis(line.value("--idle-ms", IDLE_MS)?.get());
    let memory = line
        .value("--memory-mib", 256_usize)?
        .saturating_mul(1 << 20);
    line.finish()?;
    // Each connection is a descriptor; the listener takes care of what comes beyond the limit.
    descriptors::make_all_room();
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port)))?;
    let address = listener.local_addr()?;
    println!("key_value on {address}, {engine}");
    let builder = Builder::new().marks(MARKS);
    let serve = || {
        engine::run(
            engine,
            builder,
            Server::new(clients, idle, memory),
            |_, context| {
                context.register(Listener::new(listener))?;
                context.register(Signals::new([Signal::INTERRUPT, Signal::TERMINATE])?)?;
                Ok(())
            },
        )
    };
    let server = match is_test {
        true => self_test::against(move || client::be_clients(address), serve)?,
        false => serve()?,
    };
    println!("{} requests served", server.served);
    server.failure.map_or(Ok(()), |error| Err(error.into()))
}
