#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![expect(
    unnameable_types,
    reason = "what a mechanism has to supply is ours alone to implement"
)]

#[cfg(not(unix))]
compile_error!("poll-os runs on Unix systems; Windows and WASI are not supported");

mod backend;
mod change;
pub mod engine;
mod events;
mod poller;
mod registry;
mod sync;
mod time;
mod trace;
mod wake;
mod waker;
mod wakers;

// The one ladder: every engine of the target, and which of them is the target's own.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub mod epoll;
pub mod poll;

#[cfg(any(target_os = "linux", target_os = "android"))]
use epoll as native;

pub use change::Change;
pub use native::{Events, Iter, Poll, Registry, Waker};
pub use poll_api::{
    Capabilities, Clock, Engine, Event, EventBuffer, Instant, Interest, Ready, Register,
    RegisterError, Registered, Token, Trigger, Wake,
};
pub use time::Monotonic;
