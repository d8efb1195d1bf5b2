//! A clock that stands, for tests.

use core::time::Duration;
use std::sync::Arc;

use crate::runtime::{Handle, Shared};
use crate::task::yield_now;

/// Stops the clock of this runtime, which has one thread. It moves by [`advance`]; and to the next
/// timer whenever nothing else is to be done, so that a test of timeouts takes no time.
///
/// # Panics
///
/// Outside of a runtime, on one of several threads, and if the clock stands already.
pub fn pause() {
    assert!(one_thread().clock.pause(), "the clock stands already");
}

/// Lets the clock go on.
///
/// # Panics
///
/// Outside of a runtime, and if the clock runs.
pub fn resume() {
    assert!(one_thread().clock.resume(), "the clock runs");
}

/// Moves the clock, and lets timers fire that are due then.
///
/// # Panics
///
/// Outside of a runtime, and if the clock runs.
pub async fn advance(duration: Duration) {
    assert!(one_thread().clock.advance(duration), "the clock runs");
    // The worker looks at timers when nothing is ready: this task comes after those that fire.
    Handle::current().fire_timers();
    yield_now().await;
}

fn one_thread() -> Arc<Shared> {
    let shared = Arc::clone(Handle::current().shared());
    assert!(
        shared.workers() == 1,
        "the clock of several threads cannot be stopped"
    );
    shared
}
