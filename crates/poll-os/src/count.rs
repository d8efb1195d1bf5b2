//! The count of system calls of the crates below.

/// How many system calls this crate's engines have made in this process: waits, registrations,
/// wakes, and what they create. Closing a descriptor is not counted.
#[must_use]
pub fn system_calls() -> u64 {
    crate::native::system_calls() + sys_poll::system_calls()
}
