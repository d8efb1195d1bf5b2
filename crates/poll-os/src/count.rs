//! The count of system calls of the crates below.

use std::io;

use crate::engine::{Backend, Poll};

/// How many system calls this crate's engines have made in this process: waits, registrations,
/// wakes, and what they create. Closing a descriptor is not counted.
#[must_use]
pub fn system_calls() -> u64 {
    of_mechanism(crate::native::Poll::new) + sys_poll::system_calls()
}

/// The calls of the mechanism whose poller `_new` makes.
fn of_mechanism<B: Backend>(_new: fn() -> io::Result<Poll<B>>) -> u64 {
    B::system_calls()
}
