//! Group *wake*: wakes that find the poller awake, and wakes that find it asleep.

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::time::Duration;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use super::{ended, unknown_kind, work_missing};
use crate::goals::Goal;
use crate::harness::{Calls, Case, Promise, Run, Sample};
use crate::peers::{
    Amy, Calloop, Mio, Notified, Ours, Peer, PollLoop, PollMio, PollTwo, Polling, Popol, Raw,
};
use crate::sys;

const KINDS: &[&str] = &[
    "raw",
    "mio",
    "polling",
    "popol",
    "calloop",
    "amy",
    "tokio",
    "poll-mio",
    "poll-os",
    "poll-os on poll(2)",
    "poll-loop",
];
// How long a wait may last that is sure to be woken.
const SOON: Option<Duration> = Some(Duration::from_secs(10));

/// Whether a kind has our promises to keep.
fn ours(kind: &str) -> bool {
    matches!(kind, "poll-mio" | "poll-os")
}

pub(super) fn cases() -> Vec<Box<dyn Case>> {
    vec![Box::new(Outside), Box::new(Turning), Box::new(PingPong)]
}

/// The poller is outside its wait for the whole burst; one wait ends it.
struct Outside;

impl Case for Outside {
    fn name(&self) -> &'static str {
        "poller outside its wait"
    }

    fn operation(&self) -> &'static str {
        "wake, 500 000 in a row, one wait at the end"
    }

    fn kinds(&self) -> &'static [&'static str] {
        KINDS
    }

    fn slice(&self) -> u64 {
        500_000
    }

    fn promise(&self, kind: &str) -> Option<Promise> {
        ours(kind).then_some(Promise {
            calls: Some(0.0),
            allocations: 0.0,
        })
    }

    fn calls(&self) -> Calls {
        Calls::Own(0)
    }

    fn goals(&self) -> &'static [Goal] {
        const {
            &[
                Goal::cost("poll-os", 10.0),
                Goal::ratio("poll-os", "mio", 0.03),
                Goal::cost("poll-mio", 10.0),
                Goal::ratio("poll-mio", "mio", 0.03),
            ]
        }
    }

    fn prepare<'fd>(&self, kind: &str, _sources: &'fd [OwnedFd]) -> io::Result<Run<'fd>> {
        match kind {
            "raw" => outside::<Raw>(),
            "mio" => outside::<Mio>(),
            "polling" => outside::<Polling<'fd>>(),
            "popol" => outside::<Popol>(),
            "calloop" => outside::<Calloop<'fd>>(),
            "amy" => outside::<Amy>(),
            "tokio" => outside::<Notified>(),
            "poll-os on poll(2)" => outside::<PollTwo>(),
            "poll-loop" => outside::<PollLoop>(),
            "poll-mio" => outside::<PollMio>(),
            "poll-os" => outside::<Ours>(),
            other => Err(unknown_kind(other)),
        }
    }
}

fn outside<'fd, P: Peer<'fd> + 'fd>() -> io::Result<Run<'fd>> {
    let mut peer = P::new(16)?;
    let waker = peer.waker()?;
    Ok(Box::new(move |operations| {
        let sample = Sample::of_thread(|| (0..operations).try_for_each(|_| P::wake(&waker)))?;
        // Work that is not done would show here: without a pending wake the wait lasts `SOON`.
        let start = Instant::now();
        peer.wait(SOON)?;
        if start.elapsed() >= Duration::from_secs(5) {
            return Err(io::Error::other("the wakes did not end the next wait"));
        }
        Ok(sample)
    }))
}

/// The poller waits again as soon as it was woken.
struct Turning;

impl Case for Turning {
    fn name(&self) -> &'static str {
        "poller turning"
    }

    fn operation(&self) -> &'static str {
        "wake, 500 000 in a row, while another thread waits in a loop"
    }

    fn kinds(&self) -> &'static [&'static str] {
        KINDS
    }

    fn slice(&self) -> u64 {
        500_000
    }

    fn promise(&self, kind: &str) -> Option<Promise> {
        ours(kind).then_some(Promise {
            calls: None,
            allocations: 0.0,
        })
    }

    fn calls(&self) -> Calls {
        Calls::Varying
    }

    fn prepare<'fd>(&self, kind: &str, _sources: &'fd [OwnedFd]) -> io::Result<Run<'fd>> {
        match kind {
            "raw" => Ok(Box::new(turning::<Raw>)),
            "mio" => Ok(Box::new(turning::<Mio>)),
            "polling" => Ok(Box::new(turning::<Polling<'fd>>)),
            "popol" => Ok(Box::new(turning::<Popol>)),
            "calloop" => Ok(Box::new(turning::<Calloop<'fd>>)),
            "amy" => Ok(Box::new(turning::<Amy>)),
            "tokio" => Ok(Box::new(turning::<Notified>)),
            "poll-os on poll(2)" => Ok(Box::new(turning::<PollTwo>)),
            "poll-loop" => Ok(Box::new(turning::<PollLoop>)),
            "poll-mio" => Ok(Box::new(turning::<PollMio>)),
            "poll-os" => Ok(Box::new(turning::<Ours>)),
            other => Err(unknown_kind(other)),
        }
    }
}

fn turning<'fd, P: Peer<'fd>>(operations: u64) -> io::Result<Sample> {
    let stop = AtomicBool::new(false);
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        let poller = scope.spawn(|| {
            let mut peer = P::new(16)?;
            // The receiver is gone only if the thread below has failed, which it reports itself.
            drop(sender.send(peer.waker()?));
            let mut returns = 0;
            while !stop.load(Ordering::Acquire) {
                peer.wait(SOON)?;
                returns += 1;
            }
            Ok(returns)
        });
        let waker = receiver.recv().map_err(io::Error::other)?;
        let mut sample = Sample::of_thread(|| (0..operations).try_for_each(|_| P::wake(&waker)))?;
        stop.store(true, Ordering::Release);
        P::wake(&waker)?;
        sample.returns = Some(ended(poller)?);
        Ok(sample)
    })
}

/// Two pollers on one CPU wake each other in turn.
struct PingPong;

impl Case for PingPong {
    fn name(&self) -> &'static str {
        "ping-pong, same CPU"
    }

    fn operation(&self) -> &'static str {
        "wake a sleeping poller, switch to its thread, return from its wait"
    }

    fn kinds(&self) -> &'static [&'static str] {
        KINDS
    }

    fn slice(&self) -> u64 {
        5_000
    }

    fn promise(&self, kind: &str) -> Option<Promise> {
        ours(kind).then_some(Promise {
            calls: None,
            allocations: 0.0,
        })
    }

    fn calls(&self) -> Calls {
        Calls::Varying
    }

    fn goals(&self) -> &'static [Goal] {
        const {
            &[
                Goal::ratio("poll-os", "raw", 1.02),
                Goal::ratio("poll-os", "polling", 0.65),
            ]
        }
    }

    fn prepare<'fd>(&self, kind: &str, _sources: &'fd [OwnedFd]) -> io::Result<Run<'fd>> {
        match kind {
            "raw" => Ok(Box::new(ping_pong::<Raw>)),
            "mio" => Ok(Box::new(ping_pong::<Mio>)),
            "polling" => Ok(Box::new(ping_pong::<Polling<'fd>>)),
            "popol" => Ok(Box::new(ping_pong::<Popol>)),
            "calloop" => Ok(Box::new(ping_pong::<Calloop<'fd>>)),
            "amy" => Ok(Box::new(ping_pong::<Amy>)),
            "tokio" => Ok(Box::new(ping_pong::<Notified>)),
            "poll-os on poll(2)" => Ok(Box::new(ping_pong::<PollTwo>)),
            "poll-loop" => Ok(Box::new(ping_pong::<PollLoop>)),
            "poll-mio" => Ok(Box::new(ping_pong::<PollMio>)),
            "poll-os" => Ok(Box::new(ping_pong::<Ours>)),
            other => Err(unknown_kind(other)),
        }
    }
}

fn ping_pong<'fd, P: Peer<'fd>>(operations: u64) -> io::Result<Sample> {
    let trips = operations.div_ceil(2);
    // So many more are looked at one by one, which costs time that the others do not have.
    let all = trips + trips.div_ceil(4);
    // Each counts what it sent, so that a return without a wake is told from a wake.
    let (pings, pongs) = (&AtomicU64::new(0), &AtomicU64::new(0));
    let (send_ping, receive_ping) = mpsc::channel();
    let (send_pong, receive_pong) = mpsc::channel();
    thread::scope(|scope| {
        let far = scope.spawn(move || {
            sys::stay_on_one_cpu()?;
            let mut peer = P::new(16)?;
            drop(send_ping.send(peer.waker()?));
            let pong = receive_pong.recv().map_err(io::Error::other)?;
            let mut answer = |trip| {
                until(&mut peer, pings, trip)?;
                pongs.store(trip, Ordering::Release);
                P::wake(&pong)
            };
            let start = sys::thread_cpu_ns()?;
            (1..=trips).try_for_each(&mut answer)?;
            let cpu_ns = sys::thread_cpu_ns()? - start;
            (trips + 1..=all).try_for_each(answer)?;
            // The waker goes back with the result: a peer's waker that owns its descriptor takes
            // its last wake along when it is dropped before the other side has seen it.
            Ok((cpu_ns, pong))
        });
        let near = scope.spawn(move || {
            sys::stay_on_one_cpu()?;
            let mut peer = P::new(16)?;
            drop(send_pong.send(peer.waker()?));
            let ping = receive_ping.recv().map_err(io::Error::other)?;
            let mut ask = |trip| {
                pings.store(trip, Ordering::Release);
                P::wake(&ping)?;
                until(&mut peer, pongs, trip)
            };
            let mut sample = Sample::of_thread(|| (1..=trips).try_for_each(&mut ask))?;
            for trip in trips + 1..=all {
                let start = Instant::now();
                ask(trip)?;
                let nanos = start.elapsed().as_nanos();
                let nanos = u64::try_from(nanos).map_err(io::Error::other)?;
                sample.latencies.push(nanos);
            }
            Ok(sample)
        });
        let mut sample = ended(near)?;
        let (far_cpu_ns, _pong) = ended(far)?;
        sample.cost += far_cpu_ns;
        Ok(sample)
    })
}

// Waits until the other side has counted to `trip`.
fn until<'fd, P: Peer<'fd>>(peer: &mut P, counter: &AtomicU64, trip: u64) -> io::Result<()> {
    let mut returns = 0;
    loop {
        peer.wait(SOON)?;
        let found = counter.load(Ordering::Acquire);
        if found >= trip {
            return Ok(());
        }
        returns += 1;
        if returns > 1_000 {
            return Err(work_missing("trips", trip, found));
        }
    }
}
