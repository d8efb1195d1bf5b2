//! What the tests share: a poller, pairs of streams, a clock.

use amy::{Event, Notification, Poller, Registrar};
use poll_loop::{Clock, Instant, Monotonic};
use std::os::unix::net::UnixStream;

/// Longer than anything takes; who waits for that has failed.
pub(crate) const LONG: usize = 20_000;
/// Looks and does not wait.
pub(crate) const NOW: usize = 0;
/// Long enough for what must not come, if it came at once.
pub(crate) const WHILE: usize = 50;

pub(crate) fn poller() -> (Poller, Registrar) {
    let poller = Poller::new().unwrap();
    let registrar = poller.get_registrar();
    (poller, registrar)
}

/// Two ends, the first of which does not block.
pub(crate) fn pair() -> (UnixStream, UnixStream) {
    let (here, there) = UnixStream::pair().unwrap();
    here.set_nonblocking(true).unwrap();
    (here, there)
}

pub(crate) fn told(id: usize, event: Event) -> Notification {
    Notification { id, event }
}

pub(crate) fn now() -> Instant {
    Monotonic.now()
}

/// Milliseconds since `start`, rounded down.
pub(crate) fn ms_since(start: Instant) -> u128 {
    now().saturating_duration_since(start).as_millis()
}
