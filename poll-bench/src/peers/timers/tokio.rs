//! tokio's `Sleep`, boxed and polled once so that it is registered.

use core::marker::PhantomData;
use core::pin::Pin;
use core::task::Context;
use core::time::Duration;
use std::io;

use ::tokio::runtime::{Builder, EnterGuard, Runtime};
use ::tokio::time::{Instant, Sleep, sleep_until};

use super::{Timers, Value};

/// Which scheduler drives the timers.
pub(crate) trait Flavour {
    /// Its builder.
    fn builder() -> Builder;
}

/// The scheduler of one thread.
pub(crate) struct Current;

impl Flavour for Current {
    fn builder() -> Builder {
        Builder::new_current_thread()
    }
}

/// One worker thread, apart from the one that sets the timers.
pub(crate) struct Workers;

impl Flavour for Workers {
    fn builder() -> Builder {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(1);
        builder
    }
}

/// The runtime.
pub(crate) struct Tokio<F> {
    start: Instant,
    runtime: &'static Runtime,
    flavour: PhantomData<F>,
}

impl<F: Flavour, V: Value> Timers<V> for Tokio<F> {
    type Key = Pin<Box<Sleep>>;

    fn new() -> io::Result<Self> {
        // Never freed: guards borrow it, and there are a few of them in a run.
        let runtime: &'static Runtime = Box::leak(Box::new(F::builder().enable_all().build()?));
        Ok(Self {
            start: Instant::now(),
            runtime,
            flavour: PhantomData,
        })
    }

    fn enter(&self) -> Option<EnterGuard<'static>> {
        Some(self.runtime.enter())
    }

    fn insert(&mut self, deadline_ns: u64, value: V) -> Self::Key {
        let deadline = self.start + Duration::from_nanos(deadline_ns);
        let mut sleep = Box::pin(sleep_until(deadline));
        let pending = sleep
            .as_mut()
            .poll(&mut Context::from_waker(value.as_waker()))
            .is_pending();
        assert!(pending, "the timers were set too late");
        sleep
    }

    fn cancel(&mut self, key: Self::Key) {
        drop(key);
    }

    // Its driver reads the clock.
    fn expire(&mut self, _now_ns: u64) {}

    fn pass(&mut self, _from_ns: u64, to_ns: u64) {
        // Its own loop, which turns once a millisecond while timers are due, and a little longer.
        let end = self.start + Duration::from_nanos(to_ns) + Duration::from_millis(3);
        self.runtime.block_on(async { sleep_until(end).await });
    }
}
