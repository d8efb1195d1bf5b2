#![doc = include_str!("../README.md")]
#![no_std]
#![cfg(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly",
    all(target_os = "linux", any(test, kqueue_emulation))
))]
// The crate is empty on other systems. On Linux, tests have `emulation` in the place of the kernel,
// with FreeBSD's types and numbers or with Apple's, so that everything but the two system calls is
// tested wherever the crate is worked on: its unit tests always, and with `--cfg kqueue_emulation`
// its integration tests and the crates above it.

#[cfg(not(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly"
)))]
extern crate std;

#[macro_use]
mod bit_set;
mod change;
#[cfg(feature = "count")]
mod count;
#[cfg(not(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly"
)))]
pub mod emulation;
mod event;
mod kind;
mod kqueue;
mod notes;
#[cfg(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly"
))]
#[expect(unsafe_code, reason = "kevent, which rustix hides")]
mod sys;
mod tables;
mod target;
mod timeout;
mod timer;
mod user;

#[cfg(not(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly"
)))]
use emulation as sys;

pub use rustix::fd;
pub use rustix::io::Errno;
pub use rustix::process::Pid;

pub use change::Change;
#[cfg(feature = "count")]
pub use count::system_calls;
pub use event::{Event, Filter, Flags};
pub use kind::Kind;
pub use kqueue::Kqueue;
pub use notes::{IoNotes, ProcessNotes, TimerNotes, UserNotes, VnodeNotes};
pub use target::RawFilter;
pub use user::UserEvent;
