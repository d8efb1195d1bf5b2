//! Group *spin*: how long what one worker has begun waits while a task keeps that worker for ever.

mod control;
mod scenes;

use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;

use core::time::Duration;

use self::control::Control;
use self::scenes::Scene;
use super::unknown_kind;
use crate::goals::{Figure, Goal};
use crate::harness::{Calls, Case, Run, Sample};
use crate::peers::runtimes::{Ours, Runtime, Smol, Tokio};

pub(super) fn cases() -> Vec<Box<dyn Case>> {
    vec![
        Box::new(Spin {
            name: "timer",
            operation: "p99 of how late a sleep of 2 ms is that was begun on the worker",
            scene: Scene::Timer,
        }),
        Box::new(Spin {
            name: "socket",
            operation: "p99 of the time from a write to a read that was begun on the worker",
            scene: Scene::Socket,
        }),
        Box::new(Spin {
            name: "queued task",
            operation: "p99 of the time from a spawn on the worker to the first poll",
            scene: Scene::Queued,
        }),
    ]
}

/// For ever, as far as a bench can wait.
const FOR_EVER: Duration = Duration::from_millis(20);

struct Spin {
    name: &'static str,
    operation: &'static str,
    scene: Scene,
}

impl Case for Spin {
    fn name(&self) -> &'static str {
        self.name
    }

    fn operation(&self) -> &'static str {
        self.operation
    }

    fn unit(&self) -> &'static str {
        "p99 ns"
    }

    // Two threads without a runtime are what the machine can do at the time. All are two threads
    // on a CPU each: where both share one, which happens when there is other work, the scheduler
    // lets the one that spins finish its slice.
    fn kinds(&self) -> &'static [&'static str] {
        &[
            "control",
            "tokio workers",
            "smol workers",
            "poll-async workers",
        ]
    }

    fn slice(&self) -> u64 {
        100
    }

    fn calls(&self) -> Calls {
        Calls::Varying
    }

    fn goals(&self) -> &'static [Goal] {
        &[Goal {
            kind: "poll-async workers",
            figure: Figure::Above("control"),
            at_most: 1_000_000.0,
        }]
    }

    fn prepare<'fd>(&self, kind: &str, _sources: &'fd [OwnedFd]) -> io::Result<Run<'fd>> {
        let scene = self.scene;
        Ok(match kind {
            "control" => {
                let mut control = Control::new()?;
                Box::new(move |count| sample(count, || control.latency(scene)))
            }
            "tokio workers" => on(Tokio::workers_apart()?, scene)?,
            "smol workers" => on(Smol::workers_apart(), scene)?,
            "poll-async workers" => on(Ours::workers_apart()?, scene)?,
            other => return Err(unknown_kind(other)),
        })
    }
}

fn on<'fd, R: Runtime>(runtime: R, scene: Scene) -> io::Result<Run<'fd>> {
    let (ours, mut theirs) = connected()?;
    ours.set_nonblocking(true)?;
    // Taken over in a task, which is where the runtime's poller is found.
    let task = runtime.start(async move { R::stream(ours) });
    let mut stream = Some(runtime.block_on(async { R::joined(task.await) })??);
    Ok(Box::new(move |count| {
        sample(count, || {
            scenes::latency(&runtime, scene, &mut stream, &mut theirs)
        })
    }))
}

/// Runs the scene so many times.
fn sample(count: u64, mut latency: impl FnMut() -> io::Result<Duration>) -> io::Result<Sample> {
    let mut latencies = Vec::new();
    for _ in 0..count {
        let nanos = latency()?.as_nanos();
        latencies.push(u64::try_from(nanos).map_err(io::Error::other)?);
    }
    latencies.sort_unstable();
    // The least that so many are not above.
    let rank = (latencies.len() * 99).div_ceil(100).max(1);
    let p99 = latencies.get(rank - 1).copied().unwrap_or_default();
    Ok(Sample {
        cost: p99.saturating_mul(count),
        allocations: None,
        latencies,
        ..Sample::NONE
    })
}

/// Both ends of a connection.
fn connected() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let theirs = TcpStream::connect(listener.local_addr()?)?;
    theirs.set_nodelay(true)?;
    let (ours, _peer) = listener.accept()?;
    Ok((ours, theirs))
}
