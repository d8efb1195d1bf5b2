//! The count of system calls, for programs that want to know what they spend.

use core::sync::atomic::{AtomicU64, Ordering};

static SYSTEM_CALLS: AtomicU64 = AtomicU64::new(0);

/// How many system calls this crate has made in this process, failed ones included.
///
/// Closing a descriptor is not counted: that is the descriptor's own business.
#[must_use]
pub fn system_calls() -> u64 {
    SYSTEM_CALLS.load(Ordering::Relaxed)
}

pub(crate) fn one() {
    SYSTEM_CALLS.fetch_add(1, Ordering::Relaxed);
}
