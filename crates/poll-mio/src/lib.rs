#![doc = include_str!("../README.md")]

#[cfg(not(unix))]
compile_error!("poll-mio runs on Unix systems; Windows and WASI are not supported");

#[cfg(all(debug_assertions, any(feature = "net", feature = "os-ext")))]
mod association;
pub mod event;
#[cfg(any(feature = "net", feature = "os-ext"))]
mod held;
#[cfg(debug_assertions)]
mod home;
mod mechanism;
#[cfg(feature = "net")]
pub mod net;
mod poll;
mod registry;
mod sys;
mod target;
#[cfg(any(feature = "net", feature = "os-ext"))]
mod tied;
mod trace;
#[cfg(feature = "os-ext")]
pub mod unix;
mod waker;

pub use event::Events;
pub use poll::Poll;
pub use poll_api::{Interest, Token};
pub use registry::Registry;
pub use waker::Waker;

#[doc = include_str!("../guide/features.md")]
pub mod features {}

#[cfg_attr(
    all(feature = "os-poll", feature = "net"),
    doc = include_str!("../guide/getting_started.md")
)]
#[cfg_attr(
    not(all(feature = "os-poll", feature = "net")),
    doc = "Its programs need the features `os-poll` and `net`."
)]
pub mod guide {}
