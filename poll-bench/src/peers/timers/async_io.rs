//! async-io's `Timer`, polled once so that it is registered; another thread may do a part of it.

use core::marker::PhantomData;
use core::pin::Pin;
use core::task::Context;
use core::time::Duration;
use std::io;
use std::time::Instant;

use async_io::Timer;

use super::{Timers, Value};

/// When it began: all is in the crate's own reactor.
pub(crate) struct AsyncIo<V> {
    start: Instant,
    values: PhantomData<V>,
}

impl<V: Value> Timers<V> for AsyncIo<V> {
    type Key = Timer;

    const HAS_THREADS: bool = true;

    fn new() -> io::Result<Self> {
        Ok(Self {
            start: Instant::now(),
            values: PhantomData,
        })
    }

    fn insert(&mut self, deadline_ns: u64, value: V) -> Self::Key {
        let mut timer = Timer::at(self.start + Duration::from_nanos(deadline_ns));
        let pending = Pin::new(&mut timer)
            .poll(&mut Context::from_waker(value.as_waker()))
            .is_pending();
        assert!(pending, "the timers were set too late");
        timer
    }

    fn cancel(&mut self, key: Self::Key) {
        drop(key);
    }

    // Its reactor reads the clock.
    fn expire(&mut self, _now_ns: u64) {}

    fn pass(&mut self, _from_ns: u64, to_ns: u64) {
        let end = self.start + Duration::from_nanos(to_ns) + Duration::from_millis(3);
        async_io::block_on(Timer::at(end));
    }
}
