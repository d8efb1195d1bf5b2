#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![expect(
    unnameable_types,
    reason = "what a mechanism has to supply is ours alone to implement"
)]

#[cfg(not(unix))]
compile_error!("poll-os runs on Unix systems; Windows and WASI are not supported");
#[cfg(all(
    unix,
    not(any(
        target_os = "linux",
        target_os = "android",
        target_vendor = "apple",
        target_os = "freebsd",
        target_os = "netbsd",
        target_os = "openbsd",
        target_os = "dragonfly",
        target_os = "illumos",
        target_os = "solaris",
        target_os = "hurd",
    ))
))]
compile_error!("poll-os is not written for this system: sys-process, for signals, is not");

mod backend;
mod change;
mod child;
#[cfg(feature = "count")]
mod count;
pub mod engine;
mod events;
mod poller;
mod registry;
mod signal;
mod sync;
mod time;
mod trace;
mod wake;
mod waker;
mod wakers;

// The one ladder: every engine of the target, and which of them is the target's own. With
// `--cfg kqueue_emulation`, for tests, Linux counts as a system with kqueue.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub mod epoll;
#[cfg(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly",
    kqueue_emulation
))]
pub mod kqueue;
pub mod poll;

#[cfg(all(any(target_os = "linux", target_os = "android"), not(kqueue_emulation)))]
use {epoll as native, epoll::Epoll as Mechanism};
#[cfg(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly",
    kqueue_emulation
))]
use {kqueue as native, kqueue::Kqueue as Mechanism};
#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly"
)))]
use {poll as native, poll::PollTwo as Mechanism};

// The same for the end of a child: a descriptor of its own, or the signal that announces it.
#[cfg(not(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly",
    kqueue_emulation
)))]
#[path = "child/announced.rs"]
mod child_announced;
#[cfg(not(any(target_os = "netbsd", target_os = "openbsd", kqueue_emulation = "reap")))]
#[path = "child/look.rs"]
mod child_look;
#[cfg(any(target_os = "netbsd", target_os = "openbsd", kqueue_emulation = "reap"))]
#[path = "child/look_reap.rs"]
mod child_look;
#[cfg(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly",
    kqueue_emulation
))]
#[path = "child/note_exit.rs"]
mod child_note_exit;
#[cfg(all(target_os = "linux", not(kqueue_emulation)))]
#[path = "child/pidfd.rs"]
mod child_pidfd;

#[cfg(not(any(
    target_os = "linux",
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly",
    kqueue_emulation
)))]
use child_announced as child_watch;
#[cfg(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly",
    kqueue_emulation
))]
use child_note_exit as child_watch;
#[cfg(all(target_os = "linux", not(kqueue_emulation)))]
use child_pidfd as child_watch;

pub use change::Change;
pub use child::ChildExit;
#[cfg(feature = "count")]
pub use count::system_calls;
pub use native::{Events, Iter, Poll, Registry, Waker};
pub use poll_api::{
    Capabilities, Clock, Engine, Event, EventBuffer, Instant, Interest, Ready, Register,
    RegisterError, Registered, Token, Trigger, Wake,
};
pub use registry::never_blocks;
pub use signal::Signals;
pub use sys_process::Signal;
pub use time::Monotonic;
