//! Futures that have to be ready in time.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::io;

use pin_project_lite::pin_project;

use super::{Instant, Sleep, sleep, sleep_until};
use crate::task::budget;

pin_project! {
    /// What [`timeout`] returns.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct Timeout<F> {
        #[pin]
        future: F,
        #[pin]
        sleep: Sleep,
    }
}

/// The future was not ready in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Elapsed;

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the time is over")
    }
}

impl core::error::Error for Elapsed {}

impl From<Elapsed> for io::Error {
    fn from(elapsed: Elapsed) -> Self {
        Self::new(io::ErrorKind::TimedOut, elapsed)
    }
}

/// Waits for `future`, at most for `duration`. The future is polled first, so that one that is
/// ready is not late. If the time is over it is dropped together with what this returned.
pub fn timeout<F: Future>(duration: Duration, future: F) -> Timeout<F> {
    let sleep = sleep(duration);
    Timeout { future, sleep }
}

/// As [`timeout`], until a point in time.
pub const fn timeout_at<F: Future>(deadline: Instant, future: F) -> Timeout<F> {
    let sleep = sleep_until(deadline);
    Timeout { future, sleep }
}

impl<F> Timeout<F> {
    /// The future.
    pub const fn get_ref(&self) -> &F {
        &self.future
    }

    /// The future, to change it.
    pub const fn get_mut(&mut self) -> &mut F {
        &mut self.future
    }

    /// The future, without its deadline.
    pub fn into_inner(self) -> F {
        self.future
    }
}

impl<F: Future> Future for Timeout<F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Poll::Ready(value) = this.future.poll(context) {
            return Poll::Ready(Ok(value));
        }
        // A future that uses up the budget each time must not keep its end from coming.
        let sleep = this.sleep;
        let slept = budget::with(None, || sleep.poll(context));
        slept.map(|()| Err(Elapsed))
    }
}
