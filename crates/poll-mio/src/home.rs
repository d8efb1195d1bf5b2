//! What debug builds know of a poller, to find programs that release builds would not stop.
#![cfg_attr(
    not(all(feature = "os-poll", any(feature = "net", feature = "os-ext"))),
    expect(
        dead_code,
        reason = "no poller can be made, or nothing registered with it"
    )
)]

use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::Arc;

/// A poller, as its registries and its waker know it.
#[derive(Debug)]
pub(crate) struct Home {
    number: usize,
    // Acquire and release, although nothing hangs on it but a panic.
    has_waker: AtomicBool,
}

impl Home {
    pub(crate) fn new() -> Arc<Self> {
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        Arc::new(Self {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            has_waker: AtomicBool::new(false),
        })
    }

    /// What tells this poller from all others; never zero.
    pub(crate) fn number(&self) -> usize {
        self.number
    }

    /// Takes the place of the poller's one waker.
    ///
    /// # Panics
    ///
    /// If another one has it.
    pub(crate) fn claim_waker(self: &Arc<Self>) -> WakerClaim {
        let taken = self.has_waker.swap(true, Ordering::AcqRel);
        assert!(
            !taken,
            "Only a single `Waker` can be active per `Poll` instance"
        );
        WakerClaim(Arc::clone(self))
    }
}

/// The place of a poller's one waker, given back when dropped.
#[derive(Debug)]
pub(crate) struct WakerClaim(Arc<Home>);

impl Drop for WakerClaim {
    fn drop(&mut self) {
        self.0.has_waker.store(false, Ordering::Release);
    }
}
