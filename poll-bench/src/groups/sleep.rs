//! Group *sleep*: how much longer than asked a short sleep takes, and how long an event waits for
//! its notification while timers expire. The figure is time on the clock and not of a CPU.

use core::time::Duration;
use std::io;
use std::os::fd::OwnedFd;

use poll_loop::{Clock, Event, Instant, Interest, Monotonic, Notifications, Poller, Trigger};

use super::{unknown_kind, work_missing};
use crate::goals::Goal;
use crate::harness::{Calls, Case, Run, Sample};
use crate::peers::runtimes::{Ours, Runtime, Smol, Tokio};
use crate::sys;

pub(super) fn cases() -> Vec<Box<dyn Case>> {
    let overshoot = |name, micros| Overshoot {
        name,
        asked: Duration::from_micros(micros),
    };
    vec![
        Box::new(overshoot("sleep of 50 µs", 50)),
        Box::new(overshoot("sleep of 1.5 ms", 1_500)),
        Box::new(BesideTimers),
    ]
}

/// Short sleeps, one after the other.
struct Overshoot {
    name: &'static str,
    asked: Duration,
}

const LATE: &[Goal] = &[
    Goal::cost("poll-async", 80_000.0),
    Goal::cost("poll-async workers", 80_000.0),
];

impl Case for Overshoot {
    fn name(&self) -> &'static str {
        self.name
    }

    fn operation(&self) -> &'static str {
        "median of how much longer it takes; one that is shorter is an error"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[
            "mio",
            "tokio",
            "smol",
            "poll-os",
            "poll-loop wait",
            "poll-loop timer",
            "poll-async",
            "poll-async workers",
        ]
    }

    fn goals(&self) -> &'static [Goal] {
        LATE
    }

    fn slice(&self) -> u64 {
        50
    }

    fn calls(&self) -> Calls {
        Calls::Varying
    }

    fn prepare<'fd>(&self, kind: &str, _sources: &'fd [OwnedFd]) -> io::Result<Run<'fd>> {
        let asked = self.asked;
        match kind {
            "mio" => {
                let mut poll = mio::Poll::new()?;
                let mut events = mio::Events::with_capacity(16);
                Ok(measured(asked, move || poll.poll(&mut events, Some(asked))))
            }
            "tokio" => Ok(in_a_task(Tokio::one()?, asked)),
            "smol" => Ok(in_a_task(Smol::one(), asked)),
            "poll-async" => Ok(in_a_task(Ours::one()?, asked)),
            "poll-async workers" => Ok(in_a_task(Ours::workers()?, asked)),
            "poll-os" => {
                let mut poll = poll_os::Poll::new()?;
                let mut events = poll_os::Events::with_capacity(16);
                Ok(measured(asked, move || poll.wait(&mut events, Some(asked))))
            }
            "poll-loop wait" => {
                let mut poller = Poller::new()?;
                let mut notifications = Notifications::with_capacity(16);
                Ok(measured(asked, move || {
                    poller.wait(&mut notifications, Some(asked))
                }))
            }
            "poll-loop timer" => {
                let mut poller = Poller::new()?;
                let mut notifications = Notifications::with_capacity(16);
                Ok(measured(asked, move || {
                    poller.set_timeout(asked)?;
                    poller.wait(&mut notifications, None)
                }))
            }
            other => Err(unknown_kind(other)),
        }
    }
}

/// The median of how much longer than asked `sleep` takes.
fn measured<'fd>(asked: Duration, mut sleep: impl FnMut() -> io::Result<()> + 'fd) -> Run<'fd> {
    Box::new(move |operations| {
        let mut over = Vec::new();
        for _ in 0..operations {
            let start = Monotonic.now();
            sleep()?;
            over.push(longer(start, asked)?);
        }
        median(over, operations)
    })
}

/// The same on a runtime, seen by the task that sleeps.
fn in_a_task<'fd, R: Runtime>(runtime: R, asked: Duration) -> Run<'fd> {
    Box::new(move |operations| {
        let task = runtime.start(async move {
            let mut over = Vec::new();
            for _ in 0..operations {
                let start = Monotonic.now();
                R::sleep(asked).await;
                over.push(longer(start, asked)?);
            }
            io::Result::Ok(over)
        });
        let over = runtime.block_on(async { R::joined(task.await) })??;
        median(over, operations)
    })
}

/// How much longer than asked it is since then.
fn longer(start: Instant, asked: Duration) -> io::Result<Duration> {
    let slept = Monotonic.now().saturating_duration_since(start);
    let longer = slept.checked_sub(asked);
    longer.ok_or_else(|| io::Error::other(format!("early: {slept:?}")))
}

/// A sample whose figure for each operation is the median.
fn median(mut times: Vec<Duration>, operations: u64) -> io::Result<Sample> {
    times.sort_unstable();
    let nanos = |time: &Duration| u64::try_from(time.as_nanos()).map_err(io::Error::other);
    let latencies = times.iter().map(nanos).collect::<io::Result<Vec<_>>>()?;
    let middle = latencies.get(latencies.len() / 2).copied();
    Ok(Sample {
        cost: middle.unwrap_or_default().saturating_mul(operations),
        allocations: None,
        latencies,
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

    fn goals(&self) -> &'static [Goal] {
        const { &[Goal::cost("1 000 000", 1_000_000.0)] }
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
