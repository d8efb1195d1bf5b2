//! calloop's timers, each a source of its own in the loop.

use core::marker::PhantomData;
use core::time::Duration;
use std::io;
use std::time::Instant;

use calloop::timer::{TimeoutAction, Timer};
use calloop::{EventLoop, RegistrationToken};

use super::{Timers, Value};

/// The loop.
pub(crate) struct Calloop<V> {
    event_loop: EventLoop<'static, ()>,
    start: Instant,
    values: PhantomData<V>,
}

impl<V: Value> Timers<V> for Calloop<V> {
    type Key = RegistrationToken;

    fn new() -> io::Result<Self> {
        Ok(Self {
            event_loop: EventLoop::try_new().map_err(io::Error::other)?,
            start: Instant::now(),
            values: PhantomData,
        })
    }

    fn insert(&mut self, deadline_ns: u64, value: V) -> Self::Key {
        let timer = Timer::from_deadline(self.start + Duration::from_nanos(deadline_ns));
        let mut value = Some(value);
        let inserted = self
            .event_loop
            .handle()
            .insert_source(timer, move |_deadline, (), ()| {
                if let Some(value) = value.take() {
                    value.fire();
                }
                TimeoutAction::Drop
            });
        match inserted {
            Ok(token) => token,
            Err(error) => panic!("calloop refuses a timer: {error}"),
        }
    }

    fn cancel(&mut self, key: Self::Key) {
        self.event_loop.handle().remove(key);
    }

    // It reads the clock.
    fn expire(&mut self, _now_ns: u64) {}

    fn pass(&mut self, _from_ns: u64, to_ns: u64) {
        let end = self.start + Duration::from_nanos(to_ns) + Duration::from_millis(3);
        while Instant::now() < end {
            let dispatched = self
                .event_loop
                .dispatch(Some(Duration::from_millis(1)), &mut ());
            assert!(dispatched.is_ok(), "calloop cannot wait: {dispatched:?}");
        }
    }
}
