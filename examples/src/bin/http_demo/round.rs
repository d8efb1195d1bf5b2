//! One round of the demonstration: a number of connections, and what the server spent on them.

use core::ops::ControlFlow;
use core::time::Duration;
use std::io::{IsTerminal, Result, Write, stderr};

use examples::descriptors;
use examples::engine::EngineName;
use examples::fetch::{counter, fetch};
use examples::load::{self, Plan, Progress, Report};
use examples::server_process::ServerProcess;
use poll_os::Signals;

/// One line of the table.
#[derive(Debug)]
pub(crate) struct Round {
    pub(crate) connections: usize,
    pub(crate) result: core::result::Result<Measured, Skipped>,
}

#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) report: Report,
    /// Processor time of the server for each request, where the system tells.
    pub(crate) processor: Option<Duration>,
    /// System calls of the server in a thousand requests.
    pub(crate) calls_per_thousand: u64,
}

/// Why a round was not run.
#[derive(Debug)]
pub(crate) struct Skipped(pub(crate) String);

/// What the server has spent so far.
struct Spent {
    processor: Option<Duration>,
    calls: u64,
    requests: u64,
}

impl Round {
    /// What went wrong in it.
    pub(crate) fn failure(&self) -> Option<String> {
        let report = &self.result.as_ref().ok()?.report;
        let first = report.first_error.as_ref()?;
        let (errors, connections) = (report.errors, self.connections);
        Some(format!(
            "{errors} errors at {connections} connections, the first: {first}"
        ))
    }
}

/// Runs one round; none if it was interrupted.
pub(crate) fn run(
    server: &ServerProcess,
    engine: EngineName,
    connections: usize,
    time: Duration,
    interruption: &Signals,
) -> Result<Option<Round>> {
    // The poller, the standard streams and a few more.
    if let Err(error) = descriptors::make_room_for(connections + 16) {
        eprintln!("SKIP: {connections} connections: {error}");
        let result = Err(Skipped(error.to_string()));
        return Ok(Some(Round {
            connections,
            result,
        }));
    }
    let plan = Plan {
        address: server.address(),
        path: "/hello".to_owned(),
        connections,
        idle: 0,
        time,
    };
    let before = Spent::by(server)?;
    let mut is_interrupted = false;
    let mut display = Display::new(connections);
    let mut watch = |progress| {
        display.show(progress);
        is_interrupted |= interruption.take().is_some();
        if is_interrupted {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let report = match engine {
        EngineName::Native => load::run(poll_os::Poll::new()?, &plan, &mut watch),
        EngineName::Poll => load::run(poll_os::poll::Poll::new()?, &plan, &mut watch),
    }?;
    display.end();
    if is_interrupted {
        return Ok(None);
    }
    let spent = Spent::by(server)?.since(&before);
    let requests = u32::try_from(spent.requests).unwrap_or(u32::MAX).max(1);
    let result = Ok(Measured {
        report,
        processor: spent.processor.map(|time| time / requests),
        calls_per_thousand: spent.calls * 1000 / u64::from(requests),
    });
    Ok(Some(Round {
        connections,
        result,
    }))
}

impl Spent {
    fn by(server: &ServerProcess) -> Result<Self> {
        let counters = fetch(server.address(), "/counters")?;
        let calls = ["system_calls_poller", "system_calls_sockets"];
        Ok(Self {
            processor: server.processor_time(),
            calls: calls.into_iter().map(|name| counter(&counters, name)).sum(),
            requests: counter(&counters, "requests"),
        })
    }

    fn since(&self, before: &Self) -> Self {
        let processor = self.processor.zip(before.processor);
        Self {
            processor: processor.map(|(now, then)| now.saturating_sub(then)),
            calls: self.calls - before.calls,
            requests: self.requests - before.requests,
        }
    }
}

/// Shows how far it is: in place on a terminal, a line for each second elsewhere.
struct Display {
    connections: usize,
    is_terminal: bool,
    shown: u32,
}

impl Display {
    fn new(connections: usize) -> Self {
        let is_terminal = stderr().is_terminal();
        Self {
            connections,
            is_terminal,
            shown: 0,
        }
    }

    fn show(&mut self, progress: Progress) {
        // Called ten times a second.
        if self.is_terminal || self.shown.is_multiple_of(10) {
            let Progress {
                connected,
                responses,
            } = progress;
            let of = self.connections;
            let line = format!("{connected} of {of} connections, {responses} responses");
            let mut stderr = stderr().lock();
            // Nobody who cannot be told has to be told.
            match self.is_terminal {
                true => write!(stderr, "\r{line}").unwrap_or(()),
                false => writeln!(stderr, "{line}").unwrap_or(()),
            }
        }
        self.shown += 1;
    }

    fn end(&self) {
        if self.is_terminal {
            // Back to an empty line.
            write!(stderr(), "\r\x1b[K").unwrap_or(());
        }
    }
}
