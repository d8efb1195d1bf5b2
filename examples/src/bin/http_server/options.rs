//! The command line.

use core::net::SocketAddr;
use core::time::Duration;
use std::io;

use examples::arguments::Arguments;
use examples::engine::EngineName;

use crate::service::Limits;

/// What the command line asks for.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) address: SocketAddr,
    pub(crate) engine: EngineName,
    pub(crate) limits: Limits,
    /// How long a stop may wait for responses in flight.
    pub(crate) stop: Duration,
    /// Stops by itself after this time.
    pub(crate) run: Option<Duration>,
}

impl Options {
    pub(crate) fn read(mut line: Arguments) -> io::Result<Self> {
        let port = line.value("--port", 8080)?;
        let address = SocketAddr::new(line.value("--host", [127, 0, 0, 1].into())?, port);
        let engine = line.value("--engine", EngineName::Native)?;
        let run = line.value("--run-ms", u64::MAX)?;
        let mut limit = |name, default| line.value(name, default).map(Duration::from_millis);
        let options = Self {
            address,
            engine,
            limits: Limits {
                idle: limit("--idle-ms", 60_000)?,
                head: limit("--head-ms", 10_000)?,
                body: limit("--body-ms", 30_000)?,
                room: limit("--room-ms", 30_000)?,
                end: limit("--end-ms", 2_000)?,
            },
            stop: limit("--stop-ms", 5_000)?,
            run: (run != u64::MAX).then_some(Duration::from_millis(run)),
        };
        line.finish()?;
        Ok(options)
    }
}
