//! Group *sleep*: how much longer than asked a short sleep takes, and how long an event waits for
//! its notification while timers expire. The figure is time on the clock and not of a CPU.

use core::time::Duration;
use std::io;
use std::os::fd::OwnedFd;

use poll_loop::{Clock, Event, Interest, Monotonic, Notifications, Poller, Trigger};

use super::{unknown_kind, work_missing};
use crate::harness::{Calls, Case, Run, Sample};
use crate::sys;

pub(super) fn cases() -> Vec<Box<dyn Case>> {
    vec![Box::new(Overshoot), Box::new(BesideTimers)]
}

const ASKED: Duration = Duration::from_micros(50);

/// Short sleeps, one after the other.
struct Overshoot;

impl Case for Overshoot {
    fn name(&self) -> &'static str {
        "sleep of 50 µs"
    }

    fn operation(&self) -> &'static str {
        "median of how much longer it takes; one that is shorter is an error"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[
            "mio",
            "tokio",
            "poll-os",
            "poll-loop wait",
            "poll-loop timer",
        ]
    }

    fn slice(&self) -> u64 {
        50
    }

    fn calls(&self) -> Calls {
        Calls::Varying
    }

    fn prepare<'fd>(&self, kind: &str, _sources: &'fd [OwnedFd]) -> io::Result<Run<'fd>> {
        match kind {
            "mio" => {
                let mut poll = mio::Poll::new()?;
                let mut events = mio::Events::with_capacity(16);
                Ok(measured(move || poll.poll(&mut events, Some(ASKED))))
            }
            "tokio" => {
                let mut builder = tokio::runtime::Builder::new_current_thread();
                let runtime = builder.enable_time().build()?;
                Ok(measured(move || {
                    runtime.block_on(async { tokio::time::sleep(ASKED).await });
                    Ok(())
                }))
            }
            "poll-os" => {
                let mut poll = poll_os::Poll::new()?;
                let mut events = poll_os::Events::with_capacity(16);
                Ok(measured(move || poll.wait(&mut events, Some(ASKED))))
            }
            "poll-loop wait" => {
                let mut poller = Poller::new()?;
                let mut notifications = Notifications::with_capacity(16);
                Ok(measured(move || {
                    poller.wait(&mut notifications, Some(ASKED))
                }))
            }
            "poll-loop timer" => {
                let mut poller = Poller::new()?;
                let mut notifications = Notifications::with_capacity(16);
                Ok(measured(move || {
                    poller.set_timeout(ASKED)?;
                    poller.wait(&mut notifications, None)
                }))
            }
            other => Err(unknown_kind(other)),
        }
    }
}

/// The median of how much longer than asked `sleep` takes.
fn measured<'fd>(mut sleep: impl FnMut() -> io::Result<()> + 'fd) -> Run<'fd> {
    Box::new(move |operations| {
        let mut over = Vec::new();
        for _ in 0..operations {
            let start = Monotonic.now();
            sleep()?;
            let slept = Monotonic.now().saturating_duration_since(start);
            let longer = slept.checked_sub(ASKED);
            over.push(longer.ok_or_else(|| io::Error::other(format!("early: {slept:?}")))?);
        }
        median(over, operations)
    })
}

/// A sample whose figure for each operation is the median.
fn median(mut times: Vec<Duration>, operations: u64) -> io::Result<Sample> {
    times.sort_unstable();
    let middle = times.get(times.len() / 2).copied().unwrap_or_default();
    let nanos = u64::try_from(middle.as_nanos()).map_err(io::Error::other)?;
    Ok(Sample {
        cost: nanos.saturating_mul(operations),
        allocations: None,
        ..Sample::NONE
    })
}

/// Events while nothing else happens, and while a million timers expire.
struct BesideTimers;

impl Case for BesideTimers {
    fn name(&self) -> &'static str {
        "event beside expiring timers"
    }

    fn operation(&self) -> &'static str {
        "median time from an eventfd write to its notification, with so many timers expired"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &["none", "1 000 000"]
    }

    fn slice(&self) -> u64 {
        1_000
    }

    fn sources(&self) -> usize {
        1
    }

    fn calls(&self) -> Calls {
        Calls::Varying
    }

    fn prepare<'fd>(&self, kind: &str, sources: &'fd [OwnedFd]) -> io::Result<Run<'fd>> {
        let timers = match kind {
            "none" => 0,
            "1 000 000" => 1_000_000_u64,
            other => return Err(unknown_kind(other)),
        };
        let [source] = sources else {
            return Err(work_missing("sources", 1, 0));
        };
        let mut poller = Poller::new()?;
        let (interest, trigger) = (Interest::READABLE, Trigger::Edge);
        poller.registrar().register(source, interest, trigger)?;
        let mut notifications = Notifications::with_capacity(512);
        let mut left = 0;
        Ok(Box::new(move |operations| {
            let mut waits = Vec::new();
            for _ in 0..operations {
                // So that there is always more than one turn takes.
                while left < timers / 2 {
                    for _ in left..timers {
                        poller.set_timeout(Duration::ZERO)?;
                    }
                    left = timers;
                }
                let start = Monotonic.now();
                sys::signal(source)?;
                let mut has_come = false;
                while !has_come {
                    poller.wait(&mut notifications, None)?;
                    for notification in &notifications {
                        match notification.event {
                            Event::Source { .. } => has_come = true,
                            _ => left -= 1,
                        }
                    }
                }
                waits.push(Monotonic.now().saturating_duration_since(start));
            }
            median(waits, operations)
        }))
    }
}
