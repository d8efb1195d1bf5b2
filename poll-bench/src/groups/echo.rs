//! Group *echo*: server CPU per echoed message of 64 bytes.

use std::io;
use std::os::fd::OwnedFd;

use crate::echo::{KINDS, RUNTIMES, Server, WORKERS, Work};
use crate::goals::Goal;
use crate::harness::{Calls, Case, Run, Sample, Size};
use crate::sys;

struct Echo {
    name: &'static str,
    kinds: &'static [&'static str],
    connections: usize,
    active: usize,
    slice: u64,
    goals: &'static [Goal],
}

/// The group *echo*: pollers, loops and services beside hand-written loops.
pub(super) fn cases() -> Vec<Box<dyn Case>> {
    let case = |name, connections, slice, goals| -> Box<dyn Case> {
        Box::new(Echo {
            name,
            kinds: KINDS,
            connections,
            active: connections,
            slice,
            goals,
        })
    };
    vec![
        case("1 connection", 1, 3_000, ONE),
        case("64 connections", 64, 6_400, MANY),
        case("1 000 connections", 1_000, 8_000, MANY),
        case("4 000 connections", 4_000, 8_000, &[]),
        Box::new(Echo {
            name: "1 of 4 001 connections",
            kinds: KINDS,
            connections: 4_001,
            active: 1,
            slice: 2_000,
            goals: ONE_OF_MANY,
        }),
    ]
}

const ONE: &[Goal] = &[
    Goal::calls("poll-os", 3.0),
    Goal::calls("poll-os + waker", 3.0),
    Goal::instructions("poll-os", 85.0),
    Goal::instructions("poll-os + waker", 85.0),
];
// System calls are counted with 64 connections only, and instructions too.
const MANY: &[Goal] = &[
    Goal::ratio("poll-os", "raw level", 1.0),
    Goal::ratio("poll-os", "mio drain", 0.97),
    Goal::ratio("poll-os", "polling oneshot", 0.95),
    Goal::ratio("poll-reactor", "raw level", 1.05),
    Goal::calls("poll-os", 2.06),
    Goal::instructions("poll-os + waker", 50.0),
];
const ONE_OF_MANY: &[Goal] = &[
    Goal::ratio("poll-os", "raw level", 1.02),
    Goal::ratio("poll-mio short", "raw level", 1.02),
    Goal::ratio("poll-loop", "raw level", 1.02),
    Goal::ratio("poll-reactor", "raw level", 1.02),
];

const SIXTY_FOUR: &[Goal] = &[
    Goal::ratio("poll-async", "mio short", 1.02),
    Goal::ratio("poll-async", "raw level", 1.01),
    Goal::ratio("poll-async", "tokio", 0.99),
    Goal::calls("poll-async", 2.1),
    Goal::instructions("poll-async", 250.0),
];
const A_THOUSAND: &[Goal] = &[
    Goal::ratio("poll-async", "mio short", 1.02),
    Goal::ratio("poll-async", "tokio", 1.0),
    Goal::calls("poll-async", 2.1),
];
const WITH_WORKERS: &[Goal] = &[Goal::ratio("poll-async workers", "tokio workers", 0.85)];

/// The group *async-echo*: runtimes beside mio.
pub(super) fn async_cases() -> Vec<Box<dyn Case>> {
    let case = |name, connections, kinds, goals| -> Box<dyn Case> {
        Box::new(Echo {
            name,
            kinds,
            connections,
            active: connections,
            slice: 16_000,
            goals,
        })
    };
    vec![
        case("64 connections", 64, RUNTIMES, SIXTY_FOUR),
        case("1 000 connections", 1_000, RUNTIMES, A_THOUSAND),
        case("64 connections, 2 workers", 64, WORKERS, WITH_WORKERS),
        case("1 000 connections, 2 workers", 1_000, WORKERS, WITH_WORKERS),
    ]
}

impl Case for Echo {
    fn name(&self) -> &'static str {
        self.name
    }

    fn operation(&self) -> &'static str {
        "64 bytes received and sent back by the server, its CPU time alone"
    }

    fn size(&self) -> Option<Size> {
        let series = match (self.active < self.connections, self.kinds == WORKERS) {
            (true, _) => "one connection active",
            (false, false) => "all connections active",
            (false, true) => "all connections active, 2 workers",
        };
        u64::try_from(self.connections).ok().map(|count| Size {
            series,
            of: "connections",
            count,
        })
    }

    fn kinds(&self) -> &'static [&'static str] {
        self.kinds
    }

    fn slice(&self) -> u64 {
        self.slice
    }

    // poll(2) looks at each connection in each turn, and io-reactor looks for each among all.
    fn share(&self, kind: &str) -> u64 {
        match kind {
            _ if self.active == self.connections => 1,
            "io-reactor" => 500,
            "popol" | "poll-os on poll(2)" => 50,
            _ => 1,
        }
    }

    fn calls(&self) -> Calls {
        match self.connections {
            1 | 64 => Calls::Server(Work::Echo, self.active),
            1_000 if self.kinds != KINDS => Calls::Server(Work::Echo, self.active),
            _ => Calls::Varying,
        }
    }

    fn goals(&self) -> &'static [Goal] {
        self.goals
    }

    fn is_single_threaded(&self, _kind: &str) -> bool {
        self.kinds != WORKERS && matches!(self.calls(), Calls::Server(..))
    }

    fn prepare<'fd>(&self, kind: &str, _sources: &'fd [OwnedFd]) -> io::Result<Run<'fd>> {
        // Generator and servers share a CPU, which is the steadier setting by far; the server's
        // process inherits it, and each case runs in a thread of its own. Workers need more than
        // one, and are compared with each other alone.
        if self.kinds != WORKERS {
            sys::stay_on_one_cpu()?;
        }
        let active = self.active;
        let mut server = Server::start(&[], (Work::Echo, kind), self.connections, u64::MAX)?;
        let round = u64::try_from(active).map_err(io::Error::other)?;
        Ok(Box::new(move |operations| {
            let whole_rounds = operations.next_multiple_of(round);
            let start = server.cpu_ns()?;
            server.drive_some(whole_rounds, active)?;
            let cost = server.cpu_ns()? - start;
            Ok(Sample {
                cost,
                allocations: None,
                ..Sample::NONE
            })
        }))
    }
}
