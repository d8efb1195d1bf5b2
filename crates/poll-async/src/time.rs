//! Sleeping, timeouts, intervals, and the clock they go by.
//!
//! Nothing here is early, not by a nanosecond. How late it is, is what the system's timer and
//! scheduler add (on Linux 50 µs by default, and less where nothing else runs).

mod instant;
mod interval;
mod sleep;
mod test_clock;
mod timeout;

pub use instant::Instant;
pub use interval::{Interval, MissedTickBehavior, interval, interval_at};
pub use sleep::{Sleep, sleep, sleep_until};
pub use test_clock::{advance, pause, resume};
pub use timeout::{Elapsed, Timeout, timeout, timeout_at};

pub use core::time::Duration;
