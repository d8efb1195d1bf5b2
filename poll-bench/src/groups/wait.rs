//! Group *wait*: make sources ready, wait, look at each event.

use core::time::Duration;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use super::{unknown_kind, work_missing};
use crate::harness::{Calls, Case, Promise, Run, Sample, Size};
use crate::peers::{Mio, Ours, Peer, PollMio, Polling, PollingOneshot, Raw};
use crate::sys;

struct Wait {
    name: &'static str,
    operation: &'static str,
    /// The first so many of the sources are made ready before each wait.
    ready: u64,
    sources: usize,
    timeout: Option<Duration>,
    slice: u64,
}

pub(super) fn cases() -> Vec<Box<dyn Case>> {
    vec![
        Box::new(Wait {
            name: "one ready",
            operation: "eventfd write + wait without timeout + 1 event",
            ready: 1,
            sources: 1,
            timeout: None,
            slice: 20_000,
        }),
        Box::new(Wait {
            name: "one ready, timeout",
            operation: "eventfd write + wait of at most 1 s + 1 event",
            ready: 1,
            sources: 1,
            timeout: Some(Duration::from_secs(1)),
            slice: 20_000,
        }),
        Box::new(Wait {
            name: "nothing ready",
            operation: "wait with timeout zero",
            ready: 0,
            sources: 1,
            timeout: Some(Duration::ZERO),
            slice: 60_000,
        }),
        Box::new(Wait {
            name: "one of 1000 ready",
            operation: "eventfd write + wait without timeout + 1 event",
            ready: 1,
            sources: 1000,
            timeout: None,
            slice: 20_000,
        }),
        Box::new(Wait {
            name: "64 ready",
            operation: "64 eventfd writes + wait without timeout + 64 events",
            ready: 64,
            sources: 64,
            timeout: None,
            slice: 500,
        }),
    ]
}

impl Case for Wait {
    fn name(&self) -> &'static str {
        self.name
    }

    fn operation(&self) -> &'static str {
        self.operation
    }

    fn size(&self) -> Option<Size> {
        let count = u64::try_from(self.sources).ok()?;
        (self.ready == 1 && self.timeout.is_none()).then_some(Size {
            series: "one ready",
            of: "registered sources",
            count,
        })
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[
            "raw",
            "mio",
            "polling edge",
            "polling oneshot",
            "poll-mio",
            "poll-os",
        ]
    }

    fn slice(&self) -> u64 {
        self.slice
    }

    fn sources(&self) -> usize {
        self.sources
    }

    fn promise(&self, kind: &str) -> Option<Promise> {
        matches!(kind, "poll-mio" | "poll-os").then_some(Promise {
            calls: Some(1.0),
            allocations: 0.0,
        })
    }

    fn calls(&self) -> Calls {
        Calls::Own(self.ready)
    }

    fn prepare<'fd>(&self, kind: &str, sources: &'fd [OwnedFd]) -> io::Result<Run<'fd>> {
        match kind {
            "raw" => self.run::<Raw>(sources),
            "mio" => self.run::<Mio>(sources),
            "polling edge" => self.run::<Polling<'fd>>(sources),
            "polling oneshot" => self.run::<PollingOneshot<'fd>>(sources),
            "poll-mio" => self.run::<PollMio>(sources),
            "poll-os" => self.run::<Ours>(sources),
            other => Err(unknown_kind(other)),
        }
    }
}

impl Wait {
    fn run<'fd, P: Peer<'fd> + 'fd>(&self, sources: &'fd [OwnedFd]) -> io::Result<Run<'fd>> {
        let mut peer = P::new(256)?;
        for (token, source) in sources.iter().enumerate() {
            peer.register(source.as_fd(), token)?;
        }
        let ready = usize::try_from(self.ready).map_err(io::Error::other)?;
        let (per_wait, timeout) = (self.ready, self.timeout);
        Ok(Box::new(move |operations| {
            let mut seen = 0;
            let sample = Sample::of_thread(|| {
                for _ in 0..operations {
                    for source in &sources[..ready] {
                        sys::signal(source)?;
                    }
                    seen += peer.wait(timeout)?;
                }
                Ok(())
            })?;
            if seen != operations * per_wait {
                return Err(work_missing("events", operations * per_wait, seen));
            }
            Ok(sample)
        }))
    }
}
