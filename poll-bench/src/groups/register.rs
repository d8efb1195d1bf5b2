//! Group *register*: begin and end to watch 256 descriptors.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use super::{unknown_kind, work_missing};
use crate::harness::{Calls, Case, Promise, Run, Sample};
use crate::peers::{Mio, Ours, Peer, PollMio, Polling, Raw};
use crate::sys;

const DESCRIPTORS: u64 = 256;

pub(super) fn cases() -> Vec<Box<dyn Case>> {
    vec![Box::new(AddAndDelete)]
}

struct AddAndDelete;

impl Case for AddAndDelete {
    fn name(&self) -> &'static str {
        "add and delete 256"
    }

    fn operation(&self) -> &'static str {
        "256 registrations, then 256 deregistrations"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[
            "raw",
            "mio",
            "polling",
            "poll-mio",
            "poll-os",
            "poll-os batch",
        ]
    }

    fn slice(&self) -> u64 {
        40
    }

    fn sources(&self) -> usize {
        usize::try_from(DESCRIPTORS).unwrap_or(0)
    }

    fn promise(&self, kind: &str) -> Option<Promise> {
        kind.starts_with("poll-").then_some(Promise {
            calls: Some(512.0),
            allocations: 0.0,
        })
    }

    fn calls(&self) -> Calls {
        Calls::Own(0)
    }

    fn prepare<'fd>(&self, kind: &str, sources: &'fd [OwnedFd]) -> io::Result<Run<'fd>> {
        match kind {
            "raw" => one_by_one::<Raw>(sources),
            "mio" => one_by_one::<Mio>(sources),
            "polling" => one_by_one::<Polling<'fd>>(sources),
            "poll-mio" => one_by_one::<PollMio>(sources),
            "poll-os" => one_by_one::<Ours>(sources),
            "poll-os batch" => batch(sources),
            other => Err(unknown_kind(other)),
        }
    }
}

fn one_by_one<'fd, P: Peer<'fd> + 'fd>(sources: &'fd [OwnedFd]) -> io::Result<Run<'fd>> {
    let mut peer = P::new(512)?;
    prove_watched(&mut peer, sources)?;
    Ok(Box::new(move |operations| {
        Sample::of_thread(|| {
            for _ in 0..operations {
                for (token, source) in sources.iter().enumerate() {
                    peer.register(source.as_fd(), token)?;
                }
                for (token, source) in sources.iter().enumerate() {
                    peer.deregister(source.as_fd(), token)?;
                }
            }
            Ok(())
        })
    }))
}

fn batch<'fd>(sources: &'fd [OwnedFd]) -> io::Result<Run<'fd>> {
    let mut peer = Ours::new(512)?;
    prove_watched(&mut peer, sources)?;
    let mut additions = Ours::additions(sources);
    let mut deletions = Ours::deletions(sources);
    Ok(Box::new(move |operations| {
        Sample::of_thread(|| {
            for _ in 0..operations {
                peer.apply(&mut additions)?;
                peer.apply(&mut deletions)?;
            }
            Ok(())
        })
    }))
}

// Shows before anything is measured that a registration watches and a deregistration ends it.
fn prove_watched<'fd, P: Peer<'fd>>(peer: &mut P, sources: &'fd [OwnedFd]) -> io::Result<()> {
    let zero = Some(core::time::Duration::ZERO);
    for (token, source) in sources.iter().enumerate() {
        sys::signal(source)?;
        peer.register(source.as_fd(), token)?;
    }
    let watched = peer.wait(zero)?;
    if watched != DESCRIPTORS {
        return Err(work_missing("registered and ready", DESCRIPTORS, watched));
    }
    for (token, source) in sources.iter().enumerate() {
        peer.deregister(source.as_fd(), token)?;
        sys::signal(source)?;
    }
    match peer.wait(zero)? {
        0 => Ok(()),
        found => Err(work_missing("reports of deregistered sources", 0, found)),
    }
}
