//! Waiting for a point in time.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::sync::Arc;

use poll_timer::TimerKey;

use super::Instant;
use crate::runtime::{Lane, NoRuntime, context};
use crate::task::budget;

/// A future that is ready once its deadline has come: see [`sleep`].
///
/// It is set in the runtime when it is polled first, which costs no system call, and taken out
/// when it is dropped.
#[must_use = "futures do nothing unless they are awaited"]
pub struct Sleep {
    deadline: Instant,
    set: Option<Set>,
    is_over: bool,
    /// Whether the deadline was ahead when the clock was read for it, which needs no second look.
    is_ahead: bool,
}

/// A timer in a wheel.
struct Set {
    lane: Arc<Lane>,
    key: TimerKey,
}

impl Drop for Set {
    fn drop(&mut self) {
        // The waker is dropped outside of the wheel's lock.
        drop(self.lane.seat().wheel.cancel(self.key));
    }
}

/// Waits for `duration`; at once over if that is zero.
///
/// Never early. In most programs it stands in a loop or beside another future; for the latter see
/// [`timeout`](super::timeout()). Durations of more than about 584 years never end.
///
/// Cancel-safe: dropping it takes the timer out.
pub fn sleep(duration: Duration) -> Sleep {
    Sleep {
        is_ahead: !duration.is_zero(),
        ..sleep_until(Instant::now() + duration)
    }
}

/// Waits until `deadline`; at once over if that has come.
pub const fn sleep_until(deadline: Instant) -> Sleep {
    Sleep {
        deadline,
        set: None,
        is_over: false,
        is_ahead: false,
    }
}

impl Sleep {
    /// When it ends.
    #[must_use]
    pub const fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Whether it has ended, as far as it was polled.
    #[must_use]
    pub fn is_elapsed(&self) -> bool {
        self.is_over || self.deadline <= Instant::now()
    }

    /// Has it end at `deadline` instead, also if it had ended. Whoever waits for it is woken then.
    pub fn reset(mut self: Pin<&mut Self>, deadline: Instant) {
        self.deadline = deadline;
        self.is_over = false;
        self.is_ahead = false;
        let Some(set) = &self.set else { return };
        let wheel = &set.lane.seat().wheel;
        match wheel.reset(set.key, deadline.into()) {
            Some(true) => set.lane.shared().announce(deadline.into()),
            Some(false) => {}
            // It has fired: the next poll sets it anew.
            None => self.set = None,
        }
    }
}

impl Future for Sleep {
    type Output = ();

    /// # Panics
    ///
    /// If it is polled for the first time outside of a runtime, or in one that has ended; or again
    /// after the end of the one that it was set in, which wakes it to be set in another.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.is_over {
            return Poll::Ready(());
        }
        let unit = ready!(budget::poll_proceed(context));
        if let Some(set) = &self.set {
            ready!(set.lane.seat().wheel.poll(set.key, context.waker()));
            let was_ended = set.lane.shared().has_dropped(self.deadline.into());
            self.set = None;
            if was_ended {
                self.is_ahead = false;
                ready!(self.as_mut().set(context));
            }
        } else {
            ready!(self.as_mut().set(context));
        }
        unit.made_progress();
        self.is_over = true;
        Poll::Ready(())
    }
}

impl Sleep {
    /// Sets the timer in the runtime that this thread is in, unless the deadline has come.
    fn set(mut self: Pin<&mut Self>, context: &Context<'_>) -> Poll<()> {
        let deadline = poll_api::Instant::from(self.deadline);
        let set = context::current().map(|current| {
            let lane = &current.lane;
            let shared = lane.shared();
            if !self.is_ahead && deadline <= shared.clock.now() {
                return None;
            }
            let waker = context.waker().clone();
            let (key, is_first) = lane.seat().wheel.insert(deadline, waker);
            // A worker alone looks before it sleeps.
            if is_first && !(shared.workers() == 1 && current.is_worker()) {
                shared.announce(deadline);
            }
            let lane = Arc::clone(lane);
            Some(Set { lane, key })
        });
        match set {
            None => panic!("{NoRuntime}"),
            Some(None) => Poll::Ready(()),
            Some(Some(set)) => {
                let shared = set.lane.shared();
                // A task that is being polled is dropped afterwards, as all others. Asked when the
                // timer is set: from then on the end of the runtime wakes it.
                assert!(
                    !shared.is_closing() || context::is_inside(shared),
                    "the runtime that this thread is in has ended: no timer fires in it"
                );
                self.set = Some(set);
                Poll::Pending
            }
        }
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep")
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
