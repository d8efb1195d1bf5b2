//! An HTTP load client: many connections with one request in flight on each, and how long the
//! responses take.

mod client;
mod histogram;
mod session;

use core::net::SocketAddr;
use core::ops::ControlFlow;
use core::time::Duration;
use std::io;

use poll_os::engine::{Backend, Poll};

pub use histogram::Histogram;

/// What to do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The server.
    pub address: SocketAddr,
    /// What to ask for.
    pub path: String,
    /// Connections that send the next request when the response to the last one is there.
    pub connections: usize,
    /// Connections beside them that send nothing.
    pub idle: usize,
    /// How long requests are sent, once all connections are made.
    pub time: Duration,
}

/// How far it is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Connections made.
    pub connected: usize,
    /// Responses received.
    pub responses: u64,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Report {
    /// Responses received.
    pub responses: u64,
    /// From each request to the last byte of its response.
    pub latency: Histogram,
    /// From the first request to the last response.
    pub elapsed: Duration,
    /// Connections that failed, and requests that were not answered.
    pub errors: u64,
    /// What the first of them was.
    pub first_error: Option<String>,
}

impl Report {
    /// Responses per second.
    #[must_use]
    pub fn rate(&self) -> u64 {
        let millis = self.elapsed.as_millis().max(1);
        u64::try_from(u128::from(self.responses) * 1000 / millis).unwrap_or(u64::MAX)
    }
}

/// Carries `plan` out; `watch` is told ten times a second how far it is, and may break it off.
///
/// The server may take 20 seconds to accept all connections, and five for the last responses.
///
/// # Errors
///
/// Only those of the poller; what goes wrong with a connection is counted in the report.
pub fn run<B: Backend>(
    poll: Poll<B>,
    plan: &Plan,
    watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> io::Result<Report> {
    client::Client::new(poll, plan, watch).run()
}
