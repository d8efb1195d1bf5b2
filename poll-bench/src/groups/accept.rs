//! Group *accept*: server CPU per connection that is accepted, answered once, and closed.

use std::io;
use std::os::fd::OwnedFd;

use crate::accept::{AT_ONCE, KINDS};
use crate::echo::{Server, Work};
use crate::goals::Goal;
use crate::harness::{Calls, Case, Run, Sample};
use crate::sys;

pub(super) fn cases() -> Vec<Box<dyn Case>> {
    vec![Box::new(Accept)]
}

struct Accept;

// What poll-os and poll-loop ask for is one call more than a raw loop makes: the deregistration.
const GOALS: &[Goal] = &[
    Goal::ratio("poll-os", "raw level", 1.0),
    Goal::calls("poll-os", 9.0),
    Goal::ratio("poll-async", "tokio", 0.96),
];

impl Case for Accept {
    fn name(&self) -> &'static str {
        "64 at once"
    }

    fn operation(&self) -> &'static str {
        "a connection accepted, 64 bytes sent back, closed after a reset; the server's CPU time"
    }

    fn kinds(&self) -> &'static [&'static str] {
        KINDS
    }

    fn slice(&self) -> u64 {
        1_280
    }

    fn calls(&self) -> Calls {
        Calls::Server(Work::Accept, AT_ONCE)
    }

    fn goals(&self) -> &'static [Goal] {
        GOALS
    }

    fn prepare<'fd>(&self, kind: &str, _sources: &'fd [OwnedFd]) -> io::Result<Run<'fd>> {
        sys::stay_on_one_cpu()?;
        let mut server = Server::start(&[], (Work::Accept, kind), AT_ONCE, u64::MAX)?;
        let at_once = u64::try_from(AT_ONCE).map_err(io::Error::other)?;
        Ok(Box::new(move |operations| {
            let start = server.cpu_ns()?;
            server.drive(operations.next_multiple_of(at_once))?;
            Ok(Sample {
                cost: server.cpu_ns()? - start,
                allocations: None,
                ..Sample::NONE
            })
        }))
    }
}
