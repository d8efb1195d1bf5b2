//! sys-kqueue against the kernel, or against its emulation, which has fewer filters: one module for
//! each group of filters.
#![cfg(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly",
    kqueue_emulation
))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(not(kqueue_emulation))]
mod abi;
mod descriptors;
#[cfg(target_os = "dragonfly")]
mod dragonfly;
#[cfg(not(kqueue_emulation))]
mod empty;
#[cfg(kqueue_emulation)]
mod emulation;
#[cfg(not(kqueue_emulation))]
mod files;
mod kqueue;
mod processes;
#[cfg(not(kqueue_emulation))]
mod signals;
mod timers;
mod user;

use core::time::Duration;
use std::os::unix::net::UnixStream;

use sys_kqueue::{Event, Kqueue};

/// Long enough for anything that must happen.
const SOON: Option<Duration> = Some(Duration::from_secs(10));
const NOW: Option<Duration> = Some(Duration::ZERO);

fn stream_pair() -> (UnixStream, UnixStream) {
    let (a, b) = UnixStream::pair().unwrap();
    a.set_nonblocking(true).unwrap();
    b.set_nonblocking(true).unwrap();
    (a, b)
}

/// The next event, alone.
fn next(kqueue: &Kqueue) -> Event {
    let mut events = [Event::default(); 4];
    assert_eq!(kqueue.wait(&mut events, SOON), Ok(1), "{events:?}");
    events[0]
}

fn assert_silent(kqueue: &Kqueue) {
    let mut events = [Event::default(); 4];
    assert_eq!(kqueue.wait(&mut events, NOW), Ok(0), "{events:?}");
}
