//! Points in time that come again and again.

use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;

use super::{Instant, Sleep, sleep_until};

/// What an [`Interval`] does about ticks that nobody was there for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissedTickBehavior {
    /// They come at once, one after the other, until all have been made up for.
    #[default]
    Burst,
    /// The next one comes a period after the late one.
    Delay,
    /// They are left out: the next one comes when one would have come anyway.
    Skip,
}

impl MissedTickBehavior {
    fn next(self, tick: Instant, now: Instant, period: Duration) -> Instant {
        match self {
            Self::Burst => tick + period,
            Self::Delay if now > tick + period => now + period,
            Self::Skip if now > tick + period => {
                let late = now.duration_since(tick).as_nanos() % period.as_nanos();
                // Less than a period.
                let late = Duration::from_nanos(u64::try_from(late).unwrap_or(u64::MAX));
                now + (period - late)
            }
            Self::Delay | Self::Skip => tick + period,
        }
    }
}

/// Ticks: see [`interval`].
#[derive(Debug)]
pub struct Interval {
    sleep: Pin<Box<Sleep>>,
    period: Duration,
    missed: MissedTickBehavior,
}

/// Ticks at once, and then every `period`.
///
/// The ticks are at multiples of the period after the first, however long it takes to handle one;
/// see [`MissedTickBehavior`] for those that are missed.
///
/// # Panics
///
/// If `period` is zero.
#[must_use]
pub fn interval(period: Duration) -> Interval {
    interval_at(Instant::now(), period)
}

/// Ticks at `start`, and then every `period`.
///
/// # Panics
///
/// If `period` is zero.
#[must_use]
pub fn interval_at(start: Instant, period: Duration) -> Interval {
    assert!(period > Duration::ZERO, "an interval has a period");
    Interval {
        sleep: Box::pin(sleep_until(start)),
        period,
        missed: MissedTickBehavior::default(),
    }
}

impl Interval {
    /// Waits for the next tick: when it was due.
    ///
    /// Cancel-safe: a tick is used up only when it is returned.
    pub async fn tick(&mut self) -> Instant {
        poll_fn(|context| self.poll_tick(context)).await
    }

    /// As [`tick`](Self::tick), for futures written by hand.
    pub fn poll_tick(&mut self, context: &mut Context<'_>) -> Poll<Instant> {
        ready!(self.sleep.as_mut().poll(context));
        let tick = self.sleep.deadline();
        let next = self.missed.next(tick, Instant::now(), self.period);
        self.sleep.as_mut().reset(next);
        Poll::Ready(tick)
    }

    /// Has the next tick come a period from now.
    pub fn reset(&mut self) {
        self.reset_after(self.period);
    }

    /// Has the next tick come at once.
    pub fn reset_immediately(&mut self) {
        self.reset_at(Instant::now());
    }

    /// Has the next tick come after `duration`.
    pub fn reset_after(&mut self, duration: Duration) {
        self.reset_at(Instant::now() + duration);
    }

    /// Has the next tick come at `deadline`.
    pub fn reset_at(&mut self, deadline: Instant) {
        self.sleep.as_mut().reset(deadline);
    }

    /// What it does about missed ticks.
    #[must_use]
    pub const fn missed_tick_behavior(&self) -> MissedTickBehavior {
        self.missed
    }

    /// Sets what it does about missed ticks.
    pub const fn set_missed_tick_behavior(&mut self, behavior: MissedTickBehavior) {
        self.missed = behavior;
    }

    /// The time between two ticks.
    #[must_use]
    pub const fn period(&self) -> Duration {
        self.period
    }
}
