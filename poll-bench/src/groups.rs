//! The groups: what is measured, each a list of cases.

pub(crate) mod channels;
pub(crate) mod codec;
pub(crate) mod echo;
pub(crate) mod locks;
pub(crate) mod memory;
pub(crate) mod register;
pub(crate) mod rt;
pub(crate) mod sleep;
pub(crate) mod spin;
pub(crate) mod timers;
pub(crate) mod wait;
pub(crate) mod wake;

use std::io;
use std::thread::ScopedJoinHandle;

use crate::harness::Case;

/// The groups' names, in the order they run.
pub(crate) const NAMES: &[&str] = &[
    "wait",
    "wake",
    "channels",
    "locks",
    "codec",
    "register",
    "timers",
    "sleep",
    "rt",
    "echo",
    "async-echo",
    "memory",
    "spin",
    "reactor",
];

/// The cases of a group.
pub(crate) fn cases(group: &str) -> io::Result<Vec<Box<dyn Case>>> {
    match group {
        "wait" => Ok(wait::cases()),
        "wake" => Ok(wake::cases()),
        "channels" => Ok(channels::cases()),
        "locks" => Ok(locks::cases()),
        "codec" => Ok(codec::cases()),
        "register" => Ok(register::cases()),
        "timers" => Ok(timers::cases()),
        "sleep" => Ok(sleep::cases()),
        "rt" => Ok(rt::cases()),
        "echo" => Ok(echo::cases()),
        "async-echo" => Ok(echo::async_cases()),
        "memory" => Ok(memory::cases()),
        "spin" => Ok(spin::cases()),
        "reactor" => Ok(echo::reactor_cases()),
        other => Err(io::Error::other(format!("no group is called {other:?}"))),
    }
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
