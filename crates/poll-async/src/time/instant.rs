//! A point in time.

use core::fmt;
use core::ops::{Add, AddAssign, Sub, SubAssign};
use core::time::Duration;

use poll_api::Clock;
use poll_os::Monotonic;

use crate::runtime::context;

/// A point in time of the runtime's clock: the monotonic clock of the system, unless
/// [`Builder::clock`](crate::runtime::Builder::clock) or [`pause`](super::pause) say otherwise.
///
/// Arithmetic saturates instead of panicking; what is later than about 584 years never comes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(poll_api::Instant);

impl Instant {
    /// The present. Of the runtime that this thread is in; outside of one, of the system.
    #[must_use]
    pub fn now() -> Self {
        let now = context::current().map(|context| context.lane.shared().clock.now());
        Self(now.unwrap_or_else(|| Monotonic.now()))
    }

    /// The time since then; zero if that is yet to come.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        Self::now().duration_since(*self)
    }

    /// The time from `earlier` until this; zero if that is later.
    #[must_use]
    pub const fn duration_since(&self, earlier: Self) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }

    /// As [`duration_since`](Self::duration_since).
    #[must_use]
    pub const fn saturating_duration_since(&self, earlier: Self) -> Duration {
        self.duration_since(earlier)
    }

    /// The time from `earlier` until this; none if that is later.
    #[must_use]
    pub fn checked_duration_since(&self, earlier: Self) -> Option<Duration> {
        (*self >= earlier).then(|| self.duration_since(earlier))
    }

    /// This much later; none if that is later than a clock can tell.
    #[must_use]
    pub fn checked_add(&self, duration: Duration) -> Option<Self> {
        let later = Self(self.0.saturating_add(duration));
        (later.duration_since(*self) == duration).then_some(later)
    }

    /// This much earlier; none if that is before the clock began.
    #[must_use]
    pub fn checked_sub(&self, duration: Duration) -> Option<Self> {
        let nanos = u64::try_from(duration.as_nanos()).ok()?;
        let nanos = self.0.as_nanos().checked_sub(nanos)?;
        Some(Self(poll_api::Instant::from_nanos(nanos)))
    }
}

impl From<poll_api::Instant> for Instant {
    fn from(instant: poll_api::Instant) -> Self {
        Self(instant)
    }
}

impl From<Instant> for poll_api::Instant {
    fn from(instant: Instant) -> Self {
        instant.0
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration))
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        let start = Self(poll_api::Instant::START);
        self.checked_sub(duration).unwrap_or(start)
    }
}

impl SubAssign<Duration> for Instant {
    fn sub_assign(&mut self, duration: Duration) {
        *self = *self - duration;
    }
}

impl Sub for Instant {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.duration_since(earlier)
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Instant({} ns)", self.0.as_nanos())
    }
}
