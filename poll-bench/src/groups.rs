//! The groups: what is measured, each a list of cases.

pub(crate) mod accept;
pub(crate) mod channels;
pub(crate) mod codec;
pub(crate) mod echo;
pub(crate) mod locks;
pub(crate) mod memory;
pub(crate) mod register;
pub(crate) mod ring;
pub(crate) mod rt;
pub(crate) mod sleep;
pub(crate) mod spin;
pub(crate) mod timers;
pub(crate) mod wait;
pub(crate) mod wake;

use std::io;
use std::thread::ScopedJoinHandle;

use crate::harness::Case;

/// A group of cases.
pub(crate) struct Group {
    /// The name on the command line and in the results.
    pub(crate) name: &'static str,
    /// What is done in it, for people who do not read the code.
    pub(crate) about: &'static str,
    /// Its cases, in the order they run.
    pub(crate) cases: fn() -> Vec<Box<dyn Case>>,
}

/// The groups, in the order they run.
pub(crate) const ALL: &[Group] = &[
    Group {
        name: "wait",
        about: "Make eventfds ready, wait, look at each event.",
        cases: wait::cases,
    },
    Group {
        name: "register",
        about: "Begin and end to watch descriptors.",
        cases: register::cases,
    },
    // Before all that leave a descriptor open, as amy's pollers do: it needs nearly all there are.
    Group {
        name: "ring",
        about: "Bytes that go round a ring of socket pairs, one at a time or a hundred.",
        cases: ring::cases,
    },
    Group {
        name: "wake",
        about: "Wake a poller that is outside its wait, that turns, or that sleeps.",
        cases: wake::cases,
    },
    Group {
        name: "channels",
        about: "Messages from other threads into a loop that waits in a poller.",
        cases: channels::cases,
    },
    Group {
        name: "locks",
        about: "Locks that tasks share, free and held over a wait by eight tasks.",
        cases: locks::cases,
    },
    Group {
        name: "codec",
        about: "Find lines and frames in a stream that comes in pieces.",
        cases: codec::cases,
    },
    Group {
        name: "timers",
        about: "Set, cancel and fire many timers.",
        cases: timers::cases,
    },
    Group {
        name: "sleep",
        about: "On the clock: how much longer a sleep takes than was asked.",
        cases: sleep::cases,
    },
    Group {
        name: "rt",
        about: "Tasks, queues and timers of async runtimes, on one thread and on two workers.",
        cases: rt::cases,
    },
    Group {
        name: "echo",
        about: "CPU time of a server for each 64-byte message over loopback TCP.",
        cases: echo::cases,
    },
    Group {
        name: "async-echo",
        about: "The same echo by a task for each connection.",
        cases: echo::async_cases,
    },
    Group {
        name: "accept",
        about: "CPU time of a server for each connection that it accepts, answers and closes.",
        cases: accept::cases,
    },
    Group {
        name: "memory",
        about: "Resident memory of what waits on a runtime.",
        cases: memory::cases,
    },
    Group {
        name: "spin",
        about: "On the clock: how long others wait while a task keeps a worker for 20 ms.",
        cases: spin::cases,
    },
];

/// The group of this name.
pub(crate) fn named(name: &str) -> io::Result<&'static Group> {
    let group = ALL.iter().find(|group| group.name == name);
    group.ok_or_else(|| {
        let names: Vec<&str> = ALL.iter().map(|group| group.name).collect();
        let names = names.join(" ");
        io::Error::other(format!("no group is called {name:?}; there are {names}"))
    })
}

/// The cases of a group.
pub(crate) fn cases(group: &str) -> io::Result<Vec<Box<dyn Case>>> {
    named(group).map(|group| (group.cases)())
}

/// The error for a kind that a case does not know.
fn unknown_kind(kind: &str) -> io::Error {
    io::Error::other(format!("no kind is called {kind:?}"))
}

/// The error for work that was not done.
fn work_missing(what: &str, expected: u64, found: u64) -> io::Error {
    io::Error::other(format!("{what}: expected {expected}, found {found}"))
}

/// What a thread returned.
fn ended<T>(thread: ScopedJoinHandle<'_, io::Result<T>>) -> io::Result<T> {
    match thread.join() {
        Ok(result) => result,
        Err(_panic) => Err(io::Error::other("a thread of the bench panicked")),
    }
}
