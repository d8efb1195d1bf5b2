//! The time of day, and timeouts in it.

use core::fmt;
use core::ops::{Add, AddAssign, Sub, SubAssign};
use core::time::Duration;
use std::collections::BTreeMap;
use std::time::SystemTime;

/// A time of day: milliseconds since 1970.
///
/// The clock can be set, so that two of these say when and not how long. Sums and differences end
/// at the bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u128);

impl Timestamp {
    /// The present; 0 if the clock says that it is before 1970.
    #[must_use]
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Self(since.map_or(0, |since| since.as_millis()))
    }

    /// So many seconds after 1970 began.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs as u128 * 1000)
    }

    /// So many milliseconds after 1970 began.
    #[must_use]
    pub const fn from_millis(millis: u128) -> Self {
        Self(millis)
    }

    /// Seconds since 1970.
    #[deprecated(note = "use Timestamp::as_secs")]
    #[must_use]
    pub fn into_secs(self) -> u64 {
        self.as_secs()
    }

    /// Seconds since 1970, rounded down.
    #[must_use]
    pub fn as_secs(&self) -> u64 {
        u64::try_from(self.0 / 1000).unwrap_or(u64::MAX)
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn as_millis(&self) -> u64 {
        u64::try_from(self.0).unwrap_or(u64::MAX)
    }
}

impl From<u128> for Timestamp {
    fn from(millis: u128) -> Self {
        Self(millis)
    }
}

macro_rules! formats {
    ($($format:ident),*) => {$(
        impl fmt::$format for Timestamp {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

formats!(Display, LowerHex, UpperHex, Octal);

macro_rules! arithmetic {
    ($($other:ty: $millis:expr;)*) => {$(
        impl Add<$other> for Timestamp {
            type Output = Self;
            fn add(self, other: $other) -> Self {
                Self(self.0.saturating_add($millis(other)))
            }
        }
        impl Sub<$other> for Timestamp {
            type Output = Self;
            fn sub(self, other: $other) -> Self {
                Self(self.0.saturating_sub($millis(other)))
            }
        }
        impl AddAssign<$other> for Timestamp {
            fn add_assign(&mut self, other: $other) {
                *self = *self + other;
            }
        }
        impl SubAssign<$other> for Timestamp {
            fn sub_assign(&mut self, other: $other) {
                *self = *self - other;
            }
        }
    )*};
}

arithmetic! {
    Timestamp: |other: Self| other.0;
    Duration: |other: Duration| other.as_millis();
}

/// Timeouts in the time of day. The reactor has timers of its own, on the monotonic clock.
#[derive(Debug, Default)]
pub struct Timer {
    /// When, and how many.
    timeouts: BTreeMap<Timestamp, usize>,
}

impl Timer {
    /// None.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            timeouts: BTreeMap::new(),
        }
    }

    /// How many there are; two of the same millisecond are two.
    #[must_use]
    pub fn count(&self) -> usize {
        self.timeouts.values().sum()
    }

    /// Whether there is one.
    #[must_use]
    pub fn has_timeouts(&self) -> bool {
        !self.timeouts.is_empty()
    }

    /// Adds one, so long after `after`, rounded up to milliseconds.
    pub fn set_timeout(&mut self, timeout: Duration, after: Timestamp) {
        let millis = timeout.as_nanos().div_ceil(1_000_000);
        let count = self.timeouts.entry(after + Timestamp(millis));
        *count.or_default() += 1;
    }

    /// How long it is from `time` to the first one; nothing if there is none.
    ///
    /// # Examples
    ///
    /// ```
    /// use reactor::{Timer, Timestamp};
    /// use std::time::Duration;
    ///
    /// let mut timer = Timer::new();
    /// let now = Timestamp::now();
    /// timer.set_timeout(Duration::from_secs(16), now);
    /// timer.set_timeout(Duration::from_secs(8), now);
    /// let left = |after| timer.next_expiring_from(now + Duration::from_secs(after));
    /// assert_eq!(left(1), Some(Duration::from_secs(7)));
    /// assert_eq!(left(9), Some(Duration::ZERO));
    /// ```
    pub fn next_expiring_from(&self, time: impl Into<Timestamp>) -> Option<Duration> {
        let (first, _) = self.timeouts.first_key_value()?;
        let left = *first - time.into();
        Some(Duration::from_millis(left.as_millis()))
    }

    /// Takes those out that are due at `time` or before; how many.
    pub fn remove_expired_by(&mut self, time: Timestamp) -> usize {
        let mut removed = 0;
        while let Some(first) = self.timeouts.first_entry()
            && *first.key() <= time
        {
            removed += first.remove();
        }
        removed
    }
}
