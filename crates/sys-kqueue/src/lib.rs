#![doc = include_str!("../README.md")]
#![no_std]
#![cfg(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly",
    test
))]
// The crate is empty on other systems. Its own unit tests are built there all the same, with
// FreeBSD's types and with `sys_host.rs` in the place of the kernel, so that everything but the two
// system calls is tested wherever the crate is worked on.

#[macro_use]
mod bit_set;
mod change;
#[cfg(feature = "count")]
mod count;
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
#[cfg(not(any(
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly"
)))]
#[path = "sys_host.rs"]
mod sys;
mod tables;
mod target;
mod timeout;
mod timer;
mod user;

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
